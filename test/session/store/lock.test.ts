import assert from 'node:assert/strict';
import {readdirSync, readFileSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {LoginError} from '../../../source/core/errors.js';
import type {StoreLock} from '../../../source/session/types.js';
import {nodeFileSystem, type FileSystem} from '../../../source/session/store/file-system.js';
import {takeLock} from '../../../source/session/store/lock.js';
import {type Processes, nodeProcesses} from '../../../source/session/store/lock-holder.js';
import {createManualClock, type ManualClock} from '../../../source/testing/manual-clock.js';
import {deadProcess, never, processElsewhere, temporaryFolder, watchedFileSystem} from './fixtures.js';

type Setting = {clock?: ManualClock; processes?: Processes; fileSystem?: FileSystem};

const setting = ({
	clock = createManualClock(),
	processes = nodeProcesses,
	fileSystem = nodeFileSystem,
}: Setting = {}) => ({clock, processes, fileSystem});

const leaveDeadLock = async (file: string, processes = deadProcess): Promise<void> => {
	const lock = await takeLock(file, setting({processes}), {signal: never});
	// As at a crash: the file stays.
	(lock as StoreLock & {close: () => void}).close();
};

test('a lock is had by one at a time, and its file is gone after the release', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	const context = setting();
	const first = await takeLock(file, context, {signal: never});
	let waits = 0;
	const second = takeLock(file, context, {signal: never, onWait: () => waits++});
	await context.clock.advance(10_000);
	assert.equal(waits, 1);
	await first?.release();
	await (await context.clock.advanceUntil(second))?.release();
	assert.deepEqual(readdirSync(path.dirname(file)), []);
});

test('after its time the wait ends in lock_timeout, with a sentence that says where to look', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	const context = setting();
	const lock = await takeLock(file, context, {signal: never});
	await assert.rejects(context.clock.advanceUntil(takeLock(file, context, {signal: never, timeout: 2000})), error => {
		assert.ok(error instanceof LoginError);
		assert.equal(error.code, 'lock_timeout');
		assert.match(error.message, /for 2 seconds\.$/);
		assert.match(error.hint, /x\.lock/);
		return true;
	});
	assert.ok(context.clock.monotonic() >= 2000 && context.clock.monotonic() < 2200);
	await lock?.release();
});

test('the wait ends as soon as what it was for has come', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	const context = setting();
	const lock = await takeLock(file, context, {signal: never});
	let isThere = false;
	const waiting = takeLock(file, context, {signal: never, until: async () => isThere});
	await context.clock.advance(1000);
	isThere = true;
	assert.equal(await context.clock.advanceUntil(waiting), undefined);
	await lock?.release();
});

test('an aborted wait ends as cancelled, at once', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	const context = setting();
	const lock = await takeLock(file, context, {signal: never});
	const controller = new AbortController();
	const waiting = takeLock(file, context, {signal: controller.signal});
	await context.clock.settle();
	controller.abort();
	await assert.rejects(waiting, {code: 'cancelled'});
	await assert.rejects(takeLock(file, context, {signal: controller.signal}), {code: 'cancelled'});
	await lock?.release();
});

test('demand 42: the lock of a process that is gone is taken over at once, in silence', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	await leaveDeadLock(file);
	const context = setting();
	const lock = await takeLock(file, context, {signal: never, onWait: () => assert.fail('waited')});
	assert.equal(context.clock.monotonic(), 0);
	await lock?.release();
	assert.deepEqual(readdirSync(path.dirname(file)), []);
});

test('a process that got the id of a dead one is not taken for it', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	await leaveDeadLock(file, {...nodeProcesses, startOf: () => '12345'});
	const lock = await takeLock(file, setting(), {signal: never, timeout: 0});
	assert.ok(lock);
	await lock.release();
});

test('a holder that runs here keeps its lock, though it is stopped and its heart does not beat', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	const lock = await takeLock(file, setting(), {signal: never});
	utimesSync(file, 1000, 1000);
	const context = setting();
	await assert.rejects(context.clock.advanceUntil(takeLock(file, context, {signal: never})), {code: 'lock_timeout'});
	await lock?.release();
});

test('a holder in another container loses its lock after a few seconds of silence, and never while its heart beats', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	await leaveDeadLock(file, processElsewhere());
	const context = setting();
	const waiting = takeLock(file, context, {signal: never});
	let isTaken = false;
	void waiting.then(() => (isTaken = true));
	for (let beat = 1; beat <= 20; beat++) {
		utimesSync(file, beat, beat);
		await context.clock.advance(1000);
		assert.equal(isTaken, false);
	}

	const lastBeat = context.clock.monotonic();
	await (await context.clock.advanceUntil(waiting))?.release();
	const silence = context.clock.monotonic() - lastBeat;
	assert.ok(silence > 2000 && silence < 5000, String(silence));
});

test('a clock an hour off, or set while waiting, makes no holder look dead and no dead one alive', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	await leaveDeadLock(file, processElsewhere());
	const hourAhead = Date.now() / 1000 + 3600;
	utimesSync(file, hourAhead, hourAhead);
	const context = setting();
	const waiting = takeLock(file, context, {signal: never});
	let isTaken = false;
	void waiting.then(() => (isTaken = true));
	await context.clock.advance(1000);
	context.clock.jumpWall(7_200_000);
	await context.clock.advance(1000);
	assert.equal(isTaken, false);
	await (await context.clock.advanceUntil(waiting))?.release();
	assert.ok(context.clock.monotonic() < 5000);
});

