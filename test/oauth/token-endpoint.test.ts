import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import {requestClientCredentials, requestPassword} from '../../source/oauth/token-endpoint.js';
import type {Provider} from '../../source/oauth/provider.js';
import {issuer, json, testContext, type Sent, withCode} from '../support/protocol-context.js';

const good = {access_token: 'access-canary', token_type: 'Bearer', expires_in: 60};
const machine: Partial<Provider> = {clientSecret: 'secret-canary', scope: undefined};

const request = async (answer: (sent: Sent) => Response | Promise<Response>, settings: Partial<Provider> = {}) => {
	const context = await testContext({'/token': answer}, {...machine, ...settings});
	return {tokens: requestClientCredentials(context), sent: context.sent};
};

const sentWith = async (settings: Partial<Provider>, server: object = {}) => {
	const context = await testContext({'/token': () => json(good)}, {...machine, ...settings});
	const changed = {...context, provider: {...context.provider, server: {...context.provider.server, ...server}}};
	await requestClientCredentials(changed);
	const [sent] = context.sent;
	assert.ok(sent);
	return sent;
};

test('F07: the secret goes into the body, or where the server offers only Basic into the header; never into both', async () => {
	const post = await sentWith({});
	assert.equal(post.form.get('client_secret'), 'secret-canary');
	assert.equal(post.headers.has('authorization'), false);
	const basic = await sentWith({}, {token_endpoint_auth_methods_supported: ['client_secret_basic', 'none']});
	assert.equal(basic.form.has('client_secret'), false);
	assert.match(basic.headers.get('authorization') ?? '', /^Basic /);
	const both = ['client_secret_basic', 'client_secret_post'];
	const preferred = await sentWith({}, {token_endpoint_auth_methods_supported: both});
	assert.equal(preferred.form.get('client_secret'), 'secret-canary');
});

test('F08, L1: Basic encodes as RFC 6749 appendix B says; basic-raw leaves everything as it is', async () => {
	const credentials = async (clientAuthentication: Provider['clientAuthentication']) => {
		const {headers} = await sentWith({clientAuthentication, clientSecret: ' %&+£€'});
		return Buffer.from(headers.get('authorization')?.slice(6) ?? '', 'base64').toString();
	};
	assert.equal(await credentials('basic'), 'my-cli:+%25%26%2B%C2%A3%E2%82%AC');
	assert.equal(await credentials('basic-raw'), 'my-cli: %&+£€');
});

test('the secret is asked for when it is needed, and never by a client without authentication', async () => {
	let asked = 0;
	const clientSecret = async () => {
		asked++;
		return 'from elsewhere';
	};
	assert.equal((await sentWith({clientSecret})).form.get('client_secret'), 'from elsewhere');
	assert.equal(asked, 1);
	assert.equal((await sentWith({clientSecret, clientAuthentication: 'none'})).form.has('client_secret'), false);
	assert.equal(asked, 1);
});

test('a secret that is missing, or cannot be read, is config_error and says nothing of what went wrong inside', async () => {
	const unreadable = () => {
		throw new Error('canary');
	};
	const cases: Partial<Provider>[] = [
		{clientSecret: unreadable},
		{clientSecret: ''},
		{clientSecret: undefined, clientAuthentication: 'post'},
	];
	for (const settings of cases) {
		const {tokens, sent} = await request(() => json(good), settings);
		await assert.rejects(tokens, withCode('config_error', /client secret/));
		assert.equal(sent.length, 0);
	}
});

test('RFC 6749 §4.4: client credentials ask for the configured scope without the parts that are about a person', async () => {
	const {form} = await sentWith({
		scope: 'openid api:read offline_access profile email',
		audience: 'https://api.example.com',
		resource: ['https://a.example', 'https://b.example'],
		parameters: {token: {tenant: 't1'}, authorize: {acr_values: 'x'}},
	});
	form.delete('client_secret');
	assert.deepEqual(
		[...form],
		[
			['tenant', 't1'],
			['audience', 'https://api.example.com'],
			['scope', 'api:read'],
			['resource', 'https://a.example'],
			['resource', 'https://b.example'],
			['grant_type', 'client_credentials'],
			['client_id', 'my-cli'],
		],
	);
	assert.equal((await sentWith({})).form.has('scope'), false);
});

