import assert from 'node:assert/strict';
import {mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {after, test} from 'node:test';
import {createFileStore} from '../../../source/session/store/file-store.js';
import {killWriters, meetDeadLock} from './chaos.js';
import {prepareChildren} from './children.js';
import {never, temporaryFolder} from './fixtures.js';

const children = prepareChildren();
after(() => children.remove());

test('S26: of 20 processes that meet one dead lock, one after the other gets it, and none is left waiting', async t => {
	await meetDeadLock(children, temporaryFolder(t), 20);
});

test('S25: writers killed at random moments, 20 times, leave a whole session, a count that never goes back, and no stuck lock', async t => {
	await killWriters(children, temporaryFolder(t), 20);
});

test('a process that forgets its lock ends all the same, and its lock is free at once', async t => {
	const directory = temporaryFolder(t);
	const child = children.start('hold', directory);
	assert.equal(await child.line(), 'held');
	child.process.stdin.end();
	await child.closed;
	assert.ok(readdirSync(directory).includes('profile-work.refresh.lock'));
	const lock = await createFileStore({directory}).lock('work', 'refresh', {signal: never, timeout: 0});
	await lock?.release();
});

test('demand 43: nothing is written outside the folder of the sessions', async t => {
	const folder = temporaryFolder(t);
	const directory = path.join(folder, 'home');
	mkdirSync(directory);
	const log = path.join(folder, 'log');
	writeFileSync(log, '');
	const child = children.start('contend', directory, log);
	await child.line();
	child.process.stdin.write('go\n');
	await child.closed;
	assert.match(readFileSync(log, 'utf8'), /^in \d+\nout \d+\n$/);
	assert.deepEqual(readdirSync(folder), ['home', 'log']);
	assert.deepEqual(readdirSync(directory), []);
});
