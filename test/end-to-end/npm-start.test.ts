import assert from 'node:assert/strict';
import {cp, symlink} from 'node:fs/promises';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {temporaryFolder} from '../support/built-command.js';
import {runInPty} from '../support/pty.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const notInAClone = new Set(['.git', 'build', 'node_modules', 'test']);

test(
	'in a fresh clone, npm start in an 80x24 terminal reaches the picker, and signs in',
	{timeout: 240_000},
	async t => {
		const clone = await temporaryFolder(t);
		await cp(root, clone, {
			recursive: true,
			filter: file => !notInAClone.has(path.relative(root, file)),
		});
		// What npm ci would install.
		await symlink(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
		const run = runInPty({
			command: 'npm',
			args: ['start'],
			cwd: clone,
			env: {DISPLAY: ':0', INK_LOGIN_HOME: clone, npm_config_update_notifier: 'false'},
		});
		t.after(async () => run[Symbol.asyncDispose]());
		await run.waitFor(/^Building the demo, a few seconds/m, 'the first line', 20_000);
		const picker = await run.waitFor(/esc cancel/, 'the picker', 120_000);
		assert.match(picker, /Sign in to the demo · 127\.0\.0\.1:\d+/);
		assert.match(picker, /❯ 1 {2}In this computer's browser/);
		assert.match(picker, /2 {2}On another device/);
		run.write('2');
		await run.waitFor(/Waiting for approval[^]*Demo: press a to approve/);
		run.write('a');
		await run.waitFor(/Signed in to the demo as Alice Demo/, 'Signed in');
		assert.equal((await run.exit).code, 0);
	},
);
