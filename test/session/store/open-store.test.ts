import assert from 'node:assert/strict';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {LoginError} from '../../../source/core/errors.js';
import type {Keyring} from '../../../source/session/types.js';
import {openStore, type OpenStoreOptions} from '../../../source/session/store/open-store.js';
import {homeDirectory, stateDirectory} from '../../../source/session/store/session-file.js';
import {storeError} from '../../../source/session/store/file-system.js';
import {makeSession, temporaryFolder, watchedFileSystem} from './fixtures.js';

const working = (): Keyring & {probes: number} => {
	let secret: string | undefined;
	const keyring = {
		probes: 0,
		get: async () => secret,
		set: async (value: string) => {
			secret = value;
		},
		probe: async () => {
			keyring.probes++;
		},
	};
	return keyring;
};

/** As a login leaves it that has begun. */
const openForLogin = async (options: OpenStoreOptions) => {
	const store = openStore(options);
	await store.prepare?.();
	return store;
};

const refuse = async (): Promise<never> => Promise.reject(storeError('The system keyring is locked.', 'Unlock it.'));
const locked: Keyring = {get: refuse, set: refuse, probe: refuse};

test('S28: auto takes a keyring that works, remembers it, and tries it out at login only', async t => {
	const home = temporaryFolder(t);
	const keyring = working();
	const store = await openForLogin({home, keyring});
	assert.equal(store.kind, 'keyring');
	assert.deepEqual(store.notices, []);
	await store.write('work', makeSession('x'));
	const later = openStore({home, keyring});
	assert.equal(later.kind, 'keyring');
	assert.equal((await later.read('work'))?.tokens.accessToken, 'x');
	assert.equal(keyring.probes, 1);
});

test('S28: auto falls back to files, says so, and remembers it', async t => {
	const home = temporaryFolder(t);
	const store = await openForLogin({home, keyring: locked});
	assert.equal(store.kind, 'file');
	assert.equal(store.notices.length, 1);
	assert.match(store.notices[0]!, /^The system keyring is locked, so the session is in a private file\.$/);
	const later = openStore({home, keyring: locked});
	assert.equal(later.kind, 'file');
	assert.deepEqual(later.notices, []);
});

test('a keyring that was asked for by name is never replaced by files', async t => {
	const home = temporaryFolder(t);
	await assert.rejects(openForLogin({kind: 'keyring', home, keyring: locked}), {code: 'store_error'});
	assert.deepEqual(readdirSync(home), []);
});

test('S28: never both: a refresh keeps the form of the session, a login moves it', async t => {
	const home = temporaryFolder(t);
	const keyring = working();
	const form = () =>
		readFileSync(path.join(home, 'profile-work.json'), 'utf8').includes('"encrypted"') ? 'keyring' : 'file';
	await (await openForLogin({kind: 'keyring', home, keyring})).write('work', makeSession('one'));
	await (await openForLogin({kind: 'file', home, keyring})).write('other', makeSession('two'));
	const refresher = openStore({home, keyring});
	assert.equal(refresher.kind, 'file');
	await refresher.read('work');
	assert.equal(refresher.kind, 'keyring');
	await refresher.write('work', makeSession('three'));
	assert.equal(form(), 'keyring');
	await (await openForLogin({kind: 'file', home, keyring})).write('work', makeSession('four'));
	assert.equal(form(), 'file');
	assert.deepEqual(readdirSync(home), ['profile-other.json', 'profile-work.json', 'store.json']);
});

test('demand 47: a session in a file is opened and read without the keyring and without a write', async t => {
	const home = temporaryFolder(t);
	await (await openForLogin({kind: 'file', home})).write('work', makeSession('x'));
	const calls: string[] = [];
	const fileSystem = watchedFileSystem(({name}) => calls.push(name));
	const store = openStore({home, keyring: locked, fileSystem});
	assert.ok(await store.read('work'));
	const reading = ['fileInfo', 'openToRead', 'info', 'read', 'close'];
	assert.deepEqual(
		calls.filter(name => !reading.includes(name)),
		[],
	);
});

test('a damaged memory of the choice loses nothing', async t => {
	const home = temporaryFolder(t);
	await (await openForLogin({kind: 'file', home})).write('work', makeSession('x'));
	writeFileSync(path.join(home, 'store.json'), '{');
	assert.ok(await openStore({home, keyring: locked}).read('work'));
});

