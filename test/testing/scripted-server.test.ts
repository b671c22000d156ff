import assert from 'node:assert/strict';
import {test} from 'node:test';
import * as oauth from 'oauth4webapi';
import {createManualClock, startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';

const redirectUri = 'http://127.0.0.1:9/callback';
// eslint-disable-next-line @typescript-eslint/no-deprecated -- meant for loopback, which this is
const insecure = {[oauth.allowInsecureRequests]: true};
const scope = 'openid profile email offline_access';

/** The library, and nothing of ours, against the server: over a socket, or in memory. */
const libraryOf = async (server: ScriptedServer, inMemory = false) => {
	const options = {...insecure, ...(inMemory && {[oauth.customFetch]: server.fetch})};
	const {clientId, clientSecret} = server.provider;
	const client: oauth.Client = {client_id: clientId};
	const authentication = typeof clientSecret === 'string' ? oauth.ClientSecretPost(clientSecret) : oauth.None();
	const issuer = new URL(server.issuer);
	const answer = await oauth.discoveryRequest(issuer, {algorithm: 'oidc', ...options});
	const as = await oauth.processDiscoveryResponse(issuer, answer);
	return {as, client, authentication, options};
};
type Library = Awaited<ReturnType<typeof libraryOf>>;

const authorize = async (
	{as, client, authentication, options}: Library,
	server: ScriptedServer,
	parameters: Record<string, string> = {},
) => {
	const verifier = oauth.generateRandomCodeVerifier();
	const nonce = oauth.generateRandomNonce();
	const url = new URL(as.authorization_endpoint!);
	url.search = new URLSearchParams({
		client_id: client.client_id,
		redirect_uri: redirectUri,
		response_type: 'code',
		scope,
		state: 'the-state',
		nonce,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
		code_challenge_method: 'S256',
		...parameters,
	}).toString();
	const response = await server.fetch(url);
	assert.equal(response.status, 302);
	const callback = new URL(response.headers.get('location')!);
	const checked = oauth.validateAuthResponse(as, client, callback, 'the-state');
	const exchange = async () => {
		const answer = await oauth.authorizationCodeGrantRequest(
			as,
			client,
			authentication,
			checked,
			redirectUri,
			verifier,
			options,
		);
		const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, {expectedNonce: nonce});
		await oauth.validateApplicationLevelSignature(as, answer, options);
		return tokens;
	};
	return {callback, exchange};
};

const refresh = async ({as, client, authentication, options}: Library, refreshToken: string) =>
	oauth.processRefreshTokenResponse(
		as,
		client,
		await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken, options),
	);

const failsWith = (code: string) => (error: unknown) =>
	error instanceof oauth.ResponseBodyError && error.error === code;

for (const inMemory of [false, true]) {
	test(`a whole code flow ${inMemory ? 'in memory' : 'over a socket'}: PKCE, iss, nonce, a signature that verifies, userinfo`, async () => {
		await using server = await startScriptedServer();
		const library = await libraryOf(server, inMemory);
		const {callback, exchange} = await authorize(library, server);
		assert.equal(callback.searchParams.get('iss'), server.issuer);
		const tokens = await exchange();
		assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, 'user-1');
		const {as, client, options} = library;
		const answer = await oauth.userInfoRequest(as, client, tokens.access_token, options);
		const claims = await oauth.processUserInfoResponse(as, client, 'user-1', answer);
		assert.equal(claims.email, 'ada@example.com');
		assert.deepEqual(
			server.requests.map(({endpoint}) => endpoint),
			['openidConfiguration', 'authorization', 'token', 'jwks', 'userInfo'],
		);
		await assert.rejects(exchange(), failsWith('invalid_grant'));
		const revoked = await oauth.userInfoRequest(as, client, tokens.access_token, options);
		assert.equal(revoked.status, 401, 'a code that comes twice takes its tokens with it');
	});
}

