import assert from 'node:assert/strict';
import {
	chmodSync,
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {temporaryFolder} from '../support/built-command.js';
import {scriptedSession} from '../support/scripted-session.js';
import {before, sessionHome, type Ended} from '../support/session-command.js';

/** Anyone who has no rights where others have. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const file = 'profile-default.json';

/** A file system on which one call of Node.js always fails, or does from when a file is there. */
const failing = (call: string, code: string, since?: string) =>
	before(`
		import fs from 'node:fs';
		import {syncBuiltinESMExports} from 'node:module';
		const real = fs[${JSON.stringify(call)}];
		fs[${JSON.stringify(call)}] = (...args) => {
			if (${JSON.stringify(since !== undefined)} && !fs.existsSync(${JSON.stringify(since)})) return real(...args);
			// Reading goes on.
			if (${JSON.stringify(call)} === 'openSync' && (args[1] & fs.constants.O_CREAT) === 0) return real(...args);
			throw Object.assign(new Error('canary'), {code: ${JSON.stringify(code)}});
		};
		syncBuiltinESMExports();
	`);

/** One sentence, and one line that says what to do. */
const assertSaid = ({exit, stdout, stderr}: Ended, expected: number, sentence: RegExp) => {
	assert.deepEqual([exit, stdout], [expected, ''], stderr);
	assert.match(stderr, sentence);
	assert.match(stderr, /^ink-login: [^\n]+\.\n[^\n]+\.?\n$/);
	assert.doesNotMatch(stderr, /canary/);
};

for (const [name, call, code, sentence] of [
	['a full disk', 'writeFileSync', 'ENOSPC', /The disk is full: nothing can be saved in /],
	['a quota that is used up', 'fsyncSync', 'EDQUOT', /The disk is full/],
	['a read-only file system', 'openSync', 'EROFS', /is on a read-only file system/],
	['a disk with a defect', 'fsyncSync', 'EIO', /couldn't be used \(EIO\)/],
] as const) {
	test(`${name}: an expired session is not refreshed into nothing, is as it was, and works again afterwards`, async t => {
		const session = await scriptedSession(t);
		session.expire();
		const stored = session.session();
		for (const [args, exit] of [
			[['token'], 1],
			[['exchange'], 1],
			[['exec', '--', 'true'], 125],
		] as const) {
			assertSaid(await session.run(args, {nodeOptions: failing(call, code)}), exit, sentence);
		}

		assert.equal(session.refreshes(), 0, 'the refresh token is not spent');
		assert.deepEqual(session.session(), stored);
		assert.equal((await session.run(['token'])).exit, 0);
	});

	test(`${name}: a valid token is printed all the same, be it near its end`, async t => {
		const session = await scriptedSession(t);
		const nodeOptions = failing(call, code);
		assert.equal((await session.run(['token'], {nodeOptions})).exit, 0);
		session.change(({tokens, ...rest}) => ({
			...rest,
			tokens: {...tokens, issuedAt: Date.now() - 3_570_000, expiresAt: Date.now() + 30_000},
		}));
		const {exit, stdout} = await session.run(['token'], {nodeOptions});
		assert.deepEqual([exit, stdout], [0, `${session.session().tokens.accessToken}\n`]);
		assert.equal(session.refreshes(), 0);
	});

	test(`${name}: a login that cannot be kept says so, and its tokens are revoked`, async t => {
		const {server} = await scriptedSession(t);
		const {run, home} = await sessionHome(t);
		const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
		// The choice of the store is on disk by then.
		writeFileSync(path.join(home, 'store.json'), '{"version":1,"kind":"file"}', {mode: 0o600});
		const {exit, stderr} = await run(['login', ...provider, '--flow', 'password'], {
			input: 'ada\nanalytical engine\n',
			nodeOptions: failing(call, code),
		});
		assert.equal(exit, 1);
		assert.match(stderr, sentence);
		assert.deepEqual(readdirSync(home), ['store.json']);
		assert.ok(server.requestsTo('revocation').length > 0);
	});
}

for (const [name, call, isSaved] of [
	['takes no new file', 'openSync', true],
	['takes nothing at all', 'writeFileSync', false],
] as const) {
	test(`a disk that ${name} from the moment at which the server answers: the new token is printed`, async t => {
		const session = await scriptedSession(t);
		const full = path.join(await temporaryFolder(t), 'full');
		session.server.answer('token', async (_, conforming) => {
			writeFileSync(full, '');
			return conforming();
		});
		session.expire();
		const before = session.session().tokens;
		const {exit, stdout, stderr} = await session.run(['token'], {nodeOptions: failing(call, 'ENOSPC', full)});
		assert.equal(exit, 0, stderr);
		assert.notEqual(stdout, `${before.accessToken}\n`);
		assert.equal(session.session().tokens.refreshToken !== before.refreshToken, isSaved);
		if (isSaved) {
			assert.equal(stderr, '');
			session.expire();
			assert.equal((await session.run(['token'])).exit, 0);
		} else assert.match(stderr, /^The disk is full: .+ couldn't be saved, .+ then sign in again\.\n$/);
	});
}

test('a relative INK_LOGIN_HOME is refused in one sentence, even where it leads to a session', async t => {
	const session = await scriptedSession(t);
	const env = {INK_LOGIN_HOME: path.relative(process.cwd(), session.home)};
	for (const args of [['token'], ['status'], ['logout']])
		assertSaid(await session.run(args, {env}), 1, /INK_LOGIN_HOME is a relative path \(/);
	assertSaid(await session.run(['exec', '--', 'true'], {env}), 125, /INK_LOGIN_HOME is a relative path \(/);
	assert.equal((await session.run(['token'])).exit, 0);
});

test('a folder of everybody as home is refused in one sentence, and stays as it was', async t => {
	const {run, home} = await sessionHome(t);
	chmodSync(home, 0o1777);
	writeFileSync(path.join(home, 'database.new'), '');
	const login = [
		'login',
		'--issuer',
		'https://auth.example',
		'--client-id',
		'x',
		'--flow',
		'device',
		'--store',
		'file',
	];
	for (const args of [['token'], ['logout'], login])
		assertSaid(await run(args), 1, /is a folder that others can write to\./);
	assert.equal(lstatSync(home).mode & 0o7777, 0o1777);
	assert.deepEqual(readdirSync(home), ['database.new']);
});

/** The home of the session belongs to anyone who the command runs as. */
const give = (home: string, uid: number) => {
	for (const name of readdirSync(home)) chownSync(path.join(home, name), uid, uid);
	chownSync(home, uid, uid);
};

test('a home that nobody may write to: read from, and else one clear sentence', async t => {
	const session = await scriptedSession(t);
	const options = isRoot ? {uid: nobody} : {};
	const {refreshToken} = session.session().tokens;
	if (isRoot) give(session.home, nobody);
	chmodSync(session.home, 0o500);
	try {
		assert.equal((await session.run(['token'], options)).exit, 0);
		assert.equal((await session.run(['status'], options)).exit, 0);
		session.expire();
		assertSaid(await session.run(['token'], options), 1, /You don't have permission to use /);
		assertSaid(await session.run(['logout'], options), 1, /You don't have permission to use /);
	} finally {
		chmodSync(session.home, 0o700);
	}

	assert.equal(session.session().tokens.refreshToken, refreshToken);
	assert.equal(session.refreshes(), 0);
});

test("S24: in another user's home nothing is touched: sudo takes nobody's session away", async t => {
	if (!isRoot) {
		t.skip('only root can be someone else');
		return;
	}

	const session = await scriptedSession(t);
	give(session.home, nobody);
	session.expire();
	const stored = session.session();
	for (const args of [['token'], ['status'], ['logout']]) {
		assertSaid(await session.run(args), 1, /belongs to another user/);
	}

	assert.deepEqual(session.session(), stored);
	assert.equal(lstatSync(path.join(session.home, file)).uid, nobody);
});

const asideIn = (home: string) => readdirSync(home).filter(name => name.startsWith(`${file}.set-aside-`));

/** What stands in place of the session is set aside, which is said, and nobody is signed in. */
const assertSetAside = async (
	{run, home}: Awaited<ReturnType<typeof scriptedSession>>,
	reason: RegExp,
	args: readonly string[] = ['token'],
) => {
	const {exit, stdout, stderr} = await run(args);
	assert.equal(exit, 3, stderr);
	assert.doesNotMatch(stdout, /canary/);
	const [notice = '', failure = ''] = stderr.split('\n');
	assert.match(notice, reason);
	assert.match(notice, /; it was moved to .+set-aside-\d+\. Any tokens left in it are deleted when you sign out\.$/);
	assert.match(failure, /^ink-login: Nobody is signed in/);
	assert.equal(asideIn(home).length, 1);
	assert.ok(!existsSync(path.join(home, file)));
};

test("S24: another user's file in place of the session is set aside, and said", async t => {
	if (!isRoot) {
		t.skip('only root can be someone else');
		return;
	}

	const session = await scriptedSession(t);
	chownSync(path.join(session.home, file), nobody, nobody);
	await assertSetAside(session, /^The session file of profile "default" belongs to another user/);
});

test('S24: a symbolic link in place of the session is not followed, but set aside and said', async t => {
	const session = await scriptedSession(t);
	const elsewhere = path.join(await temporaryFolder(t), 'elsewhere');
	renameSync(path.join(session.home, file), elsewhere);
	symlinkSync(elsewhere, path.join(session.home, file));
	const content = readFileSync(elsewhere, 'utf8');
	await assertSetAside(session, /^The session file of profile "default" isn't an ordinary file/);
	assert.equal(readFileSync(elsewhere, 'utf8'), content);
});

for (const [name, content] of [
	['empty', ''],
	['cut off', '{"version":1,"profile":"default","session":{"tokens":{"accessToken":"canary'],
	['of another program', '{"canary": true}'],
] as const) {
	for (const args of [['token'], ['status'], ['exec', '--', 'true'], ['exchange']]) {
		test(`a file that is ${name} in place of the session is set aside by ${args[0]}, never deleted, and said`, async t => {
			const session = await scriptedSession(t);
			writeFileSync(path.join(session.home, file), content, {mode: 0o600});
			await assertSetAside(session, /is damaged/, args);
			assert.equal(readFileSync(path.join(session.home, asideIn(session.home)[0]!), 'utf8'), content);
		});
	}
}

const replaceHome = async (t: TestContext, replace: (home: string, elsewhere: string) => void) => {
	const session = await scriptedSession(t);
	const elsewhere = path.join(await temporaryFolder(t), 'elsewhere');
	renameSync(session.home, elsewhere);
	replace(session.home, elsewhere);
	for (const args of [['token'], ['status'], ['logout']]) {
		assertSaid(await session.run(args), 1, /is a link or a file, not a folder\./);
	}

	assert.ok(existsSync(path.join(elsewhere, file)));
};

test('S24: a symbolic link, or a file, in place of the whole folder is refused, and nothing behind it touched', async t => {
	await replaceHome(t, (home, elsewhere) => symlinkSync(elsewhere, home));
	await replaceHome(t, home => writeFileSync(home, ''));
});

test('a folder in place of the session is one clear sentence or set aside, and never removed', async t => {
	const session = await scriptedSession(t);
	renameSync(path.join(session.home, file), path.join(session.home, 'kept'));
	mkdirSync(path.join(session.home, file));
	await assertSetAside(session, /isn't an ordinary file/);
});
