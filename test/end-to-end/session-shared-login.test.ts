import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import {approveAuthorization} from '../support/oidc-server/approve.js';
import type {LoginEvent} from '../../source/login/events.js';
import {countedServer} from '../support/counted-server.js';
import {runInPty} from '../support/pty.js';
import {command, sessionHome, type Ended} from '../support/session-command.js';

const others = 3;

const eventsOf = ({stdout}: Ended) =>
	stdout
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line) as LoginEvent);

const prepare = async (t: TestContext) => {
	const server = await countedServer(t);
	const home = await sessionHome(t);
	const provider = ['--issuer', server.issuer, '--client-id', server.clientId, '--store', 'file'];
	const wanted = [...provider, '--flow', 'browser', '--no-open'];
	/** One process shows the login, and others wait for it. */
	const meet = async (waiters: readonly string[]) => {
		const shown = home.start(['login', ...wanted, '--json'], {input: undefined});
		const line = await shown.line('stdout', /"authorization-url"/);
		const {url} = JSON.parse(line) as {url: string};
		const waiting = Array.from({length: others}, () => home.start([...waiters, ...wanted], {input: undefined}));
		const from = waiters.includes('--json') ? 'stdout' : 'stderr';
		await Promise.all(waiting.map(async ({line}) => line(from, /"waiting"|another terminal/i)));
		return {shown, url, waiting};
	};
	return {server, ...home, meet, wanted};
};

test('demand 41: of many logins for one profile one is shown; the others say that they wait, and take its session', async t => {
	const {server, meet} = await prepare(t);
	const {shown, url, waiting} = await meet(['login', '--json']);
	await approveAuthorization({url});
	const ended = await Promise.all([shown, ...waiting].map(async ({ended}) => ended));
	for (const {exit, stderr} of ended) assert.deepEqual([exit, stderr], [0, '']);
	const [first = [], ...rest] = ended.map(one => eventsOf(one));
	assert.ok(first.every(({type}) => type !== 'waiting'));
	for (const events of rest) {
		assert.deepEqual(
			events.map(({type}) => type),
			['discovery', 'waiting', 'signed-in'],
		);
		assert.deepEqual(events.at(-1), first.at(-1));
	}

	assert.deepEqual(await server.count('authorization_code'), [200]);
});

test('demand 41: token --login waits for the login of another process, and prints its token', async t => {
	const {meet, session} = await prepare(t);
	const {shown, url, waiting} = await meet(['token', '--login', '--plain']);
	await approveAuthorization({url});
	assert.equal((await shown.ended).exit, 0);
	for (const {exit, stdout} of await Promise.all(waiting.map(async ({ended}) => ended))) {
		assert.deepEqual([exit, stdout], [0, `${session().tokens.accessToken}\n`]);
	}
});

for (const [how, signal] of [
	['is cancelled', 'SIGINT'],
	['dies', 'SIGKILL'],
] as const) {
	test(`demand 41: when the login that they wait for ${how}, the others give up soon and say so; none of them shows its own`, async t => {
		const {meet, server, start, wanted} = await prepare(t);
		const {shown, waiting} = await meet(['login', '--json']);
		const began = performance.now();
		shown.child.kill(signal);
		const ended = await Promise.all(waiting.map(async ({ended}) => ended));
		t.diagnostic(`the last of ${others} gave up after ${(performance.now() - began).toFixed(0)} ms`);
		assert.equal((await shown.ended).exit, signal === 'SIGKILL' ? signal : 130);
		for (const one of ended) {
			assert.equal(one.exit, 3);
			const events = eventsOf(one);
			assert.deepEqual(
				events.map(({type}) => type),
				['discovery', 'waiting', 'failed'],
			);
			assert.deepEqual(events.at(-1), {
				type: 'failed',
				code: 'person_required',
				message: "The other terminal's sign-in ended without a session.",
				hint: 'Start it again here.',
			});
		}

		assert.deepEqual(await server.count('authorization_code'), []);
		const next = start(['login', ...wanted, '--json'], {input: undefined});
		const {url} = JSON.parse(await next.line('stdout', /"authorization-url"/)) as {url: string};
		await approveAuthorization({url});
		assert.equal((await next.ended).exit, 0);
	});
}

test('where a person waits for the login of another terminal, theirs goes on when that one is cancelled', async t => {
	const {meet, wanted, home, session} = await prepare(t);
	const {shown} = await meet(['login', '--json']);
	await using pty = runInPty({
		args: [command, 'login', ...wanted],
		env: {INK_LOGIN_HOME: home, DISPLAY: ':0', BROWSER: '/bin/false'},
	});
	await pty.waitFor(/Another terminal is signing in/);
	shown.child.kill('SIGINT');
	await pty.waitFor(/http:\/\/127\.0\.0\.1:\d+\/[\w-]{8,}[^]*\? all keys/);
	const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{8,}/.exec(pty.emulator.text) ?? [];
	await approveAuthorization({url});
	assert.equal((await pty.exit).code, 0);
	assert.equal(session().tokens.claims?.sub, 'alice');
});

