import assert from 'node:assert/strict';
import test from 'node:test';
import {failure, runDouble, storedSession} from '../command-double.js';
import type {LogoutResult} from '../../../source/oauth/revocation.js';

const sessions = {default: storedSession(), work: storedSession()};
const answering = (result: LogoutResult) => ({sessions, engine: {logout: async () => result}});

test('demand 50: it says which of the two happened, and a server that refused is a failure', async () => {
	const cases: readonly (readonly [LogoutResult, number, RegExp])[] = [
		[{outcome: 'revoked'}, 0, /^Signed out of "default"\. The server has revoked the session\.\n$/],
		[{outcome: 'not-supported'}, 0, /can't revoke tokens, so they work until they expire/],
		[{outcome: 'no-session'}, 0, /Nobody was signed in/],
		[
			{outcome: 'not-revoked', reason: 'The server could not be reached.'},
			1,
			/^Signed out of "default" here, but the server didn't revoke the session\. The server could not be reached\.\n$/,
		],
	];
	for (const [result, code, sentence] of cases) {
		const {exit, stdout, stderr} = await runDouble(['logout'], answering(result));
		assert.deepEqual([exit, stdout], [code, ''], result.outcome);
		assert.match(stderr, sentence);
	}
});

test('nobody signed in is no failure, and no request', async () => {
	const {exit, stderr, engines} = await runDouble(['logout', 'nobody'], {sessions});
	assert.deepEqual(
		[exit, stderr, engines.length],
		[0, 'Nobody was signed in to "nobody".\nAlready signed in: default, work\n', 0],
	);
});

test('--all beside the name of a profile is refused: nobody is signed out of more than they named', async () => {
	const {exit, stderr, engines} = await runDouble(['logout', 'work', '--all'], {sessions});
	assert.deepEqual([exit, engines.length], [2, 0]);
	assert.match(stderr, /^ink-login: --all and a profile name can't be combined\.\n/);
});

test('--all goes through every profile, also after one that was refused', async () => {
	const asked: (string | undefined)[] = [];
	const {exit, engines} = await runDouble(['logout', '--all'], {
		sessions,
		engine: {logout: async () => (asked.push(undefined), {outcome: asked.length === 1 ? 'not-revoked' : 'revoked'})},
	});
	assert.deepEqual(
		engines.map(({profile}) => profile),
		['default', 'work'],
	);
	assert.equal(exit, 1);
	assert.equal((await runDouble(['logout', '--all'])).stderr, 'Nobody was signed in.\n');
});

test('--all goes on after a session that cannot be read, and names it', async () => {
	const signedOut: (string | undefined)[] = [];
	const {exit, stderr} = await runDouble(['logout', '--all'], {
		sessions,
		engine: {
			logout: async () => {
				signedOut.push(undefined);
				if (signedOut.length === 1) throw failure('store_error');
				return {outcome: 'revoked'};
			},
		},
	});
	assert.deepEqual([exit, signedOut.length], [1, 2]);
	assert.match(
		stderr,
		/^Couldn't sign out of "default":\nink-login: It failed: store_error\.\nDo this next\.\nSigned out of "work"/,
	);
});

test('Ctrl-C ends --all after the session that is being left, says what became of it, and ends with 130', async () => {
	const controller = new AbortController();
	const {exit, stderr, engines} = await runDouble(['logout', '--all'], {
		sessions,
		signal: controller.signal,
		engine: {
			logout: async () => {
				controller.abort();
				return {outcome: 'not-revoked', reason: 'Cancelled before it finished.'};
			},
		},
	});
	assert.deepEqual([exit, engines.length], [130, 1]);
	assert.match(
		stderr,
		/^Signed out of "default" here, but the server didn't revoke .* Cancelled before it finished\.\n$/,
	);
});

test('a store that fails is a failure with its reason', async () => {
	const {exit, stderr} = await runDouble(['logout'], {
		sessions,
		engine: {logout: async () => Promise.reject(failure('store_error'))},
	});
	assert.deepEqual([exit, stderr], [1, 'ink-login: It failed: store_error.\nDo this next.\n']);
});
