import assert from 'node:assert/strict';
import test from 'node:test';
import {createMemoryStore} from '../../../source/session/store/index.js';
import {permissionsOf} from '../../../source/text/messages.js';
import {failure, now, runDouble, storedSession, tokenSet} from '../command-double.js';

process.env['TZ'] = 'UTC';
const {refreshToken: _, ...withoutRefresh} = tokenSet();

test('demand 50: it says who, where, how long, whether it renews itself, and where it is kept', async () => {
	const sessions = {default: storedSession(), work: storedSession()};
	const {exit, stdout, stderr, store} = await runDouble(['status'], {sessions});
	assert.deepEqual([exit, stderr], [0, '']);
	assert.equal(
		stdout,
		`Signed in as Alice Demo
Profile     default
Server      https://auth.example
Signed in   on another device
The app can ${permissionsOf('profile')}
Token       works until 2026-11-21 13:00, then renewed on use; nothing runs in the background
Saved in    ${store.description}
Others      work
`,
	);
});

test('an expired token is no end of a session that renews itself', async () => {
	const sessions = {default: storedSession({tokens: tokenSet({expiresAt: now - 60_000})})};
	const {exit, stdout} = await runDouble(['status'], {sessions});
	assert.equal(exit, 0);
	assert.match(stdout, /Token {7}renewed on next use; nothing runs in the background\n/);
});

test('it says when signing in again is due where the server has said so, and that a renewal may move that', async () => {
	const lasting = async (sessionExpiresAt: number, ...options: string[]) => {
		const sessions = {default: storedSession({tokens: tokenSet({sessionExpiresAt})})};
		return (await runDouble(['status', ...options], {sessions})).stdout;
	};
	const month = 30 * 86_400_000;
	assert.match(
		await lasting(now + month),
		/\nSession {5}lasts until 2026-12-21 12:00 unless a renewal extends it, then sign in again\n/,
	);
	const past = storedSession({tokens: tokenSet({expiresAt: now - 1, sessionExpiresAt: now - month})});
	const {exit, stdout} = await runDouble(['status'], {sessions: {default: past}});
	assert.equal(exit, 0);
	assert.match(stdout, /\nSession {5}was due to end 2026-11-21 11:59; if it has, sign in again\n/);
	const {sessionExpiresAt} = JSON.parse(await lasting(now + month, '--json')) as {sessionExpiresAt: number};
	assert.equal(sessionExpiresAt, now + month);
});

test('json holds the same, and no token', async () => {
	const {stdout} = await runDouble(['status', '--json'], {sessions: {default: storedSession()}});
	assert.deepEqual(JSON.parse(stdout), {
		signedIn: true,
		profile: 'default',
		issuer: 'https://auth.example',
		clientId: 'client',
		identity: {issuer: 'https://auth.example', subject: 'alice', name: 'Alice Demo'},
		flow: 'device',
		scope: 'openid profile',
		expiresAt: now + 3_600_000,
		expired: false,
		refreshable: true,
		store: 'memory',
	});
	assert.doesNotMatch(stdout, /access-1|refresh-1|id-1/);
});

test('without a session json says so on stdout, and the next step is on stderr', async () => {
	const dead = {sessions: {default: storedSession({dead: true})}};
	for (const [double, ended, sentence] of [
		[{}, false, /^ink-login: Nobody is signed in to "default"\.\n/],
		[dead, true, /^ink-login: The session of "default" has ended\.\n/],
	] as const) {
		const {exit, stdout, stderr} = await runDouble(['status', '--json'], double);
		assert.deepEqual([exit, JSON.parse(stdout)], [3, {signedIn: false, ended, profile: 'default'}]);
		assert.match(stderr, sentence);
		assert.match(stderr, /Run: ink-login login/);
	}

	const tokens = {...withoutRefresh, expiresAt: now};
	assert.equal((await runDouble(['status'], {sessions: {default: storedSession({tokens})}})).exit, 3);
	const elsewhere = await runDouble(['status'], {sessions: {work: storedSession(), bw: storedSession()}});
	assert.match(elsewhere.stderr, /\nRun: ink-login login\nAlready signed in: work, bw\n$/);
});

