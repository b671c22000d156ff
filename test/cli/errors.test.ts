import assert from 'node:assert/strict';
import test from 'node:test';
import {exitCodeOf, tokenExitCodeOf} from '../../source/cli/errors.js';
import {loginErrorCodes} from '../../source/core/errors.js';
import {failure, now, runDouble, storedSession, tokenSet} from './command-double.js';

const sessions = {default: storedSession()};
const failing = (code: Parameters<typeof failure>[0]) => ({
	sessions,
	engine: {tokens: async () => Promise.reject(failure(code)), exchange: async () => Promise.reject(failure(code))},
});

test('every error has its exit code, for a login and for a token', () => {
	const others = {cancelled: 130, person_required: 3, interaction_required: 3, login_pending: 4} as const;
	const forTokens = {
		...others,
		login_pending: 3,
		network_error: 5,
		timeout: 5,
		server_unavailable: 5,
		bad_response: 5,
		lock_timeout: 5,
		invalid_grant: 3,
		expired_token: 3,
	} as const;
	for (const code of loginErrorCodes) {
		assert.equal(exitCodeOf(code), (others as Record<string, number>)[code] ?? 1, code);
		assert.equal(tokenExitCodeOf(code), (forTokens as Record<string, number>)[code] ?? 1, code);
	}
});

test('0: a token was printed', async () => {
	const {exit} = await runDouble(['token'], {sessions, engine: {tokens: async () => tokenSet()}});
	assert.equal(exit, 0);
});

test('1: a failure says its reason and what to do next, on stderr alone', async () => {
	const {exit, stdout, stderr} = await runDouble(['token'], failing('invalid_client'));
	assert.equal(exit, 1);
	assert.equal(stdout, '');
	assert.equal(stderr, 'ink-login: It failed: invalid_client.\nDo this next.\n');
});

test('2: wrong usage opens nothing', async () => {
	const {exit, stdout, stderr, opened} = await runDouble(['token', '--nonsense']);
	assert.equal(exit, 2);
	assert.equal(stdout, '');
	assert.equal(stderr, "ink-login: There's no option --nonsense.\nSee: ink-login help token\n");
	assert.deepEqual(opened, []);
});

test('3: without a session, or with one that has ended, the line to run is said', async () => {
	for (const command of [['token'], ['exec', '--', 'true'], ['exchange'], ['status']]) {
		const none = await runDouble(command);
		assert.equal(none.exit, 3, command[0]);
		assert.equal(none.stderr, 'ink-login: Nobody is signed in to "default".\nRun: ink-login login\n');
		const ended = await runDouble(command, {sessions: {default: storedSession({dead: true})}});
		assert.equal(ended.exit, 3, command[0]);
		assert.match(ended.stderr, /has ended/);
	}

	const {stderr} = await runDouble(['token', "al's work"]);
	assert.match(stderr, /Run: ink-login login 'al'\\''s work'\n$/);
});

test('5: token, exec, exchange and helper say that it may work later', async () => {
	for (const command of [['token'], ['exec', '--', 'true'], ['exchange']]) {
		assert.equal((await runDouble(command, failing('network_error'))).exit, 5, command[0]);
		assert.equal((await runDouble(command, failing('lock_timeout'))).exit, 5, command[0]);
	}

	// A certificate that is not trusted today is not trusted tomorrow.
	assert.equal((await runDouble(['token'], failing('tls_error'))).exit, 1);
	const stdin = 'protocol=https\nhost=auth.example\n\n';
	assert.equal((await runDouble(['helper', 'git', 'get'], {...failing('timeout'), stdin})).exit, 5);
});

test('125: exec itself failed', async () => {
	assert.equal((await runDouble(['exec', '--', 'true'], failing('store_error'))).exit, 125);
	const engine = {tokens: async () => tokenSet()};
	const {exit, stderr} = await runDouble(['exec', '--', '/nowhere/at-all'], {sessions, engine});
	assert.equal(exit, 125);
	assert.equal(stderr, "ink-login: Can't run /nowhere/at-all: not found.\nCheck its name and your PATH.\n");
});

test('130: cancelled', async () => {
	for (const command of [['token'], ['exec', '--', 'true'], ['exchange']]) {
		assert.equal((await runDouble(command, failing('cancelled'))).exit, 130, command[0]);
	}
});

test('S23: an error that is not ours tells its kind and nothing of its content', async () => {
	const engine = {tokens: async () => Promise.reject(new TypeError('bad token refresh-1'))};
	const {exit, stderr} = await runDouble(['token'], {sessions, engine});
	assert.equal(exit, 1);
	assert.doesNotMatch(stderr, /refresh-1/);
});

test('status says 3 for a session that has expired and cannot renew itself', async () => {
	const {refreshToken: _, ...tokens} = tokenSet({expiresAt: now - 1});
	const {exit} = await runDouble(['status'], {sessions: {default: storedSession({tokens})}});
	assert.equal(exit, 3);
});
