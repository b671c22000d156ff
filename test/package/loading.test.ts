import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {createFileStore} from '../../source/session/store/index.js';
import {storedSession, tokenSet} from '../cli/command-double.js';

const build = path.join(import.meta.dirname, '../../build');
const entry = 'command/cli.cjs';

/** A folder that holds these files of the build, with no package in reach. */
const folderWith = (t: TestContext, ...files: readonly string[]): string => {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'ink-login-test-'));
	t.after(() => rmSync(folder, {recursive: true}));
	writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
	for (const file of files) cpSync(path.join(build, file), path.join(folder, file), {recursive: true});
	return folder;
};

const node = (folder: string, ...args: readonly string[]): string =>
	execFileSync(process.execPath, args, {
		cwd: folder,
		encoding: 'utf8',
		env: {INK_LOGIN_HOME: path.join(folder, 'home')},
	});

test("the command's entry answers --version and a fresh token without any other file, React or Ink", async t => {
	const folder = folderWith(t, entry);
	assert.match(node(folder, entry, '--version'), /^\d+\.\d+\.\d+\n$/);
	const tokens = tokenSet({issuedAt: Date.now(), expiresAt: Date.now() + 3_600_000});
	await createFileStore({directory: path.join(folder, 'home')}).write('default', storedSession({tokens}));
	assert.equal(node(folder, entry, 'token'), `${tokens.accessToken}\n`);
	assert.doesNotMatch(readFileSync(path.join(folder, entry), 'utf8'), /Symbol\.for\(["']react|ink-box/);
});

test('the engine is imported without any package', t => {
	const folder = folderWith(t, 'engine.js', 'chunks');
	const program = "import {TokenEngine} from './engine.js'; console.log(typeof TokenEngine);";
	assert.equal(node(folder, '--input-type=module', '--eval', program), 'function\n');
});
