import assert from 'node:assert/strict';
import {test} from 'node:test';
import {auth0} from '../../source/oauth/presets/auth0.js';
import {gitlab, keycloak, oauth, oidc, okta} from '../../source/oauth/presets/by-the-book.js';
import {entra} from '../../source/oauth/presets/entra.js';
import {github} from '../../source/oauth/presets/github.js';
import {google} from '../../source/oauth/presets/google.js';
import {workos, workosConnect} from '../../source/oauth/presets/workos.js';
import type {ClientKey, Provider} from '../../source/oauth/provider.js';
import {refreshTokens, requestClientCredentials} from '../../source/oauth/token-endpoint.js';
import {decodeJwtPart} from '../../source/oauth/token-set.js';
import {revokeTokens} from '../../source/oauth/revocation.js';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {startAuth0} from '../support/dialects/auth0.js';
import {entraTenant, startEntra} from '../support/dialects/entra.js';
import {githubSecret, startGithub} from '../support/dialects/github.js';
import {googleSecret, startGoogle} from '../support/dialects/google.js';
import {startWorkos, startWorkosConnect} from '../support/dialects/workos.js';
import {prepareFlow} from '../support/run-flow.js';

/** A person who makes the program wait: two answers of pending, one of slow_down, then approval. */
const slowPerson = (server: ScriptedServer) => () => {
	void server.received('token', 2).then(() => {
		server.slowDown();
		void server.received('token', 4).then(() => server.approve());
	});
};

const grantTypes = (server: ScriptedServer) =>
	server.requestsTo('token').map(({parameters}) => parameters.get('grant_type'));

test('Auth0: a code with 403 for pending and 429 for slow_down, audience, offline access, rotation, revocation', async () => {
	const server = await startAuth0();
	const provider = auth0({domain: 'acme.eu.auth0.com', clientId: 'auth0-native', audience: 'https://api.acme.dev'});
	const {context, device, eventsOf} = await prepareFlow(server, provider);
	const tokens = await device(slowPerson(server));
	assert.equal(server.requestsTo('deviceAuthorization')[0]?.parameters.get('audience'), 'https://api.acme.dev');
	assert.equal(tokens.identity?.subject, 'user-1');
	assert.deepEqual([eventsOf('slow-down').length, eventsOf('backoff').length], [1, 0]);
	const next = await refreshTokens(context, tokens);
	assert.notEqual(next.refreshToken, tokens.refreshToken);
	assert.deepEqual(await revokeTokens(context, next), {outcome: 'revoked'});
	await assert.rejects(refreshTokens(context, next), {code: 'invalid_grant'});
});

test('Auth0: a code that expires is called so, even if the one response that said it was lost on the way', async () => {
	const server = await startAuth0();
	const {device, eventsOf} = await prepareFlow(server, auth0({domain: 'acme.eu.auth0.com', clientId: 'auth0-native'}));
	const inItsWords = server.script.responses?.token;
	assert.ok(typeof inItsWords === 'function');
	const loseResponse = async () => {
		await server.received('token', 1);
		server.expire();
		server.answer('token', async (request, conforming) => {
			const lost = await inItsWords(request, conforming);
			assert.match(JSON.stringify(lost), /expired_token/);
			return 'drop' as const;
		});
	};
	await assert.rejects(
		device(() => void loseResponse()),
		{code: 'expired_token'},
	);
	assert.equal(eventsOf('backoff').length, 1);
	assert.equal(server.requestsTo('token').length, 3);
});

test('Auth0: a person who refuses', async () => {
	const server = await startAuth0();
	const {device} = await prepareFlow(server, auth0({domain: 'acme.eu.auth0.com', clientId: 'auth0-native'}));
	await assert.rejects(
		device(() => server.deny()),
		{code: 'access_denied'},
	);
});

