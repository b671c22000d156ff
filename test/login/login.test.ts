import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Flow, FlowContext, LoginOptions, FlowCommand} from '../../source/login/flow.js';
import {LoginError} from '../../source/core/errors.js';
import type {LoginEvent} from '../../source/login/events.js';
import type {ResolvedProvider} from '../../source/oauth/provider.js';
import {startLogin, type LoginParts} from '../../source/login/login.js';
import type {SafeUrl} from '../../source/core/safe-url.js';
import type {TokenSet} from '../../source/oauth/token-set.js';
import type {StoredSession} from '../../source/session/types.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {createManualClock} from '../../source/testing/manual-clock.js';
// What a login loads on its way takes more than a few turns the first time.
import '../../source/login/login-lock.js';
import '../../source/oauth/id-token.js';
import '../../source/session/stored-session.js';

const provider: ResolvedProvider = {
	name: 'oidc',
	issuer: 'https://auth.example',
	clientId: 'cli',
	application: 'Acme\u001B[2J',
	server: {issuer: 'https://auth.example'},
	flows: {
		browser: true,
		device: true,
		'client-credentials': 'It has no secret.',
		'workload-identity': 'It has none.',
		password: true,
		'one-time-code': 'off',
	},
	requestedScope: 'openid',
};

const tokens: TokenSet = {accessToken: 'at', tokenType: 'bearer', issuedAt: 0, scope: 'openid'};

/** A flow that the test ends by hand. */
class HandDriven {
	started = 0;
	context: FlowContext | undefined;
	resolve!: (tokens: TokenSet) => void;
	reject!: (error: LoginError) => void;

	readonly flow: Flow = async context => {
		this.started += 1;
		this.context = context;
		return new Promise((resolve, reject) => {
			this.resolve = resolve;
			this.reject = reject;
			context.signal.addEventListener('abort', () => reject(context.signal.reason as LoginError));
		});
	};
}

const turn = async (): Promise<void> => {
	for (let index = 0; index < 20; index += 1) await new Promise(resolve => setTimeout(resolve, 0));
};

const start = async (options: LoginOptions, changes: Partial<LoginParts> = {}) => {
	const flows = {
		browser: new HandDriven(),
		device: new HandDriven(),
		'client-credentials': new HandDriven(),
		'workload-identity': new HandDriven(),
		password: new HandDriven(),
	};
	const revoked: TokenSet[] = [];
	const clock = createManualClock();
	const store = createMemoryStore({clock});
	const run = startLogin(
		{
			provider,
			store,
			profile: 'default',
			clock,
			random: count => new Uint8Array(count),
			hints: {},
			remembered: {},
			loadFetch: async () => async () => new Response(),
			loadFlow: {
				browser: async () => flows.browser.flow,
				device: async () => flows.device.flow,
				'client-credentials': async () => flows['client-credentials'].flow,
				'workload-identity': async () => flows['workload-identity'].flow,
				password: async () => flows.password.flow,
				'one-time-code': async () => flows.password.flow,
			},
			discover: async () => provider,
			keeper: {
				write: async session => store.write('default', session),
				discard: async ({tokens}) => void revoked.push(tokens),
			},
			toSession: ({flow}) => ({
				profile: 'default',
				flow,
				scope: 'openid',
				refreshable: false,
				store: 'memory',
				getToken: async () => 'at',
				logout: async () => ({outcome: 'revoked'}),
			}),
			...changes,
		},
		options,
	);
	await turn();
	const events = async (): Promise<LoginEvent[]> => {
		const all: LoginEvent[] = [];
		for await (const event of run) all.push(event);
		return all;
	};

	return {run, flows, revoked, clock, events, store};
};

const types = (events: readonly LoginEvent[]): string[] => events.map(({type}) => type);
const refused = new LoginError('access_denied', 'Sign-in was declined.', {hint: 'Start again.'});