test('the RFC 8414 document is found for an issuer with a path', async () => {
	await using server = await startScriptedServer({issuer: '/tenant'});
	const issuer = new URL(server.issuer);
	const answer = await oauth.discoveryRequest(issuer, {algorithm: 'oauth2', ...insecure});
	assert.equal((await oauth.processDiscoveryResponse(issuer, answer)).issuer, server.issuer);
	assert.match(server.endpoints.oauthMetadata, /\/\.well-known\/oauth-authorization-server\/tenant$/);
});

test('a wrong verifier, a wrong redirect URI and a missing challenge are refused', async () => {
	await using server = await startScriptedServer();
	const library = await libraryOf(server);
	await assert.rejects(
		authorize(library, server, {code_challenge: ''}),
		error => error instanceof oauth.AuthorizationResponseError && error.error === 'invalid_request',
	);
	const stranger = new URL(server.endpoints.authorization);
	stranger.search = new URLSearchParams({client_id: 'test-client', redirect_uri: 'https://evil.example/'}).toString();
	assert.equal((await server.fetch(stranger)).status, 400);
	const {exchange} = await authorize(library, server, {
		code_challenge: await oauth.calculatePKCECodeChallenge('another'.repeat(8)),
	});
	await assert.rejects(exchange(), failsWith('invalid_grant'));
});

test('pushed requests: a request_uri works once, and alone where they are required', async () => {
	await using server = await startScriptedServer({requirePushedAuthorization: true});
	const {as, client, authentication, options} = await libraryOf(server);
	assert.equal(as.require_pushed_authorization_requests, true);
	const parameters = new URLSearchParams({redirect_uri: redirectUri, response_type: 'code', state: 's'});
	const answer = await oauth.pushedAuthorizationRequest(as, client, authentication, parameters, options);
	const {request_uri: requestUri} = await oauth.processPushedAuthorizationResponse(as, client, answer);
	const url = new URL(server.endpoints.authorization);
	url.search = new URLSearchParams({client_id: client.client_id, request_uri: requestUri}).toString();
	assert.equal((await server.fetch(url)).status, 302);
	assert.equal((await server.fetch(url)).status, 400);
	url.search = parameters.toString();
	assert.equal((await server.fetch(url)).status, 400);
});

test('the device flow: pending, slow_down when early or asked for, then tokens once, all on the manual clock', async () => {
	const clock = createManualClock();
	const server = await startScriptedServer({issuer: 'https://id.example', clock});
	const {as, client, authentication, options} = await libraryOf(server, true);
	const begin = async () => {
		const parameters = new URLSearchParams({scope});
		const answer = await oauth.deviceAuthorizationRequest(as, client, authentication, parameters, options);
		return oauth.processDeviceAuthorizationResponse(as, client, answer);
	};
	const poll = async (deviceCode: string) =>
		oauth.processDeviceCodeResponse(
			as,
			client,
			await oauth.deviceCodeGrantRequest(as, client, authentication, deviceCode, options),
		);
	const device = await begin();
	assert.match(device.user_code, /^[B-Z]{4}-[B-Z]{4}$/);
	await assert.rejects(poll(device.device_code), failsWith('authorization_pending'));
	await clock.advance(4999);
	await assert.rejects(poll(device.device_code), failsWith('slow_down'));
	await clock.advance(9999);
	await assert.rejects(poll(device.device_code), failsWith('slow_down'), 'the interval is ten seconds now');
	await clock.advance(15_000);
	server.slowDown();
	await assert.rejects(poll(device.device_code), failsWith('slow_down'));
	await clock.advance(20_000);
	server.approve(device.user_code, {sub: 'user-2', name: 'Grace Hopper'});
	assert.equal(oauth.getValidatedIdTokenClaims(await poll(device.device_code))?.sub, 'user-2');
	await clock.advance(20_000);
	await assert.rejects(poll(device.device_code), failsWith('invalid_grant'));

	const denied = await begin();
	server.deny();
	await assert.rejects(poll(denied.device_code), failsWith('access_denied'));
	const expired = await begin();
	server.expire(expired.user_code);
	await assert.rejects(poll(expired.device_code), failsWith('expired_token'));
	assert.throws(() => server.approve('NOPE-NOPE'), /no such code/);
});