test('Auth0: the browser comes back to a registered port only', async () => {
	const server = await startAuth0();
	const provider = auth0({domain: 'acme.eu.auth0.com', clientId: 'auth0-native', audience: 'https://api.acme.dev'});
	const {browser, eventsOf} = await prepareFlow(server, provider);
	const tokens = await browser();
	assert.ok(tokens.refreshToken);
	assert.match(eventsOf('authorization-url')[0]?.redirectUri ?? '', /^http:\/\/127\.0\.0\.1:848[456]\/callback$/);
	const [request] = server.requestsTo('authorization');
	assert.equal(request?.parameters.get('audience'), 'https://api.acme.dev');
	assert.equal(request.parameters.get('prompt'), 'consent');
});

test('Auth0: a redirect URI that is not registered leads to an error page, and nowhere else', async () => {
	const server = await startAuth0();
	const provider = auth0({domain: 'acme.eu.auth0.com', clientId: 'auth0-native', redirect: {}});
	const {browser} = await prepareFlow(server, provider);
	await assert.rejects(browser(), /authorize is an error \(400\)/);
	assert.equal(server.requestsTo('token').length, 0);
});

test('WorkOS User Management: tokens without type and expiry, the person in `user`, refresh tokens that work once, no revocation', async () => {
	const server = await startWorkos();
	const {context, device} = await prepareFlow(server, workos({clientId: 'client_01WORKOS'}));
	assert.equal(server.requests.length, 0, 'nothing is discovered');
	assert.match(String(context.provider.flows.browser), /only codes/);
	const tokens = await device(slowPerson(server));
	assert.equal(server.requestsTo('deviceAuthorization')[0]?.parameters.has('scope'), false);
	assert.deepEqual(tokens.identity, {
		issuer: 'https://api.workos.com',
		subject: 'user_01ADA',
		name: 'Ada',
		email: 'ada@example.com',
	});
	assert.deepEqual([tokens.tokenType, tokens.idToken], ['bearer', undefined]);
	const next = await refreshTokens(context, tokens);
	assert.deepEqual(next.identity, tokens.identity);
	await assert.rejects(refreshTokens(context, tokens), {code: 'invalid_grant'});
	assert.deepEqual(await revokeTokens(context, next), {outcome: 'not-supported'});
});

test('WorkOS User Management: the access token itself says when it ends', async () => {
	const server = await startWorkos();
	const {clock, device} = await prepareFlow(server, workos({clientId: 'client_01WORKOS'}));
	const tokens = await device(() => server.approve());
	assert.equal(tokens.expiresAt, clock.now() + 300_000);
});

test('WorkOS Connect: by the book, from the AuthKit domain', async () => {
	const server = await startWorkosConnect();
	const provider = workosConnect({domain: 'acme.authkit.app', clientId: 'client_01CONNECT'});
	const {context, device, browser} = await prepareFlow(server, provider);
	const tokens = await device(slowPerson(server));
	assert.equal(tokens.identity?.issuer, 'https://acme.authkit.app');
	assert.ok((await refreshTokens(context, tokens)).refreshToken);
	assert.equal((await browser()).identity?.subject, 'user-1');
});

test('GitHub: errors with status 200, a new interval, comma scopes, the name from the API', async () => {
	const server = await startGithub();
	const {context, device, eventsOf} = await prepareFlow(server, github({clientId: 'Iv1.github', scope: 'repo gist'}));
	assert.equal(server.requests.length, 0, 'nothing is discovered');
	const tokens = await device(slowPerson(server));
	assert.equal(tokens.scope, 'repo gist');
	assert.equal(tokens.expiresAt, undefined);
	assert.deepEqual(tokens.identity, {
		issuer: 'https://github.com/login/oauth',
		subject: '583231',
		name: 'octocat',
	});
	assert.equal(eventsOf('slow-down')[0]?.interval, 10);
	assert.equal(eventsOf('device-code')[0]?.verificationUriComplete, undefined);
	assert.equal(server.requestsTo('userInfo')[0]?.headers['authorization'], `Bearer ${tokens.accessToken}`);
	assert.deepEqual(await revokeTokens(context, tokens), {outcome: 'not-supported'});
});

