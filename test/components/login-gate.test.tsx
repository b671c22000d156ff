import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import {test, type TestContext} from 'node:test';
import {Box, Text, useInput} from 'ink';
import * as react from 'react';
import {useState, type ReactNode} from 'react';
import {
	createMemoryStore,
	Login,
	LoginError,
	LoginGate,
	TokenEngine,
	useAuth,
	type LoginComponents,
	type LoginGateProps,
	type LoginProps,
	type TokenStore,
} from '../../source/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';

const shows = async (terminal: FakeTerminal, pattern: RegExp): Promise<string> => {
	for (let looks = 0; looks < 1000 && !pattern.test(terminal.emulator.text); looks++) await terminal.settle();
	assert.match(terminal.emulator.text, pattern);
	return terminal.emulator.text;
};

const setting = async (t: TestContext) => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	const store = createMemoryStore();
	const make = (own: TokenStore = store) => new TokenEngine({provider: server.provider, store: own});
	const {openBrowser} = server;
	const signIn = async (engine = make()) => engine.login({flow: 'browser', terminal: {openBrowser}}).session;
	return {server, store, make, signIn, engine: make()};
};

function Home({engine}: {readonly engine: TokenEngine}): ReactNode {
	return <Text>Welcome, {useAuth(engine).identity?.name}</Text>;
}

/** Counts the keys that it gets: what it knows is lost with it. */
function Counter(): ReactNode {
	const [keys, setKeys] = useState('');
	useInput(input => setKeys(before => before + input));
	return <Text>Keys: {keys}.</Text>;
}

const gate = async (t: TestContext, engine: TokenEngine, props: Partial<LoginGateProps> = {}) => {
	const terminal = await drawOn(
		<LoginGate {...props} engine={engine}>
			<Home engine={engine} />
		</LoginGate>,
	);
	t.after(terminal.unmount);
	return terminal;
};

test('a gate shows the login, then what is behind it, and the login again when another process ends the session', async t => {
	const {server, engine, make} = await setting(t);
	const terminal = await gate(t, engine, {flow: 'device'});
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);
	server.approve();
	const home = await shows(terminal, /Welcome/);
	assert.equal(home.trim(), 'Welcome, Ada Lovelace');
	await make().logout();
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);
});

test('a login that another process finishes opens the gate as well', async t => {
	const {engine, signIn} = await setting(t);
	const terminal = await gate(t, engine);
	await shows(terminal, /another device/i);
	await signIn();
	await shows(terminal, /^Welcome, Ada Lovelace/);
});

test('with a session of an earlier run nothing but what is behind the gate is ever drawn', async t => {
	const {engine, signIn} = await setting(t);
	await signIn();
	const terminal = await gate(t, engine);
	await shows(terminal, /Welcome/);
	assert.doesNotMatch(terminal.written(), /Sign in/);
});

test('a stronger sign-in that an API asks for is shown at the gate, and what was there comes back as it was', async t => {
	const {server, store, signIn} = await setting(t);
	await signIn();
	let isStrong = false;
	const engine = new TokenEngine({
		provider: server.provider,
		store,
		origins: ['https://api.example'],
		async fetch(input, init) {
			const {url} = new Request(input);
			if (!url.startsWith('https://api.example')) return fetch(input, init);
			if (url.endsWith('/free')) return new Response('free');
			const challenge = 'Bearer error="insufficient_user_authentication", acr_values="gold"';
			return isStrong
				? new Response('paid')
				: new Response('', {status: 401, headers: {'www-authenticate': challenge}});
		},
	});
	// What a request asks for later is shown where the app's screen is by then.
	assert.equal(await (await engine.fetch('https://api.example/free')).text(), 'free');
	const terminal = await drawOn(
		<LoginGate engine={engine} terminal={{recommend: () => ({flow: 'device', reason: 'It fits.'})}}>
			<Counter />
		</LoginGate>,
	);
	t.after(terminal.unmount);
	await shows(terminal, /Keys/);
	await terminal.type('a');
	const left = engine.fetch('https://api.example/pay');
	const refused = assert.rejects(left, {code: 'cancelled'});
	const asked = await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);
	assert.match(asked, /api\.example needs a stronger or more\s+recent sign-in/);
	assert.doesNotMatch(asked, /Keys/);
	await terminal.type('x');
	await terminal.type('\u0003');
	await refused;
	// React 19.0 and 19.1 cannot hide what keeps its state.
	const [afterA, afterB] = 'Activity' in react ? ['a', 'ab'] : ['', 'b'];
	assert.equal((await shows(terminal, /Keys/)).trim(), `Keys: ${afterA}.`);

	const paid = engine.fetch('https://api.example/pay');
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);
	isStrong = true;
	server.approve();
	assert.equal(await (await paid).text(), 'paid');
	await shows(terminal, /Keys/);
	await terminal.type('b');
	assert.equal((await shows(terminal, /Keys/)).trim(), `Keys: ${afterB}.`);
});

test('ensure shares the login that the gate shows already, or has its own shown there', async t => {
	const {server, engine} = await setting(t);
	const other = engine.as('work');
	const terminal = await gate(t, engine, {flow: 'device'});
	const code = /[A-Z]{4}-[A-Z]{4}/.exec(await shows(terminal, /[A-Z]{4}-[A-Z]{4}/))?.[0] ?? '';
	const ensured = engine.ensure();
	await terminal.settle();
	assert.match(terminal.emulator.text, new RegExp(code));
	server.approve();
	assert.equal((await ensured).identity?.name, 'Ada Lovelace');
	await shows(terminal, /Welcome/);
	const second = other.ensure({flow: 'device'});
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);
	server.approve();
	assert.equal((await second).profile, 'work');
	await shows(terminal, /Welcome/);
});

