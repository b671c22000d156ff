import assert from 'node:assert/strict';
import {test} from 'node:test';
import {inspect} from 'node:util';
import {LoginError} from '../../source/core/errors.js';
import {discover} from '../../source/oauth/discovery.js';
import {isForeignHost} from '../../source/oauth/server-url.js';
import type {Provider} from '../../source/oauth/provider.js';
import {issuer, json, scriptedFetch, stillClock, testProvider} from '../support/protocol-context.js';

const openIdPath = '/.well-known/openid-configuration';
const oauthPath = '/.well-known/oauth-authorization-server';

const metadata = {
	issuer,
	authorization_endpoint: `${issuer}/authorize`,
	token_endpoint: `${issuer}/token`,
	device_authorization_endpoint: `${issuer}/device`,
	jwks_uri: `${issuer}/jwks`,
};

const bare: Provider = {name: 'oidc', issuer, clientId: 'my-cli'};

const run = (responses: Parameters<typeof scriptedFetch>[0], settings: Partial<Provider> = {}) => {
	const {fetch, sent} = scriptedFetch(responses);
	const signal = new AbortController().signal;
	return {resolved: discover({...bare, ...settings}, {fetch, clock: stillClock(), signal}), sent};
};

const withMetadata = async (more: object, settings: Partial<Provider> = {}) =>
	run({[openIdPath]: () => json({...metadata, ...more})}, settings).resolved;

const configError = (pattern: RegExp) => (error: unknown) => {
	assert.ok(error instanceof LoginError, inspect(error));
	assert.equal(error.code, 'config_error', error.message);
	assert.match(error.message + ' ' + error.hint, pattern);
	return true;
};

test('B08, M02: OpenID Connect’s document is asked for first', async () => {
	const {resolved, sent} = run({[openIdPath]: () => json(metadata)});
	assert.equal((await resolved).server.token_endpoint, `${issuer}/token`);
	assert.deepEqual(
		sent.map(({path}) => path),
		[openIdPath],
	);
});

test('M02: RFC 8414’s document is asked for second, whatever stands in the place of the first', async () => {
	const page = () => new Response('<html>', {headers: {'content-type': 'text/html'}});
	for (const first of [() => new Response('', {status: 404}), () => new Response('', {status: 401}), page]) {
		const {resolved, sent} = run({[openIdPath]: first, [oauthPath]: () => json(metadata)});
		assert.equal((await resolved).requestedScope, '');
		assert.deepEqual(
			sent.map(({path}) => path),
			[openIdPath, oauthPath],
		);
	}
});

test('M02: an issuer with a path has its documents behind it and before it', async () => {
	const {resolved, sent} = run({}, {issuer: `${issuer}/api/auth`});
	await assert.rejects(resolved, configError(/Found no sign-in server/));
	assert.deepEqual(
		sent.map(({path}) => path),
		[`/api/auth${openIdPath}`, `${oauthPath}/api/auth`],
	);
});

test('a server that is down, or cannot be reached, is said to be so, and is not asked twice', async () => {
	const down = run({[openIdPath]: () => new Response('', {status: 503})});
	await assert.rejects(down.resolved, (error: LoginError) => error.code === 'server_unavailable');
	assert.equal(down.sent.length, 1);
	const unreachable = run({
		[openIdPath]() {
			throw new TypeError('fetch failed');
		},
	});
	await assert.rejects(unreachable.resolved, (error: LoginError) => error.code === 'network_error');
	assert.equal(unreachable.sent.length, 1);
});

test('M01: metadata of another issuer is not used', async () => {
	await assert.rejects(
		withMetadata({issuer: 'https://evil.example'}),
		configError(/says that it is https:\/\/evil\.example/),
	);
	await assert.rejects(withMetadata({issuer: undefined}), LoginError);
});