for (const [error, code] of [
	['incorrect_device_code', 'invalid_grant'],
	['token_expired', 'expired_token'],
	['incorrect_client_credentials', 'invalid_client'],
	['device_flow_disabled', 'unsupported_grant'],
	['access_denied', 'access_denied'],
] as const) {
	test(`GitHub: ${error} is ${code}`, async () => {
		const server = await startGithub();
		server.answer('token', {body: {error, error_description: 'so it is', error_uri: 'https://docs.github.com'}});
		const {device} = await prepareFlow(server, github({clientId: 'Iv1.github'}));
		await assert.rejects(
			device(() => undefined),
			{code},
		);
	});
}

test('GitHub: a GitHub App in the browser, with its secret, the issuer in the redirect, and refresh tokens', async () => {
	const server = await startGithub({}, {refreshable: true});
	const {context, browser} = await prepareFlow(server, github({clientId: 'Iv1.github', clientSecret: githubSecret}));
	assert.equal(context.provider.flows.browser, true);
	const tokens = await browser();
	assert.equal(tokens.identity?.name, 'octocat');
	const next = await refreshTokens(context, tokens);
	assert.notEqual(next.refreshToken, tokens.refreshToken);
	await assert.rejects(refreshTokens(context, tokens), {code: 'invalid_grant'});
	const wrong = await prepareFlow(server, github({clientId: 'Iv1.github', clientSecret: 'wrong'}));
	await assert.rejects(wrong.browser(), {code: 'invalid_client'});
});

test('Google: 428 for pending and 403 for slow_down, verification_url, the secret while polling, hosts of its own', async () => {
	const server = await startGoogle();
	const provider = google({clientId: 'app.apps.googleusercontent.com', clientSecret: googleSecret});
	const {context, device, eventsOf} = await prepareFlow(server, provider);
	assert.match(String(context.provider.flows['client-credentials']), /service accounts/);
	const tokens = await device(slowPerson(server));
	assert.equal(eventsOf('device-code')[0]?.verificationUri, 'https://www.google.com/device');
	assert.deepEqual([eventsOf('slow-down').length, eventsOf('backoff').length], [1, 0]);
	assert.ok(server.requestsTo('token').every(({parameters}) => parameters.get('client_secret') === googleSecret));
	assert.equal(tokens.identity?.issuer, 'https://accounts.google.com');
	assert.match(tokens.scope, /userinfo\.email/);
	const next = await refreshTokens(context, tokens);
	assert.equal(next.refreshToken, tokens.refreshToken, 'it stays the same');
	assert.deepEqual(await revokeTokens(context, next), {outcome: 'revoked'});
});

test('Google: the browser asks for offline access by a parameter, not by a scope', async () => {
	const server = await startGoogle();
	const provider = google({clientId: 'app.apps.googleusercontent.com', clientSecret: googleSecret});
	const {browser} = await prepareFlow(server, provider);
	const tokens = await browser();
	assert.ok(tokens.refreshToken);
	const [request] = server.requestsTo('authorization');
	assert.equal(request?.parameters.get('access_type'), 'offline');
	assert.equal(request.parameters.get('scope'), 'openid profile email');
	const online = await prepareFlow(server, {...provider, parameters: {}});
	assert.equal((await online.browser()).refreshToken, undefined);
});

test('Entra: a code for people of many tenants, the issuer checked with the tenant of the token', async () => {
	const server = await startEntra();
	const {context, device, eventsOf} = await prepareFlow(server, entra({clientId: server.provider.clientId}));
	const tokens = await device(slowPerson(server));
	assert.equal(eventsOf('device-code')[0]?.verificationUriComplete, undefined);
	assert.equal(tokens.identity?.issuer, `https://login.microsoftonline.com/${entraTenant}/v2.0`);
	const next = await refreshTokens(context, tokens);
	assert.equal(next.identity?.issuer, tokens.identity.issuer);
	assert.deepEqual(await revokeTokens(context, next), {outcome: 'not-supported'});
});

test('Entra: a token of another issuer than its tenant says is refused', async () => {
	const server = await startEntra();
	const {context, device} = await prepareFlow(server, entra({clientId: server.provider.clientId}));
	const right = server.script.idToken?.claims;
	assert.ok(right);
	for (const change of [{tid: '00000000-0000-0000-0000-000000000000'}, {tid: '../evil'}, {tid: undefined}]) {
		server.script.idToken = {claims: claims => ({...right(claims), ...change})};
		await assert.rejects(
			device(() => server.approve()),
			{code: 'identity_check_failed'},
		);
	}

	assert.equal(context.provider.server.issuer, 'https://login.microsoftonline.com/{tenantid}/v2.0');
});

