import assert from 'node:assert/strict';
import net from 'node:net';
import {test} from 'node:test';
import {inspect} from 'node:util';
import type {BrowserOpener} from '../../source/login/terminal.js';
import {auth0} from '../../source/oauth/presets/auth0.js';
import {oidc} from '../../source/oauth/presets/by-the-book.js';
import {entra} from '../../source/oauth/presets/entra.js';
import {github} from '../../source/oauth/presets/github.js';
import {google} from '../../source/oauth/presets/google.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {startScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {withClaims} from '../support/spoilers.js';
import {prepareLogin, providerIssuer, refusal} from '../support/whole-login.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

// The duties of a client that no module of a suite looks at, each in a whole login with the browser.

/** A person who comes back with whatever the test makes of the response, as often as it likes. */
const openingWith =
	(visit: (address: URL) => Promise<void>): BrowserOpener =>
	async address => {
		const {headers} = await fetch(address, {redirect: 'manual'});
		await visit(new URL(headers.get('location')!));
		return {status: 'opened'};
	};

const never: BrowserOpener = async () => ({status: 'failed', detail: 'No browser here.'});

const prepareWith = async (openBrowser: BrowserOpener, script: ServerScript = {}) => {
	const server = await startScriptedServer({issuer: providerIssuer, ...script});
	const engine = new EngineWithBrowser({
		provider: server.provider,
		store: createMemoryStore(),
		fetch: server.fetch,
		openBrowser,
	});
	return {server, engine};
};

const isListening = async (port: number) =>
	new Promise<boolean>(resolve => {
		const socket = net.connect(port, '127.0.0.1');
		socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
		socket.on('connect', () => socket.destroy());
	});

test('N02, F17: the sign-in page is asked for by the browser that is opened, and by nothing of ours', async () => {
	const opened: string[] = [];
	const {server, engine} = await prepareWith(async url => {
		opened.push(url);
		return {status: 'opened'};
	});
	const run = engine.login({flow: 'browser'});
	for await (const event of run) if (event.type === 'browser' && event.status === 'opened') break;
	const {shortUrl} = run.state.flows.browser!.address!;
	await run.cancel();
	assert.deepEqual(opened, [shortUrl]);
	assert.equal(server.requestsTo('authorization').length, 0);
});

test('N06: the port is open from the request to the response, and no longer', async () => {
	const {server, engine} = await prepareWith(never);
	const run = engine.login({flow: 'browser', attended: true});
	let port = 0;
	for await (const event of run) {
		if (event.type !== 'authorization-url') continue;
		port = Number(new URL(event.redirectUri).port);
		assert.equal(await isListening(port), true);
		await server.openBrowser(event.url, new AbortController().signal);
		break;
	}

	await run.session;
	assert.equal(await isListening(port), false);
});

test('N08, P05, B16, N11, B04, F15: a public client names itself only, with code, S256, state and nonce, whatever the server lists', async () => {
	for (const methods of [undefined, ['plain'], ['plain', 'S256']]) {
		const login = await prepareLogin({
			metadata: metadata => ({...metadata, code_challenge_methods_supported: methods}),
		});
		await login.browser();
		const {parameters} = login.server.requestsTo('authorization')[0]!;
		assert.equal(parameters.get('response_type'), 'code');
		assert.equal(parameters.get('code_challenge_method'), 'S256');
		assert.match(parameters.get('state')!, /^[\w-]{43}$/, 'opaque');
		assert.match(parameters.get('nonce')!, /^[\w-]{43}$/);
		const [token] = login.server.requestsTo('token');
		assert.equal(token!.parameters.get('client_id'), 'test-client');
		assert.equal(token!.parameters.has('client_secret') || 'authorization' in token!.headers, false);
	}
});

