import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readdirSync, readFileSync} from 'node:fs';
import {createServer, type Socket} from 'node:net';
import path from 'node:path';
import {after, test} from 'node:test';
import {askSecretService} from '../../../../source/session/store/keyring/secret-service.js';
import {
	isKeyringMissing,
	startBus,
	startKeyring,
	startSilentBus,
	strangersEnvironment,
	withoutPatience,
	withPatience,
} from '../../../support/keyring.js';
import {prepareChildren, type Child} from '../children.js';
import {temporaryFolder} from '../fixtures.js';

const children = prepareChildren();
after(() => children.remove());

type ScriptedResponse = {
	kind?: string;
	length?: number;
	notices?: string[];
	message?: string;
	removed?: boolean;
	list?: string[];
};

const responseOf = async (child: Child): Promise<ScriptedResponse> => {
	const began = performance.now();
	let line = await child.line();
	// Where it has patience it may say so.
	if (line?.startsWith('Waiting')) line = await child.line();
	const answer = JSON.parse(line ?? '{}') as ScriptedResponse;
	await child.closed;
	assert.equal(child.process.exitCode, 0);
	assert.ok(performance.now() - began < withoutPatience, 'it hung');
	return answer;
};

test('gnome-keyring: stored, read back by another process, larger than 16 KB, removed', async t => {
	if (isKeyringMissing(t)) return;
	const folder = temporaryFolder(t);
	const environment = await startBus(t, strangersEnvironment(folder));
	await startKeyring(t, environment, 'a password');
	const home = path.join(folder, 'home');
	const size = 40_000;
	const patient = {...environment, ...withPatience};
	assert.deepEqual(await responseOf(children.startIn(patient, 'login', home, String(size))), {
		kind: 'keyring',
		notices: [],
	});
	assert.deepEqual(await responseOf(children.startIn(environment, 'read', home)), {
		kind: 'keyring',
		length: size,
		notices: [],
	});
	assert.doesNotMatch(readFileSync(path.join(home, 'profile-work.json'), 'utf8'), /xxxxxx/);
	assert.deepEqual(await responseOf(children.startIn(environment, 'remove', home)), {removed: true, list: []});
	assert.deepEqual(readdirSync(home), ['store.json']);
});

test('what the native module stored is read without it; a locked keyring says so, and one without the entry', async t => {
	if (isKeyringMissing(t)) return;
	const folder = temporaryFolder(t);
	const environment = await startBus(t, strangersEnvironment(folder));
	const home = path.join(folder, 'größe');
	const ask = async (username: string) =>
		askSecretService({environment, timeout: withoutPatience, attributes: {service: 'ink-login', username}});
	const stop = await startKeyring(t, environment, 'a password');
	await responseOf(children.startIn({...environment, ...withPatience}, 'login', home, '10'));
	const answer = await ask(home);
	assert.equal(answer.state, 'found');
	assert.equal(Buffer.from(answer.secret, 'base64').length, 32);
	assert.deepEqual(await ask(`${home}/other`), {state: 'ready'});

	await stop();
	await startKeyring(t, environment);
	assert.deepEqual(await ask(home), {state: 'locked'});
	assert.deepEqual(await ask(`${home}/other`), {state: 'locked'});
});

test("the keyring's entry bears the name of the program that signed in", async t => {
	if (isKeyringMissing(t)) return;
	const folder = temporaryFolder(t);
	const environment = await startBus(t, strangersEnvironment(folder));
	await startKeyring(t, environment, 'a password');
	const home = path.join(folder, 'home');
	assert.deepEqual(await responseOf(children.startIn({...environment, ...withPatience}, 'loginTo', home, 'acme')), {
		kind: 'keyring',
		notices: [],
	});
	const attributes = {service: 'acme', username: path.join(home, 'apps', 'acme')};
	assert.equal((await askSecretService({environment, timeout: withoutPatience, attributes})).state, 'found');
});

test('on a bus where nobody keeps secrets, nobody is waited for', async t => {
	if (isKeyringMissing(t)) return;
	const folder = temporaryFolder(t);
	// Nor can the bus start anybody who would.
	const environment = await startBus(t, {...strangersEnvironment(folder), XDG_DATA_DIRS: folder});
	const question = {environment, timeout: withoutPatience, attributes: {service: 'ink-login'}};
	assert.deepEqual(await askSecretService(question), {state: 'ready'});
});

