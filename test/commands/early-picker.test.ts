import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, {after} from 'node:test';
import {createFileStore} from '../../source/store/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {commandFile} from '../support/built-command.js';
import {runInPty, spawnPty} from '../support/pty.js';
import {TerminalEmulator} from '../support/terminal-emulator.js';
import {storedSession, tokenSet} from './command-double.js';

const home = mkdtempSync(path.join(os.tmpdir(), 'ink-login-'));
/** It takes a connection and says nothing, so that the picker stays. */
const silent = createServer(socket => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
await new Promise(resolve => silent.once('listening', resolve));
const issuer = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
after(() => {
	silent.close();
	rmSync(home, {recursive: true});
});

type Moment = {
	readonly rows: readonly string[];
	readonly cells: string;
	/** Milliseconds since the start. */
	readonly at: number;
	/** Whether Ink has taken over. */
	readonly isInk: boolean;
};

// eslint-disable-next-line no-control-regex -- where a synchronized update begins
const beforeUpdate = /(?=\u001B\[\?2026h)/;

/** Runs the picker and tells what the screen showed after every piece of output. */
const watch = async ({
	keys = '',
	columns = 80,
	rows = 24,
	env = {},
	store = 'file',
	server = issuer,
	until,
}: {
	readonly keys?: string;
	readonly columns?: number;
	readonly rows?: number;
	readonly env?: Readonly<Record<string, string>>;
	readonly store?: string;
	/** Its address. @default of one that says nothing */
	readonly server?: string;
	/** What ends the watch: Ctrl-C is pressed then. */
	readonly until: (moment: Moment, output: string) => boolean;
}) => {
	const emulator = new TerminalEmulator(columns, rows);
	const start = performance.now();
	const moments: Moment[] = [];
	let output = '';
	let feeding = Promise.resolve();
	let hasTyped = false;
	let hasEnded = false;
	const show = (text: string) => {
		output += text;
		// A terminal shows nothing of a synchronized update before its end, in however many pieces it comes.
		const isUpdating = output.lastIndexOf('\u001B[?2026h') > output.lastIndexOf('\u001B[?2026l');
		const at = performance.now() - start;
		const isInk = output.includes('\u001B[?2004h');
		if (!hasTyped && keys !== '') pty.write(keys);
		hasTyped = true;
		feeding = feeding.then(async () => {
			await emulator.feed(text);
			if (isUpdating) return;
			const cells = JSON.stringify(Array.from({length: rows}, (_, row) => emulator.cells(row)));
			const moment = {rows: emulator.screen(), cells, at, isInk};
			moments.push(moment);
			if (!hasEnded && until(moment, output)) {
				hasEnded = true;
				pty.write('\u0003');
			}
		});
	};
	const {pty, exit} = spawnPty(
		process.execPath,
		[commandFile, '--issuer', server, '--client-id', 'test-client', '--store', store, '--no-open'],
		{
			cols: columns,
			rows,
			env: {
				PATH: process.env['PATH'] ?? '',
				HOME: home,
				INK_LOGIN_HOME: path.join(home, 'own'),
				TERM: 'xterm-256color',
				COLORTERM: 'truecolor',
				LANG: 'C.UTF-8',
				DISPLAY: ':0',
				...env,
			},
		},
		// However much comes at once, what stood before an update was seen.
		text => text.split(beforeUpdate).forEach(show),
	);
	const {code} = await exit;
	await feeding;
	const cursor = emulator.cursor.visible;
	emulator.dispose();
	return {moments, output, code, cursor};
};

const isBlank = ({rows}: Moment) => rows.every(row => row === '');
/** How many times the whole picker was drawn over what stood there, in one update each. */
const redrawn = (output: string) =>
	output.split('\u001B[?2026h').filter(update => /On (?:this|my)/.test(update) && update.includes('\u001B[?2026l'))
		.length;
/** Ink draws, and asks for marked pastes. */
const inkIsUp = (_: Moment, output: string) => output.includes('\u001B[?2004h') && redrawn(output) >= 1;
const inkIsUpAfterMove = (_: Moment, output: string) => output.includes('\u001B[?2004h') && redrawn(output) >= 2;

const surroundings: readonly (readonly [string, Parameters<typeof watch>[0]])[] = [
	['a wide terminal', {until: inkIsUp}],
	['a narrow terminal', {columns: 34, rows: 40, until: inkIsUp}],
	['a terminal too small for all of it', {columns: 60, rows: 5, until: inkIsUp}],
	['a terminal without colours', {env: {NO_COLOR: '1'}, until: inkIsUp}],
	['a terminal without Unicode', {env: {LC_ALL: 'C'}, until: inkIsUp}],
	['a terminal of 16 colours', {env: {TERM: 'xterm', COLORTERM: ''}, until: inkIsUp}],
	[
		'a terminal at the other end of SSH',
		{env: {SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22', DISPLAY: ''}, until: inkIsUp},
	],
];

for (const [name, options] of surroundings) {
	test(`the frame before Ink is the one that Ink draws, cell for cell, and nothing else is ever seen: ${name}`, async () => {
		const {moments, code, cursor} = await watch(options);
		const shown = moments.filter(moment => !isBlank(moment));
		const last = shown.findLastIndex(({rows}) => /❯|>/.test(rows.join('\n')));
		const whole = shown[last]!;
		const text = whole.rows.join('\n');
		// A pseudo-terminal may hand one write on in pieces: the frame may be seen growing, and then never changes.
		const complete = shown.findIndex(({cells}) => cells === whole.cells);
		assert.ok(complete < last, 'Ink has drawn too');
		for (const {rows} of shown.slice(0, complete))
			assert.ok(text.startsWith(rows.join('\n').trimEnd()), rows.join('\n'));
		for (const moment of shown.slice(complete, last + 1)) {
			assert.deepEqual(moment.rows, whole.rows);
			assert.equal(moment.cells, whole.cells);
		}

		assert.equal(code, 130);
		assert.equal(cursor, true);
	});
}

test('in a window that is narrower than the options only Ink draws them, which cuts them', async () => {
	const {moments, code} = await watch({columns: 24, rows: 30, until: inkIsUp});
	const titles = moments.map(({rows}) => rows.filter(row => row.startsWith(' Sign in')).length);
	assert.equal(Math.max(...titles), 1);
	for (const {rows} of moments) assert.doesNotMatch(rows.join('\n'), /^[a-z]+$/m, 'the end of a row that went on');
	assert.equal(code, 130);
});

const isSelected = (number: number, {rows}: Moment) => rows.some(row => row.startsWith(` ❯ ${number}`));

/** A bus of the desktop that takes connections and says nothing: whoever asks it for a keyring waits. */
const startSilentBus = async () => {
	const address = path.join(home, 'bus');
	const bus = createServer(socket => socket.on('error', () => undefined).resume()).listen(address);
	await new Promise(resolve => bus.once('listening', resolve));
	return {
		env: {DBUS_SESSION_BUS_ADDRESS: `unix:path=${address}`},
		/** Resolves once nobody waits any longer. */
		async left() {
			const closed = once(bus, 'close');
			bus.close();
			await closed;
		},
		[Symbol.dispose]: () => void bus.close(),
	};
};

test('keys that are pressed while only the early frame stands move the choice at once, and Ink leaves it where it is', async () => {
	using bus = await startSilentBus();
	const {moments, code, output} = await watch({
		keys: '\u001B[B',
		env: {...bus.env, DISPLAY: ''},
		store: 'auto',
		until: inkIsUpAfterMove,
	});
	const first = moments.findIndex(moment => isSelected(1, moment));
	const moved = moments.findIndex(moment => isSelected(2, moment));
	assert.ok(first >= 0 && first < moved);
	assert.equal(moments[moved]!.isInk, false);
	const drawn = moments.slice(moved).filter(({rows}) => rows.some(row => row.includes('❯')));
	for (const moment of drawn) assert.ok(isSelected(2, moment), moment.rows.join('\n'));
	assert.equal(code, 130);
	// From the first row of a window on tmux keeps in its history what is cleared all at once.
	assert.equal(output.includes('\u001B[J'), false);
});

test('in a window that changes while only the early frame stands it is drawn for the new size, once', async () => {
	using bus = await startSilentBus();
	await using run = runInPty({
		args: [commandFile, '--issuer', issuer, '--client-id', 'client'],
		env: {...bus.env, DISPLAY: ':0', INK_LOGIN_HOME: path.join(home, 'own')},
	});
	await run.waitFor(/On this computer +opens[^]*esc leave/);
	run.resize(40, 24);
	await run.waitFor(/On this computer\n +opens[^]*esc leave/);
	for (const [key, selected] of [
		['\u001B[B', '❯ 2'],
		['1', '❯ 1'],
	] as const) {
		run.write(key);
		await run.waitFor(({text}) => text.includes(selected));
	}

	// What was too wide for the window has left its pieces once, as with Ink.
	const history = run.emulator.history();
	assert.ok(history.filter(row => row.includes('Sign in')).length <= 2, history.join('\n'));
	run.resize(90, 24);
	await run.waitFor(/On this computer +opens[^]*esc leave/);
	run.resize(90, 5);
	await run.waitFor(({text}) => text.includes('On this computer') && text.trimEnd().split('\n').length <= 4);
	run.write('\u0003');
	assert.equal((await run.exit).code, 130);
	assert.doesNotMatch(run.emulator.history().join('\n'), /Asking/);
});

test(
	'what is typed ahead of Ink is done in its order: an arrow, then Enter, choose the second way',
	{timeout: 60_000},
	async () => {
		await using server = await startScriptedServer();
		const {moments, code} = await watch({
			keys: '\u001B[B\r',
			server: server.issuer,
			until: ({rows}) => /Type this code there|in your browser/.test(rows.join('\n')),
		});
		assert.ok(moments.some(({rows}) => rows.some(row => row.includes('Type this code there'))));
		assert.equal(code, 130);
	},
);

test('Ctrl-C ends a start that waits for a keyring which does not answer, and nobody waits on', async () => {
	using bus = await startSilentBus();
	const {code, moments, cursor} = await watch({
		keys: '\u0003',
		env: bus.env,
		store: 'keyring',
		until: () => false,
	});
	const ended = performance.now();
	assert.equal(code, 130);
	assert.equal(cursor, true);
	const last = moments.at(-1)!;
	assert.match(last.rows.join('\n'), /^ink-login: Sign-in cancelled\./m);
	assert.doesNotMatch(last.rows.join('\n'), /On this computer|esc leave/);
	await bus.left();
	// Where a window might ask for a password the keyring has thirty seconds.
	assert.ok(last.at < 15_000 && performance.now() - ended < 15_000);
});

test('Ctrl-C while only the early frame stands ends with 130 and gives the terminal back', async () => {
	const {code, cursor, output} = await watch({keys: '\u0003', until: () => false});
	assert.equal(code, 130);
	assert.equal(cursor, true);
	assert.match(output, /Sign in/);
});

test('who is signed in already is offered to stay so in the early frame too', async () => {
	const tokens = tokenSet({issuedAt: Date.now(), expiresAt: Date.now() + 3_600_000});
	const session = storedSession({tokens, provider: {name: 'oidc', issuer, clientId: 'test-client'}});
	const directory = path.join(home, 'own');
	await createFileStore({directory}).write('default', session);
	const {moments} = await watch({until: inkIsUp});
	await createFileStore({directory}).remove('default');
	const first = moments.find(({rows}) => rows.some(row => row.includes('esc leave')));
	assert.match(first!.rows.join('\n'), /3 +Stay/);
});

test('a failure before Ink takes the early frame away, and is told in its place', async () => {
	const {moments, output, code, cursor} = await watch({store: 'keyring', until: () => false});
	assert.equal(code, 1);
	assert.match(moments.at(-1)?.rows[0] ?? '', /^ink-login: The system keyring/);
	assert.match(output, /Sign in[^]*ink-login: /);
	assert.equal(cursor, true);
});
