import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {normaliseResponse, type EndpointKind} from '../../source/oauth/quirks.js';
import type {ProviderSettings} from '../../source/oauth/provider.js';
import {json} from '../support/protocol-context.js';

type Settings = Pick<ProviderSettings, 'dialect' | 'idToken'>;

const normalise = async (response: Response, endpointKind: EndpointKind = 'token', settings: Settings = {}) => {
	const result = await normaliseResponse(response, endpointKind, settings);
	const text = await result.text();
	return {
		status: result.status,
		headers: result.headers,
		body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
	};
};

test('A1: a 200 with an error of the standards is that error, any other one while polling or where the dialect says so', async () => {
	assert.equal((await normalise(json({error: 'invalid_grant'}), 'token')).status, 400);
	const error = () => json({error: 'bad_day'});
	assert.equal((await normalise(error(), 'device-token')).status, 400);
	assert.equal((await normalise(error(), 'token')).status, 200);
	assert.equal((await normalise(error(), 'token', {dialect: {errorsIn200: true}})).status, 400);
	assert.equal((await normalise(json({error: 'x', access_token: 'a'}), 'device-token')).status, 200);
});

test('A3: a 4xx body that is JSON counts as JSON, whatever its type says', async () => {
	for (const type of [
		'Application/JSON',
		'application/json ;charset=utf-8',
		'application/problem+json',
		'text/html',
		'',
	]) {
		const {body, headers} = await normalise(json({error: 'invalid_grant'}, 400, {'content-type': type}));
		assert.equal(body?.['error'], 'invalid_grant');
		assert.equal(headers.get('content-type'), 'application/json');
	}
});

test('A4: a challenge beside an error in the body gives way to it; the user info endpoint keeps its challenge', async () => {
	const jsonResponse = () => json({error: 'invalid_client'}, 401, {'www-authenticate': 'Basic realm="x"'});
	assert.equal((await normalise(jsonResponse())).headers.has('www-authenticate'), false);
	assert.equal((await normalise(jsonResponse(), 'user-info')).headers.has('www-authenticate'), true);
});

test('A5: a 5xx with a standard error code is that error; one that is down, or speaks no OAuth, stays a 5xx', async () => {
	assert.equal((await normalise(json({error: 'access_denied'}, 500), 'device-token')).status, 400);
	assert.equal((await normalise(json({error: 'temporarily_unavailable'}, 503), 'device-token')).status, 503);
	assert.equal((await normalise(json({error: 'Internal Server Error'}, 500), 'device-token')).status, 500);
});

test('A6: a 200 that is not declared as JSON is not read, unless the dialect accepts it', async () => {
	for (const type of ['text/plain', 'text/html']) {
		const {body} = await normalise(json({access_token: 'a'}, 200, {'content-type': type}));
		assert.equal(body, undefined);
	}

	const accepted = {dialect: {acceptTextJson: true}};
	const {body} = await normalise(json({access_token: 'a'}, 200, {'content-type': 'text/plain'}), 'token', accepted);
	assert.equal(body?.['access_token'], 'a');
	const page = json({access_token: 'a'}, 200, {'content-type': 'text/html'});
	assert.equal((await normalise(page, 'token', accepted)).body, undefined);
});

test('A7: the interval becomes a number of at least 1, however long the server wants it, and 5 where it says nothing', async () => {
	const cases: [unknown, number][] = [
		[undefined, 5],
		[null, 5],
		['', 5],
		['soon', 5],
		[0, 1],
		[-1, 5],
		['7', 7],
		[0.001, 1],
		[31, 31],
		[120, 120],
		[1e9, 1800],
		[{}, 5],
	];
	for (const [interval, expected] of cases) {
		const {body} = await normalise(json({interval}), 'device-authorization');
		assert.equal(body?.['interval'], expected, String(interval));
	}
});

test('A9: lifetimes are clamped; one that cannot be read is left out', async () => {
	const lifetime = async (value: unknown, endpointKind: EndpointKind) =>
		(await normalise(json({expires_in: value}), endpointKind)).body?.['expires_in'];
	assert.equal(await lifetime(1e300, 'device-authorization'), 1800);
	assert.equal(await lifetime(0, 'device-authorization'), 0);
	assert.equal(await lifetime(10, 'device-authorization'), 10);
	assert.equal(await lifetime('900', 'device-authorization'), 900);
	for (const unreadable of [null, '', '3600abc', true]) {
		assert.equal(await lifetime(unreadable, 'device-authorization'), undefined);
		assert.equal(await lifetime(unreadable, 'token'), undefined);
	}

	assert.equal(await lifetime(1e300, 'token'), 315_360_000);
	assert.equal(await lifetime(-5, 'token'), 0);
	assert.equal(await lifetime('3600', 'token'), 3600);
});

