import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import type {LoginOptions} from '../../source/login/flow.js';
import type {Provider} from '../../source/oauth/provider.js';
import {createMemoryStore, openStore, type KeyValueStore} from '../../source/session/store/index.js';
import type {SessionState} from '../../source/session/session-state.js';
import type {TokenStore} from '../../source/session/types.js';
import {createManualClock, startScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {json} from '../../source/testing/response.js';
import {TokenEngine, type TokenEngineOptions} from '../../source/token-engine.js';

// Nobody is there, whatever these tests are run by.
delete process.env['CI'];
process.env['INK_LOGIN_AGENT'] = '0';

const minute = 60_000;

/** A folder for all state of this process. */
const ownState = (t: TestContext): string => {
	const home = mkdtempSync(path.join(os.tmpdir(), 'ink-login-test-'));
	const before = process.env['INK_LOGIN_HOME'];
	process.env['INK_LOGIN_HOME'] = home;
	t.after(() => {
		if (before === undefined) delete process.env['INK_LOGIN_HOME'];
		else process.env['INK_LOGIN_HOME'] = before;
		rmSync(home, {recursive: true});
	});
	return home;
};

type Change = {
	readonly script?: ServerScript;
	readonly provider?: Partial<Provider>;
	readonly engine?: Partial<TokenEngineOptions>;
};

/** An engine that shows its logins to someone with a browser, and what was shown. */
const makeEngine = async ({script, provider, engine: options}: Change = {}) => {
	const clock = createManualClock({now: Date.UTC(2026, 10, 21)});
	const server = await startScriptedServer({issuer: 'https://auth.example', clock, ...script});
	const store = createMemoryStore({clock});
	const shown: LoginOptions[] = [];
	const settings = {
		provider: {...server.provider, ...provider},
		store,
		clock,
		fetch: server.fetch,
		async show({engine, options}) {
			shown.push(options);
			const terminal = {openBrowser: server.openBrowser};
			return engine.login({...options, flow: 'browser', terminal}).session;
		},
		...options,
	} as TokenEngineOptions;
	return {engine: new TokenEngine(settings), settings, server, store, clock, shown};
};

/** Read anew each time: TypeScript takes a property that was compared for one that stays. */
const stateOf = (engine: TokenEngine): SessionState => engine.state;

const requests = ({server}: Awaited<ReturnType<typeof makeEngine>>) => server.requests.length;

test('an engine is made without a disk, and finds its store when it is first needed', async t => {
	const home = ownState(t);
	const {settings} = await makeEngine();
	const engine = new TokenEngine({...settings, app: 'acme', store: undefined});
	assert.deepEqual(readdirSync(home), []);
	process.env['INK_LOGIN_HOME'] = 'relative';
	await assert.rejects(engine.session(), {code: 'store_error'});
	process.env['INK_LOGIN_HOME'] = home;
	assert.equal(await engine.session(), undefined);
	await engine.ensure();
	assert.ok(existsSync(path.join(home, 'apps/acme/profile-default.json')));
});

for (const options of [{app: 'Acme'}, {app: '../acme'}, {app: ''}, {}, {store: new Map<string, string>()}]) {
	test(`an engine needs the name of an app, or a store of its own (${JSON.stringify(options)})`, async () => {
		const {settings} = await makeEngine();
		const make = () => new TokenEngine({...settings, store: undefined, ...options} as unknown as TokenEngineOptions);
		assert.throws(make, {code: 'config_error', hint: /app: 'acme'/});
	});
}

test('a store of strings without locks needs the name of an app, which its type says too', async () => {
	const {settings} = await makeEngine();
	const {provider} = settings;
	const store = new Map<string, string>();
	const lock = () => () => undefined;
	const strings = {get: () => undefined, set: () => undefined, delete: () => undefined, lock};
	// @ts-expect-error No app to keep locks for.
	assert.throws(() => new TokenEngine({provider, store}), {code: 'config_error'});
	// @ts-expect-error No app to name the keyring's entry by.
	assert.throws(() => new TokenEngine({provider, store: {...strings, encrypt: true}}), {code: 'config_error'});
	assert.equal(await new TokenEngine({provider, store: strings}).session(), undefined);
	assert.equal(await new TokenEngine({provider, store, app: 'acme'}).session(), undefined);
});

test('what a program gives up is cancelled, whatever reason its signal has', async () => {
	const {engine, clock, server} = await makeEngine();
	await engine.ensure();
	await clock.advance(60 * minute);
	server.answer('token', 'hang');
	for (const reason of [
		new DOMException('', 'AbortError'),
		new DOMException('', 'TimeoutError'),
		new Error(),
		'late',
	]) {
		const controller = new AbortController();
		const {signal} = controller;
		const calls = [engine.ensure({signal}), engine.token({signal})];
		await server.received('token', 2);
		controller.abort(reason);
		for (const call of [...calls, engine.ensure({signal})]) await assert.rejects(call, {code: 'cancelled'});
	}
});

test('ensure signs in once for all who ask at the same time, and asks nobody where there is a session', async () => {
	const {engine, shown} = await makeEngine();
	const sessions = await Promise.all([engine.ensure(), engine.ensure(), engine.ensure()]);
	assert.deepEqual([shown.length, sessions[2].identity?.subject], [1, sessions[0].identity?.subject]);
	await engine.ensure();
	assert.equal(shown.length, 1);
});

test('ensure has someone sign in for a scope besides those that the session has, and keeps the session until then', async () => {
	const made = await makeEngine();
	const {engine, shown, store} = made;
	await engine.ensure();
	const scope = 'openid mail.send';
	await engine.ensure({scope});
	await engine.ensure({scope});
	assert.deepEqual(
		shown.map(options => options.scope),
		[undefined, 'openid profile email offline_access mail.send'],
	);
	assert.equal((await engine.session())?.refreshable, true);
	await engine.ensure({scope: 'profile'});
	assert.equal(shown.length, 2);
	const refusing = new TokenEngine({
		...made.settings,
		async show() {
			throw new LoginError('cancelled', 'Left.', {hint: ''});
		},
	});
	const before = await store.read('default');
	await assert.rejects(refusing.ensure({scope: 'files'}), {code: 'cancelled'});
	assert.deepEqual(await store.read('default'), before);
});

test('ensure renews a session whose token has expired, and has someone sign in where the server has ended it', async () => {
	const made = await makeEngine();
	const {engine, clock, server, shown} = made;
	await engine.ensure();
	await clock.advance(120 * minute);
	await engine.ensure();
	assert.equal(shown.length, 1);
	await clock.advance(120 * minute);
	server.answer('token', json({error: 'invalid_grant'}, 400));
	await engine.ensure();
	assert.equal(shown.length, 2);
});

test('a caller that leaves ends the login only if nobody else waits for it', async () => {
	let signal: AbortSignal | undefined;
	const {engine} = await makeEngine({
		engine: {
			async show({options}) {
				signal = options.signal;
				return new Promise((_, reject) => options.signal?.addEventListener('abort', () => reject(new Error('over'))));
			},
		},
	});
	const [first, second] = [new AbortController(), new AbortController()];
	const calls = [engine.ensure({signal: first.signal}), engine.ensure({signal: second.signal})];
	while (signal === undefined) await new Promise(resolve => setImmediate(resolve));
	first.abort();
	await assert.rejects(calls[0]!);
	assert.equal(signal.aborted, false);
	second.abort();
	await assert.rejects(calls[1]!);
	assert.equal(signal.aborted, true);
});

test('with nobody there ensure fails at once and asks no server, in the words of the app', async () => {
	const made = await makeEngine({engine: {show: 'plain', signInHint: 'Run: acme login'}});
	const expected = {code: 'person_required', hint: 'Open a terminal. Run: acme login'};
	await assert.rejects(made.engine.ensure(), expected);
	assert.equal(requests(made), 0);
});

test('with nobody there, or where its provider says so, the program signs in as itself and shows nothing', async () => {
	const script: ServerScript = {client: {id: 'robot', secret: 's3cret'}};
	const alone = await makeEngine({script});
	assert.equal((await alone.engine.ensure()).flow, 'client-credentials');
	process.env['INK_LOGIN_AGENT'] = '1';
	try {
		const asked = await makeEngine({script});
		assert.equal((await asked.engine.ensure()).flow, 'browser');
		const machine = await makeEngine({script, provider: {flow: 'client-credentials'}});
		assert.equal((await machine.engine.ensure()).flow, 'client-credentials');
		assert.deepEqual([alone.shown.length, asked.shown.length, machine.shown.length], [0, 1, 0]);
	} finally {
		process.env['INK_LOGIN_AGENT'] = '0';
	}
});

test('the state follows logins, refreshes and logout, and stays the same object in between', async () => {
	const {engine, clock} = await makeEngine();
	const seen: string[] = [];
	assert.equal(stateOf(engine).status, 'loading');
	const stop = engine.subscribe(() => seen.push(stateOf(engine).status));
	await clock.settle();
	assert.deepEqual(seen, ['signed-out']);
	await engine.ensure();
	const {state} = engine;
	assert.ok(state.status === 'signed-in' && state.identity?.name !== undefined && state.expiresAt !== undefined);
	await engine.session();
	await engine.token();
	assert.equal(stateOf(engine), state);
	await clock.advance(120 * minute);
	await engine.token();
	const renewed = stateOf(engine);
	assert.ok(renewed.status === 'signed-in' && renewed.expiresAt! > state.expiresAt);
	await engine.logout();
	assert.deepEqual(seen, ['signed-out', 'signed-in', 'signed-in', 'signed-out']);
	stop();
	await engine.ensure();
	assert.equal(seen.length, 4);
	assert.equal(stateOf(engine).status, 'signed-in');
});

test('the state follows what others do to the store only while someone listens, and reads it only when it has changed', async () => {
	const {engine, settings, clock, store} = await makeEngine();
	let reads = 0;
	const counted: TokenStore = Object.assign(Object.create(store) as TokenStore, {
		read: async (profile: string) => {
			reads += 1;
			return store.read(profile);
		},
	});
	const other = new TokenEngine({...settings, store: counted});
	const stop = other.subscribe(() => undefined);
	await clock.settle();
	assert.equal(stateOf(other).status, 'signed-out');
	await engine.ensure();
	await clock.advance(1000);
	await clock.settle();
	assert.equal(stateOf(other).status, 'signed-in');
	const before = reads;
	await clock.advance(10 * 1000);
	assert.equal(reads, before);
	stop();
	await clock.settle();
	assert.equal(clock.sleepers, 0);
	await engine.logout();
	await clock.advance(minute);
	assert.equal(stateOf(other).status, 'signed-in');
});

test('a session that cannot renew itself is over when its token is', async () => {
	const {engine, clock, store} = await makeEngine();
	await engine.ensure();
	const stored = (await store.read('default'))!;
	const {refreshToken: _, ...tokens} = stored.tokens;
	await store.write('default', {...stored, tokens});
	engine.subscribe(() => undefined);
	await clock.settle();
	assert.equal(stateOf(engine).status, 'signed-in');
	await clock.advance(120 * minute);
	assert.equal(stateOf(engine).status, 'signed-out');
	assert.equal(await engine.session(), undefined);
});

test('a listener that throws ends no login and deafens no other; its mistake surfaces as an uncaught one', async t => {
	const {engine} = await makeEngine();
	const uncaught: unknown[] = [];
	process.setUncaughtExceptionCaptureCallback(error => void uncaught.push(error));
	t.after(() => process.setUncaughtExceptionCaptureCallback(null));
	const mistake = new Error('own');
	const seen: string[] = [];
	const stop = [
		engine.subscribe(() => {
			throw mistake;
		}),
		engine.subscribe(() => void seen.push(engine.state.status)),
	];
	await engine.ensure();
	for (const leave of stop) leave();
	assert.equal(seen.at(-1), 'signed-in');
	assert.ok(uncaught.includes(mistake));
});

test('a store that cannot be read is told, and asked again only once it has changed', async () => {
	let reads = 0;
	const error = new LoginError('store_error', 'The keyring is locked.', {hint: 'Unlock it.'});
	const memory = createMemoryStore();
	const store: TokenStore = Object.assign(Object.create(memory) as TokenStore, {
		async read() {
			reads += 1;
			throw error;
		},
	});
	const {engine, clock} = await makeEngine({engine: {store}});
	engine.subscribe(() => undefined);
	await clock.advance(minute);
	assert.deepEqual([stateOf(engine), reads], [{status: 'failed', error}, 1]);
});

test('accounts tells who is signed in to which profile, and as() acts for one of them', async () => {
	const {engine, store} = await makeEngine();
	await engine.ensure();
	const work = engine.as('work');
	await work.ensure();
	assert.equal(engine.as('work'), work);
	assert.equal(work.as('default'), engine);
	const stored = (await store.read('work'))!;
	await store.write('other', {...stored, provider: {...stored.provider, clientId: 'another'}});
	await store.write('ended', {...stored, dead: true});
	const accounts = await engine.accounts();
	assert.deepEqual(
		accounts.map(({profile, identity, expiresAt}) => [profile, identity?.subject, typeof expiresAt]),
		['default', 'work'].map(profile => [profile, stored.tokens.identity?.subject, 'number']),
	);
	await work.logout();
	assert.deepEqual([(await engine.accounts()).length, engine.state.status], [1, 'signed-in']);
});

test('tokens of an earlier version become a session that names its person and renews itself', async () => {
	const {engine, settings, store, shown} = await makeEngine();
	await engine.ensure();
	const {accessToken, refreshToken, identity} = (await store.read('default'))!.tokens;
	const moved = createMemoryStore();
	const next = new TokenEngine({...settings, store: moved});
	const session = await next.adopt({accessToken, refreshToken: refreshToken!});
	assert.deepEqual([session.identity?.subject, session.refreshable], [identity?.subject, true]);
	assert.equal(next.state.status, 'signed-in');
	assert.equal(await next.token(), (await moved.read('default'))!.tokens.accessToken);
	// The session that is there stays, and nothing is asked for again.
	const before = await moved.read('default');
	await next.adopt({accessToken: 'older', refreshToken: 'older'});
	assert.deepEqual(await moved.read('default'), before);
	await next.ensure();
	assert.equal(shown.length, 1);
});

test('tokens that the server no longer takes, or that are none, become no session', async () => {
	const {engine, store} = await makeEngine();
	await assert.rejects(engine.adopt({accessToken: 'x', refreshToken: 'gone'}), {code: 'person_required'});
	await assert.rejects(engine.adopt({accessToken: 'gone'}), {code: 'person_required'});
	for (const tokens of [
		{},
		{accessToken: 'a\nb'},
		{accessToken: 'a', refreshToken: 7},
		{accessToken: 'a', expiresAt: 'soon'},
	])
		await assert.rejects(engine.adopt(tokens as never), {code: 'config_error'});
	assert.deepEqual(await store.list(), []);
});

test('a login is shown while the keyring is still being tried, and is saved only once that is known', async t => {
	ownState(t);
	let answer: () => void = () => undefined;
	const keyring = {
		get: async () => undefined,
		set: async () => undefined,
		probe: async () =>
			new Promise<void>((_, reject) => {
				answer = () => reject(new LoginError('store_error', 'It is locked.', {hint: ''}));
			}),
	};
	const store = openStore({app: 'acme', keyring});
	const {engine, server} = await makeEngine({engine: {store}});
	const run = engine.login({flow: 'browser', terminal: {openBrowser: server.openBrowser}});
	for await (const event of run) {
		if (event.type === 'exchange') break;
	}

	assert.equal(await store.read('default'), undefined);
	answer();
	assert.equal((await run.session).store, 'file');
});

const keyValue = (more: Partial<KeyValueStore> = {}) => {
	const values = new Map<string, string>();
	const store: KeyValueStore = {
		get: async key => values.get(key) ?? null,
		set: async (key, value) => values.set(key, value),
		delete: async key => values.delete(key),
		description: 'the vault of Acme',
		...more,
	};
	return {values, store};
};

test('a store of strings keeps sessions, with locks in the folder of the app, and is named in its own words', async t => {
	const home = ownState(t);
	const {values, store} = keyValue();
	const {engine, settings} = await makeEngine({engine: {app: 'acme', store}});
	const session = await engine.ensure();
	assert.deepEqual([session.store, session.savedIn], ['custom', 'the vault of Acme']);
	assert.deepEqual([...values.keys()].sort(), ['profile-default', 'profiles']);
	assert.deepEqual(readdirSync(path.join(home, 'apps')), ['acme']);
	const second = new TokenEngine(settings);
	assert.deepEqual(
		(await second.accounts()).map(({profile}) => profile),
		['default'],
	);
	assert.equal(await second.token(), await engine.token());
	values.set('profile-default', '{');
	assert.equal(await second.session(), undefined);
	assert.match(second.store.notices.join(), /"default" is damaged; signing in replaces it/);
	await engine.logout();
	assert.deepEqual(await second.accounts(), []);
});

test('a store with locks of its own needs no app; each lock is given back, and one that comes too late as well', async () => {
	const held = new Set<string>();
	const waiting: (() => void)[] = [];
	const {store} = keyValue({
		async lock(key) {
			while (held.has(key)) await new Promise<void>(resolve => waiting.push(resolve));
			held.add(key);
			return () => {
				held.delete(key);
				waiting.splice(0).forEach(wake => wake());
			};
		},
	});
	const {engine, clock} = await makeEngine({engine: {store}});
	await engine.ensure();
	assert.equal(held.size, 0);
	const {signal} = new AbortController();
	const first = await engine.store.lock('default', 'refresh', {signal});
	const second = engine.store.lock('default', 'refresh', {signal, timeout: 1000});
	await assert.rejects(clock.advanceUntil(second), {code: 'lock_timeout'});
	const third = engine.store.lock('default', 'refresh', {signal, until: async () => true});
	assert.equal(await clock.advanceUntil(third), undefined);
	await first?.release();
	await clock.settle();
	assert.equal(held.size, 0, 'nobody waits for them any longer');
});

test('what a store of strings throws is told without what it says', async () => {
	const {store} = keyValue({
		lock: () => () => undefined,
		async set(_key, value) {
			throw new Error(`cannot store ${value}`);
		},
	});
	const {engine} = await makeEngine({engine: {store}});
	await assert.rejects(engine.ensure(), {
		code: 'store_error',
		message: "The session couldn't be read from or saved in the vault of Acme.",
	});
});
