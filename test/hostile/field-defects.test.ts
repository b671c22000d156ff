import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {TokenEngine} from '../../source/token-engine.js';
import {createFileStore, createMemoryStore} from '../../source/session/store/index.js';
import {startScriptedServer, type ScriptedResponse} from '../../source/testing/index.js';
import {get} from '../support/raw-request.js';
import {wrongSignature} from '../support/spoilers.js';
import {eventsOf, prepareDeviceLogin, prepareLogin, providerIssuer, refusal} from '../support/whole-login.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

// Defects that were found in other clients; each would be one of ours if its test failed.

const error = (code: string, status = 400): ScriptedResponse => ({status, body: {error: code}});
const pending = error('authorization_pending');

test('defect of cli-auth: the lock is held until the refresh has ended', async () => {
	const login = await prepareLogin();
	await login.browser();
	let isRefreshing = false;
	login.server.script.responses = {
		async token(_request, conforming) {
			assert.equal(isRefreshing, false, 'two refreshes at once');
			isRefreshing = true;
			await new Promise(resolve => setTimeout(resolve, 30));
			const reply = await conforming();
			isRefreshing = false;
			return reply;
		},
	};
	// Two engines on one store are two processes as far as the store can tell.
	const {provider, fetch} = login.server;
	const other = new TokenEngine({provider, fetch, store: login.store});
	const before = login.server.requestsTo('token').length;
	const rejected = await other.token();
	await Promise.all([login.engine, other].map(async engine => engine.tokens({rejected})));
	assert.ok(login.server.requestsTo('token').length - before <= 2);
});

test('defect of cli-auth: a session of which only the refresh token is left takes the lock as well', async () => {
	const login = await prepareLogin({accessTokenLifetime: 0});
	await login.browser();
	login.server.script.accessTokenLifetime = 3600;
	const {provider, fetch} = login.server;
	const engines = Array.from({length: 8}, () => new TokenEngine({provider, fetch, store: login.store}));
	const before = login.server.requestsTo('token').length;
	const tokens = await Promise.all(engines.map(async engine => engine.token()));
	assert.equal(new Set(tokens).size, 1);
	assert.equal(login.server.requestsTo('token').length - before, 1);
});

test('defect of cli-auth, of cli/oauth and of kubelogin: an error or a wrong state at the port ends nothing, and no empty code is taken', async () => {
	const server = await startScriptedServer({issuer: providerIssuer});
	const engine = new EngineWithBrowser({
		provider: server.provider,
		store: createMemoryStore(),
		fetch: server.fetch,
		async openBrowser(address, signal) {
			const {searchParams} = new URL((await get(address)).headers.get('location')!);
			const redirectUri = searchParams.get('redirect_uri')!;
			const state = searchParams.get('state')!;
			for (const query of [
				'error=access_denied',
				'error=access_denied&state=x',
				'code=x&state=x',
				`code=&state=${state}`,
			]) {
				assert.equal((await get(`${redirectUri}?iss=${providerIssuer}&${query}`)).status, 400, query);
			}

			return server.openBrowser(address, signal);
		},
	});
	const session = await engine.login({flow: 'browser'}).session;
	assert.equal(session.identity?.subject, 'user-1');
	assert.equal(server.requestsTo('token').length, 1);
});

test('defect of cli-auth: a login can be aborted, and has a time limit', async () => {
	const {server} = await prepareLogin();
	const engine = new TokenEngine({provider: server.provider, store: createMemoryStore(), fetch: server.fetch});
	const aborting = new AbortController();
	const run = engine.login({flow: 'browser', signal: aborting.signal});
	for await (const {type} of run) if (type === 'authorization-url') aborting.abort();
	await refusal(run.session, 'cancelled');
	await refusal(engine.login({flow: 'browser', timeout: 0.05}).session, 'timeout');
});

test('defect of cli-auth: a 200 that holds an error is never kept as a token', async () => {
	for (const status of [200, 201]) {
		const login = await prepareLogin({responses: {token: error('bad_verification_code', status)}});
		await refusal(login.browser());
		assert.deepEqual(await login.store.list(), []);
	}
});

test('defect of cli-auth, of Shopify and of openid-client: a network error does not end the polling, and nothing is thrown past the login', async () => {
	const login = await prepareDeviceLogin({responses: {token: [pending, 'drop', pending, 'drop', 'drop']}});
	const {session, events} = await login.device();
	assert.equal(session?.identity?.subject, 'user-1');
	assert.equal(eventsOf(events, 'backoff').length, 3);
});

test('defect of msal-node, of oauth2c, of stripe and of go-authgate: slow_down ends nothing, and adds five seconds for good, no more', async () => {
	const responses = [pending, error('slow_down'), pending, pending, error('slow_down'), pending];
	const login = await prepareDeviceLogin({responses: {token: responses}});
	const {events} = await login.device();
	assert.deepEqual(
		eventsOf(events, 'slow-down').map(({interval}) => interval),
		[10, 15],
	);
	assert.deepEqual(login.waits(), [5.25, 5.25, 12, 12, 12, 18, 18]);
});