test('it asks the server with --userinfo alone', async () => {
	const sessions = {default: storedSession()};
	const claims = {sub: 'alice', email: 'alice@example.test'};
	const identity = {issuer: 'https://auth.example', subject: 'alice', email: 'alice@example.test' as never};
	const engine = {userInfo: async () => ({identity, claims})};
	const asked = await runDouble(['status', '--userinfo', '--json'], {sessions, engine});
	assert.deepEqual((JSON.parse(asked.stdout) as {userInfo: unknown}).userInfo, claims);
	const lines = await runDouble(['status', '--userinfo'], {sessions, engine});
	assert.match(lines.stdout, /^Signed in as alice@example\.test\n[^]*\nemail {7}alice@example\.test\n$/);
	assert.equal((await runDouble(['status'], {sessions, engine: {}})).engines.length, 0);
});

test('a server that cannot be asked is a failure; a session that it has ended needs a person', async () => {
	const sessions = {default: storedSession()};
	const failing = async (code: Parameters<typeof failure>[0], ...more: readonly string[]) =>
		runDouble(['status', '--userinfo', ...more], {
			sessions,
			engine: {userInfo: async () => Promise.reject(failure(code))},
		});
	const unasked = await failing('network_error');
	assert.deepEqual([unasked.exit, unasked.stderr], [1, 'ink-login: It failed: network_error.\nDo this next.\n']);
	assert.match(unasked.stdout, /^Signed in as Alice Demo\nProfile {5}default\n/, 'what is known is said all the same');
	const {signedIn, failure: told} = JSON.parse((await failing('network_error', '--json')).stdout) as Record<
		string,
		unknown
	>;
	assert.deepEqual(
		[signedIn, told],
		[true, {code: 'network_error', message: 'It failed: network_error.', hint: 'Do this next.'}],
	);
	const ended = await failing('invalid_grant');
	assert.deepEqual([ended.exit, ended.stdout], [3, '']);
	assert.deepEqual(JSON.parse((await failing('invalid_grant', '--json')).stdout), {
		signedIn: false,
		ended: true,
		profile: 'default',
	});
});

test('a token that was renewed to ask the server is told with its new end', async () => {
	const store = createMemoryStore();
	const {stdout} = await runDouble(['status', '--userinfo'], {
		store,
		sessions: {default: storedSession({tokens: tokenSet({expiresAt: now - 60_000})})},
		engine: {
			async userInfo() {
				await store.write('default', storedSession());
				return {identity: {issuer: 'https://auth.example', subject: 'alice'}, claims: {sub: 'alice'}};
			},
		},
	});
	assert.match(stdout, /Token {7}works until 2026-11-21 13:00, then renewed on use; nothing runs in the background\n/);
});

test('a session whose client secret came by stdin does not renew itself, and has ended with its token', async () => {
	const byStdin = {flow: 'client-credentials', clientSecretSource: {stdin: true}} as const;
	const alive = {default: storedSession({...byStdin, tokens: withoutRefresh})};
	const {stdout} = await runDouble(['status'], {sessions: alive});
	assert.match(stdout, /Token {7}works until 2026-11-21 13:00, then sign in again\n/);
	const {refreshable} = JSON.parse((await runDouble(['status', '--json'], {sessions: alive})).stdout) as {
		refreshable: boolean;
	};
	assert.equal(refreshable, false);
	const over = {default: storedSession({...byStdin, tokens: {...withoutRefresh, expiresAt: now}})};
	assert.equal((await runDouble(['status'], {sessions: over})).exit, 3);
});

test('S1: a server cannot draw on the terminal', async () => {
	const hostile = 'x\u001B[2J\u009B31m\nSigned in as root';
	const provider = {name: 'oidc', issuer: 'https://auth.example', clientId: 'c', application: hostile};
	const identity = {issuer: 'https://auth.example', subject: 'alice', name: hostile as never};
	const tokens = tokenSet({scope: hostile, identity});
	const {stdout} = await runDouble(['status'], {sessions: {default: storedSession({provider, tokens})}});
	// eslint-disable-next-line no-control-regex -- they are what must not be there
	assert.doesNotMatch(stdout, /[\u0000-\u0009\u000B-\u001F\u007F-\u009F]|^Signed in as root/m);
});