test('F02: an extra parameter never repeats one that a setting gives', async () => {
	const {form} = await sentWith({
		audience: 'a',
		scope: 's',
		resource: ['https://a.example'],
		parameters: {token: {audience: 'b', scope: 't', resource: 'https://b.example'}},
	});
	assert.deepEqual(
		[form.getAll('audience'), form.getAll('scope'), form.getAll('resource')],
		[['a'], ['s'], ['https://a.example']],
	);
});

test('4.2: scopes are joined with the provider’s separator', async () => {
	assert.equal((await sentWith({scope: 'a b', scopeSeparator: ','})).form.get('scope'), 'a,b');
});

test('B07: the password grant is refused until the application allows it, then sends what was typed', async () => {
	const credentials = {username: 'ada', password: 'password-canary'};
	const closed = await testContext({'/token': () => json(good)});
	await assert.rejects(requestPassword(closed, credentials), withCode('config_error'));
	assert.equal(closed.sent.length, 0);
	const open = await testContext({'/token': () => json(good)}, {allowPassword: true});
	await requestPassword(open, credentials);
	assert.deepEqual(Object.fromEntries(open.sent[0]?.form ?? []), {
		scope: 'openid profile',
		username: 'ada',
		password: 'password-canary',
		grant_type: 'password',
		client_id: 'my-cli',
	});
});

test('F03, F04: unknown members are ignored, an unknown token type makes the token unusable, case does not matter', async () => {
	const {tokens} = await request(() => json({...good, token_type: 'BEARER', anything: {else: 1}, __proto__: null}));
	assert.equal((await tokens).tokenType, 'bearer');
	assert.equal('anything' in (await tokens), false);
	const mac = await request(() => json({...good, token_type: 'mac'}));
	await assert.rejects(mac.tokens, withCode('bad_response', /token_type/));
});

test('RFC 9449 §5: a token that is bound to a key is refused, for no proof of one was sent', async () => {
	const {tokens} = await request(() => json({...good, token_type: 'DPoP'}));
	await assert.rejects(tokens, withCode('bad_response', /token_type/));
});

test('an error without a name is no empty pair of brackets', async () => {
	const {tokens} = await request(() => json({error: ' '}, 400));
	await assert.rejects(tokens, withCode('server_rejected', /^The server refused the request\.$/));
});

test('A13: a token with characters that no header can carry is refused', async () => {
	for (const token of ['canary\r\nx: y', 'canary\u001B[2J', 'canäry']) {
		const access = await request(() => json({...good, access_token: token}));
		await assert.rejects(access.tokens, withCode('bad_response', /access token/));
		const refresh = await request(() => json({...good, refresh_token: token}));
		await assert.rejects(refresh.tokens, withCode('bad_response', /refresh token/));
	}
});

test('F05, S1: the granted scope counts where it is said, cleaned', async () => {
	const {tokens} = await request(() => json({...good, scope: 'a b\u001B[2J'}), {scope: 'a b c'});
	assert.equal((await tokens).scope, 'a b');
});

test('A2: every error code has its own, whatever the status', async () => {
	const expected = {
		access_denied: 'access_denied',
		expired_token: 'expired_token',
		invalid_grant: 'invalid_grant',
		invalid_client: 'invalid_client',
		invalid_scope: 'invalid_scope',
		invalid_target: 'invalid_target',
		unsupported_grant_type: 'unsupported_grant',
		unauthorized_client: 'unsupported_grant',
		consent_required: 'interaction_required',
		invalid_request: 'server_rejected',
		constructor: 'server_rejected',
	};
	for (const [error, mapped] of Object.entries(expected)) {
		for (const status of [400, 401, 403, 429]) {
			const headers = {'www-authenticate': 'Basic realm="x"'};
			const {tokens} = await request(() => json({error}, status, headers));
			await assert.rejects(tokens, (thrown: LoginError) => withCode(mapped)(thrown) && thrown.status === status);
		}
	}
});

test('A4: a bare challenge at the token endpoint, or a bare 401, means that the client is not accepted', async () => {
	for (const headers of [new Headers({'www-authenticate': 'Basic realm="x"'}), new Headers()]) {
		const {tokens} = await request(() => new Response(null, {status: 401, headers}));
		await assert.rejects(tokens, withCode('invalid_client'));
	}
});