for (const [error, code] of [
	['authorization_declined', 'access_denied'],
	['bad_verification_code', 'invalid_grant'],
	['expired_token', 'expired_token'],
] as const) {
	test(`Entra: ${error} is ${code}`, async () => {
		const server = await startEntra();
		server.answer('token', {status: 400, body: {error, error_description: 'AADSTS70000: so it is', error_codes: [7]}});
		const {device} = await prepareFlow(server, entra({clientId: server.provider.clientId}));
		await assert.rejects(
			device(() => undefined),
			{code},
		);
	});
}

test('Entra: a person who declines', async () => {
	const server = await startEntra();
	const {device} = await prepareFlow(server, entra({clientId: server.provider.clientId}));
	await assert.rejects(
		device(() => server.deny()),
		{code: 'access_denied'},
	);
});

for (const tenant of ['common', 'organizations', entraTenant]) {
	test(`Entra: the browser comes back to http://localhost on any port, for ${tenant}`, async () => {
		const server = await startEntra({}, {path: tenant});
		const {browser, eventsOf} = await prepareFlow(server, entra({clientId: server.provider.clientId, tenant}));
		const tokens = await browser();
		assert.equal(tokens.identity?.issuer, `https://login.microsoftonline.com/${entraTenant}/v2.0`);
		assert.match(eventsOf('authorization-url')[0]?.redirectUri ?? '', /^http:\/\/localhost:\d+$/);
		assert.ok(server.requestsTo('authorization')[0]?.path.startsWith(`/${tenant}/`));
	});
}

test('OIDC: anything that describes itself, an issuer with a path included', async () => {
	const server = await startScriptedServer({issuer: 'https://keycloak.example/realms/acme'});
	const {browser, device} = await prepareFlow(server, oidc({issuer: server.issuer, clientId: 'test-client'}));
	assert.equal((await browser()).identity?.subject, 'user-1');
	assert.equal((await device(slowPerson(server))).identity?.subject, 'user-1');
	assert.deepEqual(
		new Set(grantTypes(server)),
		new Set(['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code']),
	);
});

test('oauth: endpoints by hand and nothing else; ID tokens are not looked at without keys', async () => {
	const server = await startScriptedServer({issuer: 'https://plain.example'});
	const {authorization, token, deviceAuthorization, revocation} = server.endpoints;
	const provider = oauth({clientId: 'test-client', endpoints: {authorization, token, deviceAuthorization, revocation}});
	const {context, browser} = await prepareFlow(server, {...provider, scope: 'openid offline_access'});
	const tokens = await browser();
	assert.deepEqual([tokens.identity, tokens.idToken], [undefined, undefined]);
	assert.deepEqual(await revokeTokens(context, tokens), {outcome: 'revoked'});
	assert.deepEqual(
		new Set(server.requests.map(({endpoint}) => endpoint)),
		new Set(['authorization', 'token', 'revocation']),
	);
});

type Make = (key: {readonly clientKey: ClientKey}) => Provider;

/** For each preset that a key can be registered with: its server, and whether assertions are for the endpoint that is asked. */
const keyed: readonly (readonly [string, () => Promise<ScriptedServer>, Make, 'endpoint'?])[] = [
	['Auth0', startAuth0, key => auth0({domain: 'acme.eu.auth0.com', clientId: 'auth0-native', ...key})],
	[
		'WorkOS Connect',
		startWorkosConnect,
		key => workosConnect({domain: 'acme.authkit.app', clientId: 'client_01CONNECT', ...key}),
	],
	[
		'Keycloak',
		async () => startScriptedServer({issuer: 'https://sso.example/realms/acme'}),
		key => keycloak({domain: 'sso.example/realms/acme', clientId: 'test-client', ...key}),
	],
	[
		'OIDC',
		async () => startScriptedServer({issuer: 'https://op.example/'}),
		key => oidc({issuer: 'https://op.example/', clientId: 'test-client', ...key}),
	],
	[
		'Okta',
		async () => startScriptedServer({issuer: 'https://acme.okta.com/oauth2/default'}),
		key => okta({domain: 'acme.okta.com/oauth2/default', clientId: 'test-client', ...key}),
		'endpoint',
	],
	...['common', 'organizations', entraTenant].map(
		tenant =>
			[
				`Entra (${tenant})`,
				async () => startEntra({}, {path: tenant}),
				key => entra({clientId: '11111111-2222-3333-4444-555555555555', tenant, ...key}),
				'endpoint',
			] as const satisfies (typeof keyed)[number],
	),
];

