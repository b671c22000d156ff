import assert from 'node:assert/strict';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {runDouble, storedSession, tokenSet} from '../command-double.js';

const sessions = {default: storedSession()};
const engine = {tokens: async () => tokenSet()};
const {execPath} = process;
const double = {sessions, engine, environment: {env: {PATH: process.env['PATH'], KEPT: 'yes'}}};

const runNode = async (script: string, ...options: string[]) =>
	runDouble(['exec', ...options, '--', execPath, '-e', script, 'first', '--second'], double);

test("the child's exit code is ours", async () => {
	for (const code of [0, 1, 7, 125]) assert.equal((await runNode(`process.exit(${code})`)).exit, code);
});

test("the child's death by a signal is ours too", async () => {
	assert.equal((await runNode('process.kill(process.pid, "SIGKILL")')).exit, 'SIGKILL');
});

test('S22: the token is in the environment, under the name that was asked for, and never in the arguments', async () => {
	const script = (name: string) => `
		const {env, argv} = process;
		process.exit(env.${name} === 'access-1' && env.KEPT === 'yes' && !argv.join().includes('access-1') ? 0 : 9)`;
	assert.equal((await runNode(script('INK_LOGIN_TOKEN'))).exit, 0);
	assert.equal((await runNode(script('MY_TOKEN'), '--env', 'MY_TOKEN')).exit, 0);
	assert.equal((await runNode(script('INK_LOGIN_TOKEN'), '--env', 'MY_TOKEN')).exit, 9);
});

test("the child has the token, and not the client's secret", async () => {
	const env = {PATH: process.env['PATH'], KEPT: 'yes', ACME_SECRET: 'hush', OTHER_SECRET: 'hush-hush'};
	const stored = {default: storedSession({clientSecretSource: {env: 'ACME_SECRET'}})};
	const childHas = async (names: string, ...options: string[]) => {
		const script = `process.exit(Object.keys(process.env).filter(name => /SECRET|KEPT/.test(name)).join() === '${names}' ? 0 : 9)`;
		const argv = ['exec', ...options, '--', execPath, '-e', script];
		return (await runDouble(argv, {sessions: stored, engine, environment: {env}})).exit === 0;
	};

	assert.ok(await childHas('KEPT,OTHER_SECRET'));
	assert.ok(await childHas('KEPT', '--client-secret-env', 'OTHER_SECRET'));
	// Asked for under that name, the token takes its place.
	assert.ok(await childHas('KEPT,OTHER_SECRET,ACME_SECRET', '--env', 'ACME_SECRET'));
});

test('the arguments of the child arrive as they were', async () => {
	assert.equal((await runNode('process.exit(process.argv.slice(1).join() === "first,--second" ? 0 : 9)')).exit, 0);
});

test('a name that no variable can have is wrong usage', async () => {
	for (const name of ['A=B', '1A', 'A B', 'A-B']) assert.equal((await runNode('', `--env=${name}`)).exit, 2);
});

test('several variables may hold the token, or the ID token', async () => {
	const both = `process.exit(process.env.A === 'access-1' && process.env.B === 'access-1' ? 0 : 9)`;
	assert.equal((await runNode(both, '--env', 'A', '--env', 'B')).exit, 0);
	const id = `process.exit(process.env.INK_LOGIN_TOKEN === 'id-1' ? 0 : 9)`;
	assert.equal((await runNode(id, '--type', 'id')).exit, 0);
});

test('--file: a file that only the user can read holds the token while the child runs, and is gone afterwards', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'ink-login-test-'));
	const env = {PATH: process.env['PATH'], XDG_RUNTIME_DIR: folder};
	const run = async (script: string, ...options: string[]) =>
		runDouble(['exec', ...options, '--', execPath, '-e', script], {...double, environment: {env}});
	const script = `
		const fs = require('node:fs');
		const {A, B, INK_LOGIN_TOKEN} = process.env;
		const isPrivate = file => process.platform === 'win32' || (fs.statSync(file).mode & 0o077) === 0;
		const isGood = A === B && fs.readFileSync(A, 'utf8') === 'access-1' && isPrivate(A) && INK_LOGIN_TOKEN === undefined;
		process.exit(isGood ? 7 : 9);`;
	assert.equal((await run(script, '--file', 'A', '--file', 'B')).exit, 7);
	assert.deepEqual(readdirSync(folder), []);
	assert.equal((await run('process.exit(process.env.T === "access-1" ? 7 : 9)', '--file', 'A', '--env', 'T')).exit, 7);
	const missing = runDouble(['exec', '--file', 'A', '--', 'no-such-program'], {...double, environment: {env}});
	assert.equal((await missing).exit, 125);
	assert.deepEqual(readdirSync(folder), []);
	rmSync(folder, {recursive: true});
});

test('one variable cannot hold a token and a path', async () => {
	const {exit, stderr} = await runNode('', '--env', 'A', '--file', 'A');
	assert.equal(exit, 2);
	assert.match(stderr, /A can't hold both a token and a path/);
	for (const name of ['A=B', '1A', 'A-B']) assert.equal((await runNode('', `--file=${name}`)).exit, 2);
});