test('a gate that goes ends the login that it was asked to show, and shows no other', async t => {
	const {engine, signIn} = await setting(t);
	await signIn();
	const terminal = await gate(t, engine);
	await shows(terminal, /Welcome/);
	const refused = assert.rejects(engine.ensure({scope: 'openid more', flow: 'device'}), {code: 'cancelled'});
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);
	await terminal.rerender(<Text>Gone</Text>);
	await refused;
	await assert.rejects(engine.ensure({scope: 'openid more'}), {code: 'person_required'});
});

test('Esc at the gate calls onCancel, and ends the app where there is none', async t => {
	const {make} = await setting(t);
	const calls: string[] = [];
	const told = await gate(t, make(), {onCancel: () => calls.push('left')});
	await shows(told, /another device/i);
	await told.type('\u001B');
	assert.deepEqual(calls, ['left']);
	const alone = await gate(t, make());
	await shows(alone, /another device/i);
	const listens = () => alone.listeners()['stdin readable'] ?? 0;
	assert.ok(listens() > 0);
	await alone.type('\u001B');
	await alone.settle();
	assert.equal(listens(), 0);
});

test('a session that cannot be read is no reason for a login: the gate says so, and tries again', async t => {
	const {store, make, signIn} = await setting(t);
	await signIn();
	let isBroken = true;
	const read: TokenStore['read'] = async profile => {
		if (isBroken) throw new LoginError('store_error', 'The keyring is locked.', {hint: 'Unlock it.'});
		return store.read(profile);
	};
	const terminal = await gate(t, make({...store, read}));
	await shows(terminal, /The keyring is locked[^]*enter try again/);
	isBroken = false;
	await terminal.type('\r');
	await shows(terminal, /Welcome/);
});

/** An engine whose network comes back when the test says so. */
const offlineEngine = async (t: TestContext) => {
	const {server} = await setting(t);
	let isDown = true;
	const engine = new TokenEngine({
		provider: server.provider,
		store: createMemoryStore(),
		async fetch(input, init) {
			if (isDown) throw new TypeError('fetch failed');
			return fetch(input, init);
		},
	});
	return {engine, connect: () => (isDown = false)};
};

test('a login whose server could not be asked is tried again with Enter, unless the host takes care of the error', async t => {
	const {engine, connect} = await offlineEngine(t);
	const calls: string[] = [];
	const onCancel = () => calls.push('left');
	const terminal = await drawOn(<Login engine={engine} flow="device" onCancel={onCancel} />);
	t.after(terminal.unmount);
	await shows(terminal, /enter try again/);
	connect();
	await terminal.type('\r');
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);

	const {engine: other} = await offlineEngine(t);
	const onError = ({code}: LoginError) => calls.push(code);
	const host = await drawOn(<Login engine={other} flow="device" onCancel={onCancel} onError={onError} />);
	t.after(host.unmount);
	await shows(host, /network/);
	assert.doesNotMatch(host.emulator.text, /try again ·/);
	assert.deepEqual(calls, ['network_error']);
});

test('Esc leaves a login whose server could not be asked', async t => {
	const {engine} = await offlineEngine(t);
	const calls: string[] = [];
	const terminal = await drawOn(<Login engine={engine} flow="device" onCancel={reason => calls.push(reason)} />);
	t.after(terminal.unmount);
	await shows(terminal, /enter try again/);
	await terminal.type('\u001B');
	assert.deepEqual(calls, ['left']);
});

test("any part of the application's that throws leaves ours in its place", async t => {
	const fails = (): ReactNode => {
		throw new Error('broken part');
	};
	const nested = () => (
		<Text>
			<Box />
		</Text>
	);
	const components: LoginComponents = {
		FlowPicker: fails,
		DeviceCodeScreen: fails,
		BrowserScreen: fails,
		QrCode: nested,
		Spinner: fails,
	};
	const {engine} = await setting(t);
	const terminal = await drawOn(
		<Login engine={engine} components={components} showQr environment={{remote: false, unicode: true, color: true}} />,
	);
	t.after(terminal.unmount);
	await shows(terminal, /another device/i);
	await terminal.type(/(\d) +On another device/.exec(terminal.emulator.text)?.[1] ?? '');
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}[^]*█/);
	await terminal.type('b');
	await shows(terminal, /Also with code/);
});

test('a login whose code waits shows that code when it is mounted again', async t => {
	const {engine} = await setting(t);
	const run = engine.login({flow: 'ask', attended: true});
	const codes: string[] = [];
	for (const round of ['first', 'again']) {
		const terminal = await drawOn(<Login run={run} />);
		if (round === 'first') {
			await shows(terminal, /1 {2}On another device/);
			await terminal.type('1');
		}

		codes.push(/[A-Z]{4}-[A-Z]{4}/.exec(await shows(terminal, /[A-Z]{4}-[A-Z]{4}/))?.[0] ?? '');
		await terminal.unmount();
	}

	assert.equal(codes[0], codes[1]);
	await run.cancel();
});

test('with a run, the types refuse what it began without', async t => {
	const {engine} = await setting(t);
	const run = engine.login();
	// @ts-expect-error -- it has begun, and opens no flow for that
	const withFlow: LoginProps = {run, flow: 'device'};
	// @ts-expect-error -- its time is limited or not by now
	const withTimeout: LoginProps = {run, timeout: 5};
	assert.ok(withFlow.run === withTimeout.run);
	await run.cancel();
});