test('refresh tokens rotate, and the reuse of an old one ends the grant', async () => {
	await using server = await startScriptedServer();
	const library = await libraryOf(server);
	const tokens = await (await authorize(library, server)).exchange();
	const second = await refresh(library, tokens.refresh_token!);
	assert.notEqual(second.refresh_token, tokens.refresh_token);
	assert.equal(oauth.getValidatedIdTokenClaims(second)?.nonce, undefined);
	await assert.rejects(refresh(library, tokens.refresh_token!), failsWith('invalid_grant'));
	await assert.rejects(refresh(library, second.refresh_token!), failsWith('invalid_grant'));
});

test('without rotation the refresh token stays, and revoking it ends everything', async () => {
	await using server = await startScriptedServer({rotateRefreshTokens: false});
	const library = await libraryOf(server);
	const tokens = await (await authorize(library, server)).exchange();
	const second = await refresh(library, tokens.refresh_token!);
	assert.equal(second.refresh_token, undefined);
	await refresh(library, tokens.refresh_token!);
	const {as, client, authentication, options} = library;
	await oauth.processRevocationResponse(
		await oauth.revocationRequest(as, client, authentication, tokens.refresh_token!, options),
	);
	await assert.rejects(refresh(library, tokens.refresh_token!), failsWith('invalid_grant'));
	assert.equal((await oauth.userInfoRequest(as, client, second.access_token, options)).status, 401);
});

test('a confidential client: credentials by Basic and post, client credentials, password, token exchange with act', async () => {
	await using server = await startScriptedServer({client: {id: 'service', secret: 's3cret &c'}});
	const {as, client, authentication, options} = await libraryOf(server);
	const basic = oauth.ClientSecretBasic('s3cret &c');
	const machine = await oauth.processClientCredentialsResponse(
		as,
		client,
		await oauth.clientCredentialsGrantRequest(as, client, basic, {scope: 'jobs'}, options),
	);
	assert.deepEqual([machine.scope, machine.refresh_token, machine.id_token], ['jobs', undefined, undefined]);
	const wrong = oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretBasic('no'), {}, options);
	await assert.rejects(
		oauth.processClientCredentialsResponse(as, client, await wrong),
		oauth.WWWAuthenticateChallengeError,
	);

	const request = async (grant: string, parameters: Record<string, string>) =>
		oauth.processGenericTokenEndpointResponse(
			as,
			client,
			await oauth.genericTokenEndpointRequest(as, client, authentication, grant, parameters, options),
		);
	const person = await request('password', {username: 'ada', password: 'analytical engine', scope});
	await assert.rejects(request('password', {username: 'ada', password: 'x'}), failsWith('invalid_grant'));
	const exchanged = await request('urn:ietf:params:oauth:grant-type:token-exchange', {
		subject_token: person.access_token,
		subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
		actor_token: machine.access_token,
		actor_token_type: 'urn:ietf:params:oauth:token-type:access_token',
		audience: 'service-b',
		scope: 'email',
	});
	const [, payload = ''] = exchanged.access_token.split('.');
	const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
	assert.deepEqual([claims['aud'], claims['scope']], ['service-b', 'email']);
	assert.deepEqual(claims['act'], {sub: 'service'});
});

