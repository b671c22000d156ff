import assert from 'node:assert/strict';
import {mkdirSync, readdirSync, readFileSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import type {EventLine} from '../../source/text/ndjson.js';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {commandFile, pipedCommand, pipedProgram, temporaryFolder} from '../support/built-command.js';

/** What five coding agents give to the commands they run. */
const harnesses: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	'Claude Code': {CLAUDECODE: '1', CLAUDE_CODE_ENTRYPOINT: 'cli'},
	Codex: {CODEX_SANDBOX: 'seatbelt', CODEX_THREAD_ID: '0197'},
	'Gemini CLI': {GEMINI_CLI: '1'},
	Cursor: {CURSOR_AGENT: '1', CURSOR_TRACE_ID: 'abc'},
	OpenCode: {OPENCODE: '1', AGENT: 'opencode'},
};

const openServer = async (t: TestContext): Promise<ScriptedServer> => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	return server;
};

/** One command as an agent runs it: no terminal, stdin at its end or with what is piped in. */
const run = async (t: TestContext, args: readonly string[], env: Readonly<Record<string, string>>, stdin = '') => {
	const command = await pipedCommand(t, args, env);
	command.child.stdin.end(stdin);
	const exit = await command.ended;
	return {exit, ...command.heard, all: command.heard.stdout + command.heard.stderr};
};

const nextOf = (transcript: string): readonly string[] => {
	const [, next = ''] = /^Next +ink-login (.+)$/m.exec(transcript) ?? [];
	return next.split(' ');
};

const secretsOf = ({requests}: ScriptedServer): readonly string[] =>
	requests.flatMap(({parameters}) => ['device_code', 'code', 'code_verifier'].flatMap(name => parameters.getAll(name)));

/** Goes through the redirects as a browser on another computer does; resolves to the URL that it cannot load. */
const signInElsewhere = async (url: string): Promise<string> => {
	const response = await fetch(url, {redirect: 'manual'});
	const location = new URL(response.headers.get('location') ?? '', url).href;
	return location.includes('/callback?') ? location : signInElsewhere(location);
};

for (const [harness, variables] of Object.entries(harnesses)) {
	test(`in the environment of ${harness} two commands sign a person in with a code`, async t => {
		const server = await openServer(t);
		const env = {...variables, INK_LOGIN_HOME: await temporaryFolder(t)};
		const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
		const first = await run(t, ['login', ...provider, '--wait', '1', '--message', 'to deploy'], env);
		assert.equal(first.exit, 4, first.all);
		const lines = first.stderr.trimEnd().split('\n');
		assert.deepEqual(
			lines.map(line => line.split(' ')[0]),
			['Open', 'Check', 'Tell', 'Next'],
		);
		assert.match(first.all, /The agent says: "to deploy"/);
		assert.ok(!first.all.includes('\u001B') && !first.all.includes('\r'));
		server.approve();
		const second = await run(t, nextOf(first.all), env);
		assert.equal(second.exit, 0, second.all);
		assert.match(second.all, /Signed in as Ada Lovelace/);
		assert.doesNotMatch(second.all, /keyring/, 'it is saved where the first command said');
		assert.equal((await run(t, ['token'], env)).exit, 0);
		for (const secret of secretsOf(server)) assert.ok(!(first.all + second.all).includes(secret));
		assert.equal(server.requestsTo('deviceAuthorization').length, 1);
	});
}

