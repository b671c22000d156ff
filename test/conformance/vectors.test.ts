import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createMemoryStore} from '../../source/session/store/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {eventsOf, prepareDeviceLogin, prepareLogin, providerIssuer} from '../support/whole-login.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

// The examples that the specifications print, each through a whole engine.

test('P02, P03, P04, P06: the random bytes of RFC 7636 appendix B give its verifier and its challenge', async () => {
	const bytes = [
		116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91,
		88, 5, 88, 83, 132, 141, 121,
	];
	const server = await startScriptedServer({issuer: providerIssuer});
	const engine = new EngineWithBrowser({
		provider: server.provider,
		store: createMemoryStore(),
		fetch: server.fetch,
		openBrowser: server.openBrowser,
		random: count => Uint8Array.from(bytes.slice(0, count)),
	});
	await engine.login({flow: 'browser'}).session;
	const [authorization] = server.requestsTo('authorization');
	assert.equal(authorization!.parameters.get('code_challenge'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
	assert.equal(authorization!.parameters.get('code_challenge_method'), 'S256');
	const [token] = server.requestsTo('token');
	assert.equal(token!.parameters.get('code_verifier'), 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');
});

test('F08: a secret of the characters of RFC 6749 appendix B goes into Basic as that appendix encodes it', async () => {
	const {engine, server} = await prepareLogin(
		{client: {id: 'cli', secret: ' %&+£€'}},
		{clientAuthentication: 'basic', scope: 'read'},
	);
	await engine.login({flow: 'client-credentials'}).session;
	const credentials = server.requestsTo('token')[0]!.headers['authorization']!.slice('Basic '.length);
	assert.equal(Buffer.from(credentials, 'base64').toString(), 'cli:+%25%26%2B%C2%A3%E2%82%AC');
});

test('M02: the metadata of https://example.com/issuer1 stands where RFC 8414 §3.1 and OpenID Connect say', async () => {
	const login = await prepareLogin({
		issuer: 'https://example.com/issuer1',
		responses: {openidConfiguration: {status: 404}},
	});
	await login.browser();
	assert.deepEqual(
		login.server.requests.slice(0, 2).map(({url}) => url.href),
		[
			'https://example.com/issuer1/.well-known/openid-configuration',
			'https://example.com/.well-known/oauth-authorization-server/issuer1',
		],
	);
});

test('D01, D08, D12: the messages of RFC 8628 §3.1 to §3.5', async () => {
	const deviceCode = 'GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS';
	const login = await prepareDeviceLogin(
		{
			client: {id: '1406020730'},
			responses: {
				deviceAuthorization: {
					body: {
						device_code: deviceCode,
						user_code: 'WDJB-MJHT',
						verification_uri: 'https://example.com/device',
						verification_uri_complete: 'https://example.com/device?user_code=WDJB-MJHT',
						expires_in: 1800,
						interval: 5,
					},
				},
				token: [
					{status: 400, body: {error: 'authorization_pending'}},
					{body: {access_token: '2YotnFZFEjr1zCsicMWpAA', token_type: 'example', expires_in: 3600}},
					{body: {access_token: '2YotnFZFEjr1zCsicMWpAA', token_type: 'Bearer', expires_in: 3600}},
				],
			},
		},
		{scope: 'example_scope', idToken: 'ignore'},
	);
	const refused = await login.device(() => undefined);
	assert.equal(refused.error?.code, 'bad_response', 'the token type of RFC 6749 §5.1 is none that a client can use');

	const {events, session} = await login.device(() => undefined);
	const [code] = eventsOf(events, 'device-code');
	assert.equal(code!.userCode, 'WDJB-MJHT');
	assert.equal(code!.verificationUri, 'https://example.com/device');
	assert.equal(code!.verificationUriComplete, 'https://example.com/device?user_code=WDJB-MJHT');
	assert.equal(await session!.getToken(), '2YotnFZFEjr1zCsicMWpAA');
	assert.deepEqual(Object.fromEntries(login.server.requestsTo('deviceAuthorization')[0]!.parameters), {
		client_id: '1406020730',
		scope: 'example_scope',
	});
	assert.deepEqual(Object.fromEntries(login.server.requestsTo('token')[0]!.parameters), {
		grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
		device_code: deviceCode,
		client_id: '1406020730',
	});
});

test('X01, X03: the response of RFC 8693 §2.3', async () => {
	const login = await prepareLogin();
	await login.browser();
	const subject = await login.engine.token();
	const token =
		'eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9.eyJhdWQiOiJodHRwczovL2JhY2tlbmQuZXhhbXBsZS5jb20iLCJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwiZXhwIjoxNDQxOTE3NTkzLCJpYXQiOjE0NDE5MTc1MzMsInN1YiI6ImJkY0BleGFtcGxlLmNvbSIsInNjb3BlIjoiYXBpIn0.40y3ZgQedw6rxf59WlwHDD9jryFOr0_Wh3CGozQBihNBhnXEQgU85AI9x3KmsPottVMLPIWvmDCMy5-kdXjwhw';
	const issuedTokenType = 'urn:ietf:params:oauth:token-type:access_token';
	login.server.answer('token', {
		body: {access_token: token, issued_token_type: issuedTokenType, token_type: 'Bearer', expires_in: 60},
	});
	const exchanged = await login.engine.exchange({resource: 'https://backend.example.com/api'});
	assert.equal(exchanged.token, token);
	assert.equal(exchanged.issuedTokenType, issuedTokenType);
	const {parameters} = login.server.requestsTo('token').at(-1)!;
	assert.equal(parameters.get('subject_token'), subject);
	assert.equal(parameters.get('subject_token_type'), issuedTokenType);
	assert.equal(parameters.get('resource'), 'https://backend.example.com/api');
});

test('Q02, Q03: the response of RFC 9126 §2.2 makes the address of its §4', async () => {
	const requestUri = 'urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c';
	const {engine} = await prepareLogin({
		client: {id: 's6BhdRkqt3'},
		requirePushedAuthorization: true,
		responses: {pushedAuthorization: {status: 201, body: {request_uri: requestUri, expires_in: 60}}},
	});
	const run = engine.login({flow: 'browser', open: false});
	for await (const event of run) {
		if (event.type !== 'authorization-url') continue;
		const visit = await fetch(event.url, {redirect: 'manual'});
		assert.equal(
			visit.headers.get('location'),
			`${providerIssuer}/authorize?client_id=s6BhdRkqt3&request_uri=${encodeURIComponent(requestUri)}`,
		);
		break;
	}

	await run.cancel();
});