test('answers: a queue is used up, functions change the conforming response, a single one stands, drop and hang fail', async () => {
	await using server = await startScriptedServer({
		responses: {
			jwks: [{status: 503, body: 'busy', headers: {'content-type': 'text/plain'}}, 'drop'],
			userInfo: {status: 418},
			openidConfiguration: async (_request, conforming) => {
				const reply = await conforming();
				return {...reply, body: {...(reply.body as object), extra: true}};
			},
		},
	});
	for (const ask of [fetch, server.fetch]) {
		const busy = await ask(server.endpoints.jwks);
		assert.deepEqual([busy.status, busy.headers.get('content-type'), await busy.text()], [503, 'text/plain', 'busy']);
		await assert.rejects(ask(server.endpoints.jwks), TypeError);
		assert.equal((await ask(server.endpoints.jwks)).status, 200);
		assert.equal((await ask(server.endpoints.userInfo)).status, 418);
		assert.equal((await ask(server.endpoints.userInfo)).status, 418);
		const metadata = (await (await ask(server.endpoints.openidConfiguration)).json()) as Record<string, unknown>;
		assert.deepEqual([metadata['extra'], metadata['issuer']], [true, server.issuer]);
		server.answer('jwks', 'hang');
		const arrived = server.received('jwks', server.requestsTo('jwks').length + 1);
		const controller = new AbortController();
		const hanging = ask(server.endpoints.jwks, {signal: controller.signal});
		const reason = new Error('enough');
		await arrived;
		controller.abort(reason);
		await assert.rejects(hanging, error => error === reason);
		server.answer('jwks', {status: 503, body: 'busy', headers: {'content-type': 'text/plain'}}, 'drop');
	}
});

test('answers in chunks: endless ones can be left, ones that break off fail in the middle', async () => {
	await using server = await startScriptedServer();
	let ended = 0;
	const endless = async function* () {
		try {
			for (;;) yield '['.repeat(1000);
		} finally {
			ended++;
		}
	};
	const broken = async function* () {
		yield '{"half":';
		throw new Error('the cable was cut');
	};
	for (const ask of [fetch, server.fetch]) {
		server.answer('jwks', {body: endless()}, {body: broken()});
		const reader = (await ask(server.endpoints.jwks)).body!.getReader();
		assert.equal((await reader.read()).done, false);
		await reader.cancel();
		await assert.rejects(async () => (await ask(server.endpoints.jwks)).text());
	}

	while (ended < 2) await new Promise(resolve => setImmediate(resolve));
});

test('ID tokens are spoiled in claims, header and signature, and the key rotates', async () => {
	await using server = await startScriptedServer();
	const library = await libraryOf(server);
	const login = async () => (await authorize(library, server)).exchange();
	server.script.idToken = {claims: claims => ({...claims, iss: `${String(claims['iss'])}1`})};
	await assert.rejects(login(), /unexpected JWT "iss"/);
	server.script.idToken = {signature: right => (right.startsWith('A') ? 'B' : 'A') + right.slice(1)};
	await assert.rejects(login(), /signature/i);
	server.script.idToken = {header: ({kid: _, ...header}) => header};
	await login();
	delete server.script.idToken;
	await server.rotateKey();
	library.as = {...library.as};
	await login();
});

test('the callback is spoiled, and the browser plays the person down to the page at the redirect', async () => {
	await using server = await startScriptedServer({
		callback(parameters) {
			parameters.delete('code');
			parameters.set('error', 'access_denied');
			return parameters;
		},
		// The client's own port, played by an endpoint of this server.
		endpoints: {verification: '/callback'},
	});
	const url = new URL(server.endpoints.authorization);
	url.search = new URLSearchParams({
		client_id: 'test-client',
		redirect_uri: server.endpoints.verification,
		state: 'x',
	}).toString();
	const outcome = await server.openBrowser(url.href as never, new AbortController().signal);
	assert.deepEqual(outcome, {status: 'opened'});
	const {parameters, headers} = await server.received('verification');
	assert.deepEqual(Object.fromEntries(parameters), {error: 'access_denied', state: 'x', iss: server.issuer});
	assert.equal(headers['sec-fetch-dest'], 'document');
});

test('an error in a response of the test is a broken connection for the client, and the reason why close rejects', async () => {
	const server = await startScriptedServer();
	const mistake = new Error('a mistake in the test');
	server.answer('jwks', async () => {
		throw mistake;
	});
	await assert.rejects(fetch(server.endpoints.jwks), TypeError);
	await assert.rejects(server.close(), error => error === mistake);
});

test('nothing else exists for the fetch in memory', async () => {
	const server = await startScriptedServer({issuer: 'https://id.example'});
	await assert.rejects(server.fetch('https://elsewhere.example/'), /fetch failed/);
	assert.equal((await server.fetch('https://id.example/nothing')).status, 404);
	assert.deepEqual(server.requests, []);
});
