import assert from 'node:assert/strict';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {pipedProgram, temporaryFolder} from '../support/built-command.js';
import {runInPty} from '../support/pty.js';

const program = path.join(import.meta.dirname, '../support/programs/embeds-engine.ts');

const argsFor = (app: string, {provider}: ScriptedServer) => [
	...['--import', 'tsx', program, app],
	JSON.stringify(provider),
];

/** A server, the state directory of one user, and apps that this user runs; a browser does what the test says. */
const prepare = async (t: TestContext) => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	const home = await temporaryFolder(t);
	const browser = await browserScript(t);
	const env = {INK_LOGIN_HOME: home, BROWSER: browser.program};
	const start = async (app: string, more: Readonly<Record<string, string>> = {}) => {
		const running = await pipedProgram(t, argsFor(app, server), {...env, ...more});
		return {
			...running,
			tell: (line: string) => running.child.stdin.write(`${line}\n`),
			/** What it printed for a line. */
			async heard(name: string): Promise<unknown> {
				const line = await running.line('stdout', new RegExp(`^\\{"${name}"`));
				return (JSON.parse(line) as Record<string, unknown>)[name];
			},
		};
	};
	const allow = async (sub: string, address: string) => {
		server.script.user = {sub};
		await server.openBrowser(address as never, new AbortController().signal);
	};
	return {server, env, browser, start, allow};
};

test('two programs with different names neither see, block nor end each other’s session', async t => {
	const {browser, start, allow} = await prepare(t);
	const [acme, globex] = [await start('acme'), await start('globex')];
	acme.tell('browser');
	const waiting = await browser.next();
	// While one waits for its person, the other signs someone in.
	globex.tell('browser');
	await allow('bob', await browser.next());
	assert.equal(await globex.heard('browser'), 'bob');
	await allow('alice', waiting);
	assert.equal(await acme.heard('browser'), 'alice');
	for (const [app, sub] of [
		['acme', 'alice'],
		['globex', 'bob'],
		['initech', 'nobody'],
	] as const) {
		const later = await start(app);
		later.tell('who');
		assert.equal(await later.heard('who'), sub);
	}

	acme.tell('logout');
	assert.equal(await acme.heard('logout'), 'revoked');
	globex.tell('ensure');
	assert.equal(await globex.heard('ensure'), 'bob');
	acme.tell('accounts');
	assert.equal(await acme.heard('accounts'), 0);
});

test('two programs of one name share the login, and each hears what the other does', async t => {
	const {browser, start, allow} = await prepare(t);
	const [one, other] = [await start('acme'), await start('acme')];
	other.tell('listen');
	assert.equal(await other.heard('state'), 'signed-out');
	one.tell('browser');
	const address = await browser.next();
	other.tell('browser');
	await other.line('stderr', /waiting|another/i);
	await allow('alice', address);
	assert.equal(await one.heard('browser'), 'alice');
	assert.equal(await other.heard('state'), 'signed-in');
	assert.equal(await other.heard('browser'), 'alice');
	assert.equal(browser.calls, 1);
	one.tell('logout');
	assert.equal(await other.heard('state'), 'signed-out');
	// Listening keeps no process alive.
	other.child.stdin.end();
	assert.equal(await other.ended, 0);
});

test('ensure fails at once for nobody, and for an agent writes lines that its person reads', async t => {
	const {server, start} = await prepare(t);
	const alone: readonly Readonly<Record<string, string>>[] = [
		{},
		{CI: 'true', CLAUDECODE: '1'},
		{CLAUDECODE: '1', INK_LOGIN_AGENT: '0'},
	];
	for (const env of alone) {
		const acme = await start('acme', env);
		acme.tell('ensure');
		const outcome = await acme.line('stdout', /^\{"ensure"/);
		assert.deepEqual(JSON.parse(outcome), {ensure: 'person_required', hint: 'Open a terminal. Run: acme login'});
	}

	assert.equal(server.requests.length, 0);
	const agent = await start('acme', {CLAUDECODE: '1', DISPLAY: ':0'});
	agent.tell('ensure');
	await agent.line('stderr', /\b[A-Z]{4}-[A-Z]{4}\b/);
	server.script.user = {sub: 'alice'};
	server.approve();
	assert.equal(await agent.heard('ensure'), 'alice');
});

test('ensure shows lines to a person in a terminal', async t => {
	const {server, env, browser, allow} = await prepare(t);
	const terminal = runInPty({args: argsFor('acme', server), env: {...env, DISPLAY: ':0', CLAUDECODE: '1'}});
	t.after(async () => terminal[Symbol.asyncDispose]());
	terminal.write('ensure\r');
	await terminal.waitFor(/Sign in/);
	await allow('alice', await browser.next());
	await terminal.waitFor(/"ensure":"alice"/);
});