test('P05: where the server refuses the challenge the login ends, and nothing weaker is tried', async () => {
	const login = await prepareLogin({
		callback: answer =>
			new URLSearchParams({
				error: 'invalid_request',
				error_description: 'transform algorithm not supported',
				state: answer.get('state')!,
				iss: answer.get('iss')!,
			}),
	});
	await refusal(login.browser(), 'server_rejected');
	assert.equal(login.server.requestsTo('authorization').length, 1);
	assert.equal(login.server.requestsTo('token').length, 0);
});

test('B01, B03, O25, N09: state, nonce, verifier and redirect URI are new in every login', async () => {
	const login = await prepareLogin();
	for (let time = 0; time < 3; time++) await login.browser();
	for (const name of ['state', 'nonce', 'code_challenge', 'redirect_uri']) {
		const values = login.server.requestsTo('authorization').map(({parameters}) => parameters.get(name));
		assert.equal(new Set(values).size, 3, name);
	}
});

test('D23: a client secret replaces neither PKCE nor state nor nonce, and is not kept with the session', async () => {
	const secret = 'client-secret-canary';
	const login = await prepareLogin({client: {id: 'cli', secret}});
	await login.browser();
	const {parameters} = login.server.requestsTo('authorization')[0]!;
	for (const name of ['code_challenge', 'state', 'nonce']) assert.ok(parameters.get(name), name);
	assert.ok(!JSON.stringify(await login.store.read('default')).includes(secret));
});

test('P08, B11, B12, T02, T03: the code goes to the token endpoint once, and no request has a token in its address', async () => {
	const login = await prepareLogin();
	await login.browser();
	await login.engine.userInfo();
	const [token, ...more] = login.server.requestsTo('token');
	const code = token!.parameters.get('code')!;
	assert.equal(more.length, 0);
	for (const {endpoint, url, body, headers} of login.server.requests) {
		const everything = `${url.href} ${body} ${JSON.stringify(headers)}`;
		assert.equal(everything.includes(code), endpoint === 'token', endpoint);
		assert.equal(everything.includes('Bearer '), endpoint === 'userInfo', endpoint);
		assert.doesNotMatch(url.href + body, /access-token-/);
	}
});

test('N10, B02, S20: a response that was meant for another server is refused by state, and by iss where the state is ours', async () => {
	const attacker = await startScriptedServer({issuer: 'https://attacker.example.test'});
	let redirectUri = '';
	const {server, engine} = await prepareWith(
		openingWith(async url => {
			redirectUri = url.searchParams.get('redirect_uri')!;
			const callback = new URL(redirectUri);
			const stray = new URLSearchParams({code: 'stolen', state: 'of another login', iss: attacker.issuer});
			callback.search = stray.toString();
			assert.equal((await fetch(callback)).status, 400);
			stray.set('state', url.searchParams.get('state')!);
			callback.search = stray.toString();
			await fetch(callback);
		}),
	);
	await refusal(engine.login({flow: 'browser'}).session, 'identity_check_failed');
	assert.equal(server.requestsTo('token').length, 0);
	assert.equal(attacker.requests.length, 0);
});

test('S12: a code that someone else got is worth nothing here, for the verifier is ours', async () => {
	const challengeOfAnother = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
	const {server, engine} = await prepareWith(
		openingWith(async url => {
			url.searchParams.set('code_challenge', challengeOfAnother);
			const response = await server.fetch(url, {redirect: 'manual'});
			await fetch(response.headers.get('location')!);
		}),
	);
	await refusal(engine.login({flow: 'browser'}).session, 'invalid_grant');
	assert.equal(server.requestsTo('token').length, 1);
	assert.deepEqual(await engine.store.list(), []);
});

test('O23, S12: who it is depends on issuer and subject alone, and another person replaces nobody unasked', async () => {
	const login = await prepareLogin({user: {sub: 'user-1', name: 'Ada', email: 'ada@example.com'}});
	await login.browser();
	login.server.script.user = {sub: 'user-1', name: 'Countess of Lovelace', email: 'countess@example.com'};
	assert.equal((await login.browser()).identity?.name, 'Countess of Lovelace');

	login.server.script.user = {sub: 'user-2', name: 'Countess of Lovelace', email: 'countess@example.com'};
	await refusal(login.browser(), 'identity_check_failed');
	assert.equal((await login.store.read('default'))?.tokens.identity?.subject, 'user-1');
	assert.equal((await login.browser({switchAccount: true})).identity?.subject, 'user-2');
});