test('A15: an issuer that differs by a slash is suggested; a slash after a bare host makes no difference', async () => {
	const {resolved} = run(
		{[`/tenant${openIdPath}`]: () => json({...metadata, issuer: `${issuer}/tenant/`})},
		{issuer: `${issuer}/tenant`},
	);
	await assert.rejects(resolved, configError(/Did you mean https:\/\/login\.example\.com\/tenant\/\?/));
	assert.equal((await withMetadata({issuer: `${issuer}/`})).server.issuer, `${issuer}/`);
});

test('M03: an issuer is an https URL without user, query or fragment', async () => {
	for (const wrong of [
		'http://login.example.com',
		`${issuer}?a=b`,
		`${issuer}#x`,
		'https://a:b@login.example.com',
		'login.example.com',
	]) {
		const {resolved, sent} = run({}, {issuer: wrong});
		await assert.rejects(resolved, configError(/issuer/));
		assert.equal(sent.length, 0);
	}
});

test('A16, A19, S33: every endpoint is checked before the first is used, and the wrong one is named', async () => {
	const wrong = [
		'http://login.example.com/x',
		'https://user@login.example.com/x',
		'javascript:alert(1)',
		`${issuer}/x#fragment`,
		'https://10.1.2.3/x',
		'https://169.254.169.254/latest/meta-data',
		'https://[::ffff:10.0.0.1]/x',
		'https://[fd00::1]/x',
		'https://0x7f.1/x',
		'http://localhost:8080/x',
		'https://db.localhost/x',
	];
	for (const address of wrong) {
		for (const name of ['token_endpoint', 'jwks_uri', 'revocation_endpoint']) {
			await assert.rejects(withMetadata({[name]: address}), configError(new RegExp(name)), address);
		}
	}
});

test('S33: an issuer that is private itself may have private endpoints', async () => {
	const local = 'http://127.0.0.1:9000';
	const document = {
		...metadata,
		issuer: local,
		token_endpoint: 'http://localhost:9000/token',
		jwks_uri: 'https://192.168.1.5/jwks',
	};
	const {resolved} = run({[openIdPath]: () => json(document)}, {issuer: local});
	assert.equal((await resolved).server.jwks_uri, 'https://192.168.1.5/jwks');
});

test('S33: a host that is neither equal to, above nor below the issuer’s, nor known, is foreign', () => {
	const known = ['known.example'];
	const foreign = (host: string) => isForeignHost(host, issuer, known);
	assert.deepEqual(['login.example.com', 'keys.login.example.com', 'example.com', 'known.example'].filter(foreign), []);
	for (const host of ['other.example', 'notlogin.example.com', 'com']) assert.ok(foreign(host), host);
});

test('M04: endpoints by hand win over discovered ones', async () => {
	const {server} = await withMetadata({}, {endpoints: {token: 'https://10.0.0.7/token'}});
	assert.equal(server.token_endpoint, 'https://10.0.0.7/token');
	assert.equal(server.jwks_uri, `${issuer}/jwks`);
});

test('a server without metadata is in reach by its endpoints, the token endpoint among them', async () => {
	const endpoints = {token: 'https://tokens.example/token', deviceAuthorization: 'https://tokens.example/device'};
	const {flows, server, idToken} = await run({}, {endpoints}).resolved;
	assert.equal(flows.device, true);
	assert.equal(server.token_endpoint, endpoints.token);
	assert.equal(idToken, 'ignore', 'there are no keys to verify one by');
	assert.equal((await run({}, {endpoints: {...endpoints, jwks: `${issuer}/jwks`}}).resolved).idToken, undefined);
	const {token: _, ...tokenless} = endpoints;
	await assert.rejects(
		run({}, {endpoints: tokenless}).resolved,
		configError(/Found no sign-in server .* or give its endpoints/),
	);
});