test('two commands sign a person in with the browser, whose last page is pasted', async t => {
	const server = await openServer(t);
	const env = {CLAUDECODE: '1', INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file', '--flow', 'browser'];
	const first = await run(t, ['login', ...provider, '--no-wait'], env);
	assert.equal(first.exit, 4, first.all);
	const [, url = ''] = /^Open +(\S+)$/m.exec(first.all) ?? [];
	assert.ok(url.startsWith(server.issuer), url);
	assert.match(first.all, /--tty$/m);
	const pasted = await signInElsewhere(url);
	const second = await run(t, nextOf(first.all), env, `${pasted}\n`);
	assert.equal(second.exit, 0, second.all);
	for (const secret of secretsOf(server)) assert.ok(!(first.all + second.all).includes(secret));
});

test('a wrong link at the end of the input is told, and leaves a sign-in pending that only a paste can finish', async t => {
	const server = await startScriptedServer({redirectAllowed: () => true});
	t.after(async () => server.close());
	const env = {INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const custom = ['--flow', 'browser', '--redirect-uri', 'acme.cli:/callback'];
	const first = await run(t, ['login', ...provider, ...custom, '--no-wait'], env);
	const [, url = ''] = /^Open +(\S+)$/m.exec(first.all) ?? [];
	const pasted = await signInElsewhere(url);
	const wrong = await run(t, nextOf(first.all), env, `${pasted.replace('state=', 'state=x')}\n`);
	assert.equal(wrong.exit, 4, wrong.all);
	assert.match(wrong.all, /belongs to another sign-in/);
	const right = await run(t, nextOf(wrong.all), env, `${pasted}\n`);
	assert.equal(right.exit, 0, right.all);
});

test('a later process binds the same port again, where the browser ends', async t => {
	const server = await openServer(t);
	const env = {CLAUDECODE: '1', INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file', '--flow', 'browser'];
	const first = await run(t, ['login', ...provider, '--no-wait'], env);
	const [, url = ''] = /^Open +(\S+)$/m.exec(first.all) ?? [];
	const resumed = await pipedCommand(t, nextOf(first.all), env);
	await resumed.line('stderr', /^Next/);
	const page = await fetch(await signInElsewhere(url));
	assert.match(await page.text(), /signed in/i);
	assert.equal(await resumed.ended, 0, resumed.heard.stderr);
});

test('with --json the pending event is last, says what to tell the person and what to run next, and usage errors end so too', async t => {
	const server = await openServer(t);
	const env = {INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const {exit, stdout} = await run(t, ['login', ...provider, '--json', '--no-wait'], env);
	assert.equal(exit, 4);
	const events = stdout
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line) as EventLine);
	const last = events.at(-1);
	assert.ok(last?.type === 'pending');
	assert.equal(last.next, `ink-login login --resume ${last.id} --json`);
	assert.match(last.tell, /^Open http/);
	assert.equal(events.filter(({type}) => ['pending', 'failed', 'signed-in'].includes(type)).length, 1);
	for (const wrong of [
		['--wait', 'soon'],
		['--resume', 'nothing'],
		['--resume', last.id, '--pending'],
	]) {
		const {stdout: told} = await run(t, ['login', '--json', ...wrong], env);
		assert.equal((JSON.parse(told) as EventLine).type, 'failed');
	}
});

test('the next command waits as long, is told in the same form, and goes through npx where npm has the program', async t => {
	const server = await openServer(t);
	const home = await temporaryFolder(t);
	const installed = path.join(home, 'my project/node_modules/.bin/ink-login');
	mkdirSync(path.dirname(installed), {recursive: true});
	symlinkSync(commandFile, installed);
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const args = [installed, 'login', 'my work', ...provider, '--json', '--wait', '0.5'];
	const command = await pipedProgram(t, args, {INK_LOGIN_HOME: home});
	assert.equal(await command.ended, 4, command.heard.stderr);
	const last = JSON.parse(command.heard.stdout.trimEnd().split('\n').at(-1) ?? '') as EventLine;
	assert.ok(last.type === 'pending');
	assert.equal(last.next, `npx ink-login login --resume ${last.id} --wait 0.5 --json`);
	server.approve();
	const again = await run(t, ['login', '--resume', last.id], {INK_LOGIN_HOME: home});
	assert.equal(again.exit, 0, again.all);
});

test('an end that is no approval has its exit code, each time that the login is resumed', async t => {
	const server = await openServer(t);
	const env = {CLAUDECODE: '1', INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const begun = await run(t, ['login', ...provider, '--no-wait'], env);
	server.deny();
	for (const _ of [1, 2]) {
		const declined = await run(t, nextOf(begun.all), env);
		assert.deepEqual([declined.exit, /^Sign-in was declined\.$/m.test(declined.all)], [1, true], declined.all);
	}

	for (const unknown of ['abcdefgh', '../../etc/passwd']) {
		const {exit, all} = await run(t, ['login', '--resume', unknown], env);
		assert.deepEqual([exit, /There's no sign-in .+ here, or it has expired/.test(all)], [1, true], all);
	}
});

test('with nobody there a login tries only if it is told how, and exec, token and helper say how to go on', async t => {
	const server = await openServer(t);
	const env = {INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	assert.equal((await run(t, ['login', ...provider], env)).exit, 3);
	const nobody = await run(t, ['exec', '--', 'true'], env);
	assert.deepEqual([nobody.exit, /Run: ink-login login$/m.test(nobody.stderr)], [3, true]);
	const begun = await run(t, ['login', ...provider, '--no-wait'], env);
	assert.equal(begun.exit, 4);
	const next = nextOf(begun.all).join(' ');
	for (const args of [['token'], ['exec', '--', 'true']]) {
		const {exit, stderr} = await run(t, args, env);
		assert.equal(exit, 3);
		assert.ok(stderr.includes(`ink-login ${next}`), stderr);
	}

	const {host} = new URL(server.issuer);
	const helper = await run(t, ['helper', 'git', 'get'], env, `protocol=http\nhost=${host}\n\n`);
	assert.equal(helper.exit, 3);
	assert.ok(helper.stderr.includes(`ink-login ${next}`), helper.stderr);
	assert.equal((await run(t, ['helper', 'git', 'get'], env, 'protocol=https\nhost=other.example\n\n')).exit, 0);
});

test('where a session has ended, what says so names the sign-in that is pending', async t => {
	const server = await openServer(t);
	const env = {INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const {host} = new URL(server.issuer);
	const signIn = async (profile: string) => {
		const begun = await run(t, ['login', profile, ...provider, '--no-wait'], env);
		server.approve();
		assert.equal((await run(t, nextOf(begun.all), env)).exit, 0);
	};
	const namesNext = async (profile: string, commands: readonly (readonly string[])[]) => {
		const begun = await run(t, ['login', profile, '--no-wait'], env);
		assert.equal(begun.exit, 4, begun.all);
		for (const args of commands) {
			const {exit, all} = await run(t, args, env, `protocol=http\nhost=${host}\n\n`);
			assert.equal(exit, 3, all);
			assert.ok(all.includes(`ink-login ${nextOf(begun.all).join(' ')}`), `${args.join(' ')}: ${all}`);
		}
	};

	await signIn('over');
	server.answer('token', {status: 400, body: {error: 'invalid_grant'}});
	assert.equal((await run(t, ['token', 'over', '--refresh'], env)).exit, 3);
	await namesNext('over', [
		['token', 'over'],
		['exec', 'over', '--', 'true'],
		['status', 'over'],
		['helper', 'git', 'over', 'get'],
	]);

	server.answer('token', {body: {access_token: 'at-1', token_type: 'Bearer'}});
	await signIn('short');
	await namesNext('short', [['token', 'short', '--refresh']]);
});

test('a login that is cancelled can no longer be approved here, and is listed as it ended', async t => {
	const server = await openServer(t);
	const home = await temporaryFolder(t);
	const env = {CLAUDECODE: '1', INK_LOGIN_HOME: home};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const begun = await run(t, ['login', ...provider, '--no-wait'], env);
	const id = nextOf(begun.all).at(-1) ?? '';
	assert.match((await run(t, ['login', '--pending'], env)).stdout, new RegExp(`^${id}  pending  default`));
	assert.equal((await run(t, ['login', '--cancel', id], env)).exit, 0);
	server.approve();
	assert.equal((await run(t, ['login', '--resume', id], env)).exit, 130);
	assert.equal(server.requestsTo('token').length, 0);
	const files = readdirSync(home).map(name => readFileSync(path.join(home, name), 'utf8'));
	assert.doesNotMatch(files.join(''), /device-code-/);
});

test('with --json a cancel that comes too late, and a paste without a terminal, end with the event that says so', async t => {
	const server = await openServer(t);
	const env = {INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const last = (stdout: string): unknown => {
		const {type, message, hint} = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
		return {type, message, hint};
	};

	const nowhere = await run(t, ['login', ...provider, '--json', '--tty'], env);
	assert.equal(nowhere.exit, 3);
	assert.deepEqual(last(nowhere.stdout), {
		type: 'failed',
		message: "There's no terminal here to paste into.",
		hint: 'Run this in a terminal of your own.',
	});

	const begun = await run(t, ['login', 'work', ...provider, '--no-wait'], env);
	const id = nextOf(begun.all).at(-1) ?? '';
	server.approve();
	assert.equal((await run(t, ['login', '--resume', id], env)).exit, 0);
	const late = await run(t, ['login', '--cancel', id, '--json'], env);
	assert.equal(late.exit, 1);
	assert.deepEqual(last(late.stdout), {
		type: 'failed',
		message: `The sign-in ${id} had already finished.`,
		hint: 'To sign out, run: ink-login logout work',
	});
});

test('a process that is told to end leaves the login pending', async t => {
	const server = await openServer(t);
	const env = {CLAUDECODE: '1', INK_LOGIN_HOME: await temporaryFolder(t)};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const command = await pipedCommand(t, ['login', ...provider], env);
	await command.line('stderr', /^Next/);
	command.child.kill('SIGTERM');
	assert.equal(await command.ended, 4);
	server.approve();
	assert.equal((await run(t, nextOf(command.heard.stderr), env)).exit, 0);
});
