import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, {after, beforeEach} from 'node:test';
import type {StoredSession} from '../../source/session/types.js';
import {createFileStore} from '../../source/session/store/index.js';
import {storedSession, tokenSet} from './command-double.js';

const home = mkdtempSync(path.join(os.tmpdir(), 'ink-login-'));
after(() => rmSync(home, {recursive: true}));

const keep = async (session: StoredSession, profile = 'default') =>
	createFileStore({directory: home}).write(profile, session);
const minute = 60_000;
const fresh = () => {
	const [issuedAt, expiresAt] = [Date.now() - minute, Date.now() + 59 * minute];
	const claims = {...tokenSet().claims!, iat: issuedAt / 1000, exp: expiresAt / 1000};
	return tokenSet({issuedAt, expiresAt, claims});
};

const cli = path.resolve(import.meta.dirname, '../../source/cli/index.ts');
const run = (args: readonly string[], input = '') => {
	const {status, stdout, stderr} = spawnSync(process.execPath, ['--import', 'tsx', cli, ...args], {
		env: {...process.env, INK_LOGIN_HOME: home, KUBERNETES_EXEC_INFO: ''},
		input,
		encoding: 'utf8',
	});
	return {exit: status, stdout, stderr};
};
const ok = (stdout: string) => ({exit: 0, stdout, stderr: ''});

beforeEach(async () => keep(storedSession({tokens: fresh()})));

test('a fresh token is printed in the form that was asked for', async () => {
	assert.deepEqual(run(['token']), ok('access-1\n'));
	assert.deepEqual(run(['token', '--format', 'header']), ok('Authorization: Bearer access-1\n'));
	assert.deepEqual(run(['token', '--format', 'headers']), ok('{"Authorization":"Bearer access-1"}\n'));
	assert.match(run(['token', '--format', 'kubernetes']).stdout, /"kind":"ExecCredential".+"token":"id-1"/);
	assert.deepEqual(run(['token', '--type', 'id', '--scope', 'openid']), ok('id-1\n'));
	await keep(storedSession({tokens: {...fresh(), accessToken: 'another'}}), 'work');
	assert.deepEqual(run(['token', 'work', '--store', 'auto']), ok('another\n'));
});

test('git gets a fresh token for the host of its login alone', () => {
	const ask = (host: string) => run(['helper', 'git', 'get'], `protocol=https\nhost=${host}\n\n`);
	assert.match(ask('auth.example').stdout, /^username=oauth2\npassword=access-1\npassword_expiry_utc=\d+\n$/);
	assert.deepEqual(ask('evil.example'), ok(''));
});

test('a child gets a fresh token, and its exit code or signal passes through', () => {
	const script = (end: string) => ['-e', `console.log(process.env.INK_LOGIN_TOKEN); ${end}`];
	const child = (end: string) => run(['exec', '--', process.execPath, ...script(end)]);
	assert.deepEqual(child('process.exit(7)'), {exit: 7, stdout: 'access-1\n', stderr: ''});
	assert.equal(child('process.kill(process.pid, "SIGKILL")').exit, null);
	const missing = run(['exec', '--', 'no-such-program']);
	assert.deepEqual([missing.exit, missing.stdout], [125, '']);
	assert.equal(missing.stderr.match(/Can't run/g)?.length, 1);
});

test('a session that is not the one asked for, has ended, or is damaged is told once, with what to run', async () => {
	const told = (args: readonly string[], sentence: RegExp) => {
		const {exit, stdout, stderr} = run(args);
		assert.deepEqual([exit, stdout], [3, '']);
		assert.match(stderr, sentence);
		assert.match(stderr, /Run: ink-login login/);
	};

	told(['token', '--scope', 'admin'], /^ink-login: .+ It lacks the scope admin\.\n/);
	told(['token', 'nobody'], /^ink-login: Nobody is signed in to "nobody"\.\n/);
	await keep({...storedSession({tokens: fresh()}), dead: true});
	told(['token'], /^ink-login: The session of "default" has ended\.\n/);
	writeFileSync(path.join(home, 'profile-default.json'), '{"version":1,"profile":"default","session":{}}');
	told(
		['token'],
		/^The session file of profile "default" is damaged; it was moved to [^\n]+\nink-login: Nobody is signed in/,
	);
});

test('a token that is about to expire is printed while it lasts, if the session cannot renew itself', async () => {
	const {refreshToken: _, ...tokens} = fresh();
	await keep(storedSession({tokens: {...tokens, expiresAt: Date.now() + 30_000}}));
	assert.deepEqual(run(['token']), ok('access-1\n'));
});