test('GitLab, Doorkeeper: codes come from beside the token endpoint where the metadata has their grant and no endpoint', async () => {
	const gitlab = {
		token_endpoint: `${issuer}/group/oauth/token`,
		device_authorization_endpoint: undefined,
		grant_types_supported: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
	};
	const endpointOf = async (more: object) =>
		(await withMetadata({...gitlab, ...more})).server.device_authorization_endpoint;
	assert.equal(await endpointOf({}), `${issuer}/group/oauth/authorize_device`);
	assert.equal((await withMetadata(gitlab)).flows.device, true);
	assert.equal(await endpointOf({grant_types_supported: ['authorization_code']}), undefined);
	assert.equal(await endpointOf({token_endpoint: `${issuer}/oauth2/token`}), undefined);
	assert.equal(await endpointOf({device_authorization_endpoint: `${issuer}/x`}), `${issuer}/x`);
});

test('a document behind the same address with a slash is read; any other redirect is told with its status and target', async () => {
	const to = (location: string) => () => new Response(null, {status: 301, headers: {location}});
	const slash = run({[openIdPath]: to(`${openIdPath}/`), [`${openIdPath}/`]: () => json(metadata)});
	assert.equal((await slash.resolved).server.token_endpoint, `${issuer}/token`);
	assert.equal(slash.sent.length, 2);
	const elsewhere = run({[openIdPath]: to(`https://www.example.com${openIdPath}?q=1`)});
	const text =
		/redirects .*openid-configuration to https:\/\/www\.example\.com\/\.well-known\/openid-configuration \(HTTP 301\), and redirects aren't followed\. Use https:\/\/www\.example\.com as the issuer\.$/;
	await assert.rejects(elsewhere.resolved, configError(text));
	assert.ok(elsewhere.sent.every(({url}) => url.startsWith(issuer)));
	await assert.rejects(
		run({[openIdPath]: to('/login')}).resolved,
		configError(/\/login \(HTTP 301\), .* Check the issuer URL, or give/),
	);
});

test('nothing goes over the network without discovery, or with every endpoint by hand', async () => {
	for (const discovery of ['none', 'auto'] as const) {
		const {resolved, sent} = run({}, {...testProvider, discovery});
		assert.equal((await resolved).server.token_endpoint, `${issuer}/token`);
		assert.equal(sent.length, 0);
	}
});

test('A12: only members that we know, of the type that they should have, are taken over', async () => {
	const {server} = await withMetadata({
		__proto__: {polluted: true},
		unknown: 'x',
		scopes_supported: 'openid',
		userinfo_endpoint: 7,
		revocation_endpoint: null,
		token_endpoint_auth_methods_supported: ['none', 7],
		require_pushed_authorization_requests: 'yes',
	});
	assert.deepEqual(
		Object.keys(server).sort(),
		[
			...Object.keys(metadata),
			'id_token_signing_alg_values_supported',
			'token_endpoint_auth_methods_supported',
			'userinfo_signing_alg_values_supported',
		].sort(),
	);
	assert.deepEqual(server.token_endpoint_auth_methods_supported, ['none']);
});

test('B2, O07: none and HS256 are struck from the accepted algorithms; RS256 is the default', async () => {
	const algorithms = async (listed: unknown, settings: Partial<Provider> = {}) =>
		(await withMetadata({id_token_signing_alg_values_supported: listed}, settings)).server
			.id_token_signing_alg_values_supported;
	assert.deepEqual(await algorithms(['none', 'HS256', 'RS256', 'ES256']), ['RS256', 'ES256']);
	assert.deepEqual(await algorithms(['none', 'HS256']), []);
	assert.deepEqual(await algorithms(undefined), ['RS256']);
	assert.deepEqual(await algorithms(['RS256'], {idTokenAlgorithms: ['EdDSA', 'none']}), ['EdDSA']);
	assert.deepEqual(await algorithms(['HS256', 'none'], {idToken: 'tls-only'}), ['HS256']);
});

