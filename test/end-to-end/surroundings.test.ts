import assert from 'node:assert/strict';
import {test, type TestContext} from 'node:test';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {commandFile, commandInPty, pipedCommand, temporaryFolder} from '../support/built-command.js';
import {runInPty, type PtyRun} from '../support/pty.js';

/** Milliseconds, so that what never ends fails. */
const timeout = 120_000;

const scriptedServer = async (t: TestContext): Promise<ScriptedServer> => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	return server;
};

const loginArgs = ({issuer}: {readonly issuer: string}, ...more: readonly string[]): string[] => [
	...['login', '--issuer', issuer, '--client-id', 'test-client', '--store', 'memory', ...more],
];

const userCode = /\b[A-Z]{4}-[A-Z]{4}\b/;
/** A corner of a QR code. */
const qrCode = /█▀▀▀▀▀█/;
// eslint-disable-next-line no-control-regex -- SGR sequences are what is looked for
const colours = /\u001B\[[\d;:]*\b(?:3\d|4\d|9\d|10\d)[\d;:]*m/;

const codeScreen = async (
	t: TestContext,
	server: ScriptedServer,
	options: Parameters<typeof commandInPty>[2],
	...more: readonly string[]
): Promise<{run: PtyRun; screen: string}> => {
	const run = await commandInPty(t, loginArgs(server, '--flow', 'device', ...more), options);
	const screen = await run.waitFor(/[A-Z]{4}-[A-Z]{4}[^]*\n.*(esc back|http|min|left)/);
	return {run, screen};
};

test('in a window of 20x5 the code and the address are there, and signing in works', {timeout}, async t => {
	const server = await scriptedServer(t);
	const {run} = await codeScreen(t, server, {columns: 20, rows: 5});
	const screen = run.emulator.text;
	assert.match(screen, userCode);
	assert.ok(screen.replaceAll(/\s/g, '').includes(server.endpoints.verification), screen);
	server.approve();
	assert.equal((await run.exit).code, 0);
	assert.match(run.emulator.history().join(' '), /Signed\s+in/);
	assert.ok(run.tallestFrame <= 4, `a frame of ${run.tallestFrame} rows`);
});

test('in a window of 20x5 the browser flow has its address, and a failure its sentence', {timeout}, async t => {
	const server = await scriptedServer(t);
	server.script.callback = parameters => {
		parameters.delete('code');
		parameters.set('error', 'access_denied');
		return parameters;
	};
	const script = await browserScript(t);
	const run = await commandInPty(t, loginArgs(server, '--flow', 'browser'), {
		columns: 20,
		rows: 5,
		env: {BROWSER: script.program},
	});
	const address = await script.next();
	await run.waitFor(/http:\/\/127/);
	await server.openBrowser(address as never, t.signal);
	// What the person decided is no failure: it has no red mark.
	const screen = await run.waitFor(/declined/);
	assert.match(screen.replaceAll(/\s+/g, ' '), /^ ?Sign-in was declined/);
	run.write('\u001B');
	assert.equal((await run.exit).code, 1);
	assert.ok(run.tallestFrame <= 4, `a frame of ${run.tallestFrame} rows`);
});

test(
	'variables that libraries below listen to change neither the screen nor how it ends: DEV, FORCE_COLOR',
	{timeout},
	async t => {
		const server = await scriptedServer(t);
		const env = {DEV: 'true', FORCE_COLOR: 'junk', NODE_ENV: 'development', REACT_DEVTOOLS_PORT: '1'};
		const {run} = await codeScreen(t, server, {env});
		server.approve();
		assert.equal((await run.exit).code, 0);
		assert.match(run.emulator.history().join(' '), /Signed\s+in/);
	},
);

test('a window that becomes smaller and larger never holds a frame as tall as itself', {timeout}, async t => {
	const server = await scriptedServer(t);
	const {run, screen} = await codeScreen(t, server, {columns: 80, rows: 24});
	const [code] = userCode.exec(screen) ?? assert.fail(screen);
	for (const [columns, rows] of [
		[40, 15],
		[120, 40],
		[30, 8],
		[80, 24],
	] as const) {
		run.resize(columns, rows);
		await run.waitFor(({text}) => text.includes(code) && text.split('\n').length <= rows - 1, `${columns}x${rows}`);
	}

	server.approve();
	assert.equal((await run.exit).code, 0);
});

test(
	'a window that becomes smaller keeps what scrolled out of it before, and few pieces of the screen',
	{timeout},
	async t => {
		const server = await scriptedServer(t);
		const home = await temporaryFolder(t);
		const words = [process.execPath, commandFile, ...loginArgs(server, '--flow', 'device')];
		await using run = runInPty({
			command: '/bin/sh',
			args: ['-c', 'seq -f "line %.0f" 60; exec "$@"', 'sh', ...words],
			env: {DISPLAY: ':0', INK_LOGIN_HOME: home},
		});
		await run.waitFor(/Waiting for approval[^]*esc back/);
		run.resize(80, 14);
		await run.waitFor(({text}) => /Sign in[^]*Waiting for approval[^]*esc back/.test(text), 'a shorter screen');
		run.resize(50, 14);
		await run.waitFor(({text}) => /copy & open[^]*esc back/.test(text), 'a narrower screen');
		const history = run.emulator.history();
		for (const line of ['line 1', 'line 30', 'line 50']) assert.ok(history.includes(line), history.join('\n'));
		// One went out of the window as that became shorter, pieces of one as it became narrower, and one is there.
		assert.ok(history.filter(row => row.includes('Sign in')).length <= 3, history.join('\n'));
		server.approve();
		assert.equal((await run.exit).code, 0);
	},
);

test('with NO_COLOR nothing is coloured, and nothing is missing', {timeout}, async t => {
	const server = await scriptedServer(t);
	const {run, screen} = await codeScreen(t, server, {env: {NO_COLOR: '1'}});
	assert.match(screen, /Sign in/);
	assert.match(screen, /Waiting for approval/);
	server.approve();
	assert.equal((await run.exit).code, 0);
	assert.doesNotMatch(run.output, colours);
	assert.doesNotMatch(run.output, /Warning/);
	assert.match(run.emulator.text, /✔ {2}Signed in as Ada/);
});

test('keys that are pressed before the picker is there are kept', {timeout}, async t => {
	const server = await scriptedServer(t);
	const run = await commandInPty(t, ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'memory']);
	run.write('2');
	await run.waitFor(/Waiting for approval/);
	server.approve();
	assert.equal((await run.exit).code, 0);
});