test('S32: whatever a server sends as numbers, interval and lifetime stay within their limits', async () => {
	const anything = fc.oneof(fc.anything(), fc.double(), fc.string(), fc.integer().map(String));
	await fc.assert(
		fc.asyncProperty(anything, anything, async (interval, lifetime) => {
			let text: string;
			try {
				text = JSON.stringify({interval, expires_in: lifetime});
			} catch {
				return;
			}

			const response = new Response(text, {headers: {'content-type': 'application/json'}});
			const {body = {}} = await normalise(response, 'device-authorization');
			const seconds = body['interval'] as number;
			assert.ok(seconds >= 1 && seconds <= 1800);
			const expires = body['expires_in'] as number | undefined;
			assert.ok(expires === undefined || (expires >= 0 && expires <= 1800));
		}),
		{numRuns: 200},
	);
});

test('A10: nulls and empty strings go, a list of scopes becomes one string, a missing token type is Bearer', async () => {
	const {body} = await normalise(
		json({access_token: 'a', refresh_token: null, id_token: '', scope: ['a', 'b'], expires_in: null}),
		'token',
	);
	assert.deepEqual(body, {access_token: 'a', scope: 'a b', token_type: 'Bearer'});
});

test('4.2: dialects: comma lists, the place of the tokens, error aliases', async () => {
	const commas = await normalise(json({scope: 'repo,gist, user'}), 'token', {dialect: {scopeIsCommaList: true}});
	assert.equal(commas.body?.['scope'], 'repo gist user');

	const slack = await normalise(json({ok: true, authed_user: {id: 'U1', access_token: 'a', scope: null}}), 'token', {
		dialect: {tokenPath: ['authed_user']},
	});
	assert.equal(slack.body?.['access_token'], 'a');
	assert.deepEqual(slack.body['authed_user'], {id: 'U1', access_token: 'a', scope: null});

	const aliases = {dialect: {errorAliases: {authorization_declined: 'access_denied'}}};
	assert.equal(
		(await normalise(json({error: 'authorization_declined'}, 400), 'token', aliases)).body?.['error'],
		'access_denied',
	);
	assert.equal((await normalise(json({error: 'constructor'}, 400), 'token', aliases)).body?.['error'], 'constructor');
});

test('4.2: a lifetime that only the access token names is read from it, where the dialect says so and nothing else does', async () => {
	const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.AAAA`;
	const lifetime = async (body: object, expiryFromToken = true) =>
		(await normalise(json(body), 'token', {dialect: {expiryFromToken}})).body?.['expires_in'];
	const jwt = token({iat: 1000, exp: 1300});
	assert.equal(await lifetime({access_token: jwt}), 300);
	assert.equal(await lifetime({access_token: jwt}, false), undefined);
	assert.equal(await lifetime({access_token: jwt, expires_in: 60}), 60);
	assert.equal(await lifetime({access_token: token({iat: 1000, exp: 900})}), 0);
	for (const opaque of ['opaque', token({exp: 1300}), token({iat: 'x', exp: 1})]) {
		assert.equal(await lifetime({access_token: opaque}), undefined);
	}
});

test('A11: Google’s verification_url is understood, and an empty complete address goes', async () => {
	const {body} = await normalise(
		json({verification_url: 'https://a.example/d', verification_uri_complete: ''}),
		'device-authorization',
	);
	assert.equal(body?.['verification_uri'], 'https://a.example/d');
	assert.equal('verification_uri_complete' in body, false);
});

test('A12: a __proto__ in the response pollutes nothing', async () => {
	const response = new Response('{"__proto__":{"polluted":1},"access_token":"a"}', {
		headers: {'content-type': 'application/json'},
	});
	const {body = {}} = await normalise(response);
	assert.equal(Object.hasOwn(body, '__proto__'), false);
	assert.equal(Object.assign({}, body)['polluted'], undefined);
});

test('A14: any 2xx of the revocation endpoint is a 200, its body not looked at', async () => {
	assert.equal((await normalise(new Response(null, {status: 204}), 'revocation')).status, 200);
	assert.equal((await normalise(new Response('<html>', {status: 200}), 'revocation')).status, 200);
});

test('4.1: a 429 without an OAuth error is a slow_down while polling, and nowhere else', async () => {
	for (const jsonResponse of [
		() => new Response('', {status: 429}),
		() => json({error: 'rate_limit_exceeded'}, 429),
		() => json({error: 'Too Many Requests', statusCode: 429}, 429),
		() => json({}, 429),
	]) {
		assert.equal((await normalise(jsonResponse(), 'device-token')).body?.['error'], 'slow_down');
		assert.notEqual((await normalise(jsonResponse(), 'token')).body?.['error'], 'slow_down');
	}

	assert.equal((await normalise(json({error: 'access_denied'}, 429), 'device-token')).body?.['error'], 'access_denied');
});

test('S35: a key set of more than a hundred keys is not looked through', async () => {
	const keys = (count: number) => json({keys: Array.from({length: count}, () => ({kty: 'EC'}))});
	assert.equal((await normalise(keys(100), 'keys')).body === undefined, false);
	assert.equal((await normalise(keys(101), 'keys')).body, undefined);
});

test('idToken "ignore": the ID token goes before anybody looks at it', async () => {
	assert.deepEqual((await normalise(json({id_token: 'x'}), 'token', {idToken: 'ignore'})).body, {});
});
