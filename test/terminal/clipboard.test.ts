import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {promisify} from 'node:util';
import {createClipboard} from '../../source/terminal/clipboard.js';
import {desktopEnvironment, environmentOf, noTty, sshEnvironment} from '../support/environment.js';
import {runInPty} from '../support/pty.js';

const run = promisify(execFile);

/** A terminal that takes down what OSC 52 gives it. */
const fakeTerminal = () => {
	const written: string[] = [];
	return {
		written,
		write: (sequence: string) => void written.push(sequence),
		get clipboard() {
			const sequence = written.join('');
			assert.ok(sequence.startsWith('\u001B]52;c;') && sequence.endsWith('\u0007'));
			return Buffer.from(sequence.slice(7, -1), 'base64').toString();
		},
	};
};

const noTmux = '/nowhere';

test("demand 3: on the person's own computer the system's clipboard takes it, and the terminal gets nothing", async () => {
	const terminal = fakeTerminal();
	const system: string[] = [];
	const copy = createClipboard(environmentOf(), terminal.write, {writeToSystem: async text => void system.push(text)});
	assert.deepEqual(await copy('WDJB-MJHT'), {status: 'copied'});
	assert.deepEqual(system, ['WDJB-MJHT']);
	assert.deepEqual(terminal.written, []);
});

test('demand 3: over SSH it goes through the terminal, never into a clipboard over there', async () => {
	const terminal = fakeTerminal();
	const system: string[] = [];
	const copy = createClipboard(environmentOf({env: sshEnvironment}), terminal.write, {
		writeToSystem: async text => void system.push(text),
	});
	assert.deepEqual(await copy('https://auth.test/ä?x=1'), {status: 'sent'});
	assert.equal(terminal.clipboard, 'https://auth.test/ä?x=1');
	assert.deepEqual(system, []);
});

test('demand 6: a clipboard that fails, hangs or cannot be loaded is no error: the terminal is tried', async () => {
	const broken = [
		async () => Promise.reject(new Error('xsel: no display')),
		async () => new Promise<void>(() => undefined),
		async () => {
			throw new Error('You need to install Termux');
		},
	];
	for (const writeToSystem of broken) {
		const terminal = fakeTerminal();
		const copy = createClipboard(environmentOf(), terminal.write, {writeToSystem, patience: 20});
		assert.deepEqual(await copy('WDJB-MJHT'), {status: 'sent'});
		assert.equal(terminal.clipboard, 'WDJB-MJHT');
	}
});

test('demand 6: without any way to copy there is a word for it, and nothing is written', async () => {
	for (const environment of [{env: sshEnvironment, tty: noTty}, {env: {...sshEnvironment, TERM: 'dumb'}}]) {
		const terminal = fakeTerminal();
		const outcome = await createClipboard(environmentOf(environment), terminal.write)('WDJB-MJHT');
		assert.equal(outcome.status, 'unavailable');
		assert.match(outcome.detail!, /select the text/);
		assert.deepEqual(terminal.written, []);
	}
});

test('demand 5: where tmux cannot be asked, what it needs for OSC 52 is said once', async () => {
	const terminal = fakeTerminal();
	const env = {...sshEnvironment, TMUX: '/nowhere/socket,1,0', PATH: noTmux};
	const copy = createClipboard(environmentOf({env}), terminal.write);
	assert.match((await copy('a')).detail!, /set-clipboard on/);
	assert.deepEqual(await copy('b'), {status: 'sent'});
});

test('GNU screen gets it in pieces that it passes on', async () => {
	const terminal = fakeTerminal();
	const text = 'https://auth.test/' + 'x'.repeat(400);
	assert.deepEqual(await createClipboard(environmentOf({env: {...sshEnvironment, STY: '1'}}), terminal.write)(text), {
		status: 'sent',
	});
	const pieces = terminal.written.join('').split('\u001B\\').slice(0, -1);
	assert.ok(pieces.every(piece => piece.startsWith('\u001BP') && piece.length < 256));
	const inner = pieces.map(piece => piece.slice(2)).join('');
	assert.equal(inner, `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`);
});

test('the real clipboard of this machine never throws', async () => {
	const {status} = await createClipboard(environmentOf({env: desktopEnvironment}), () => undefined)('WDJB-MJHT');
	assert.ok(['copied', 'sent'].includes(status));
});

test('demand 5: a real tmux with its defaults hands it to the outer terminal', async context => {
	const isThere = await run('tmux', ['-V']).then(
		() => true,
		() => false,
	);
	if (!isThere) {
		context.skip('tmux is not installed');
		return;
	}

	const folder = mkdtempSync(path.join(os.tmpdir(), 'tmux-'));
	const socket = path.join(folder, 's');
	await using pty = runInPty({
		command: 'tmux',
		args: ['-f', '/dev/null', '-S', socket, 'new-session', 'echo up; exec cat'],
	});
	context.after(() => rmSync(folder, {recursive: true, force: true}));
	await pty.waitFor(/up/);
	const env = {...sshEnvironment, TMUX: `${socket},1,0`, PATH: process.env['PATH']!};
	const copy = createClipboard(environmentOf({env}), () => assert.fail('not by OSC 52'));
	assert.deepEqual(await copy('WDJB-MJHT'), {status: 'sent'});
	const expected = Buffer.from('WDJB-MJHT').toString('base64');
	await pty.waitFor(() => pty.output.includes(`;${expected}\u0007`), 'OSC 52 at the outer terminal');
	await run('tmux', ['-S', socket, 'kill-server']);
	await pty.exit;
});
