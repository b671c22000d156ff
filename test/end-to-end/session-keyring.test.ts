import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {temporaryFolder} from '../support/built-command.js';
import {demoServer} from '../support/demo-server.js';
import {
	isKeyringMissing,
	startBus,
	startKeyring,
	startSilentBus,
	strangersEnvironment,
	withoutPatience,
	withPatience,
} from '../support/keyring.js';
import {sessionHome} from '../support/session-command.js';

const auto = ['--store', 'auto'];

/** A user at a machine of whom nothing is known, and the command in their home. */
const stranger = async (t: TestContext) => {
	const folder = await temporaryFolder(t);
	const home = await sessionHome(t, path.join(folder, 'home'));
	return {...home, environment: strangersEnvironment(folder), file: path.join(home.home, 'profile-default.json')};
};

test('gnome-keyring: a login is kept in the keyring, read by other processes, refreshed there, and gone after the logout', async t => {
	if (isKeyringMissing(t)) return;
	const {environment, run, signIn, file} = await stranger(t);
	const env = await startBus(t, environment);
	await startKeyring(t, env, 'a password');
	const server = await demoServer(t);
	const {stderr} = await signIn(server, {more: auto, env: {...env, ...withPatience}});
	assert.doesNotMatch(stderr, /keyring|private file/, 'where one expects it, there is nothing to say');

	const first = await run(['token'], {env});
	assert.deepEqual([first.exit, first.stderr], [0, '']);
	const encrypted = readFileSync(file, 'utf8');
	assert.ok(!encrypted.includes(first.stdout.trim()));
	assert.match(encrypted, /"encrypted"/);
	assert.match((await run(['status'], {env})).stdout, /Saved in +the system keyring/);

	const renewed = await run(['status', '--userinfo', '--json'], {env});
	assert.equal((JSON.parse(renewed.stdout) as {store: string}).store, 'keyring');
	const {exit, stderr: said} = await run(['logout'], {env});
	assert.equal(exit, 0);
	assert.match(said, /revoked/);
	assert.ok(!existsSync(file));
	assert.equal((await run(['token'], {env})).exit, 3);
});

test('S28: without a bus a login takes a file within its time and says so, and the file is used from then on', async t => {
	const {environment: env, run, signIn, session} = await stranger(t);
	const server = await demoServer(t);
	const began = performance.now();
	const {stderr} = await signIn(server, {more: auto, env});
	assert.ok(performance.now() - began < withoutPatience);
	assert.match(stderr, /^The system keyring .+, so the session is in a private file\.$/m);
	const {stdout, stderr: silence} = await run(['token'], {env});
	assert.deepEqual([stdout, silence], [`${session().tokens.accessToken}\n`, '']);
});

test('S28: a keyring that got locked is said in one sentence, the session stays, and the next login takes a file', async t => {
	if (isKeyringMissing(t)) return;
	const {environment, run, signIn, file} = await stranger(t);
	const env = await startBus(t, environment);
	const stop = await startKeyring(t, env, 'a password');
	const server = await demoServer(t);
	await signIn(server, {more: auto, env: {...env, ...withPatience}});
	await stop();
	await startKeyring(t, env);

	const encrypted = readFileSync(file, 'utf8');
	for (const args of [['token'], ['status'], ['exec', '--', 'true'], ['logout']]) {
		const {stdout, stderr} = await run(args, {env});
		assert.equal(stdout, '');
		assert.match(stderr, /^ink-login: The system keyring is locked\.\n.+\n$/, args.join(' '));
		assert.equal(readFileSync(file, 'utf8'), encrypted);
	}

	const {stderr} = await signIn(server, {more: auto, env});
	assert.match(stderr, /^The system keyring is locked, or there isn't one, so the session is in a private file/m);
	assert.equal((await run(['token'], {env})).exit, 0);
});

test('S28: a bus that never answers holds a command up for its time at most', async t => {
	const folder = await temporaryFolder(t);
	const env = await startSilentBus(t, folder);
	const {signIn, run} = await sessionHome(t, path.join(folder, 'home'));
	const server = await demoServer(t);
	const {stderr} = await signIn(server, {more: auto, env});
	assert.match(stderr, /^The system keyring didn.t respond within 2 seconds, so the session is in a private file/m);
	assert.equal((await run(['token'], {env})).exit, 0);
});