const newKey = async () =>
	(await crypto.subtle.generateKey({name: 'ECDSA', namedCurve: 'P-256'}, false, ['sign'])).privateKey;

/** Has the server list a client's key among the ways to prove a client, or not. */
const listMethods = (server: ScriptedServer, ...methods: readonly string[]) => {
	const {metadata} = server.script;
	server.script.metadata = document => ({
		...(metadata?.(document) ?? document),
		token_endpoint_auth_methods_supported: methods,
	});
};

for (const [name, start, make, isForEndpoint] of keyed) {
	test(`machine to machine: at ${name} a key proves the client in every flow, to ${isForEndpoint ?? 'the issuer'} alone`, async () => {
		const server = await start();
		listMethods(server, 'client_secret_basic', 'private_key_jwt');
		const provider = make({clientKey: {key: await newKey(), kid: 'key-1'}});
		const {context, device, browser} = await prepareFlow(server, provider);
		const tokens = await refreshTokens(context, await device(slowPerson(server)));
		await revokeTokens(context, tokens);
		await browser();
		server.answer('token', {body: {access_token: 'own', token_type: 'Bearer', expires_in: 60}});
		await requestClientCredentials(context);

		const used = new Set<unknown>();
		for (const endpoint of ['deviceAuthorization', 'token', 'revocation', 'pushedAuthorization'] as const) {
			for (const {parameters} of server.requestsTo(endpoint)) {
				const assertion = parameters.get('client_assertion') ?? '';
				const {iss, sub, aud, jti} = decodeJwtPart(assertion, 1) ?? {};
				const audience = isForEndpoint === undefined ? provider.issuer : server.endpoints[endpoint];
				assert.deepEqual([iss, sub, aud], [provider.clientId, provider.clientId, audience], endpoint);
				assert.deepEqual(decodeJwtPart(assertion, 0), {alg: 'ES256', kid: 'key-1'});
				assert.equal(parameters.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
				assert.equal(parameters.get('client_id'), provider.clientId);
				assert.equal(parameters.has('client_secret'), false);
				assert.equal(used.has(jti), false, 'each is used once');
				used.add(jti);
			}
		}

		assert.deepEqual(
			[...new Set(grantTypes(server))],
			['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token', 'authorization_code', 'client_credentials'],
		);
	});
}

test('where no client key is accepted, that is said before anything is asked', async () => {
	const clientKey = {key: await newKey()};
	const refusal = {code: 'config_error', message: /^(?:GitHub|WorkOS User Management) doesn't accept client keys\.$/};
	assert.throws(() => github({clientId: 'Iv1.github', clientKey}), refusal);
	assert.throws(() => workos({clientId: 'client_01WORKOS', clientKey}), refusal);
	const others: readonly (readonly [ScriptedServer, Provider])[] = [
		[await startGoogle(), google({clientId: 'app', clientSecret: googleSecret, clientKey})],
		[await startScriptedServer({issuer: 'https://gitlab.com'}), gitlab({clientId: 'test-client', clientKey})],
	];
	for (const [server, provider] of others) {
		listMethods(server, 'client_secret_basic', 'client_secret_post');
		await assert.rejects(prepareFlow(server, provider), {
			code: 'config_error',
			message: "The server doesn't accept client keys (private_key_jwt).",
		});
		assert.deepEqual(new Set(server.requests.map(({endpoint}) => endpoint)), new Set(['openidConfiguration']));
	}
});