test('auto opens the recommended flow, and the event of the end comes last', async () => {
	const {run, flows, events} = await start({
		terminal: {recommend: () => ({flow: 'device', reason: 'You are connected over SSH.'})},
	});
	assert.equal(flows.device.started, 1);
	flows.device.resolve(tokens);
	const session = await run.session;
	assert.equal(session.flow, 'device');
	const all = await events();
	assert.deepEqual(types(all), ['discovery', 'flow-opened', 'signed-in']);
	assert.equal(all[0]?.type === 'discovery' && all[0].application, 'Acme');
	assert.equal(all[1]?.type === 'flow-opened' && all[1].reason, 'You are connected over SSH.');
});

test('a login that is cancelled in the turn in which it was made starts nothing', async () => {
	let asked = 0;
	const starting = start(
		{},
		{
			discover: async () => {
				asked += 1;
				return provider;
			},
		},
	);
	// start() yields for the first time after it made the run.
	const {run} = await starting;
	assert.equal(asked, 1);
	const parts = {discover: () => assert.fail('it went to the server')} as unknown as LoginParts;
	const early = startLogin({...parts, clock: run.clock}, {});
	await early.cancel();
	assert.equal(early.state.failed?.code, 'cancelled');
	await run.cancel();
});

test('a flow that there is not is named', async () => {
	const {run} = await start({flow: 'telepathy' as LoginOptions['flow']});
	await assert.rejects(run.session, {code: 'config_error', message: "There's no flow named telepathy."});
});

test('ask opens no flow until a command does, and a command given before discovery is kept', async () => {
	let answer: (resolved: ResolvedProvider) => void = () => undefined;
	const {run, flows} = await start(
		{flow: 'ask', attended: true},
		{discover: async () => new Promise(resolve => (answer = resolve))},
	);
	run.command({type: 'open', flow: 'device'});
	await turn();
	assert.equal(flows.device.started, 0);
	answer(provider);
	await turn();
	assert.equal(flows.device.started, 1);
	await run.cancel();
});

test('two flows run side by side; the first to finish wins, the other is aborted and said to be closed', async () => {
	const {run, flows, events, store} = await start({flow: 'device', attended: true});
	run.command({type: 'open', flow: 'browser'});
	await turn();
	assert.equal(flows.device.started + flows.browser.started, 2);
	flows.browser.resolve(tokens);
	await run.session;
	assert.equal(flows.device.context?.signal.aborted, true);
	assert.deepEqual(types(await events()), ['discovery', 'flow-opened', 'flow-opened', 'flow-closed', 'signed-in']);
	const {signal} = new AbortController();
	assert.ok(await store.lock('default', 'login', {signal, timeout: 0}), 'the next login need not wait');
});

test('tokens that a losing flow still gets are revoked', async () => {
	const {run, flows, revoked} = await start({flow: 'device', attended: true});
	run.command({type: 'open', flow: 'browser'});
	await turn();
	const late: TokenSet = {...tokens, accessToken: 'late'};
	flows.browser.resolve(tokens);
	flows.device.resolve(late);
	await run.session;
	await run.cancel();
	assert.deepEqual(revoked, [late]);
});

test('while a flow has a code in hand the others start no request', async () => {
	let requests = 0;
	const {run, flows} = await start(
		{flow: 'device', attended: true},
		{
			loadFetch: async () => async () => {
				requests += 1;
				return new Response();
			},
		},
	);
	run.command({type: 'open', flow: 'browser'});
	await turn();
	const claim = flows.browser.context!.claim();
	const waiting = flows.device.context!.fetch('https://auth.example/token');
	await flows.browser.context!.fetch('https://auth.example/token');
	assert.equal(requests, 1);
	claim[Symbol.dispose]();
	await waiting;
	assert.equal(requests, 2);
	await run.cancel();
});

test('a flow that fails leaves the other running; with none left an attended run waits, and can be asked again', async () => {
	const {run, flows} = await start({flow: 'device', attended: true});
	run.command({type: 'open', flow: 'browser'});
	await turn();
	flows.device.reject(refused);
	await turn();
	assert.equal(run.state.phase, 'signing-in');
	flows.browser.reject(refused);
	await turn();
	assert.equal(run.state.phase, 'choosing');
	assert.equal(run.state.lastFailure?.code, 'access_denied');
	run.command({type: 'renew-code'});
	await turn();
	assert.equal(flows.device.started, 2);
	await run.cancel();
});

