import assert from 'node:assert/strict';
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {createFileStore} from '../../../source/session/store/file-store.js';
import type {Children} from './children.js';
import {never} from './fixtures.js';

/** Milliseconds: a waiter gives up on a stuck lock after 30 seconds; a busy machine with a slow disk takes a few. */
const longestStuck = 20_000;

/** A process dies with the lock in hand, and `count` others, told to at the same moment, want it. */
export const meetDeadLock = async (children: Children, folder: string, count: number): Promise<void> => {
	const directory = path.join(folder, 'home');
	const log = path.join(folder, 'log');
	mkdirSync(directory, {recursive: true});
	writeFileSync(log, '');
	const contenders = Array.from({length: count}, () => children.start('contend', directory, log));
	for (const contender of contenders) assert.equal(await contender.line(), 'ready');
	const holder = children.start('hold', directory);
	assert.equal(await holder.line(), 'held');
	holder.process.kill('SIGKILL');
	await holder.closed;
	const began = performance.now();
	for (const contender of contenders) contender.process.stdin.write('go\n');
	await Promise.all(contenders.map(async contender => contender.closed));
	assert.ok(performance.now() - began < longestStuck, 'the dead lock was stuck');
	const lines = readFileSync(log, 'utf8').trim().split('\n');
	assert.equal(lines.length, 2 * count);
	const entered = new Set<string>();
	for (let index = 0; index < lines.length; index += 2) {
		const [, process = ''] = lines[index]?.split(' ') ?? [];
		assert.equal(lines[index], `in ${process}`);
		assert.equal(lines[index + 1], `out ${process}`, 'two processes held the lock at the same time');
		entered.add(process);
	}

	assert.equal(entered.size, count);
	assert.deepEqual(readdirSync(directory), []);
};

/**
 * Two processes count in one session; one of them is killed at a random moment, again and again.
 *
 * @returns the longest time, in milliseconds, for which the lock could not be had after a kill
 */
export const killWriters = async (children: Children, directory: string, kills: number): Promise<number> => {
	const store = createFileStore({directory});
	let said = 0;
	let longest = 0;
	for (let kill = 0; kill < kills; kill++) {
		const writers = [children.start('count', directory), children.start('count', directory)];
		const listening = writers.map(async writer => {
			for (let line = await writer.line(); line !== undefined; line = await writer.line())
				said = Math.max(said, Number(line));
		});
		// A real moment, in real processes: after the first sign of life, anything from now to a few writes later.
		const before = said;
		while (said === before) {
			assert.ok(
				writers.some(writer => writer.process.exitCode === null),
				'the writers ended by themselves',
			);
			await delay(1);
		}

		await delay(Math.random() * 10);
		for (const writer of writers) writer.process.kill('SIGKILL');
		await Promise.all([...listening, ...writers.map(async writer => writer.closed)]);

		const session = await store.read('work');
		assert.deepEqual(store.notices, [], 'a torn file');
		const number = Number(session?.tokens.accessToken);
		assert.ok(number >= said, `the session went back from ${said} to ${number}`);
		assert.ok(number <= said + 1, `two writers at once: ${said} was said and ${number} is there`);
		const began = performance.now();
		const lock = await store.lock('work', 'refresh', {signal: never});
		longest = Math.max(longest, performance.now() - began);
		assert.ok(longest < longestStuck, 'a stuck lock');
		await lock?.release();
	}

	return longest;
};