test(
	'where the server has one flow only there is no picker: it is taken, and Esc leads nowhere',
	{timeout},
	async t => {
		const server = await scriptedServer(t);
		server.script.metadata = ({device_authorization_endpoint: _, ...metadata}) => metadata;
		const run = await commandInPty(t, ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'memory'], {
			env: {BROWSER: '/bin/true'},
		});
		const screen = await run.waitFor(/Waiting for you there[^]*all keys/);
		assert.doesNotMatch(screen, /esc|another device/);
		run.write('\u001B');
		await run.pressUntil('?', /Waiting for you there[^]*w print the whole link/);
		run.write('\u0003');
		assert.equal((await run.exit).code, 130);
	},
);

test('with colours the same screen has some', {timeout}, async t => {
	const server = await scriptedServer(t);
	const {run} = await codeScreen(t, server, {});
	assert.match(run.output, colours);
	run.write('\u0003');
	assert.equal((await run.exit).code, 130);
});

test('--no-qr shows no QR code, and s brings it', {timeout}, async t => {
	const server = await scriptedServer(t);
	const {run, screen} = await codeScreen(t, server, {}, '--no-qr');
	assert.doesNotMatch(screen, qrCode);
	run.write('s');
	await run.waitFor(qrCode);
});

test('where the terminal has no Unicode, it is ASCII alone, without a QR code', {timeout}, async t => {
	const server = await scriptedServer(t);
	for (const env of [{LANG: 'C'}, {LC_ALL: 'POSIX'}, {TERM: 'linux'}]) {
		const {run} = await codeScreen(t, server, {env: {LANG: undefined, ...env}});
		server.approve();
		assert.equal((await run.exit).code, 0);
		// eslint-disable-next-line no-control-regex -- all of ASCII
		assert.match(run.output, /^[\u0000-\u007F]*$/);
		assert.match(run.emulator.text, /\* {2}Signed in as Ada/);
	}
});