test('a run that is left while its last failure stands ends with that failure, and else as cancelled', async () => {
	const {run, flows, events} = await start({flow: 'device', attended: true});
	flows.device.reject(refused);
	await turn();
	await run.cancel();
	await assert.rejects(run.session, {code: 'access_denied', hint: 'Start again.'});
	const {code, message, hint} = refused;
	assert.deepEqual((await events()).slice(-2), [
		{type: 'flow-closed', flow: 'device', reason: message, code, hint},
		{type: 'failed', code, message, hint},
	]);

	const again = await start({flow: 'device', attended: true});
	again.flows.device.reject(refused);
	await turn();
	again.run.command({type: 'open', flow: 'browser'});
	await turn();
	await again.run.cancel();
	await assert.rejects(again.run.session, {code: 'cancelled'});
});

test('an unattended run ends with the failure of its last flow', async () => {
	const {run, flows, events} = await start({flow: 'device'});
	flows.device.reject(refused);
	await assert.rejects(run.session, {code: 'access_denied'});
	assert.deepEqual(types(await events()), ['discovery', 'flow-opened', 'flow-closed', 'failed']);
});

test('a flow that the provider lacks is closed with its reason', async () => {
	const lacking = {...provider, flows: {...provider.flows, device: 'It offers no codes.'}};
	const {run, flows} = await start({flow: 'device'}, {discover: async () => lacking});
	await assert.rejects(run.session, {code: 'device_unsupported', message: 'It offers no codes.'});
	assert.equal(flows.device.started, 0);
});

test('demand 30: a paste opens the browser flow without opening a browser, and reaches it', async () => {
	const {run, flows} = await start({flow: 'device', attended: true});
	run.command({type: 'paste', text: 'http://127.0.0.1/callback?code=1'});
	await turn();
	const {context} = flows.browser;
	assert.equal(context?.autoOpen, false);
	const command: FlowCommand = await context.commands.next(context.signal);
	assert.deepEqual(command, {type: 'paste', text: 'http://127.0.0.1/callback?code=1'});
	await run.cancel();
});

test('D19: a cancel aborts every flow, is said last, and resolves when all is over', async () => {
	const {run, flows, events} = await start({flow: 'device', attended: true});
	run.command({type: 'open', flow: 'browser'});
	await turn();
	await run.cancel();
	assert.equal(flows.device.context?.signal.aborted, true);
	assert.equal(flows.browser.context?.signal.aborted, true);
	const all = await events();
	assert.deepEqual(types(all).slice(-3), ['flow-closed', 'flow-closed', 'failed']);
	assert.equal(run.state.failed?.code, 'cancelled');
	run.command({type: 'open', flow: 'device'});
	await turn();
	assert.equal(flows.device.started, 1);
});

test('the caller’s signal cancels, and a time limit ends the login as timed out', async () => {
	const controller = new AbortController();
	const first = await start({flow: 'device', signal: controller.signal});
	controller.abort();
	await assert.rejects(first.run.session, {code: 'cancelled'});

	const second = await start({flow: 'device', timeout: 30});
	await second.clock.advance(30_000);
	await assert.rejects(second.run.session, {code: 'timeout'});
});

test('a hint is in the words of the application where it has some, and else names no option', async () => {
	const ended = async (hints: LoginParts['hints']) => {
		const {run, clock} = await start({flow: 'device', timeout: 30}, {hints});
		await clock.advance(30_000);
		await assert.rejects(run.session);
		return run.state.failed?.hint;
	};
	assert.equal(await ended({}), "Start again when you're ready.");
	assert.equal(await ended({moreTime: 'Set ACME_WAIT, then run acme login.'}), 'Set ACME_WAIT, then run acme login.');
});

