import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type AddressInfo} from 'node:net';
import path from 'node:path';
import test, {after, type TestContext} from 'node:test';
import {createFileStore} from '../../../source/session/store/index.js';
import {startScriptedServer} from '../../../source/testing/index.js';
import {commandInPty, temporaryFolder} from '../../support/built-command.js';
import type {PtyOptions, PtyRun} from '../../support/pty.js';
import {TerminalEmulator} from '../../support/terminal-emulator.js';
import {storedSession, tokenSet} from '../command-double.js';

/** A server that takes a connection and says nothing, so that the picker stays. */
const silent = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
await once(silent, 'listening');
const issuer = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
after(() => silent.close());

const providerAt = (server: string) => ['--issuer', server, '--client-id', 'test-client', '--no-open'];

const start = async (t: TestContext, {args = [], ...options}: Omit<PtyOptions, 'command'> = {}): Promise<PtyRun> =>
	commandInPty(t, [...providerAt(issuer), ...args], options);

/** A desktop's bus that takes connections and says nothing: Ink comes only once the keyring has been given up. */
const silentBus = async (t: TestContext) => {
	const address = path.join(await temporaryFolder(t), 'bus');
	const bus = createServer(socket => socket.on('error', () => undefined).resume()).listen(address);
	t.after(() => bus.close());
	return {
		env: {DBUS_SESSION_BUS_ADDRESS: `unix:path=${address}`},
		/** Resolves once nobody waits for it any longer. */
		async left() {
			const closed = once(bus, 'close');
			bus.close();
			await closed;
		},
	};
};

/** Ink asks for marked pastes once it takes keys, and then draws, each frame in one update. */
const isInk = ({output}: PtyRun): boolean =>
	output.includes('\u001B[?2004h') && output.lastIndexOf('\u001B[?2026l') > output.indexOf('\u001B[?2004h');
const picker = /Sign in[^]*1 {1,2}In this\s+computer's\s+browser[^]*2 {1,2}On another\s+device[^]*esc\s+cancel/;

const end = async (run: PtyRun) => {
	run.write('\u0003');
	assert.equal((await run.exit).code, 130);
	assert.equal(run.emulator.cursor.visible, true);
};

// eslint-disable-next-line no-control-regex -- where a synchronized update begins or ends
const aroundUpdates = /(?=\u001B\[\?2026h)|(?<=\u001B\[\?2026l)/;

/** What a person has seen until Ink had drawn. A terminal shows nothing of an update before its end. */
const seenUntilInk = async (run: PtyRun): Promise<readonly string[]> => {
	await run.waitFor(() => isInk(run), 'Ink');
	const emulator = new TerminalEmulator(run.emulator.columns, run.emulator.rows);
	const seen = [''];
	for (const part of run.output.split(aroundUpdates)) {
		await emulator.feed(part);
		if (emulator.text !== seen.at(-1)) seen.push(emulator.text);
	}

	emulator.dispose();
	return seen.slice(1);
};

test('from the first picker on there is always one, never two, and it stays as it is while Ink takes its place', async t => {
	for (const columns of [80, 34, 24]) {
		const run = await start(t, {columns, rows: 40, args: ['--store', 'file']});
		const [screen = '', ...others] = await seenUntilInk(run);
		assert.match(screen, picker);
		assert.deepEqual(others, []);
		await end(run);
	}
});

test('in a window too narrow for its rows its words are broken, by the first picker as by Ink', async t => {
	const run = await start(t, {columns: 8, rows: 40, args: ['--store', 'file']});
	const [screen = '', ...others] = await seenUntilInk(run);
	assert.match(screen, /1 In\n/);
	assert.deepEqual(others, []);
	await end(run);
});

test('who is signed in already is offered to stay so from the first frame on', async t => {
	const home = await temporaryFolder(t);
	const tokens = tokenSet({issuedAt: Date.now(), expiresAt: Date.now() + 3_600_000});
	const session = storedSession({tokens, provider: {name: 'oidc', issuer, clientId: 'test-client'}});
	await createFileStore({directory: home}).write('default', session);
	const bus = await silentBus(t);
	const run = await start(t, {env: {...bus.env, INK_LOGIN_HOME: home}});
	await run.waitFor(/1 {2}Stay signed in as Alice Demo/);
	assert.equal(isInk(run), false);
	await end(run);
});

test('what is typed ahead of Ink is done in its order: an arrow, then Enter, choose the second option', async t => {
	await using server = await startScriptedServer();
	const run = await commandInPty(t, [...providerAt(server.issuer), '--store', 'file']);
	await run.waitFor(picker);
	run.write('\u001B[B\r');
	await run.waitFor(/Type +[A-Z]{4}-[A-Z]{4}/);
	await end(run);
});

test('a window that changes before Ink gets a picker of its size', async t => {
	const run = await start(t, {env: (await silentBus(t)).env});
	await run.waitFor(/In this computer's browser +nothing to type[^]*esc cancel/);
	run.resize(40, 24);
	await run.waitFor(/In this computer's browser\n[^]*esc cancel/);
	run.resize(90, 24);
	await run.waitFor(/In this computer's browser +nothing to type[^]*esc cancel/);
	run.resize(90, 5);
	await run.waitFor(({text}) => text.includes("In this computer's browser") && text.trimEnd().split('\n').length <= 4);
	assert.equal(isInk(run), false);
	await end(run);
});

test('Ctrl-C before Ink says so in the place of the picker, and nobody waits for the keyring any longer', async t => {
	const bus = await silentBus(t);
	const run = await start(t, {env: bus.env, args: ['--store', 'keyring']});
	await run.waitFor(picker);
	await end(run);
	assert.match(run.emulator.text, /^ink-login: Sign-in cancelled\./);
	assert.doesNotMatch(run.emulator.text, /this computer|esc cancel/);
	await bus.left();
});

test('demand 24: before Ink too a 0x03 inside a sequence of the terminal, or inside a paste, is no Ctrl-C', async t => {
	const run = await start(t, {env: (await silentBus(t)).env});
	// By then keys are read.
	await run.waitFor(/Waiting for the system keyring[^]*Sign in[^]*esc cancel/);
	run.write('\u001B_Gi=1;a\u0003b\u001B\\');
	run.write('https://a.example/?code=\u0003x');
	run.resize(40, 24);
	await run.waitFor(/In this computer's browser\n[^]*esc cancel/);
	run.resize(90, 24);
	await run.waitFor(/In this computer's browser +nothing to type[^]*esc cancel/);
	await end(run);
});

test('a failure before Ink takes the picker away, and is told in its place', async t => {
	const run = await start(t, {args: ['--store', 'keyring']});
	assert.equal((await run.exit).code, 1);
	assert.match(run.output, /Sign in[^]*In this computer[^]*cancel/);
	assert.match(run.emulator.text, /^ink-login: The system keyring/);
	assert.doesNotMatch(run.emulator.text, /In this computer/);
	assert.equal(run.emulator.cursor.visible, true);
});