test('a dumb terminal gets plain lines, each once', {timeout}, async t => {
	const server = await scriptedServer(t);
	const run = await commandInPty(t, loginArgs(server, '--flow', 'device'), {env: {TERM: 'dumb'}});
	await run.waitFor(/Check +[A-Z]{4}-[A-Z]{4} is shown there/);
	server.approve();
	assert.equal((await run.exit).code, 0);
	assert.ok(!run.output.includes('\u001B'));
	const lines = run.emulator.history().filter(line => line !== '');
	assert.equal(new Set(lines).size, lines.length);
	assert.match(lines.join('\n'), /Signed in as Ada Lovelace - /);
});

test('with stdout in a pipe the screen goes to stderr, and stdout stays empty', {timeout}, async t => {
	const server = await scriptedServer(t);
	const home = await temporaryFolder(t);
	const run = runInPty({
		command: '/bin/sh',
		args: ['-c', '"$@" | { read -r line; echo "piped [$line]"; }', 'sh', process.execPath, commandFile].concat(
			loginArgs(server, '--flow', 'device'),
		),
		env: {DISPLAY: ':0', INK_LOGIN_HOME: home},
	});
	t.after(async () => run[Symbol.asyncDispose]());
	await run.waitFor(/Waiting for approval/);
	server.approve();
	await run.waitFor(/piped \[\]/);
	assert.match(run.emulator.text, /✔ {2}Signed in as Ada/);
});

test('with every stream in a pipe and --flow device, lines go to stderr', {timeout}, async t => {
	const server = await scriptedServer(t);
	const command = await pipedCommand(t, loginArgs(server, '--flow', 'device'));
	await command.line('stderr', /^Check/);
	server.approve();
	assert.equal(await command.ended, 0);
	assert.equal(command.heard.stdout, '');
	assert.ok(!command.heard.stderr.includes('\u001B'));
	assert.match(command.heard.stderr, /\nSigned in as Ada Lovelace · /);
});

test('keys that nobody can press are no matter: stdin is empty and the code still signs in', {timeout}, async t => {
	const server = await scriptedServer(t);
	const command = await pipedCommand(t, loginArgs(server, '--flow', 'device'));
	command.child.stdin.end();
	await command.line('stderr', /^Check/);
	server.approve();
	assert.equal(await command.ended, 0);
});

for (const [where, env] of [
	['no terminal at all', {}],
	['no terminal on a build machine', {CI: '1'}],
] as const) {
	test(`nobody is there, ${where}: exit code 3 at once, with the line to run instead`, {timeout}, async t => {
		const server = await scriptedServer(t);
		const plain = await pipedCommand(t, loginArgs(server), env);
		assert.equal(await plain.ended, 3);
		const [sentence, next, other] = plain.heard.stderr.split('\n');
		assert.equal(sentence, 'ink-login: Someone has to sign in, and nobody is at a terminal here.');
		assert.match(next!, /^Run this in a terminal: ink-login login --issuer http\S+ --client-id test-client/);
		assert.match(other!, /^Or approve a code on another device: .+ --flow device$/);
		assert.equal(server.requests.length, 0, 'nothing was asked of anybody');
	});
}

test('nobody is there, a build machine with a terminal: exit code 3 at once', {timeout}, async t => {
	const server = await scriptedServer(t);
	const run = await commandInPty(t, loginArgs(server), {env: {CI: '1'}});
	assert.equal((await run.exit).code, 3);
	assert.match(run.emulator.text, /Someone has to sign in/);
});

test('the demo needs a person too', {timeout}, async t => {
	const command = await pipedCommand(t, ['demo']);
	assert.equal(await command.ended, 3);
	assert.match(command.heard.stderr, /Run this in a terminal: ink-login demo/);
});