test('INK_LOGIN_HOME moves every file; without it each platform has its own place', () => {
	const rows = [
		[{INK_LOGIN_HOME: '/srv/x', XDG_STATE_HOME: '/state'}, 'linux', '/srv/x'],
		[{INK_LOGIN_HOME: '', XDG_STATE_HOME: '/state'}, 'linux', '/state/ink-login'],
		[{XDG_STATE_HOME: 'relative'}, 'linux', '/home/u/.local/state/ink-login'],
		[{}, 'freebsd', '/home/u/.local/state/ink-login'],
		[{XDG_STATE_HOME: '/state'}, 'darwin', '/home/u/Library/Application Support/ink-login'],
		[{LOCALAPPDATA: 'C:\\Users\\u\\AppData\\Local'}, 'win32', 'C:\\Users\\u\\AppData\\Local\\ink-login'],
		[{INK_LOGIN_HOME: 'D:\\x'}, 'win32', 'D:\\x'],
		[{LOCALAPPDATA: 'relative'}, 'win32', '\\home\\u\\AppData\\Local\\ink-login'],
	] as const;
	for (const [environment, platform, expected] of rows)
		assert.equal(
			stateDirectory(environment, platform, () => '/home/u'),
			expected,
		);
});

test("a HOME that is empty or relative is nobody's: what is kept does not depend on where a command is run", t => {
	const {HOME: home} = process.env;
	t.after(() => {
		if (home === undefined) delete process.env['HOME'];
		else process.env['HOME'] = home;
	});
	for (const wrong of ['', 'relative', '.']) {
		process.env['HOME'] = wrong;
		assert.equal(homeDirectory(), userInfo().homedir);
	}
});

test('who has no home directory is told to name one, and needs none with INK_LOGIN_HOME', () => {
	const homeless = () => {
		throw new Error('no home was to be looked for');
	};
	assert.equal(stateDirectory({INK_LOGIN_HOME: '/srv/x'}, 'linux', homeless), '/srv/x');
	assert.equal(stateDirectory({XDG_STATE_HOME: '/state'}, 'linux', homeless), '/state/ink-login');
});

test('a relative INK_LOGIN_HOME is refused: sessions do not come from the folder where a command is run', async () => {
	for (const [home, platform] of [
		['.ink', 'linux'],
		['./state', 'darwin'],
		['state', 'win32'],
		['C:state', 'win32'],
	] as const) {
		const refused = {
			code: 'store_error',
			message: `INK_LOGIN_HOME is a relative path (${home}), so it's a different folder wherever this program is run.`,
		};
		assert.throws(() => stateDirectory({INK_LOGIN_HOME: home}, platform), refused);
		const store = openStore({app: 'acme', environment: {INK_LOGIN_HOME: home}, platform});
		await assert.rejects(store.read('default'), refused);
	}
});

test('S28: a login that was given a file is not kept from it by the session that a failing keyring holds', async t => {
	const home = temporaryFolder(t);
	await (await openForLogin({kind: 'keyring', home, keyring: working()})).write('work', makeSession('one'));
	const broken = {
		...locked,
		get: async () => Promise.reject(new LoginError('store_error', 'The system keyring is locked.', {hint: ''})),
	};
	await assert.rejects(openStore({home, keyring: broken}).read('work'), {code: 'store_error'});
	const store = await openForLogin({kind: 'file', home, keyring: broken});
	for (let time = 0; time < 2; time++) assert.equal(await store.read('work'), undefined);
	assert.deepEqual(store.notices, [
		'The system keyring is locked. The session of profile "work" can\'t be read; signing in replaces it.',
	]);
	await store.write('work', makeSession('two'));
	assert.equal((await openStore({home, keyring: broken}).read('work'))?.tokens.accessToken, 'two');
});

test('a home that cannot be made is said to be so at once, in /proc as well, where Node itself would try for ever', async () => {
	const store = openStore({kind: 'file', home: '/proc/nowhere/at/all'});
	await assert.rejects(store.write('default', makeSession('x')), {code: 'store_error'});
});

test('each program has a folder of its own, below INK_LOGIN_HOME too, and names that are none are refused', async t => {
	const home = temporaryFolder(t);
	const environment = {INK_LOGIN_HOME: home};
	for (const app of ['acme', '0-a_b.c']) {
		openStore({app, environment, kind: 'file'}).write('work', makeSession(app));
		assert.ok(readFileSync(path.join(home, 'apps', app, 'profile-work.json')));
	}

	for (const app of ['', 'Acme', '.acme', '../acme', 'a/b', 'a\\b', 'a b', 'nul', 'com1.x', 'acme.'])
		assert.throws(() => openStore({app, environment}), {code: 'config_error'}, app);
	// A program without types.
	assert.throws(() => openStore({environment} as unknown as OpenStoreOptions), {code: 'config_error'});
});