test('where the browser never came back in the time given, the redirect URI that must be registered is named', async () => {
	const {run, flows, clock} = await start({flow: 'browser', timeout: 30});
	const redirectUri = 'http://127.0.0.1:8400/callback' as SafeUrl;
	const url = 'https://auth.example/authorize' as SafeUrl;
	flows.browser.context?.emit({
		type: 'authorization-url',
		url,
		shortUrl: url,
		redirectUri,
		expiresAt: clock.now() + 300_000,
	});
	await clock.advance(30_000);
	await assert.rejects(run.session, ({code, hint}: LoginError) => {
		assert.equal(code, 'timeout');
		assert.match(hint, /ready\. If the browser .* register http:\/\/127\.0\.0\.1:8400\/callback with/);
		return true;
	});
});

test('an unreachable issuer ends the login, attended or not', async () => {
	const unreachable = new LoginError('network_error', 'The server cannot be reached.', {hint: 'Check the network.'});
	const {run, events} = await start(
		{flow: 'ask', attended: true},
		{
			discover: async () => {
				throw unreachable;
			},
		},
	);
	await assert.rejects(run.session, {code: 'network_error'});
	assert.deepEqual(types(await events()), ['failed']);
});

test('demand 41: while another process shows the login this one waits, and takes its session', async () => {
	const store = createMemoryStore();
	const {signal} = new AbortController();
	const other = await store.lock('default', 'login', {signal});
	const {run, flows, events} = await start({flow: 'device'}, {store});
	while (run.state.phase !== 'waiting') await new Promise(resolve => setImmediate(resolve));
	const session: StoredSession = {
		version: 1,
		tokens,
		flow: 'browser',
		signedInAt: run.clock.now(),
		provider,
		server: provider.server,
	};
	await store.write('default', session);
	await other?.release();
	await run.session;
	assert.equal(flows.device.started, 0);
	assert.deepEqual(types(await events()), ['discovery', 'waiting', 'signed-in']);
});

test('where the login of another process is given up, one that takes over goes on, and any other ends', async () => {
	for (const takesOver of [true, false]) {
		const store = createMemoryStore();
		const other = await store.lock('default', 'login', {signal: new AbortController().signal});
		const {run, flows} = await start({flow: 'device', takesOver}, {store});
		while (run.state.phase !== 'waiting') await new Promise(resolve => setImmediate(resolve));
		await other?.release();
		if (takesOver) {
			while (flows.device.started === 0) await new Promise(resolve => setImmediate(resolve));
			await run.cancel();
		}
		await assert.rejects(run.session, {
			message: takesOver ? 'Sign-in cancelled.' : /^The other terminal's sign-in ended/,
		});
	}
});

test('tokens that could not be kept are revoked, their flow is closed, and the login fails with the reason', async () => {
	const full = new LoginError('store_error', 'The disk is full.', {hint: 'Make room.'});
	const revoked: TokenSet[] = [];
	const {run, flows, events} = await start(
		{flow: 'device'},
		{
			keeper: {
				write: async () => Promise.reject(full),
				discard: async ({tokens}) => void revoked.push(tokens),
			},
		},
	);
	flows.device.resolve(tokens);
	await assert.rejects(run.session, {code: 'store_error'});
	await run.cancel();
	assert.deepEqual(revoked, [tokens]);
	const closed = {
		type: 'flow-closed',
		flow: 'device',
		reason: 'The disk is full.',
		code: 'store_error',
		hint: 'Make room.',
	};
	assert.deepEqual((await events()).slice(-2), [
		closed,
		{type: 'failed', code: 'store_error', message: 'The disk is full.', hint: 'Make room.'},
	]);
});

test('S23: an error that is not ours leaves the engine without its content', async () => {
	const {run, flows} = await start({flow: 'device'});
	flows.device.reject(new TypeError('secret-canary') as unknown as LoginError);
	await assert.rejects(run.session, error => {
		assert.ok(error instanceof LoginError);
		assert.equal(error.code, 'internal_error');
		assert.doesNotMatch(JSON.stringify(error) + error.message + error.hint, /canary/);
		return true;
	});
});