test('N13: a server that wants to ask the person something first is understood as that', async () => {
	for (const error of ['login_required', 'consent_required', 'interaction_required']) {
		const login = await prepareLogin({
			callback: answer => new URLSearchParams({error, state: answer.get('state')!, iss: answer.get('iss')!}),
		});
		await refusal(login.browser(), 'interaction_required');
	}
});

test('N14: without a browser the address stays, and a code can be asked for beside it; no password is', async () => {
	const {server, engine} = await prepareWith(never);
	const run = engine.login({flow: 'browser', attended: true});
	let isCodeAsked = false;
	for await (const event of run) {
		if (event.type === 'browser' && event.status === 'failed') {
			assert.ok(run.state.flows.browser?.address);
			run.command({type: 'open', flow: 'device'});
		}

		if (event.type === 'device-code') {
			isCodeAsked = true;
			break;
		}
	}

	await run.cancel();
	assert.ok(isCodeAsked);
	assert.equal(
		server.requests.some(({body}) => body.includes('password')),
		false,
	);
});

test('F18, B07: the password grant is off, and the implicit one does not exist', async () => {
	const {engine, server} = await prepareLogin();
	const run = engine.login({flow: 'password'});
	await refusal(run.session, 'unsupported_grant', 'config_error');
	assert.notEqual(run.state.discovery?.flows.password, true);
	assert.equal(server.requestsTo('token').length, 0);
});

test('F11, F12: what a server writes into an error is one line without control characters, and quoted as its words', async () => {
	const login = await prepareLogin({
		callback: answer =>
			new URLSearchParams({
				error: 'x\u001B]0;owned\u0007y',
				error_description: 'a\u001B[2J\r\nSigned in as root\u202E\u009B31m',
				state: answer.get('state')!,
				iss: answer.get('iss')!,
			}),
	});
	const error = await refusal(login.browser(), 'server_rejected');
	assert.doesNotMatch(error.message + error.hint, /[\p{Cc}\p{Cf}]/u);
	assert.match(error.message, /The server says: a Signed in as root/);
});

test('F13: the page that an error names is told where it is https, and never opened', async () => {
	for (const [uri, isTold] of [
		['https://op.example.test/help', true],
		['http://op.example.test/help', false],
		['javascript:alert(1)', false],
		['https://user@op.example.test/help', false],
	] as const) {
		const opened: string[] = [];
		const {server, engine} = await prepareWith(
			async (address, signal) => {
				opened.push(address);
				return server.openBrowser(address, signal);
			},
			{
				callback: answer =>
					new URLSearchParams({
						error: 'access_denied',
						error_uri: uri,
						state: answer.get('state')!,
						iss: answer.get('iss')!,
					}),
			},
		);
		const error = await refusal(engine.login({flow: 'browser'}).session, 'access_denied');
		assert.equal(error.hint.includes(uri), isTold, uri);
		assert.equal(opened.length, 1);
	}
});

test('F16: an access token is opaque: one that looks like a JWT of someone else is taken as it is', async () => {
	const login = await prepareLogin();
	const token = [{alg: 'none'}, {sub: 'mallory', exp: 1}].map(part =>
		Buffer.from(JSON.stringify(part)).toString('base64url'),
	);
	login.server.script.idToken = withClaims({at_hash: undefined});
	login.server.answer('token', async (_request, conforming) => {
		const reply = await conforming();
		return {...reply, body: {...(reply.body as object), access_token: `${token.join('.')}.`}};
	});
	const session = await login.browser();
	assert.equal(session.identity?.subject, 'user-1');
	assert.ok(session.expiresAt! > Date.now());
	assert.equal(await session.getToken(), `${token.join('.')}.`);
});