test('demand 44: a keyring that got locked is said at once, the session stays, and a login takes a file and says so', async t => {
	if (isKeyringMissing(t)) return;
	const folder = temporaryFolder(t);
	const environment = await startBus(t, strangersEnvironment(folder));
	const stop = await startKeyring(t, environment, 'a password');
	const home = path.join(folder, 'home');
	await responseOf(children.startIn({...environment, ...withPatience}, 'login', home, '10'));
	await stop();
	await startKeyring(t, environment);

	const encrypted = readFileSync(path.join(home, 'profile-work.json'), 'utf8');
	const {message} = await responseOf(children.startIn(environment, 'read', home));
	assert.equal(message, 'The system keyring is locked.');
	assert.equal(readFileSync(path.join(home, 'profile-work.json'), 'utf8'), encrypted);

	const {kind, notices} = await responseOf(children.startIn(environment, 'login', home, '20'));
	assert.equal(kind, 'file');
	assert.match(
		notices?.join() ?? '',
		/^The system keyring is locked, or there isn't one, so the session is in a private file/,
	);
	assert.deepEqual(await responseOf(children.startIn(environment, 'read', home)), {
		kind: 'file',
		length: 20,
		notices: [],
	});
});

test('demand 44: without a bus a login takes a file within its time, and says so', async t => {
	const folder = temporaryFolder(t);
	const environment = strangersEnvironment(folder);
	const home = path.join(folder, 'home');
	const {kind, notices} = await responseOf(children.startIn(environment, 'login', home, '10'));
	assert.equal(kind, 'file');
	assert.match(notices?.join() ?? '', /^The system keyring .+, so the session is in a private file/);
	assert.deepEqual(await responseOf(children.startIn(environment, 'read', home)), {
		kind: 'file',
		length: 10,
		notices: [],
	});
});

test('demand 44: a bus that never answers holds up neither a login nor a reader for more than 2 seconds, nor their end', async t => {
	const folder = temporaryFolder(t);
	const environment = await startSilentBus(t, folder);
	const home = path.join(folder, 'home');
	const {kind, notices} = await responseOf(children.startIn(environment, 'login', home, '10'));
	assert.equal(kind, 'file');
	assert.match(notices?.join() ?? '', /^The system keyring didn.t respond within 2 seconds/);
});

test('demand 44: a reader of an encrypted session gives up on a bus that never answers, and leaves the session alone', async t => {
	if (isKeyringMissing(t)) return;
	const folder = temporaryFolder(t);
	const environment = await startBus(t, strangersEnvironment(folder));
	await startKeyring(t, environment, 'a password');
	const home = path.join(folder, 'home');
	await responseOf(children.startIn({...environment, ...withPatience}, 'login', home, '10'));
	const silent = await startSilentBus(t, folder);
	const {message} = await responseOf(children.startIn(silent, 'read', home));
	assert.equal(message, "The system keyring doesn't respond.");
	assert.deepEqual(await responseOf(children.startIn(environment, 'read', home)), {
		kind: 'keyring',
		length: 10,
		notices: [],
	});
});

test('where a window may be asking for a password, the wait is longer, and said', async t => {
	const folder = temporaryFolder(t);
	const environment = await startSilentBus(t, folder);
	const child = children.startIn({...environment, ...withPatience}, 'login', path.join(folder, 'home'), '10');
	assert.equal(await child.line(), 'Waiting for the system keyring: a window may be asking to unlock it.');
	child.process.kill('SIGKILL');
	await child.closed;
});

test(
	'anyone who ends while the keyring says nothing leaves no process behind that waits for it',
	{timeout: 60_000},
	async t => {
		const folder = temporaryFolder(t);
		const address = path.join(folder, 'bus');
		const bus = createServer(socket => socket.on('error', () => undefined)).listen(address);
		t.after(() => bus.close());
		const environment = {
			...strangersEnvironment(folder),
			...withPatience,
			DBUS_SESSION_BUS_ADDRESS: `unix:path=${address}`,
		};
		const child = children.startIn(environment, 'abandon', path.join(folder, 'home'));
		const [waiting] = (await once(bus, 'connection')) as [Socket];
		t.after(() => waiting.destroy());
		const left = once(waiting.resume(), 'end');
		child.process.stdin.write('now\n');
		await child.closed;
		await left;
	},
);