test('defect of msal extensions: the lock of a process that died is taken over at once, not waited for', async () => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'lock-'));
	try {
		const script = `
			import {createFileStore} from ${JSON.stringify(path.resolve(import.meta.dirname, '../../source/session/store/index.ts'))};
			void (async () => {
				const store = createFileStore({directory: ${JSON.stringify(folder)}});
				await store.lock('default', 'refresh', {signal: new AbortController().signal});
				process.kill(process.pid, 'SIGKILL');
			})();`;
		spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {cwd: import.meta.dirname});
		const store = createFileStore({directory: folder});
		const begin = performance.now();
		const lock = await store.lock('default', 'refresh', {signal: new AbortController().signal});
		assert.ok(performance.now() - begin < 20_000);
		await lock!.release();
	} finally {
		await rm(folder, {recursive: true});
	}
});

test('defect of oauth2c and of step: polling ends with the code, and access_denied ends it at once', async () => {
	const endless = await prepareDeviceLogin({deviceCodeLifetime: 120});
	assert.equal((await endless.device(() => undefined)).error?.code, 'expired_token');
	assert.ok(endless.server.requestsTo('token').length <= 23);

	const denied = await prepareDeviceLogin();
	assert.equal((await denied.device(() => denied.server.deny())).error?.code, 'access_denied');
	assert.equal(denied.server.requestsTo('token').length, 1);
});

test('defect of stripe: a code that lives for a minute is polled for a minute, not for ten', async () => {
	const login = await prepareDeviceLogin({deviceCodeLifetime: 60});
	const {events} = await login.device(() => undefined);
	const [code] = eventsOf(events, 'device-code');
	const last = login.server.requestsTo('token').at(-1);
	assert.ok(last!.at <= code!.expiresAt);
	assert.equal(code!.expiresAt - login.server.requestsTo('deviceAuthorization')[0]!.at, 60_000);
});

test('defect of gemini, of the AWS command line and of google local-auth: the port listens on loopback alone, and is bound once', async () => {
	const login = await prepareLogin();
	const engine = new TokenEngine({
		provider: login.server.provider,
		store: createMemoryStore(),
		fetch: login.server.fetch,
	});
	const run = engine.login({flow: 'browser'});
	const others = Object.values(os.networkInterfaces())
		.flatMap(addresses => addresses ?? [])
		.filter(({internal, family}) => !internal && family === 'IPv4');
	for await (const event of run) {
		if (event.type !== 'authorization-url') continue;
		const {port} = new URL(event.redirectUri);
		for (const {address} of others) {
			await assert.rejects(fetch(`http://${address}:${port}/`, {signal: AbortSignal.timeout(2000)}));
		}

		break;
	}

	await run.cancel();
});

test('defect of oauth2c: the state that is sent is the state that must come back', async () => {
	const login = await prepareLogin({
		callback(answer) {
			answer.set('state', 'another');
			return answer;
		},
	});
	const run = login.engine.login({flow: 'browser'});
	for await (const {type} of run) if (type === 'callback-ignored') break;
	await run.cancel();
	assert.equal(login.server.requestsTo('token').length, 0);
});

test('defect of kubelogin and of workos: a session is written at once and whole, to one place', async () => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'store-'));
	try {
		const login = await prepareLogin();
		const {provider, fetch, openBrowser} = login.server;
		const engine = new EngineWithBrowser({provider, fetch, openBrowser, store: createFileStore({directory: folder})});
		await engine.login({flow: 'browser'}).session;
		const token = await engine.token();
		const files = await readdir(folder, {recursive: true, withFileTypes: true});
		const texts = await Promise.all(
			files.filter(file => file.isFile()).map(async file => readFile(path.join(file.parentPath, file.name), 'utf8')),
		);
		assert.equal(texts.filter(text => text.includes(token)).length, 1);
	} finally {
		await rm(folder, {recursive: true});
	}
});

test('defect of workos: an ID token is not believed before its signature is', async () => {
	const login = await prepareLogin({idToken: {signature: wrongSignature}});
	const run = login.engine.login({flow: 'browser'});
	const error = await refusal(run.session, 'identity_check_failed');
	assert.doesNotMatch(error.message, /Ada/);
	assert.equal(run.state.signedIn, undefined);
});

test('defect of go-authgate: an access token may be short', async () => {
	const login = await prepareDeviceLogin(
		{responses: {token: [{body: {access_token: 'x', token_type: 'Bearer'}}]}},
		{scope: 'read', idToken: 'ignore'},
	);
	const {session} = await login.device();
	assert.equal(await session!.getToken(), 'x');
});
