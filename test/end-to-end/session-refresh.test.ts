import assert from 'node:assert/strict';
import test from 'node:test';
import {runRefreshRounds} from '../support/refresh-rounds.js';
import {scriptedSession, type ScriptedSession} from '../support/scripted-session.js';
import {hurriedTimers, wrongClock, type Ended} from '../support/session-command.js';

test('demand 39, S26: of 20 processes at the moment of expiry one refreshes, and all print the same fresh token', async t => {
	await runRefreshRounds(t, {rounds: 5});
});

/** One sentence and one line that says what to do next. */
const assertClear = ({stdout, stderr}: Ended, sentence: RegExp) => {
	assert.equal(stdout, '');
	const [first = '', ...rest] = stderr.trimEnd().split('\n');
	assert.match(first, sentence);
	assert.match(first, /^ink-login: [A-Z0-9].*\.$/);
	assert.equal(rest.length, 1, stderr);
};

test('signing keys that were stored long ago are fetched again; where that fails the session goes on without a new ID token', async t => {
	const {server, change, expire, run, session} = await scriptedSession(t);
	const old = Date.now() - 400 * 24 * 3_600_000;
	const refresh = async () => {
		change(stored => ({...stored, keys: {jwks: {keys: []}, ...stored.keys, fetchedAt: old}}));
		const {accessToken, refreshToken, idToken} = session().tokens;
		const before = server.requestsTo('jwks').length;
		expire();
		const {exit, stderr} = await run(['token']);
		assert.equal(exit, 0, stderr);
		const {tokens} = session();
		assert.notEqual(tokens.accessToken, accessToken);
		assert.notEqual(tokens.refreshToken, refreshToken);
		return {asked: server.requestsTo('jwks').length > before, isNew: tokens.idToken !== idToken};
	};

	server.answer('jwks', {status: 503});
	assert.deepEqual(await refresh(), {asked: true, isNew: false});
	assert.equal(session().keys?.fetchedAt, old);
	server.script.answers = {};
	assert.deepEqual(await refresh(), {asked: true, isNew: true});
	assert.ok(Number(session().keys?.fetchedAt) > old);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	test(`S27: ${signal} in the middle of a refresh does not lose the session: its answer is kept`, async t => {
		let answer: () => void = () => undefined;
		const session = await scriptedSession(t);
		const before = session.session().tokens.refreshToken;
		session.server.answer('token', async (_request, conforming) => {
			await new Promise<void>(resolve => (answer = resolve));
			return conforming();
		});
		session.expire();
		const {child, line, ended} = session.start(['token']);
		await session.server.received('token', 2);
		child.kill(signal);
		assert.equal(await line('stderr', /ancelled/), 'ink-login: Cancelled before it was done.');
		answer();
		assert.equal((await ended).exit, 130);
		assert.notEqual(session.session().tokens.refreshToken, before);
		assert.equal((await session.run(['token'])).exit, 0);
		assert.equal(session.refreshes(), 1);
	});
}

test('S27: whoever presses Ctrl-C in a refresh that gets no answer is told what is waited for, and may end it at once', async t => {
	const session = await scriptedSession(t);
	session.server.answer('token', 'hang');
	session.expire();
	const {child, line, ended} = session.start(['token']);
	await session.server.received('token', 2);
	child.kill('SIGINT');
	await line('stderr', /Waiting for the answer of a refresh/);
	child.kill('SIGINT');
	assert.equal((await ended).exit, 130);
});

const tokenCommands: readonly (readonly [readonly string[], string?])[] = [
	[['token']],
	[['exec', '--', process.execPath, '-e', '']],
	[['exchange']],
];

test('demand 40: with the network cut a valid session gives its token, and an expired one ends with 5, as it was', async t => {
	const session = await scriptedSession(t);
	await session.server.close();
	for (const [args] of tokenCommands.slice(0, 2)) assert.equal((await session.run(args)).exit, 0);
	session.expire();
	const before = session.session();
	for (const [args] of tokenCommands) {
		const ended = await session.run(args);
		assert.equal(ended.exit, 5, ended.stderr);
		assertClear(ended, /cannot be reached: nothing answers there/);
	}

	const {host} = new URL(session.server.issuer);
	const helper = await session.run(['helper', 'git', 'get'], {input: `protocol=http\nhost=${host}\n\n`});
	assert.equal(helper.exit, 5);
	assertClear(helper, /cannot be reached/);
	assert.deepEqual(session.session(), before);
});

for (const [name, answer, sentence] of [
	['answers nothing', 'hang', /did not answer/],
	['fails', {status: 503}, /cannot answer at the moment \(HTTP 503\)/],
	['is a wall that wants a sign-in of its own', {headers: {'content-type': 'text/html'}, body: '<html>'}, /./],
	['redirects', {status: 302, headers: {location: 'https://evil.example'}}, /redirect/],
] as const) {
	test(`a server that ${name} ends a refresh with 5, and the session is as it was`, async t => {
		const session = await scriptedSession(t);
		session.expire();
		const before = session.session();
		session.server.answer('token', answer);
		const ended = await session.run(['token'], {nodeOptions: hurriedTimers});
		assert.equal(ended.exit, 5);
		assertClear(ended, sentence);
		assert.deepEqual(session.session(), before);
		assert.equal((await session.run(['token'])).exit, 0, 'and the next time it works');
	});
}

test('S27: an answer that died on the wire is asked for once more; where the server is strict that is the end, and said', async t => {
	const lost = async (session: ScriptedSession) => {
		session.expire();
		session.server.answer('token', async (_request, conforming) => {
			await conforming();
			return 'drop' as const;
		});
		return session.run(['token']);
	};

	const strict = await scriptedSession(t);
	const ended = await lost(strict);
	assert.equal(ended.exit, 3);
	assertClear(ended, /The session has ended/);
	assert.equal(strict.refreshes(), 2);
	const lenient = await scriptedSession(t, {rotateRefreshTokens: false});
	assert.equal((await lost(lenient)).exit, 0);
});

test('B15: a server that has revoked behind our back ends a session with 3, once: nobody asks it again', async t => {
	const session = await scriptedSession(t, {}, {profile: 'work'});
	const {tokens} = session.session('work');
	await fetch(session.server.endpoints.revocation, {
		method: 'POST',
		body: new URLSearchParams({token: tokens.refreshToken ?? '', client_id: session.server.provider.clientId}),
	});
	session.expire('work');
	const ended = await session.run(['token', 'work']);
	assert.equal(ended.exit, 3);
	assertClear(ended, /The session has ended/);
	assert.match(ended.stderr, /ink-login login work\n/);
	for (const args of [['token'], ['exec'], ['exchange'], ['status'], ['status', '--userinfo']]) {
		const again = await session.run([...args, 'work', ...(args[0] === 'exec' ? ['--', 'true'] : [])]);
		assert.equal(again.exit, 3, args.join(' '));
		assertClear(again, /has ended/);
	}

	assert.equal(session.refreshes(), 1);
});

test('an access token that was revoked behind our back is renewed once, and told who it is', async t => {
	const session = await scriptedSession(t);
	session.server.answer('userInfo', {status: 401, headers: {'www-authenticate': 'Bearer error="invalid_token"'}});
	const {exit, stdout} = await session.run(['status', '--userinfo', '--json']);
	assert.equal(exit, 0);
	assert.equal((JSON.parse(stdout) as {userInfo: {sub: string}}).userInfo.sub, session.session().tokens.claims?.sub);
	assert.equal(session.refreshes(), 1);
});

test('a clock that is an hour off, either way and back again, loses nothing', async t => {
	const session = await scriptedSession(t, {accessTokenLifetime: 300});
	const hour = 3_600_000;
	let refreshes = 0;
	for (const offset of [0, hour, hour, 0, -hour, -hour, 0, 2 * hour]) {
		const {exit, stdout, stderr} = await session.run(['token'], {nodeOptions: wrongClock(offset)});
		assert.deepEqual([exit, stderr], [0, ''], `${offset}`);
		const {ok} = await fetch(session.server.endpoints.userInfo, {
			headers: {authorization: `Bearer ${stdout.trim()}`},
		});
		assert.ok(ok, `${offset}`);
		refreshes = session.refreshes();
	}

	// Where the clock is as it was the time before, nothing is asked.
	assert.equal(refreshes, 5);
});