test('what is no response of the protocol says so with status and endpoint, never with the body', async () => {
	const page = (status: number) => new Response('<html>canary', {status, headers: {'content-type': 'text/html'}});
	const cases: [() => Response, string][] = [
		[() => page(200), 'bad_response'],
		[() => page(404), 'bad_response'],
		[() => page(503), 'server_unavailable'],
		[() => page(429), 'server_unavailable'],
		[() => json({error: 'server_error', error_description: 'x'}, 500), 'server_unavailable'],
		[() => new Response(null, {status: 307, headers: {location: 'https://evil.example/?canary'}}), 'bad_response'],
		[() => json(['canary']), 'bad_response'],
		[() => json({token: 'canary'}), 'bad_response'],
		[() => new Response('{"access_token":"canary', {headers: {'content-type': 'application/json'}}), 'bad_response'],
	];
	for (const [answer, expected] of cases) {
		const {tokens, sent} = await request(answer);
		await assert.rejects(
			tokens,
			(error: LoginError) => withCode(expected)(error) && error.endpoint === `${issuer}/token`,
		);
		assert.equal(sent.length, 1, 'nothing is sent a second time');
	}
});

test('what the network does is told in words, and the original error stays behind', async () => {
	const failed = (codeName: string) =>
		Object.assign(new TypeError('fetch failed canary'), {cause: Object.assign(new Error('canary'), {code: codeName})});
	const cases: [unknown, string, RegExp][] = [
		[failed('ENOTFOUND'), 'network_error', /Can't connect to login\.example\.com: no such host/],
		[failed('ECONNREFUSED'), 'network_error', /connection refused/],
		[failed('CERT_HAS_EXPIRED'), 'tls_error', /certificate/],
		[failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls_error', /certificate/],
		[failed('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls_error', /certificate/],
		[failed('ERR_SSL_WRONG_VERSION_NUMBER'), 'network_error', /it doesn't speak HTTPS/],
		[failed('UND_ERR_CONNECT_TIMEOUT'), 'timeout', /in time/],
		[new DOMException('canary', 'TimeoutError'), 'timeout', /in time/],
		['a string, canary', 'network_error', /the request failed/],
	];
	for (const [thrown, expected, pattern] of cases) {
		const {tokens} = await request(() => {
			throw thrown as Error;
		});
		await assert.rejects(tokens, withCode(expected, pattern));
	}
});

test('S23: an abort is cancelled, or the engine’s own error that it carries', async () => {
	for (const [reason, expected] of [
		[undefined, 'cancelled'],
		[new LoginError('timeout', 'Took too long.', {hint: 'x'}), 'timeout'],
	] as const) {
		const controller = new AbortController();
		const context = await testContext(
			{
				'/token'() {
					controller.abort(reason);
					throw new Error('canary');
				},
			},
			machine,
			{signal: controller.signal},
		);
		await assert.rejects(requestClientCredentials(context), withCode(expected));
	}
});

test('4.2: without ID tokens the identity comes from the member of the response, or the address, that the preset names', async () => {
	const fromResponse = await request(() => json({...good, user: {id: 7, mail: 'a@example.com\u001B[m'}}), {
		identity: {from: {tokenResponse: 'user'}, subject: 'id', email: 'mail', name: 'missing'},
	});
	assert.deepEqual((await fromResponse.tokens).identity, {issuer, subject: '7', email: 'a@example.com'});

	const settings: Partial<Provider> = {
		...machine,
		identity: {from: {url: 'https://api.example.com/user'}, subject: 'login', name: 'name'},
	};
	const asked = await testContext(
		{'/token': () => json(good), '/user': () => json({login: 'ada', name: 'Ada'})},
		settings,
	);
	const {identity} = await requestClientCredentials(asked);
	assert.deepEqual(identity, {issuer, subject: 'ada', name: 'Ada'});
	assert.equal(asked.sent[1]?.headers.get('authorization'), 'Bearer access-canary');
	assert.equal(asked.sent[1].url.includes('canary'), false, 'never in an address');

	const silent = await testContext({'/token': () => json(good)}, settings);
	assert.equal((await requestClientCredentials(silent)).identity, undefined, 'a login is complete without it');
});