test('a computer that slept does not take the silence of its sleep for death', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	await leaveDeadLock(file, processElsewhere());
	const context = setting();
	const waiting = takeLock(file, context, {signal: never, timeout: 1e9});
	let isTaken = false;
	void waiting.then(() => (isTaken = true));
	await context.clock.advance(1000);
	await context.clock.suspend(8_000_000, {monotonic: 'continues'});
	await context.clock.advance(500);
	assert.equal(isTaken, false);
	await (await context.clock.advanceUntil(waiting))?.release();
});

test('a lock file that nobody ever wrote to is taken over sooner: its maker would have written at once', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	writeFileSync(file, '');
	const context = setting();
	await (await context.clock.advanceUntil(takeLock(file, context, {signal: never})))?.release();
	assert.ok(context.clock.monotonic() > 900 && context.clock.monotonic() < 2000);
	assert.deepEqual(readdirSync(path.dirname(file)), []);
});

test('heirs that died on the way, one after the other, are inherited from in turn', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	await leaveDeadLock(file);
	const nonce = () => (JSON.parse(readFileSync(file, 'utf8')) as {nonce: string}).nonce;
	const first = `${file}.${nonce()}`;
	writeFileSync(
		first,
		JSON.stringify({...(JSON.parse(readFileSync(file, 'utf8')) as object), nonce: 'AAAAAAAAAAAAAAAA'}),
	);
	writeFileSync(`${file}.AAAAAAAAAAAAAAAA`, '');
	const context = setting();
	const lock = await context.clock.advanceUntil(takeLock(file, context, {signal: never}));
	assert.ok(context.clock.monotonic() < 5000);
	assert.equal((JSON.parse(readFileSync(file, 'utf8')) as {pid: number}).pid, process.pid);
	await lock?.release();
	assert.deepEqual(readdirSync(path.dirname(file)), []);
});

test('a waiter that is slow to act on a dead lock harms neither its heir nor anyone who comes after', async t => {
	// The slow one is stopped before each of its calls in turn, while others inherit, and release or not, and lock again.
	for (const rest of ['holds', 'releases', 'locks again'] as const) {
		for (let at = 1; ; at++) {
			const file = path.join(temporaryFolder(t), 'x.lock');
			await leaveDeadLock(file);
			let held: StoreLock | undefined;
			let calls = 0;
			let isOver = false;
			const others: Promise<void>[] = [];
			const fileSystem = watchedFileSystem(() => {
				if (isOver || ++calls !== at) return;
				// Up to its first wait, taking a lock is one synchronous step.
				others.push(
					takeLock(file, setting(), {signal: never, timeout: 0}).then(
						async lock => {
							held = lock;
							if (rest === 'holds') return;
							await lock?.release();
							held = undefined;
							if (rest === 'releases') return;
							held = await takeLock(file, setting(), {signal: never, timeout: 0});
						},
						() => undefined,
					),
				);
			});
			const slow = await takeLock(file, setting({fileSystem}), {signal: never, timeout: 0}).catch(() => undefined);
			isOver = true;
			await Promise.all(others);
			assert.ok(slow === undefined || held === undefined, `two holders at call ${at} (${rest})`);
			const owner = slow ?? held;
			if (owner !== undefined) {
				await assert.rejects(takeLock(file, setting(), {signal: never, timeout: 0}), {code: 'lock_timeout'});
				await owner.release();
			}

			await (await takeLock(file, setting(), {signal: never, timeout: 0}))?.release();
			if (calls < at) break;
		}
	}
});

test('a release removes only its own lock, at whichever of its calls another takes over', async t => {
	for (let at = 1; ; at++) {
		const file = path.join(temporaryFolder(t), 'x.lock');
		let isReleasing = false;
		let calls = 0;
		let heir: StoreLock | undefined;
		const others: Promise<void>[] = [];
		const fileSystem = watchedFileSystem(() => {
			if (!isReleasing || ++calls !== at) return;
			others.push(
				takeLock(file, setting(), {signal: never, timeout: 0}).then(
					lock => {
						heir = lock;
					},
					() => undefined,
				),
			);
		});
		// To others the holder looks dead, though it is not; what it does from now on looks alive.
		const processes: Processes = {
			...nodeProcesses,
			startOf: pid => (isReleasing ? nodeProcesses.startOf(pid) : 'long ago'),
		};
		const lock = await takeLock(file, setting({fileSystem, processes}), {signal: never});
		isReleasing = true;
		await lock?.release();
		await Promise.all(others);
		if (heir !== undefined) {
			assert.ok(readdirSync(path.dirname(file)).includes('x.lock'), `removed the heir's lock at call ${at}`);
			await heir.release();
		}

		if (calls < at) break;
	}
});

test('on a full disk a lock is given back all the same', async t => {
	const file = path.join(temporaryFolder(t), 'x.lock');
	let isFull = false;
	const fileSystem = watchedFileSystem(({name}) => {
		if (isFull && name === 'createNew') throw Object.assign(new Error('ENOSPC'), {code: 'ENOSPC'});
	});
	const lock = await takeLock(file, setting({fileSystem}), {signal: never});
	isFull = true;
	await lock?.release();
	assert.deepEqual(readdirSync(path.dirname(file)), []);
});

test('a holder touches its lock every second, and nothing any more once it is released', async t => {
	t.mock.timers.enable({apis: ['setInterval']});
	const file = path.join(temporaryFolder(t), 'x.lock');
	let touches = 0;
	const fileSystem = watchedFileSystem(({name}) => {
		if (name === 'touch') touches++;
	});
	const lock = await takeLock(file, setting({fileSystem}), {signal: never});
	utimesSync(file, 1000, 1000);
	t.mock.timers.tick(3000);
	assert.equal(touches, 3);
	assert.ok(statSync(file).mtimeMs > 1_000_000);
	await lock?.release();
	t.mock.timers.tick(3000);
	assert.equal(touches, 3);
});
