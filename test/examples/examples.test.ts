import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import test, {type TestContext} from 'node:test';
import {approveDevice} from '../../source/demo/approve.js';
import {startDemo} from '../../source/demo/server.js';
import {temporaryFolder} from '../support/built-command.js';
import {cleanEnvironment, runInPty} from '../support/pty.js';

const setting = async (t: TestContext, options: Parameters<typeof startDemo>[0] = {}) => {
	const server = await startDemo(options);
	t.after(async () => server.close());
	const env = {
		INK_LOGIN_HOME: await temporaryFolder(t),
		ISSUER: server.issuer,
		API: new URL('userinfo', `${server.issuer}/`).href,
		SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22',
	};
	const start = (...args: readonly string[]) =>
		runInPty({args: ['--import', 'tsx', `source/examples/${args[0]}`, ...args.slice(1)], env});
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
	await using program = start('cli.ts', 'login', '--profile', 'work');
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

test('the same CLI signs in as itself where CI has a secret', async t => {
	const {server, env} = await setting(t, {asMachine: true});
	const {clientId, clientSecret} = server.provider;
	assert.ok(typeof clientSecret === 'string');
	const secrets = {...env, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret};
	assert.equal((await runInCi(secrets, 'source/examples/cli.ts', 'login')).stdout, 'default: this program\n');
});
