import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test, {after} from 'node:test';
import {fileURLToPath} from 'node:url';
import {openStore} from '../../../source/session/store/index.js';
import {startScriptedServer} from '../../../source/testing/index.js';
import {runInPty} from '../../support/pty.js';
import {storedSession} from '../command-double.js';

const home = await mkdtemp(path.join(os.tmpdir(), 'ink-login-'));
after(async () => rm(home, {recursive: true}));

const cli = fileURLToPath(new URL('../../../source/cli/index.ts', import.meta.url));
const picker = /1 {2}[^]*2 {2}[^]*enter select/;
const code = /Type +[A-Z]{4}-[A-Z]{4}/;
const startInTerminal = (...args: readonly string[]) =>
	runInPty({args: ['--import', 'tsx', cli, ...args], env: {INK_LOGIN_HOME: home, NO_COLOR: '1'}});

test('the demo begins with the picker, and `a` approves for who has no browser', async () => {
	await using screen = startInTerminal('demo');
	const picker = await screen.waitFor(/On another device/);
	assert.doesNotMatch(picker, /to approve/, 'there is nothing to approve yet');
	// The order depends on where the tests run.
	const [, number = ''] = /(\d) {2}On another device/.exec(picker) ?? [];
	screen.write(`${number}\r`);
	await screen.waitFor(/Type [^]*press a to approve/);
	screen.write('a');
	await screen.waitFor(/Signed in to the demo as Alice Demo/, 'the end', 20_000);
	assert.equal((await screen.exit).code, 0);
	assert.ok(screen.tallestFrame < 24);
	// eslint-disable-next-line no-control-regex -- colours are what must not be there
	assert.doesNotMatch(screen.output, /\u001B\[3[1-7]m/, 'NO_COLOR');
	assert.ok(screen.output.lastIndexOf('\u001B[?25h') > screen.output.lastIndexOf('\u001B[?25l'), 'the cursor is back');
});

test('Ctrl-C is a cancel at every moment: 130, and the last frame says so', async () => {
	for (const options of [[], ['--flow', 'device']]) {
		await using screen = startInTerminal('demo', ...options);
		await screen.waitFor(options.length === 0 ? picker : code);
		screen.write('\u0003');
		assert.equal((await screen.exit).code, 130);
		assert.match(screen.emulator.text, /Sign-in cancelled$/);
		assert.doesNotMatch(screen.emulator.text, /to approve/);
	}
});

test('Esc on the picker leaves with 130', async () => {
	await using screen = startInTerminal('demo');
	await screen.waitFor(picker);
	screen.write('\u001B');
	assert.equal((await screen.exit).code, 130);
});

test('a server that was asked before the screen was there is not asked again by it', async () => {
	await using server = await startScriptedServer();
	const options = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file', '--flow', 'device'];
	await using screen = startInTerminal(...options);
	await screen.waitFor(code);
	assert.equal(server.requestsTo('openidConfiguration').length, 1);
	screen.write('\u0003');
	assert.equal((await screen.exit).code, 130);
});

test('who is signed in can stay so: 0, and nothing was cancelled', async () => {
	await using server = await startScriptedServer();
	const provider = {name: 'oidc', issuer: server.issuer, clientId: 'client'};
	const store = openStore({kind: 'file', home});
	await store.write('default', storedSession({provider}));
	await using screen = startInTerminal('--store', 'file');
	await screen.waitFor(/1 {2}Stay signed in as Alice Demo/);
	screen.write('1\r');
	assert.equal((await screen.exit).code, 0);
	assert.match(screen.emulator.text, /Still signed in as Alice Demo/);
	assert.doesNotMatch(screen.output, /cancelled/);
});