test("a window that signs in to another server waits, goes on by itself, and replaces the first one's session only where that is allowed", async t => {
	const {meet, start, run, session} = await prepare(t);
	const other = await countedServer(t);
	const elsewhere = ['--issuer', other.issuer, '--client-id', other.clientId, '--store', 'file'];
	const {shown, url} = await meet(['login', '--json']);
	for (const [more, exit] of [
		[[], 1],
		[['--switch-account'], 0],
	] as const) {
		const second = start(['login', '--json', ...elsewhere, '--flow', 'browser', '--no-open', ...more], {
			input: undefined,
		});
		if (exit === 1) {
			await second.line('stdout', /"waiting"/);
			await approveAuthorization({url});
			assert.equal((await shown.ended).exit, 0);
		}

		const own = JSON.parse(await second.line('stdout', /"authorization-url"/)) as {url: string};
		await approveAuthorization(own);
		const ended = await second.ended;
		assert.equal(ended.exit, exit, ended.stdout);
		if (exit === 0) continue;
		assert.notEqual(session().provider.issuer, other.issuer);
		for (const login of [[], ['--login']]) {
			const token = await run(['token', ...login, ...elsewhere]);
			assert.deepEqual([token.exit, token.stdout], [3, '']);
			assert.ok(token.stderr.includes(`It's for ${session().provider.issuer}, not ${other.issuer}.`), token.stderr);
		}
	}

	assert.equal(session().provider.issuer, other.issuer);
	assert.equal((await run(['token', ...elsewhere])).stdout, `${session().tokens.accessToken}\n`);
});

test('another profile has a login of its own meanwhile', async t => {
	const {meet, start, wanted} = await prepare(t);
	await meet(['login', '--json']);
	const other = start(['login', 'other', ...wanted, '--json'], {input: undefined});
	const {url} = JSON.parse(await other.line('stdout', /"authorization-url"|"waiting"/)) as {url: string};
	await approveAuthorization({url});
	assert.equal((await other.ended).exit, 0);
});

test('S12: a second person is refused in plain lines and JSON, and named; --switch-account replaces the first', async t => {
	const server = await countedServer(t);
	const {run, signIn, session} = await sessionHome(t);
	await signIn(server);
	const before = session();
	const provider = ['--issuer', server.issuer, '--client-id', server.clientId, '--store', 'file'];
	const asBob = ['login', ...provider, '--scope', 'openid profile', '--flow', 'password'];
	const input = 'bob\ndemo\n';
	const plain = await run([...asBob, '--plain'], {input});
	assert.equal(plain.exit, 1);
	assert.match(
		plain.stderr,
		/This is Bob Demo \(bob@example\.test\), but Alice Demo \(alice@example\.test\) is signed in already\. Nothing was changed\./,
	);
	assert.match(plain.stderr, /--switch-account/);
	const json = await run([...asBob, '--json'], {input});
	assert.equal(json.exit, 1);
	const failed = eventsOf(json).at(-1);
	assert.equal(failed?.type === 'failed' && failed.code, 'identity_check_failed');
	assert.deepEqual(session(), before);
	const switched = await run([...asBob, '--switch-account'], {input});
	assert.equal(switched.exit, 0, switched.stderr);
	assert.equal(session().tokens.claims?.sub, 'bob');
	// The same person again is no switch.
	assert.equal((await run(asBob, {input})).exit, 0);
});

for (const [answer, sub] of [
	['keep', 'alice'],
	['replace', 'bob'],
] as const) {
	test(`S12: on a screen a second person is asked about: ${answer}`, async t => {
		const server = await countedServer(t);
		const {signIn, session, home} = await sessionHome(t);
		await signIn(server);
		const provider = ['--issuer', server.issuer, '--client-id', server.clientId, '--store', 'file'];
		await using pty = runInPty({
			args: [command, 'login', ...provider, '--flow', 'browser', '--no-open'],
			env: {INK_LOGIN_HOME: home, DISPLAY: ':0', BROWSER: '/bin/false'},
		});
		await pty.waitFor(/http:\/\/127\.0\.0\.1:\d+\/[\w-]{8,}[^]*\? all keys/);
		const [address = ''] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{8,}/.exec(pty.emulator.text) ?? [];
		await approveAuthorization({url: address, login: 'bob'});
		await pty.waitFor(/❯ 1 {2}Keep alice@example\.test[^]*2 {2}Replace it with bob@example\.test/);
		assert.equal(session().tokens.claims?.sub, 'alice', 'nothing is replaced before the response');
		pty.write(answer === 'replace' ? '2' : '1');
		await pty.exit;
		assert.equal(session().tokens.claims?.sub, sub);
	});
}
