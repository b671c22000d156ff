import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {once} from 'node:events';
import test, {type TestContext} from 'node:test';
import ssh2, {type ClientChannel} from 'ssh2';
import {approveDevice} from '../../source/demo/approve.js';
import {startDemo} from '../../source/demo/server.js';
import {browserScript} from '../support/browser-script.js';
import {temporaryFolder} from '../support/built-command.js';
import {cleanEnvironment, runInPty} from '../support/pty.js';
import {TerminalEmulator} from '../support/terminal-emulator.js';

const setting = async (t: TestContext, options: Parameters<typeof startDemo>[0] = {}) => {
	const server = await startDemo(options);
	t.after(async () => server.close());
	const env = {
		INK_LOGIN_HOME: await temporaryFolder(t),
		ISSUER: server.issuer,
		API: new URL('userinfo', `${server.issuer}/`).href,
		SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22',
	};
	const start = (example: string, own: Readonly<Record<string, string>> = {}, ...args: readonly string[]) =>
		runInPty({args: ['--import', 'tsx', `source/examples/${example}`, ...args], env: {...env, ...own}});
	return {server, env, start};
};

/** Runs a program without a terminal, as in CI. */
const runInCi = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
	new Promise<{code: number; stdout: string; stderr: string}>(resolve => {
		const all = {...cleanEnvironment(), ...env, SSH_CONNECTION: '', CI: '1'};
		const child = execFile(process.execPath, ['--import', 'tsx', ...args], {env: all}, (_, stdout, stderr) =>
			resolve({code: child.exitCode ?? -1, stdout, stderr}),
		);
	});

test('five lines sign someone in and ask the API; a second start asks nobody', async t => {
	const {server, start} = await setting(t);
	for (const round of ['signs in', 'is signed in']) {
		await using program = start('five-lines.ts');
		if (round === 'signs in') {
			const [code = ''] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(await program.waitFor(/\b[A-Z]{4}-[A-Z]{4}\b/)) ?? [];
			await approveDevice(server.issuer, code);
		}

		await program.waitFor(/\d+ for Alice Demo/);
		assert.equal((await program.exit).code, 0, round);
	}
});

test('a CLI keeps profiles apart, and says so at once where nobody is there', async t => {
	const {server, env, start} = await setting(t);
	await using program = start('cli.ts', {}, 'login', '--profile', 'work');
	const [code = ''] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(await program.waitFor(/\b[A-Z]{4}-[A-Z]{4}\b/)) ?? [];
	await approveDevice(server.issuer, code);
	await program.waitFor(/work: Alice Demo/);
	assert.equal((await program.exit).code, 0);
	const cli = 'source/examples/cli.ts';
	assert.equal((await runInCi(env, cli, 'accounts')).stdout, 'work: Alice Demo\n');
	assert.equal((await runInCi(env, cli, 'whoami')).stdout, 'Nobody is signed in.\n');
	const nobody = await runInCi(env, cli, 'login');
	assert.equal(nobody.code, 3);
	assert.match(nobody.stderr, /Run: acme login/);
});

test('a login in the looks of clack shows the code, who signed in, and asks nobody again', async t => {
	const {server, start} = await setting(t);
	await using program = start('clack.ts');
	const [code = ''] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(await program.waitFor(/[A-Z]{4}-[A-Z]{4}/)) ?? [];
	await approveDevice(server.issuer, code);
	await program.waitFor(/Signed in as Alice Demo[^]*Hello, Alice Demo/);
	assert.equal((await program.exit).code, 0);
	await using again = start('clack.ts');
	await again.waitFor(/Hello, Alice Demo/);
	assert.doesNotMatch(again.output, /Signed in/);
	assert.equal((await again.exit).code, 0);
});

/** Someone at a terminal of their own, on an SSH connection. */
const visitor = async (t: TestContext, port: number) => {
	const client = new ssh2.Client();
	t.after(() => client.destroy());
	client.connect({host: '127.0.0.1', port, username: 'visitor'});
	await once(client, 'ready');
	// The host may be gone before its visitors are.
	client.on('error', () => undefined);
	const emulator = new TerminalEmulator(100, 40);
	const channel = await new Promise<ClientChannel>((resolve, reject) =>
		client.shell({term: 'xterm-256color', cols: 100, rows: 40}, (error, channel) =>
			error === undefined ? resolve(channel) : reject(error),
		),
	);
	const code = once(channel, 'exit') as Promise<[number]>;
	channel.on('data', (chunk: Buffer) => void emulator.feed(chunk.toString()));
	return {
		code,
		write: (keys: string) => channel.write(keys),
		async waitFor(pattern: RegExp) {
			const giveUpAt = performance.now() + 60_000;
			while (!pattern.test(emulator.text)) {
				assert.ok(performance.now() < giveUpAt, emulator.text);
				await new Promise(resolve => setTimeout(resolve, 10));
			}
			return emulator.text;
		},
	};
};

test('an SSH server signs in two visitors at once, with no browser and no clipboard of its own', async t => {
	const {server, start} = await setting(t);
	const browser = await browserScript(t);
	await using host = start('ssh-server.ts', {PORT: '0', DISPLAY: ':99', BROWSER: browser.program, SSH_CONNECTION: ''});
	const port = Number(/ssh -p (\d+)/.exec(await host.waitFor(/ssh -p \d+ /))?.[1]);
	const [ada, bob] = await Promise.all([visitor(t, port), visitor(t, port)]);
	const [first, second] = await Promise.all(
		[ada, bob].map(async person => /[A-Z]{4}-[A-Z]{4}/.exec(await person.waitFor(/[A-Z]{4}-[A-Z]{4}/))?.[0] ?? ''),
	);
	assert.notEqual(first, second);
	await approveDevice(server.issuer, second ?? '');
	await bob.waitFor(/Welcome, Alice Demo/);
	assert.deepEqual(await bob.code, [0]);
	ada.write('\u0003');
	assert.deepEqual(await ada.code, [1]);
	assert.equal(browser.calls, 0);
});

test('the same CLI signs in as itself where CI has a secret', async t => {
	const {server, env} = await setting(t, {asMachine: true});
	const {clientId, clientSecret} = server.provider;
	assert.ok(typeof clientSecret === 'string');
	const secrets = {...env, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret};
	assert.equal((await runInCi(secrets, 'source/examples/cli.ts', 'login')).stdout, 'default: this program\n');
});

test('an app that embeds the login tests itself with the test kit', async t => {
	const {start} = await setting(t);
	await using tests = start('app.test.tsx', {NO_COLOR: '1'});
	assert.equal((await tests.exit).code, 0, tests.emulator.text);
});
