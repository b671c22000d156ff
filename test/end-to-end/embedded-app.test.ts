import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {startDemo} from '../../source/demo/server.js';
import {temporaryFolder} from '../support/built-command.js';
import {cleanEnvironment, runInPty} from '../support/pty.js';

const program = path.join(import.meta.dirname, '../support/programs/ink-app.tsx');
const args = ['--import', 'tsx', program];

const setting = async (t: TestContext, options: Parameters<typeof startDemo>[0] = {}) => {
	const server = await startDemo(options);
	t.after(async () => server.close());
	const env = {ISSUER: server.issuer, INK_LOGIN_HOME: await temporaryFolder(t), SSH_CONNECTION: '1.2.3.4 5 6.7.8.9 22'};
	return {server, env};
};

/** Its streams are pipes. */
const runInPipes = async (env: Readonly<Record<string, string>>) =>
	new Promise<{code: number; stdout: string; stderr: string}>(resolve => {
		const all = {...cleanEnvironment(), ...env};
		const child = execFile(process.execPath, args, {env: all}, (_, stdout, stderr) =>
			resolve({code: child.exitCode ?? -1, stdout, stderr}),
		);
		child.stdin?.end();
	});

test('a gate where nobody is there draws no login: it says why on stderr, and the process fails', async t => {
	const {env} = await setting(t);
	for (const CI of ['', '1']) {
		const {code, stdout, stderr} = await runInPipes({...env, CI, GATED: '1'});
		assert.deepEqual([code, stdout.trim()], [1, '']);
		assert.equal(
			stderr,
			'Signing in needs a person, and nobody is at a terminal here.\nOpen a terminal. Run: acme login\n',
		);
	}
});

test('a gate where nobody is there opens for a program that signs in as itself', async t => {
	const {server, env} = await setting(t, {asMachine: true});
	const {clientId, clientSecret} = server.provider;
	assert.ok(typeof clientSecret === 'string');
	const app = await runInPipes({...env, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, GATED: '1'});
	assert.equal(app.stderr, '');
	assert.equal(app.stdout.trim(), 'Hello, program');
});

test('an app that quits while a login waits, by its own key or with Ctrl-C, ends at once and leaves nothing running', async t => {
	const {env} = await setting(t);
	for (const [keys, GATED] of [['q'], ['\u0003'], ['\u0003', '1']] as const) {
		await using app = runInPty({args, env: {...env, GATED}});
		await app.waitFor(GATED === undefined ? /waits for its code/ : /another device/i);
		app.write(keys);
		assert.equal((await app.exit).code, 0);
	}
});
