import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {
	chmodSync,
	linkSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {inspect} from 'node:util';
import {LoginError} from '../../../source/core/errors.js';
import {createFileStore} from '../../../source/session/store/file-store.js';
import {nodeFileSystem, type FileSystem} from '../../../source/session/store/file-system.js';
import {createManualClock} from '../../../source/testing/manual-clock.js';
import {
	deadProcess,
	dyingFileSystem,
	failingFileSystem,
	makeSession,
	never,
	temporaryFolder,
	watchedFileSystem,
} from './fixtures.js';

const isStoreError = (pattern: RegExp) => (error: unknown) => {
	assert.ok(error instanceof LoginError, inspect(error));
	assert.equal(error.code, 'store_error');
	assert.match(error.message, pattern);
	assert.match(error.message, /^[^\n]+\.$/);
	assert.match(error.hint, /^[A-Z][^\n]+\.$/);
	return true;
};

test('a session is read back by another store of the same folder, and removed once', async t => {
	const directory = path.join(temporaryFolder(t), 'deep', 'home');
	const store = createFileStore({directory});
	assert.equal(await store.read('work'), undefined);
	assert.deepEqual(await store.list(), []);
	await store.write('work', makeSession('one'));
	await store.write('home', makeSession('two'));
	const other = createFileStore({directory});
	assert.deepEqual(await other.read('work'), makeSession('one'));
	assert.deepEqual(await other.list(), ['home', 'work']);
	assert.equal(await other.remove('work'), true);
	assert.equal(await other.remove('work'), false);
	assert.equal(await store.read('work'), undefined);
	assert.deepEqual(store.notices, []);
});

test('S24, T07: the folder is 0700 and the file 0600, whatever the umask says', async t => {
	const directory = path.join(temporaryFolder(t), 'home');
	for (const mask of [0o000, 0o777]) {
		const before = process.umask(mask);
		try {
			// A umask of 0777 would make a folder that its own owner cannot enter: it is there already.
			await createFileStore({directory}).write('work', makeSession('one'));
		} finally {
			process.umask(before);
		}

		assert.equal(statSync(directory).mode & 0o777, 0o700);
		assert.equal(statSync(path.join(directory, 'profile-work.json')).mode & 0o777, 0o600);
	}
});

test('S24: rights to the session that others got by accident are taken back at the next read', async t => {
	const directory = path.join(temporaryFolder(t), 'home');
	const store = createFileStore({directory});
	await store.write('work', makeSession('one'));
	const file = path.join(directory, 'profile-work.json');
	chmodSync(file, 0o644);
	assert.deepEqual(await store.read('work'), makeSession('one'));
	assert.equal(statSync(file).mode & 0o077, 0);
	await store.write('work', makeSession('two'));
	assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a folder that was there keeps its rights, where others may not write to it', async t => {
	const directory = path.join(temporaryFolder(t), 'home');
	mkdirSync(directory);
	chmodSync(directory, 0o755);
	const store = createFileStore({directory});
	await store.write('work', makeSession('one'));
	assert.deepEqual(await store.read('work'), makeSession('one'));
	assert.equal(statSync(directory).mode & 0o7777, 0o755);
	assert.equal(statSync(path.join(directory, 'profile-work.json')).mode & 0o777, 0o600);
});

for (const mode of [0o1777, 0o1700, 0o775, 0o702]) {
	test(`a folder with the rights ${mode.toString(8)} is refused in one sentence, and all in it stays as it is`, async t => {
		const directory = path.join(temporaryFolder(t), 'shared');
		mkdirSync(directory);
		const leftover = path.join(directory, 'profile-work.json.aaaaaaaaaaaaaaaa.new');
		writeFileSync(leftover, '');
		utimesSync(leftover, 1000, 1000);
		chmodSync(directory, mode);
		const store = createFileStore({directory});
		for (const act of [
			() => store.read('work'),
			() => store.write('work', makeSession('one')),
			() => store.remove('work'),
			() => store.lock('work', 'refresh', {signal: never}),
		]) {
			await assert.rejects(act(), isStoreError(/is a folder that others can write to\.$/));
		}

		assert.equal(statSync(directory).mode & 0o7777, mode);
		assert.deepEqual(readdirSync(directory), [path.basename(leftover)]);
	});
}

for (const mode of [0o644, 0o660, 0o602]) {
	test(`a session file with the rights ${mode.toString(8)} keeps its session, but never says where a secret lies`, async t => {
		const directory = temporaryFolder(t);
		const session = {...makeSession('one'), clientSecretSource: {file: '/home/me/secret'}, caFile: '/home/me/ca.pem'};
		const file = path.join(directory, 'profile-work.json');
		writeFileSync(file, JSON.stringify({version: 1, profile: 'work', session}));
		chmodSync(file, mode);
		const {caFile: _, ...unknown} = {...session, clientSecretSource: {stdin: true}};
		// The rights are right after the first look: what was seen then must count at every later one.
		for (let display = 0; display < 3; display++)
			assert.deepEqual(await createFileStore({directory}).read('work'), unknown);
		await createFileStore({directory}).write('work', session);
		assert.deepEqual(await createFileStore({directory}).read('work'), session);
	});
}

test('S24: a symbolic link in place of the file is neither followed nor deleted, but set aside and said', async t => {
	const folder = temporaryFolder(t);
	const directory = path.join(folder, 'home');
	const store = createFileStore({directory});
	await store.write('work', makeSession('one'));
	const target = path.join(folder, 'target');
	writeFileSync(target, readFileSync(path.join(directory, 'profile-work.json')));
	await store.remove('work');
	symlinkSync(target, path.join(directory, 'profile-work.json'));
	assert.equal(await store.read('work'), undefined);
	assert.equal(store.notices.length, 1);
	assert.match(
		store.notices[0]!,
		/"work" isn't an ordinary file; it was moved to .*profile-work\.json\.set-aside-\d+\. /,
	);
	assert.equal(readdirSync(directory).filter(name => name.includes('set-aside')).length, 1);
});

test('S24: writing replaces a symbolic link and leaves what it points to alone', async t => {
	const folder = temporaryFolder(t);
	const directory = path.join(folder, 'home');
	mkdirSync(directory);
	const target = path.join(folder, 'target');
	writeFileSync(target, 'precious');
	symlinkSync(target, path.join(directory, 'profile-work.json'));
	const store = createFileStore({directory});
	await store.write('work', makeSession('one'));
	assert.equal(readFileSync(target, 'utf8'), 'precious');
	assert.deepEqual(await store.read('work'), makeSession('one'));
});

test('S24: a hard link to the session keeps the old bytes when it is replaced', async t => {
	const folder = temporaryFolder(t);
	const directory = path.join(folder, 'home');
	const store = createFileStore({directory});
	await store.write('work', makeSession('one'));
	const file = path.join(directory, 'profile-work.json');
	linkSync(file, path.join(folder, 'copy'));
	const before = readFileSync(file, 'utf8');
	await store.write('work', makeSession('two'));
	assert.equal(readFileSync(path.join(folder, 'copy'), 'utf8'), before);
});

test('S24: a symbolic link in place of the folder is refused, and nothing behind it touched', async t => {
	const folder = temporaryFolder(t);
	const directory = path.join(folder, 'home');
	mkdirSync(path.join(folder, 'elsewhere'));
	symlinkSync(path.join(folder, 'elsewhere'), directory);
	const store = createFileStore({directory});
	for (const act of [
		() => store.read('work'),
		() => store.write('work', makeSession('one')),
		() => store.remove('work'),
		() => store.list(),
		() => store.lock('work', 'refresh', {signal: never}),
	]) {
		await assert.rejects(act(), isStoreError(/is a link or a file, not a folder/));
	}

	assert.deepEqual(readdirSync(path.join(folder, 'elsewhere')), []);
});

test('S24: a FIFO in place of the file does not hang the reader', async t => {
	const directory = temporaryFolder(t);
	execFileSync('mkfifo', [path.join(directory, 'profile-work.json')]);
	const store = createFileStore({directory});
	assert.equal(await store.read('work'), undefined);
	assert.match(store.notices[0]!, /isn't an ordinary file/);
});

const ownedByAnother = (isAnothers: (path: string) => boolean): FileSystem => {
	const paths = new Map<number, string>();
	const another = (path: string, info: ReturnType<FileSystem['fileInfo']>) =>
		isAnothers(path) ? {...info, owner: info.owner + 1} : info;
	return {
		...nodeFileSystem,
		openToRead(path) {
			const handle = nodeFileSystem.openToRead(path);
			paths.set(handle, path);
			return handle;
		},
		info: handle => another(paths.get(handle) ?? '', nodeFileSystem.info(handle)),
		fileInfo: path => another(path, nodeFileSystem.fileInfo(path)),
	};
};

test("S24: another user's file in our folder is set aside, unread", async t => {
	const directory = temporaryFolder(t);
	await createFileStore({directory}).write('work', makeSession('one'));
	const store = createFileStore({directory, fileSystem: ownedByAnother(path => path.endsWith('.json'))});
	assert.equal(await store.read('work'), undefined);
	assert.match(store.notices[0]!, /belongs to another user; it was moved to/);
	assert.equal(readdirSync(directory).length, 1);
});

test("S24: another user's file that cannot even be opened is set aside", async t => {
	const directory = temporaryFolder(t);
	await createFileStore({directory}).write('work', makeSession('one'));
	const closed: FileSystem = {
		...ownedByAnother(path => path.endsWith('.json')),
		openToRead: () => {
			throw Object.assign(new Error('EACCES'), {code: 'EACCES'});
		},
	};
	const store = createFileStore({directory, fileSystem: closed});
	assert.equal(await store.read('work'), undefined);
	assert.match(store.notices[0]!, /belongs to another user/);
});

test("S24: in another user's folder nothing is touched, so that sudo takes nobody's session away", async t => {
	const directory = temporaryFolder(t);
	await createFileStore({directory}).write('work', makeSession('one'));
	const store = createFileStore({directory, fileSystem: ownedByAnother(() => true)});
	await assert.rejects(store.read('work'), isStoreError(/belongs to another user/));
	await assert.rejects(store.write('work', makeSession('two')), isStoreError(/belongs to another user/));
	assert.deepEqual(await createFileStore({directory}).read('work'), makeSession('one'));
});

for (const [what, content] of [
	['an empty file', ''],
	['half a file', '{"version":1,"profile":"work","sess'],
	['no object', '"text"'],
	['a session without tokens', JSON.stringify({version: 1, profile: 'work', session: {version: 1}})],
	['a file without a version', JSON.stringify({profile: 'work', session: makeSession('one')})],
	["another profile's file", JSON.stringify({version: 1, profile: 'home', session: makeSession('one')})],
] as const) {
	test(`${what} is set aside under another name, unchanged, and said`, async t => {
		const directory = temporaryFolder(t);
		writeFileSync(path.join(directory, 'profile-work.json'), content, {mode: 0o600});
		const store = createFileStore({directory});
		assert.equal(await store.read('work'), undefined);
		assert.equal(store.notices.length, 1);
		const [aside, ...others] = readdirSync(directory);
		assert.match(aside!, /^profile-work\.json\.set-aside-/);
		assert.deepEqual(others, []);
		assert.equal(readFileSync(path.join(directory, aside!), 'utf8'), content);
		await store.write('work', makeSession('two'));
		assert.deepEqual(await store.read('work'), makeSession('two'));
	});
}

test('a good file that arrives while a damaged one is judged is read, not set aside', async t => {
	const directory = temporaryFolder(t);
	const file = path.join(directory, 'profile-work.json');
	writeFileSync(file, '{"version":', {mode: 0o600});
	let reads = 0;
	const fileSystem = watchedFileSystem(({name}) => {
		if (name === 'openToRead' && ++reads === 2) {
			writeFileSync(file, JSON.stringify({version: 1, profile: 'work', session: makeSession('good')}));
		}
	});
	const store = createFileStore({directory, fileSystem});
	assert.deepEqual(await store.read('work'), makeSession('good'));
	assert.deepEqual(store.notices, []);
});

test('a session with a member that no reader could use is damaged: no line end gets into a header', async t => {
	const directory = temporaryFolder(t);
	const whole = makeSession('good');
	const {tokens} = whole;
	const spoiled: Readonly<Record<string, unknown>> = {
		'a token with a line end': {...whole, tokens: {...tokens, accessToken: 'a\r\nX-Evil: 1'}},
		'a token with an escape': {...whole, tokens: {...tokens, accessToken: 'a\u001B[31m'}},
		'no token': {...whole, tokens: {...tokens, accessToken: ''}},
		'a refresh token that is a number': {...whole, tokens: {...tokens, refreshToken: 5}},
		'an end that is a word': {...whole, tokens: {...tokens, expiresAt: 'soon'}},
		'a name that is an object': {...whole, tokens: {...tokens, identity: {issuer: 'i', subject: 's', name: {}}}},
		'claims without an end': {...whole, tokens: {...tokens, claims: {}}},
		'a flow that there is not': {...whole, flow: 'pigeon'},
		'no server': {...whole, server: {}},
	};
	for (const [name, session] of Object.entries(spoiled)) {
		const file = path.join(directory, 'profile-work.json');
		writeFileSync(file, JSON.stringify({version: 1, profile: 'work', session}), {mode: 0o600});
		const store = createFileStore({directory});
		assert.equal(await store.read('work'), undefined, name);
		assert.match(store.notices.join(), /is damaged; it was moved to/, name);
	}
});

test('what a newer version wrote is refused and left where it is', async t => {
	const directory = temporaryFolder(t);
	const content = JSON.stringify({version: 2, profile: 'work', everything: 'new'});
	writeFileSync(path.join(directory, 'profile-work.json'), content, {mode: 0o600});
	const store = createFileStore({directory});
	await assert.rejects(store.read('work'), isStoreError(/newer version/));
	assert.equal(readFileSync(path.join(directory, 'profile-work.json'), 'utf8'), content);
});

test('S25: killed at any call of a write, the old session or the new one is there, whole, and the next write works', async t => {
	const seen = new Set<string>();
	for (let at = 1; ; at++) {
		const directory = temporaryFolder(t);
		await createFileStore({directory}).write('work', makeSession('old'));
		const {fileSystem} = dyingFileSystem(at);
		const store = createFileStore({directory, fileSystem});
		const result = await store.write('work', makeSession('new')).then(
			() => 'done',
			() => 'died',
		);
		const survivor = createFileStore({directory});
		const session = await survivor.read('work');
		assert.ok(session !== undefined, `lost at call ${at}`);
		assert.ok(['old', 'new'].includes(session.tokens.accessToken));
		assert.deepEqual(survivor.notices, []);
		assert.deepEqual(await survivor.list(), ['work']);
		seen.add(session.tokens.accessToken);
		await survivor.write('work', makeSession('next'));
		assert.equal((await survivor.read('work'))?.tokens.accessToken, 'next');
		if (result === 'done') {
			assert.equal(session.tokens.accessToken, 'new');
			assert.ok(at > 10, `only ${at} calls`);
			break;
		}
	}

	assert.deepEqual(seen, new Set(['old', 'new']));
});

test('S25, S26: killed at any call of lock, write and release, no session is lost and no lock stuck beyond 5 seconds', async t => {
	for (let at = 1; ; at++) {
		const directory = temporaryFolder(t);
		await createFileStore({directory}).write('work', makeSession('old'));
		const dying = dyingFileSystem(at);
		const store = createFileStore({directory, fileSystem: dying.fileSystem, processes: deadProcess});
		try {
			const lock = await store.lock('work', 'refresh', {signal: never, timeout: 0});
			await store.read('work');
			await store.write('work', makeSession('new'));
			await lock?.release();
		} catch {
			// It died.
		}

		const clock = createManualClock();
		const survivor = createFileStore({directory, clock});
		const began = clock.monotonic();
		const lock = await clock.advanceUntil(survivor.lock('work', 'refresh', {signal: never}));
		assert.ok(clock.monotonic() - began < 5000, `stuck at call ${at}`);
		const session = await survivor.read('work');
		assert.ok(['old', 'new'].includes(session?.tokens.accessToken ?? ''), `lost at call ${at}`);
		await lock?.release();
		assert.deepEqual(
			readdirSync(directory).filter(name => name.endsWith('.lock')),
			[],
		);
		if (!dying.hasDied) break;
	}
});

test('what crashed writers left behind is swept by the first writer a minute later, and no sooner', async t => {
	const directory = temporaryFolder(t);
	const store = createFileStore({directory});
	await store.write('work', makeSession('one'));
	for (const name of ['profile-work.json.aaaaaaaaaaaaaaaa.new', 'profile-work.refresh.lock.bbbbbbbbbbbbbbbb']) {
		writeFileSync(path.join(directory, name), 'half');
	}

	const count = () => readdirSync(directory).length;
	await store.write('work', makeSession('two'));
	assert.equal(count(), 3);
	for (const name of readdirSync(directory)) utimesSync(path.join(directory, name), 1000, 1000);
	await store.write('work', makeSession('three'));
	assert.deepEqual(readdirSync(directory), ['profile-work.json']);
});

const old = (directory: string, ...names: readonly string[]) => {
	for (const name of names) {
		writeFileSync(path.join(directory, name), 'rt-canary');
		utimesSync(path.join(directory, name), 1000, 1000);
	}
};

test('nothing is swept that another program may have named so, or that belongs to another user', async t => {
	const directory = temporaryFolder(t);
	const others = [
		'apt.lock.1',
		'database.new',
		'profile-picture.json.new',
		'profile-work.json.bak',
		'report.docx.aaaaaaaaaaaaaaaa.new',
		'yarn.lock.backup',
		'yarn.lock.aaaaaaaaaaaaaaaa',
	];
	const anothers = 'profile-theirs.json.aaaaaaaaaaaaaaaa.new';
	old(directory, ...others, anothers);
	old(
		directory,
		'store.json.aaaaaaaaaaaaaaaa.new',
		'profile-=c3=a4.preferences.json.aaaaaaaaaaaaaaaa.new',
		'profile-work.login.lock.unwritten-unwritten-none',
		'keyring.lock.aaaaaaaaaaaaaaaa',
	);
	const fileSystem = ownedByAnother(path => path.endsWith(anothers));
	await createFileStore({directory, fileSystem}).write('work', makeSession('one'));
	assert.deepEqual(readdirSync(directory).sort(), [...others, anothers, 'profile-work.json'].sort());
});

test("another user's file is not replaced", async t => {
	const directory = temporaryFolder(t);
	old(directory, 'profile-work.preferences.json');
	const store = createFileStore({directory, fileSystem: ownedByAnother(path => path.endsWith('.json'))});
	await assert.rejects(store.writePreferences('work', {flow: 'device'}), isStoreError(/belongs to another user/));
	assert.equal(readFileSync(path.join(directory, 'profile-work.preferences.json'), 'utf8'), 'rt-canary');
});

test('a session that is removed takes with it what earlier ones of its profile left behind', async t => {
	const directory = temporaryFolder(t);
	const store = createFileStore({directory});
	await store.write('work', makeSession('one'));
	old(directory, 'profile-work.json.set-aside-1', 'profile-home.json.set-aside-2', 'notes.json.set-aside-3');
	// Half written a moment ago.
	writeFileSync(path.join(directory, 'profile-work.json.aaaaaaaaaaaaaaaa.new'), 'rt-canary');
	assert.equal(await store.remove('work'), true);
	assert.deepEqual(readdirSync(directory).sort(), ['notes.json.set-aside-3', 'profile-home.json.set-aside-2']);
	old(directory, 'profile-work.json.set-aside-4');
	assert.equal(await store.removeRemains?.(), true);
	assert.equal(await store.removeRemains?.(), false);
	assert.deepEqual(readdirSync(directory), ['notes.json.set-aside-3']);
});

for (const [code, call] of [
	['ENOSPC', 'createNew'],
	['EDQUOT', 'rename'],
	['EIO', 'flush'],
] as const) {
	test(`${code} at ${call}: the only copy of a session is written into the blocks that the old one has`, async t => {
		const directory = temporaryFolder(t);
		const file = path.join(directory, 'profile-work.json');
		const more = 'x'.repeat(3800);
		for (const [before, after] of [
			['old', `new-${more}`],
			[`old-${more}`, 'new'],
		] as const) {
			await createFileStore({directory}).write('work', makeSession(before));
			const {size} = statSync(file);
			const store = createFileStore({directory, fileSystem: failingFileSystem(call, code)});
			await store.write('work', makeSession(after), {isOnlyCopy: true});
			assert.deepEqual(await createFileStore({directory}).read('work'), makeSession(after));
			assert.equal(statSync(file).size, size);
			assert.deepEqual(readdirSync(directory), ['profile-work.json']);
		}
	});
}

test('where not even the old file can be written over, the only copy is refused in one sentence', async t => {
	const directory = temporaryFolder(t);
	await createFileStore({directory}).write('work', makeSession('old'));
	const store = createFileStore({directory, fileSystem: failingFileSystem('write', 'ENOSPC')});
	await assert.rejects(
		store.write('work', makeSession('new'), {isOnlyCopy: true}),
		isStoreError(/^The disk is full: nothing can be saved in /),
	);
	assert.deepEqual(await createFileStore({directory}).read('work'), makeSession('old'));
});

for (const [code, call, pattern] of [
	['ENOSPC', 'write', /^The disk is full: nothing can be saved in /],
	['ENOSPC', 'createNew', /^The disk is full/],
	['EROFS', 'createNew', /is on a read-only file system/],
	['EACCES', 'createNew', /^You don't have permission to use /],
	['EACCES', 'makeFolder', /^You don't have permission to use /],
	['EIO', 'flush', /couldn't be used \(EIO\)/],
	['EPERM', 'rename', /^You don't have permission to use /],
] as const) {
	test(`${code} at ${call}: one clear sentence, the old session stays, and nothing half-written lies about`, async t => {
		const directory = temporaryFolder(t);
		await createFileStore({directory}).write('work', makeSession('old'));
		const store = createFileStore({directory, fileSystem: failingFileSystem(call, code)});
		await assert.rejects(store.write('work', makeSession('canary')), error => {
			assert.doesNotMatch(inspect(error, {depth: 9, showHidden: true}), /canary/);
			return isStoreError(pattern)(error);
		});
		assert.deepEqual(await store.read('work'), makeSession('old'));
		assert.deepEqual(readdirSync(directory), ['profile-work.json']);
	});
}

test('a full disk or a read-only home refuses a lock in one sentence and leaves none behind', async t => {
	for (const [call, code] of [
		['createNew', 'EROFS'],
		['write', 'ENOSPC'],
	] as const) {
		const directory = temporaryFolder(t);
		const store = createFileStore({directory, fileSystem: failingFileSystem(call, code)});
		await assert.rejects(store.lock('work', 'refresh', {signal: never}), isStoreError(/disk is full|read-only/));
		assert.deepEqual(readdirSync(directory), []);
	}
});

test('a damaged file in a read-only home is said, and treated as none', async t => {
	const directory = temporaryFolder(t);
	writeFileSync(path.join(directory, 'profile-work.json'), '{', {mode: 0o600});
	const store = createFileStore({directory, fileSystem: failingFileSystem('rename', 'EROFS')});
	assert.equal(await store.read('work'), undefined);
	assert.match(store.notices[0]!, /is damaged, and couldn't be set aside/);
});

test('a read is one folder check, open, facts, read and close; it writes and flushes nothing', async t => {
	const directory = temporaryFolder(t);
	await createFileStore({directory}).write('work', makeSession('one'));
	const calls: string[] = [];
	const store = createFileStore({directory, fileSystem: watchedFileSystem(({name}) => calls.push(name))});
	await store.read('work');
	assert.deepEqual(calls, ['fileInfo', 'openToRead', 'info', 'read', 'close']);
});

test('S25: file and folder are flushed, the file before it gets its name', async t => {
	const directory = temporaryFolder(t);
	const calls: string[] = [];
	const store = createFileStore({directory, fileSystem: watchedFileSystem(({name}) => calls.push(name))});
	await store.write('work', makeSession('one'));
	assert.deepEqual(calls.slice(calls.indexOf('write')), [
		'write',
		'flush',
		'close',
		'rename',
		'openToRead',
		'flush',
		'close',
	]);
});

test('preferences outlive the session, and damaged ones are none', async t => {
	const directory = temporaryFolder(t);
	const store = createFileStore({directory});
	assert.deepEqual(await store.readPreferences('work'), {});
	await store.writePreferences('work', {flow: 'device'});
	await store.write('work', makeSession('one'));
	await store.remove('work');
	assert.deepEqual(await createFileStore({directory}).readPreferences('work'), {flow: 'device'});
	assert.deepEqual(await store.list(), []);
	writeFileSync(path.join(directory, 'profile-work.preferences.json'), '{"flow":"teleport"}');
	assert.deepEqual(await store.readPreferences('work'), {});
	writeFileSync(path.join(directory, 'profile-work.preferences.json'), '{');
	assert.deepEqual(await store.readPreferences('work'), {});
});

test('a file that someone has open for a moment is replaced on Windows all the same', async t => {
	const directory = temporaryFolder(t);
	let refusals = 0;
	const windows = watchedFileSystem(({name}) => {
		if (name === 'rename' && ++refusals <= 3) throw Object.assign(new Error('EPERM'), {code: 'EPERM'});
	});
	const store = createFileStore({
		directory,
		fileSystem: {...nodeFileSystem, rename: windows.rename, userId: () => undefined},
	});
	await store.write('work', makeSession('one'));
	assert.equal(refusals, 4);
	assert.deepEqual(await store.read('work'), makeSession('one'));
});