test('flows: each is possible, or says in a sentence why not', async () => {
	const {flows} = await withMetadata({});
	assert.deepEqual(flows, {
		browser: true,
		device: true,
		'client-credentials': "It needs a client secret or key, and there isn't one.",
		'workload-identity': "It needs a workload identity, and there isn't one.",
		password: 'Signing in with a password is turned off.',
		'one-time-code': 'Signing in with a one-time code is turned off.',
	});
	const all = await withMetadata(
		{},
		{
			clientSecret: 's',
			workloadIdentity: {},
			allowPassword: true,
			allowOneTimeCode: true,
			endpoints: {oneTimeCode: 'https://auth.example/codes'},
		},
	);
	assert.deepEqual(Object.values(all.flows), [true, true, true, true, true, true]);
	const none = await withMetadata({authorization_endpoint: undefined, device_authorization_endpoint: undefined});
	assert.match(String(none.flows.browser), /doesn't offer browser sign-in/);
	assert.match(String(none.flows.device), /doesn't offer codes/);
	assert.match(String((await withMetadata({token_endpoint: undefined})).flows.browser), /no token endpoint/);
	const preset = await withMetadata({}, {unsupportedFlows: {device: 'Cognito has no device login.'}});
	assert.equal(preset.flows.device, 'Cognito has no device login.');
});

test('O01, O02: the usual scopes are asked for as far as the server lists them, openid where ID tokens are expected', async () => {
	const scope = async (more: object, settings: Partial<Provider> = {}) =>
		(await withMetadata(more, settings)).requestedScope;
	assert.equal(await scope({}), 'openid profile email offline_access');
	assert.equal(await scope({scopes_supported: ['openid', 'email', 'profile']}), 'openid profile email');
	assert.equal(await scope({}, {scope: ' repo  user '}), 'repo user');
	assert.equal(await scope({}, {scope: ''}), '');
	assert.equal(await scope({}, {idToken: 'ignore'}), '');
	const {scope: _, ...byHand} = testProvider;
	assert.equal((await run({}, byHand).resolved).requestedScope, 'openid profile email offline_access');
	const {jwks: __, ...endpoints} = testProvider.endpoints ?? {};
	assert.equal((await run({}, {...byHand, endpoints}).resolved).requestedScope, '');
});

test('parameters that are the protocol’s own, and resources that are none, are refused before anything is sent', async () => {
	for (const name of [
		'state',
		'nonce',
		'redirect_uri',
		'client_id',
		'code_challenge',
		'code_challenge_method',
		'response_type',
		'grant_type',
		'request_uri',
		'access_token',
		'x_client_secret',
	]) {
		const {resolved, sent} = run({}, {parameters: {authorize: {[name]: 'x'}}});
		await assert.rejects(resolved, configError(new RegExp(name)));
		assert.equal(sent.length, 0);
	}

	for (const resource of ['api', '/path', 'https://api.example.com/#part', 'https://api.example.com/#']) {
		await assert.rejects(run({}, {resource: [resource]}).resolved, configError(/resource/));
	}
});

test('Entra: the document of many tenants is fetched from the address that all share', async () => {
	const many = 'https://login.microsoftonline.com/{tenantid}/v2.0';
	const {resolved, sent} = run(
		{
			[`/common/v2.0${openIdPath}`]: () =>
				json({
					...metadata,
					issuer: many,
					...Object.fromEntries(
						Object.keys(metadata)
							.filter(name => name !== 'issuer')
							.map(name => [name, 'https://login.microsoftonline.com/x']),
					),
				}),
		},
		{issuer: many},
	);
	assert.equal((await resolved).server.issuer, many);
	assert.equal(sent.length, 1);
});

test('an abort during discovery is cancelled', async () => {
	const controller = new AbortController();
	controller.abort();
	const {fetch} = scriptedFetch({});
	await assert.rejects(
		discover(bare, {fetch, clock: stillClock(), signal: controller.signal}),
		(error: LoginError) => error.code === 'cancelled',
	);
});
