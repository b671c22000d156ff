import assert from 'node:assert/strict';
import {createServer} from 'node:net';
import {test, type TestContext} from 'node:test';
import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {commandFile, temporaryFolder} from '../support/built-command.js';
import {commandInShell, givesBack} from '../support/command-in-shell.js';
import {runInPty, type PtyRun} from '../support/pty.js';

const scriptedServer = async (t: TestContext, script: ServerScript = {}): Promise<ScriptedServer> => {
	const server = await startScriptedServer(script);
	t.after(async () => server.close());
	return server;
};

const ctrlC = '\u0003';
const escape = '\u001B';

/** Milliseconds. Alone it takes 100; a program that waits for an idle connection, the shortest of what to wait for in vain, takes 4000. */
const patience = 3500;

const loginArgs = ({issuer}: {readonly issuer: string}, ...more: readonly string[]): string[] => [
	...['--issuer', issuer, '--client-id', 'test-client', '--store', 'memory', ...more],
];

const isFree = async (port: number): Promise<boolean> => {
	const server = createServer();
	return new Promise(resolve => {
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
};

/** Presses Ctrl-C, and expects a cancel: at once, with nothing left behind, and no request after it. */
const cancels = async (
	t: TestContext,
	run: PtyRun,
	{server, port}: {readonly server?: ScriptedServer; readonly port?: number} = {},
): Promise<string> => {
	const requests = server?.requests.length;
	if (port !== undefined) assert.equal(await isFree(port), false, 'the port was in use');
	const pressed = performance.now();
	run.write(ctrlC);
	if (port !== undefined) {
		while (!(await isFree(port))) assert.ok(performance.now() - pressed < patience, 'the port is free again');
		t.diagnostic(`the port was free ${(performance.now() - pressed).toFixed(0)} ms after Ctrl-C`);
	}

	await run.waitFor(/code \d+/, 'the exit code');
	const took = performance.now() - pressed;
	t.diagnostic(`the prompt was back ${took.toFixed(0)} ms after Ctrl-C`);
	assert.ok(took < patience, `the prompt came back after ${took} ms`);
	const {code, text} = await givesBack(run);
	assert.equal(code, 130);
	assert.equal(server?.requests.length, requests, 'no request follows');
	return text;
};

test('Ctrl-C on the picker cancels', async t => {
	const server = await scriptedServer(t);
	const run = await commandInShell(t, loginArgs(server));
	await server.received('openidConfiguration');
	await run.waitFor(/esc cancel/);
	await cancels(t, run, {server});
});

test('Ctrl-C while the provider is asked who it is cancels, on the picker and behind it', async t => {
	for (const keys of ['', '2']) {
		const server = await scriptedServer(t, {responses: {openidConfiguration: 'hang', oauthMetadata: 'hang'}});
		const run = await commandInShell(t, loginArgs(server));
		await run.waitFor(/esc cancel/);
		await server.received('openidConfiguration');
		run.write(keys);
		if (keys !== '') await run.waitFor(/Contacting 127\.0\.0\.1/);
		await cancels(t, run, {server});
	}
});

test('Ctrl-C while a code is shown cancels, and leaves no code behind', async t => {
	const server = await scriptedServer(t, {interval: 60});
	const run = await commandInShell(t, loginArgs(server, '--flow', 'device'));
	const screen = await run.waitFor(/Waiting for approval[^]*esc back/);
	const [userCode] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(screen) ?? assert.fail(screen);
	// The keys of the server are fetched meanwhile.
	await server.received('jwks');
	const text = await cancels(t, run, {server});
	assert.doesNotMatch(text, new RegExp(userCode));
	assert.doesNotMatch(text, /[▀▄█]/);
	assert.match(text, /cancelled/i);
});

test('Ctrl-C while a code is asked for cancels', async t => {
	const server = await scriptedServer(t, {responses: {deviceAuthorization: 'hang'}});
	const run = await commandInShell(t, loginArgs(server, '--flow', 'device'));
	await server.received('deviceAuthorization');
	await server.received('jwks');
	await cancels(t, run, {server});
});

test('Ctrl-C while a poll is in flight cancels', async t => {
	const server = await scriptedServer(t, {interval: 1, responses: {token: 'hang'}});
	const run = await commandInShell(t, loginArgs(server, '--flow', 'device'));
	await server.received('jwks');
	await server.received('token');
	await run.waitFor(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] {2}Waiting for approval/, 'a spinner');
	await cancels(t, run, {server});
});

test('Ctrl-C while the browser is waited for cancels, and its port is free', async t => {
	const server = await scriptedServer(t);
	const script = await browserScript(t);
	const run = await commandInShell(t, loginArgs(server, '--flow', 'browser'), {env: {BROWSER: script.program}});
	const port = Number(new URL(await script.next()).port);
	await run.waitFor(/Waiting for you there[^]*esc back/);
	await server.received('jwks');
	await cancels(t, run, {server, port});
});

test('Ctrl-C while the browser of a person holds the response open cancels, and its port is free', async t => {
	const server = await scriptedServer(t, {responses: {token: 'hang'}});
	const script = await browserScript(t);
	const run = await commandInShell(t, loginArgs(server, '--flow', 'browser'), {env: {BROWSER: script.program}});
	const address = await script.next();
	await server.received('jwks');
	const page = server.openBrowser(address as never, t.signal);
	page.catch(() => undefined);
	await server.received('token');
	await run.waitFor(/Signing you in/);
	await cancels(t, run, {server, port: Number(new URL(address).port)});
	await page.catch(() => undefined);
});

test('Ctrl-C right after success changes nothing: the sign-in stands', async t => {
	const server = await scriptedServer(t);
	const script = await browserScript(t);
	const run = await commandInShell(t, loginArgs(server, '--flow', 'browser'), {env: {BROWSER: script.program}});
	await server.openBrowser((await script.next()) as never, t.signal);
	await run.waitFor(/Signed in/);
	run.write(ctrlC);
	const {code, text} = await givesBack(run);
	assert.equal(code, 0);
	assert.match(text, /✔ {2}Signed in as Ada/);
});

test('Ctrl-C before anything is drawn cancels', async t => {
	const run = await commandInShell(t, ['demo']);
	await run.waitFor(/started/);
	run.write(ctrlC);
	const {code} = await givesBack(run);
	assert.equal(code, 130);
});

test('two Ctrl-C in a row end as one does', async t => {
	const server = await scriptedServer(t);
	const run = await commandInShell(t, loginArgs(server, '--flow', 'device'));
	await run.waitFor(/Waiting for approval/);
	run.write(ctrlC + ctrlC);
	const {code} = await givesBack(run);
	assert.equal(code, 130);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	test(`${signal} from elsewhere gives the terminal back too`, async t => {
		const server = await scriptedServer(t);
		const home = await temporaryFolder(t);
		const run = runInPty({
			args: [commandFile, ...loginArgs(server, '--flow', 'device')],
			env: {DISPLAY: ':0', INK_LOGIN_HOME: home},
		});
		t.after(async () => run[Symbol.asyncDispose]());
		await run.waitFor(/Waiting for approval/);
		assert.equal(run.emulator.cursor.visible, false);
		run.kill(signal);
		assert.deepEqual(await run.exit, signal === 'SIGHUP' ? {code: 0, signal: 1} : {code: 130, signal: 0});
		assert.equal(run.emulator.cursor.visible, true);
		assert.equal(run.emulator.bracketedPaste, false);
	});
}

test('Esc goes back to the picker and what runs goes on, its response taken there', async t => {
	const server = await scriptedServer(t, {interval: 1});
	const run = await commandInShell(t, loginArgs(server));
	await run.waitFor(/esc cancel/);
	run.write('2');
	await run.waitFor(/Waiting for approval[^]*esc back/);
	run.write(escape);
	await run.waitFor(/already waiting[^]*esc cancel/);
	const polls = server.requestsTo('token').length;
	await server.received('token', polls + 1);
	server.approve();
	await run.waitFor(/code 0/);
	const {code, text} = await givesBack(run);
	assert.equal(code, 0);
	assert.match(text, /✔ {2}Signed in as Ada/);
});

test('Esc on the picker leaves, with what runs cancelled', async t => {
	const server = await scriptedServer(t, {interval: 60});
	const run = await commandInShell(t, loginArgs(server));
	await run.waitFor(/esc cancel/);
	run.write('2');
	await run.waitFor(/Waiting for approval[^]*esc back/);
	run.write(escape);
	await run.waitFor(/already waiting[^]*esc cancel/);
	run.write(escape);
	const {code} = await givesBack(run);
	assert.equal(code, 130);
});
