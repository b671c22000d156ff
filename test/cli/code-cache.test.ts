import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {
	chmodSync,
	chownSync,
	mkdirSync,
	readdirSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
} from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {codeCacheFolder} from '../../source/cli/code-cache.js';
import {commandFile} from '../support/built-command.js';
import {temporaryFolder} from '../session/store/fixtures.js';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

/** A home that was there before, in a folder that may belong to someone else. */
const makeHome = (t: TestContext) => {
	const above = path.join(realpathSync(temporaryFolder(t)), 'above');
	const home = path.join(above, 'home');
	mkdirSync(home, {recursive: true});
	chmodSync(above, 0o755);
	chmodSync(home, 0o700);
	return {above, home, cache: path.join(home, 'code-cache')};
};

test('compiled code lies in a folder that only we can enter, whatever the umask says', t => {
	const {home, cache} = makeHome(t);
	const umask = process.umask(0);
	t.after(() => process.umask(umask));
	assert.equal(codeCacheFolder(home), cache);
	assert.equal(statSync(cache).mode & 0o777, 0o700);
	mkdirSync(path.join(cache, 'v22'), {mode: 0o700});
	assert.equal(codeCacheFolder(home), cache);
});

test('no home is made for compiled code', t => {
	const {home} = makeHome(t);
	rmSync(home, {recursive: true});
	assert.equal(codeCacheFolder(home), undefined);
});

test('no compiled code is kept where others may, or might, have put theirs', t => {
	const cases: Readonly<Record<string, (place: ReturnType<typeof makeHome>) => void>> = {
		'a cache that others may write to': ({cache}) => chmodSync(cache, 0o770),
		'a cache that others may enter': ({cache}) => chmodSync(cache, 0o755),
		"a version's folder that others may write to": ({cache}) => chmodSync(path.join(cache, 'v22'), 0o777),
		'a link in place of the cache': ({cache}) => {
			renameSync(cache, `${cache}-elsewhere`);
			symlinkSync(`${cache}-elsewhere`, cache);
		},
		"a link in place of a version's folder": ({cache}) => symlinkSync('v22', path.join(cache, 'v24')),
		'a folder above in which others may rename': ({above}) => chmodSync(above, 0o777),
		...(isRoot && {
			"another's cache": ({cache}) => chownSync(cache, nobody, nobody),
			"another's folder of a version": ({cache}) => chownSync(path.join(cache, 'v22'), nobody, nobody),
			"another's folder above": ({above}) => chownSync(above, nobody, nobody),
		}),
	};
	for (const [name, spoil] of Object.entries(cases)) {
		const place = makeHome(t);
		mkdirSync(path.join(place.cache, 'v22'), {recursive: true});
		for (const folder of [place.cache, path.join(place.cache, 'v22')]) chmodSync(folder, 0o700);
		assert.equal(codeCacheFolder(place.home), place.cache);
		spoil(place);
		assert.equal(codeCacheFolder(place.home), undefined, name);
	}
});

test('a home that the store refuses is none for compiled code either', t => {
	const {home} = makeHome(t);
	const refused = [() => chmodSync(home, 0o777), ...(isRoot ? [() => chownSync(home, nobody, nobody)] : [])];
	for (const refuse of refused) {
		refuse();
		assert.throws(() => codeCacheFolder(home), {code: 'store_error'});
		chmodSync(home, 0o700);
	}

	assert.deepEqual(readdirSync(home), []);
});

test('the command keeps its compiled code there alone, and closed', t => {
	const {home, above} = makeHome(t);
	const umask = process.umask(0);
	t.after(() => process.umask(umask));
	const run = (env: Readonly<Record<string, string>>) =>
		spawnSync(process.execPath, [commandFile, 'status'], {
			env: {PATH: process.env['PATH'], HOME: above, XDG_CACHE_HOME: above, ...env},
			cwd: above,
		});
	run({INK_LOGIN_HOME: 'home'});
	run({INK_LOGIN_HOME: path.join(above, 'nowhere')});
	assert.deepEqual(readdirSync(home), []);
	assert.deepEqual(readdirSync(above), ['home']);
	run({INK_LOGIN_HOME: home});
	// Before 22.1 Node.js keeps no compiled code.
	const keeps = 'enableCompileCache' in module;
	assert.deepEqual(readdirSync(home), keeps ? ['code-cache'] : []);
	if (!keeps) return;
	const [version = ''] = readdirSync(path.join(home, 'code-cache'));
	for (const folder of ['code-cache', `code-cache/${version}`])
		assert.equal(statSync(path.join(home, folder)).mode & 0o777, 0o700, folder);
	assert.ok(readdirSync(path.join(home, 'code-cache', version)).length > 0);
});
