import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {interruptions, interruptRefreshes} from '../support/interrupted-refreshes.js';
import {runInPty} from '../support/pty.js';
import {runRefreshRounds} from '../support/refresh-rounds.js';
import {requireProgram} from '../support/requirements.js';
import {scriptedSession, type ScriptedSession} from '../support/scripted-session.js';
import {before, command, hurriedTimers, wrongClock, type Ended, type StartOptions} from '../support/session-command.js';

test('demand 39, S26: of 20 processes at the moment of expiry one refreshes, and all print the same fresh token', async t => {
	await runRefreshRounds(t, {rounds: 2});
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
	server.script.responses = {};
	assert.deepEqual(await refresh(), {asked: true, isNew: true});
	assert.ok(Number(session().keys?.fetchedAt) > old);
});

/** A refresh that a server holds open until it is told to answer. */
const heldRefresh = async (t: TestContext, options: StartOptions = {}) => {
	let answer!: () => void;
	const told = new Promise<void>(resolve => {
		answer = resolve;
	});
	const session = await scriptedSession(t);
	const before = session.session().tokens.refreshToken;
	session.server.answer('token', async (_request, conforming) => {
		await told;
		return conforming();
	});
	session.expire();
	const started = session.start(['token'], options);
	await session.server.received('token', 2);
	const assertSaved = async () => {
		assert.notEqual(session.session().tokens.refreshToken, before);
		assert.equal((await session.run(['token'])).exit, 0);
		assert.equal(session.refreshes(), 1);
	};
	return {...started, answer, assertSaved};
};

const savingYourSession =
	/^Waiting for the server, so your session gets saved\. Press Ctrl-C again to quit without waiting\.$/;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	test(`S27: ${signal}, sent twice in the middle of a refresh, does not lose the session, and is told`, async t => {
		const {child, line, ended, answer, assertSaved} = await heldRefresh(t);
		child.kill(signal);
		assert.equal(await line('stderr', /ancelled/), 'ink-login: Cancelled before it finished.');
		child.kill(signal);
		await line('stderr', savingYourSession);
		// Only the key that was offered counts from now on.
		if (signal !== 'SIGINT') child.kill(signal);
		answer();
		assert.equal((await ended).exit, signal === 'SIGHUP' ? 'SIGHUP' : 130);
		await assertSaved();
	});
}

test('S27: a cancelled refresh is waited for as long as its request may take', async t => {
	const later = before(`process.once('SIGTERM', () => setTimeout(() => console.error('15 s later'), 15_000));`);
	const {child, line, ended, answer, assertSaved} = await heldRefresh(t, {nodeOptions: [...hurriedTimers, ...later]});
	child.kill('SIGTERM');
	await line('stderr', /^15 s later$/);
	answer();
	assert.equal((await ended).exit, 130);
	await assertSaved();
});

test('S27: in a refresh that gets no response Ctrl-C ends it at once, once that was offered', async t => {
	const {child, line, ended} = await heldRefresh(t);
	child.kill('SIGTERM');
	await line('stderr', savingYourSession);
	child.kill('SIGINT');
	assert.equal((await ended).exit, 130);
});

test('S27: streams that nobody reads any more do not end a cancelled refresh', async t => {
	const {child, ended, answer, assertSaved, line} = await heldRefresh(t);
	child.stdout.destroy();
	child.kill('SIGTERM');
	await line('stderr', /ancelled/);
	child.stderr.destroy();
	answer();
	assert.equal((await ended).exit, 130);
	await assertSaved();
});

for (const [name, interruption] of Object.entries(interruptions)) {
	test(`S27: a refresh is saved all the same (${name})`, async t => {
		if (requireProgram(t, 'bash') === undefined || requireProgram(t, 'npx') === undefined) return;
		const lost = await interruptRefreshes(t, interruption, {rounds: 1, untilResponse: async told => told});
		assert.equal(lost, 0);
	});
}

for (const [name, args] of [
	['a login', ['login', '--flow', 'device']],
	[
		'exec with a child that goes on for a moment',
		['exec', '--', 'sh', '-c', 'trap "exit 0" HUP; echo esc; while :; do sleep 0.1; done'],
	],
] as const) {
	test(`S37: ${name} ends by SIGHUP where its terminal was closed`, async t => {
		const {home} = await scriptedSession(t);
		const pipe = path.join(home, 'stderr');
		execFileSync('mkfifo', [pipe]);
		const said = readFile(pipe, 'utf8');
		// The outer shell is what the system ends first; the inner one lives on to say how the command ended.
		const line = `sh -c 'trap : HUP; "$@"; echo "ended with $?" >&2' sh "$@" 2>"$PIPE"; :`;
		await using run = runInPty({
			command: '/bin/sh',
			args: ['-c', line, 'sh', process.execPath, command, ...args],
			env: {INK_LOGIN_HOME: home, PIPE: pipe, BROWSER: '/bin/true'},
		});
		await run.waitFor(/esc/);
		run.hangUp();
		assert.match(await said, /ended with 129\n$/);
	});
}

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
		assertClear(ended, /connection refused/);
	}

	const {host} = new URL(session.server.issuer);
	const helper = await session.run(['helper', 'git', 'get'], {input: `protocol=http\nhost=${host}\n\n`});
	assert.equal(helper.exit, 5);
	assertClear(helper, /Can't connect to/);
	assert.deepEqual(session.session(), before);
});

for (const [name, answer, sentence] of [
	['answers nothing', 'hang', /didn't respond/],
	['fails', {status: 503}, /is unavailable at the moment \(HTTP 503\)/],
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

test('S27: a response that died on the wire is asked for once more; where the server is strict that is the end, and said', async t => {
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