test('T06, S30: a redirect sends neither the token, nor the code, nor the refresh token anywhere else', async () => {
	for (const status of [301, 302, 303, 307, 308]) {
		const login = await prepareLogin();
		const away = {status, headers: {location: 'https://evil.example.test/'}};
		const asked: string[] = [];
		const engine = new EngineWithBrowser({
			provider: login.server.provider,
			store: login.store,
			openBrowser: login.server.openBrowser,
			async fetch(input, init) {
				asked.push(new URL(input instanceof Request ? input.url : input).origin);
				return login.server.fetch(input, init);
			},
		});
		login.server.answer('token', away);
		await refusal(engine.login({flow: 'browser'}).session, 'bad_response');
		await login.browser();
		login.server.answer('userInfo', away);
		await refusal(engine.userInfo(), 'bad_response');
		login.server.answer('token', away);
		await refusal(engine.token({rejected: await engine.token()}), 'bad_response');
		assert.deepEqual(new Set(asked), new Set([providerIssuer]));
	}
});

test('B06: no scope is asked for that the server does not list, and none but the configured one where there is one', async () => {
	const login = await prepareLogin({metadata: metadata => ({...metadata, scopes_supported: ['openid', 'email']})});
	await login.browser();
	assert.equal(login.server.requestsTo('authorization')[0]!.parameters.get('scope'), 'openid email');
	const least = await prepareLogin({}, {scope: 'openid'});
	await least.browser();
	assert.equal(least.server.requestsTo('authorization')[0]!.parameters.get('scope'), 'openid');
});

test('N05: localhost stands in the redirect URI only where a preset says so, and only Entra’s does', async () => {
	const named = Object.entries({
		auth0: auth0({domain: 'acme.eu.auth0.com', clientId: 'x'}),
		entra: entra({tenant: 'common', clientId: 'x'}),
		github: github({clientId: 'x'}),
		google: google({clientId: 'x', clientSecret: 'x'}),
		oidc: oidc({issuer: providerIssuer, clientId: 'x'}),
	}).filter(([, {redirect}]) => JSON.stringify(redirect ?? {}).includes('localhost'));
	assert.deepEqual(
		named.map(([name]) => name),
		['entra'],
	);
	const login = await prepareLogin();
	await login.browser();
	assert.match(
		login.server.requestsTo('authorization')[0]!.parameters.get('redirect_uri')!,
		/^http:\/\/127\.0\.0\.1:\d+\//,
	);
});

test('P07, S22, S23: code, verifier, tokens and secret are in no event, no error, no state and no line of output', async () => {
	for (const spoil of [
		{},
		{idToken: {signature: () => 'AAAA'}},
		{responses: {token: {status: 400, body: {error: 'invalid_grant'}}}},
	]) {
		const secret = 'client-secret-canary';
		const login = await prepareLogin({client: {id: 'cli', secret}, ...spoil});
		const run = login.engine.login({flow: 'browser'});
		const events = [];
		for await (const event of run) events.push(event);
		const error: unknown = await run.session.then(
			() => undefined,
			(error: unknown) => error,
		);
		const told = [
			JSON.stringify([events, run.state, error]),
			inspect(error, {depth: 9, showHidden: true}),
			inspect(run, {depth: 9}),
		].join('\n');
		const {parameters} = login.server.requestsTo('token')[0]!;
		const stored = await login.store.read('default');
		const secrets = [
			secret,
			parameters.get('code')!,
			parameters.get('code_verifier')!,
			...(stored === undefined ? [] : [stored.tokens.accessToken, stored.tokens.refreshToken!, stored.tokens.idToken!]),
		];
		for (const value of secrets) assert.ok(!told.includes(value), value);
		assert.ok(!JSON.stringify(stored ?? null).includes(parameters.get('code_verifier')!));
	}
});
