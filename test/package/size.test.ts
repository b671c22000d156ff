import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import {engineSizes} from '../benchmark/built-size.js';

const root = path.join(import.meta.dirname, '../..');

test('the packed package takes at most 540 KB', () => {
	const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
		cwd: root,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
		shell: process.platform === 'win32',
	});
	const [{size}] = JSON.parse(output) as [{readonly size: number}];
	assert.ok(size <= 540_000, `${size} bytes`);
});

test('the engine, bundled, takes at most 60 KB to be loaded at once', async () => {
	const {atOnce} = await engineSizes(path.join(root, 'build'));
	assert.ok(atOnce <= 60_000, `${atOnce} bytes`);
});
