import assert from 'node:assert/strict';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {inspect} from 'node:util';
import {createFileStore} from '../../../source/session/store/file-store.js';
import {openStore} from '../../../source/session/store/open-store.js';
import type {Keyring} from '../../../source/session/types.js';
import {storeError} from '../../../source/session/store/file-system.js';
import {makeSession, temporaryFolder} from './fixtures.js';

type FakeKeyring = Keyring & {secret: string | undefined; gets: number; sets: number};

const makeKeyring = (secret?: string): FakeKeyring => {
	const keyring: FakeKeyring = {
		secret,
		gets: 0,
		sets: 0,
		async get() {
			keyring.gets++;
			return keyring.secret;
		},
		async set(value) {
			keyring.sets++;
			await new Promise(resolve => setImmediate(resolve));
			keyring.secret = value;
		},
		probe: async () => undefined,
	};
	return keyring;
};

const fileIn = (directory: string) => path.join(directory, 'profile-work.json');

test('demand 45: a session of any size is kept encrypted, with one small key in the keyring', async t => {
	const directory = temporaryFolder(t);
	const keyring = makeKeyring();
	const session = makeSession('canary'.repeat(10_000));
	await openStore({home: directory, kind: 'keyring', keyring}).write('work', session);
	assert.doesNotMatch(readFileSync(fileIn(directory), 'utf8'), /canary|example\.com/);
	assert.equal(Buffer.from(keyring.secret ?? '', 'base64').length, 32);
	assert.deepEqual(await openStore({home: directory, kind: 'keyring', keyring}).read('work'), session);
});

test('demand 46: all sessions of a folder share one entry, asked for once', async t => {
	const directory = temporaryFolder(t);
	const keyring = makeKeyring();
	const store = openStore({home: directory, kind: 'keyring', keyring});
	for (const profile of ['a', 'b', 'c']) await store.write(profile, makeSession(profile));
	const reader = openStore({home: directory, kind: 'keyring', keyring});
	keyring.gets = 0;
	for (const profile of await reader.list()) assert.ok(await reader.read(profile));
	assert.deepEqual([keyring.sets, keyring.gets], [1, 1]);
});

test('two first logins at the same moment make one key', async t => {
	const directory = temporaryFolder(t);
	const keyring = makeKeyring();
	const stores = [
		openStore({home: directory, kind: 'keyring', keyring}),
		openStore({home: directory, kind: 'keyring', keyring}),
	];
	await Promise.all(stores.map(async (store, index) => store.write(`p${index}`, makeSession('x'))));
	assert.equal(keyring.sets, 1);
	for (const profile of ['p0', 'p1'])
		assert.ok(await openStore({home: directory, kind: 'keyring', keyring}).read(profile));
	assert.deepEqual(readdirSync(directory), ['profile-p0.json', 'profile-p1.json']);
});

test("one profile's encrypted session does not open as another's", async t => {
	const directory = temporaryFolder(t);
	const keyring = makeKeyring();
	const store = openStore({home: directory, kind: 'keyring', keyring});
	await store.write('home', makeSession('x'));
	const file = readFileSync(path.join(directory, 'profile-home.json'), 'utf8');
	writeFileSync(fileIn(directory), file.replace('"home"', '"work"'), {mode: 0o600});
	await assert.rejects(openStore({home: directory, kind: 'keyring', keyring}).read('work'), {code: 'store_error'});
});

for (const [what, encrypted] of [
	['another key opens', Buffer.from('x'.repeat(200)).toString('base64')],
	['is cut short', 'AAAA'],
	['is empty', ''],
] as const) {
	test(`a session that ${what} is an error with what to do, stays where it is, and a login replaces it`, async t => {
		const directory = temporaryFolder(t);
		const keyring = makeKeyring(Buffer.alloc(32, 1).toString('base64'));
		writeFileSync(fileIn(directory), JSON.stringify({version: 1, profile: 'work', encrypted}), {mode: 0o600});
		await assert.rejects(openStore({home: directory, kind: 'keyring', keyring}).read('work'), {
			code: 'store_error',
			message: 'The system keyring has no key that opens this session.',
			hint: 'Unlock the keyring that it was saved with, or sign in again.',
		});
		assert.deepEqual(readdirSync(directory), ['profile-work.json']);

		const login = openStore({home: directory, kind: 'keyring', keyring});
		await login.prepare?.();
		assert.equal(await login.read('work'), undefined);
		assert.match(login.notices.join(), /no key that opens this session\..* signing in replaces it\.$/);
		await login.write('work', makeSession('x'));
		assert.ok(await openStore({home: directory, kind: 'keyring', keyring}).read('work'));
	});
}

test('a keyring without the key, or locked, leaves the session where it is', async t => {
	const directory = temporaryFolder(t);
	const keyring = makeKeyring();
	await openStore({home: directory, kind: 'keyring', keyring}).write('work', makeSession('x'));
	const before = readFileSync(fileIn(directory), 'utf8');
	const locked: Keyring = {
		...keyring,
		get: async () => Promise.reject(storeError('The system keyring is locked.', 'Unlock it.')),
	};
	await assert.rejects(openStore({home: directory, kind: 'keyring', keyring: locked}).read('work'), {
		code: 'store_error',
	});
	const withoutKey = openStore({home: directory, kind: 'keyring', keyring: makeKeyring()});
	await assert.rejects(withoutKey.read('work'), {code: 'store_error'});
	await assert.rejects(createFileStore({directory}).read('work'), {code: 'store_error'});
	assert.equal(readFileSync(fileIn(directory), 'utf8'), before);
	const store = openStore({home: directory, kind: 'keyring', keyring});
	assert.ok(await store.read('work'));
});

test('a key that another process has made again is fetched before anything is called unreadable', async t => {
	const directory = temporaryFolder(t);
	const keyring = makeKeyring();
	const patient = openStore({home: directory, kind: 'keyring', keyring});
	await patient.write('work', makeSession('old'));
	keyring.secret = undefined;
	await openStore({home: directory, kind: 'keyring', keyring}).write('work', makeSession('new'));
	assert.equal((await patient.read('work'))?.tokens.accessToken, 'new');
	assert.deepEqual(patient.notices, []);
});

test('S22: the key is in no error', async t => {
	const directory = temporaryFolder(t);
	const keyring: Keyring = {...makeKeyring(), set: async secret => Promise.reject(new Error(`cannot keep ${secret}`))};
	await assert.rejects(
		openStore({home: directory, kind: 'keyring', keyring}).write('work', makeSession('canary')),
		error => {
			assert.doesNotMatch(inspect(error, {depth: 9, showHidden: true}), /canary|cannot keep/);
			return true;
		},
	);
});
