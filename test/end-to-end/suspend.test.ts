import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readlinkSync} from 'node:fs';
import {test, type TestContext} from 'node:test';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {commandFile, commandInPty, temporaryFolder} from '../support/built-command.js';
import {runInPty, type PtyRun} from '../support/pty.js';

const ctrlZ = '\u001A';
const prompt = /prompt>\s*$/;
const userCode = /\b[A-Z]{4}-[A-Z]{4}\b/;

const startServer = async (t: TestContext) => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	return server;
};

const loginArgs = ({issuer}: ScriptedServer, ...more: readonly string[]) => [
	...['--issuer', issuer, '--client-id', 'test-client', '--store', 'memory', ...more],
];

/** A shell with job control, and the command in its foreground, as the child of a script. */
const commandInShell = async (t: TestContext, args: readonly string[]): Promise<PtyRun> => {
	const home = await temporaryFolder(t);
	const env = {PS1: 'prompt> ', DISPLAY: ':0', BROWSER: '/bin/true', INK_LOGIN_HOME: home};
	const run = runInPty({command: '/bin/sh', args: ['-i'], env});
	t.after(async () => run[Symbol.asyncDispose]());
	await run.waitFor(prompt);
	run.write(`clear; sh -c '"$0" "$@"; echo code $?' ${[process.execPath, commandFile, ...args].join(' ')}\r`);
	return run;
};

/** Expects the line to be read and echoed as a shell wants it. */
const hasEcho = async (run: PtyRun): Promise<void> => {
	run.write('clear; stty -a\r');
	const settings = await run.waitFor(
		({text}) => text.includes('isig') && prompt.test(text),
		'the settings of the line',
	);
	assert.match(settings, /icanon /);
	assert.match(settings, / echo /);
};

/** Waits for what no output shows: that the terminal no longer echoes what is typed. */
const untilSilent = ({pid}: PtyRun): void => {
	const looks = 'until stty -F "$0" -a | grep -q " -echo "; do :; done';
	execFileSync('/bin/sh', ['-c', looks, readlinkSync(`/proc/${pid}/fd/0`)], {timeout: 30_000});
};

/** Presses Ctrl-Z, and expects the shell with its terminal as it should be. */
const suspends = async (run: PtyRun): Promise<void> => {
	run.write(ctrlZ);
	await run.waitFor(({text}) => text.includes('Stopped') && prompt.test(text), 'the prompt after Ctrl-Z');
	assert.equal(run.emulator.cursor.visible, true, 'the cursor is shown');
	assert.equal(run.emulator.bracketedPaste, false);
	await hasEcho(run);
};

test('Ctrl-Z gives the terminal to the shell, without the code; fg comes back to the same code, and keys work', async t => {
	const server = await startServer(t);
	const run = await commandInShell(t, loginArgs(server, '--flow', 'device'));
	const [code] = userCode.exec(await run.waitFor(/Waiting for approval[^]*esc back/)) ?? [];
	for (let time = 0; time < 2; time++) {
		await suspends(run);
		assert.doesNotMatch(run.emulator.history().join('\n'), userCode, 'no code stays behind');
		run.write('clear; fg\r');
		const screen = await run.waitFor(/Waiting for approval[^]*esc back/);
		assert.match(screen, new RegExp(code!));
		assert.match(screen, /(?:10|9) min left/);
		assert.equal(screen.match(/Waiting for approval/g)?.length, 1, screen);
		assert.equal(run.emulator.cursor.visible, false);
		await run.waitFor(({bracketedPaste}) => bracketedPaste, 'pastes are marked again');
	}

	run.write('h');
	await run.waitFor(({text}) => !userCode.test(text), 'the code is hidden');
	server.approve();
	await run.waitFor(/code 0/);
	assert.match(run.emulator.text, /✔ {2}Signed in as Ada/);
});

test('Ctrl-Z on the picker as soon as it is drawn; fg comes back to a window that is narrower by then', async t => {
	const server = await startServer(t);
	const run = await commandInShell(t, loginArgs(server));
	await run.waitFor(/esc cancel/);
	await suspends(run);
	run.resize(50, 24);
	run.write('clear; fg\r');
	await run.waitFor(/esc cancel/);
	const rows = run.emulator.screen().filter(row => row.includes('esc cancel'));
	assert.equal(rows.length, 1, run.emulator.text);
	run.write('2');
	await run.waitFor(/Waiting for approval/);
	run.write('\u0003');
	await run.waitFor(/code 130/);
});

test('Ctrl-Z changes nothing where no shell could bring the login back', async t => {
	const server = await startServer(t);
	const run = await commandInPty(t, loginArgs(server, '--flow', 'device'));
	const [code] = userCode.exec(await run.waitFor(/Waiting for approval[^]*esc back/)) ?? [];
	const before = run.output.length;
	run.write(ctrlZ);
	await run.waitFor(({text}) => run.output.includes('\u001B[?25l', before) && text.includes(code!), 'the screen again');
	run.write('?');
	await run.waitFor(/n new code/);
});

/** The command at the question for a password, in plain lines, with the beginning of one typed. */
const askedForPassword = async (t: TestContext) => {
	const server = await startScriptedServer({password: {username: 'ada', password: 'canary-password'}});
	t.after(async () => server.close());
	const run = await commandInShell(t, loginArgs(server, '--flow', 'password', '--login-hint', 'ada', '--plain'));
	await run.waitFor(/Type your password/);
	run.write('canary-');
	return run;
};

test('Ctrl-Z while a password is typed in plain lines gives the shell its echo; fg goes on without, and keeps what was typed', async t => {
	const run = await askedForPassword(t);
	await suspends(run);
	run.write('clear; fg\r');
	await run.waitFor(({text}) => text.includes('echo code') && !prompt.test(text), 'the command in the foreground');
	untilSilent(run);
	run.write('password\r');
	await run.waitFor(/code 0/);
	assert.match(run.emulator.text, /Signed in/);
	assert.doesNotMatch(run.output, /canary|^password/m);
});

test('Ctrl-C while a password is typed in plain lines gives the shell its echo', async t => {
	const run = await askedForPassword(t);
	run.write('\u0003');
	await run.waitFor(({text}) => text.includes('code 130') && prompt.test(text), 'the prompt after Ctrl-C');
	await hasEcho(run);
	assert.doesNotMatch(run.output, /canary/);
});
