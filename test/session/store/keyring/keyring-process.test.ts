import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {promisify} from 'node:util';
import {build} from 'esbuild';
import {startScriptedServer} from '../../../../source/testing/index.js';
import {
	isKeyringMissing,
	startBus,
	startKeyring,
	strangersEnvironment,
	withPatience,
} from '../../../support/keyring.js';
import {makeSingleExecutable} from '../../../support/single-executable.js';
import {temporaryFolder} from '../fixtures.js';

/** signs-in.ts as one file with the native module in reach, and what came of it. */
const application = async (t: TestContext, format: 'cjs' | 'esm', ownAddress?: string) => {
	const folder = temporaryFolder(t);
	mkdirSync(path.join(folder, 'node_modules'));
	const modules = path.join(import.meta.dirname, '../../../../node_modules/@napi-rs');
	symlinkSync(modules, path.join(folder, 'node_modules/@napi-rs'));
	const program = path.join(folder, format === 'cjs' ? 'program.cjs' : 'program.mjs');
	await build({
		entryPoints: [path.join(import.meta.dirname, '../signs-in.ts')],
		outfile: program,
		bundle: true,
		platform: 'node',
		target: 'node20',
		format,
		...(ownAddress !== undefined && {define: {'import.meta.url': ownAddress}}),
	});
	const server = await startScriptedServer({client: {id: 'test-client', secret: 'a secret'}});
	t.after(async () => server.close());
	const environment = strangersEnvironment(folder);
	const run = async (command: readonly [string, ...string[]], more: Readonly<Record<string, string>> = {}) => {
		const starts = path.join(folder, 'starts');
		const own = {STARTS: starts, ISSUER: server.issuer, INK_LOGIN_HOME: path.join(folder, 'home')};
		const [file, ...words] = command;
		const running = promisify(execFile)(file, words, {cwd: folder, env: {...environment, ...own, ...more}});
		const {stdout, stderr} = await running.catch((error: unknown) => error as {stdout: string; stderr: string});
		const {kind, notices} = JSON.parse(stdout || '{}') as {kind?: string; notices?: readonly string[]};
		return {starts: readFileSync(starts, 'utf8').length, kind, notices: notices?.join() ?? stderr};
	};
	return {folder, program, environment, run};
};

for (const [format, ownAddress] of [
	['esm', undefined],
	['cjs', '__filename'],
] as const) {
	test(`a bundle (${format}) that signs in with the keyring's module in reach runs once, and uses the keyring`, async t => {
		if (isKeyringMissing(t)) return;
		const {environment, program, run} = await application(t, format, ownAddress);
		const bus = await startBus(t, environment);
		await startKeyring(t, bus, 'a password');
		const outcome = await run([process.execPath, program], {...bus, ...withPatience});
		assert.deepEqual(outcome, {starts: 1, kind: 'keyring', notices: ''});
	});
}

test("a single-file executable that signs in with the keyring's module beside it runs once, and says that it uses a file", async t => {
	const {folder, program, run} = await application(t, 'cjs', 'process.execPath');
	const executable = path.join(folder, 'application');
	if (!makeSingleExecutable(t, program, executable)) return;
	const {notices, ...outcome} = await run([executable]);
	assert.deepEqual(outcome, {starts: 1, kind: 'file'});
	assert.match(
		notices,
		/^The system keyring is used only by programs that Node\.js itself runs, so the session is in a private file/,
	);
});

test('a program that is called node and is the application starts itself once at most', async t => {
	const {folder, program, run} = await application(t, 'esm');
	const node = path.join(folder, 'node');
	writeFileSync(node, `#!/bin/sh\nexec '${process.execPath}' '${program}'\n`, {mode: 0o755});
	const {starts, kind} = await run([node], {EXEC_PATH: node, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/'});
	assert.deepEqual({starts, kind}, {starts: 2, kind: 'file'});
});

test('a child that ends well and prints nothing is a keyring that cannot be used', async t => {
	const {folder, program, run} = await application(t, 'esm');
	const node = path.join(folder, 'node');
	writeFileSync(node, '#!/bin/sh\ncat >/dev/null\n', {mode: 0o755});
	const bus = {DBUS_SESSION_BUS_ADDRESS: 'unix:path=/'};
	const {kind, notices} = await run([process.execPath, program], {EXEC_PATH: node, ...bus});
	assert.equal(kind, 'file');
	assert.match(notices, /^The system keyring is locked, or there isn't one, so the session is in a private file/);
});
