import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createManualClock} from '../../source/testing/index.js';

const {signal} = new AbortController();

test('sleepers wake in the order of their due times, each at exactly its own', async () => {
	const clock = createManualClock({now: 1000});
	const woken: (readonly [string, number, number])[] = [];
	const sleepAndTell = async (name: string, ms: number) => {
		await clock.sleep(ms, signal);
		woken.push([name, clock.now(), clock.monotonic()]);
	};
	const all = Promise.all([sleepAndTell('late', 30), sleepAndTell('early', 10), sleepAndTell('middle', 20)]);
	assert.equal(clock.sleepers, 3);
	assert.equal(clock.untilNextSleeper, 10);
	await clock.advance(25);
	assert.deepEqual(woken, [
		['early', 1010, 10],
		['middle', 1020, 20],
	]);
	assert.equal(clock.now(), 1025);
	await clock.advance(5);
	await all;
	assert.deepEqual(woken[2], ['late', 1030, 30]);
	assert.equal(clock.sleepers, 0);
	assert.equal(clock.untilNextSleeper, undefined);
});

test('a loop that sleeps again is woken again within one advance', async () => {
	const clock = createManualClock();
	const ticks: number[] = [];
	const loop = (async () => {
		for (let tick = 0; tick < 4; tick++) {
			await clock.sleep(5000, signal);
			await new Promise(resolve => setImmediate(resolve));
			ticks.push(clock.monotonic());
		}
	})();
	await clock.advance(20_000);
	await loop;
	assert.deepEqual(ticks, [5000, 10_000, 15_000, 20_000]);
});

test('an aborted sleep rejects at once with the reason and leaves nothing behind', async () => {
	const clock = createManualClock();
	const controller = new AbortController();
	const reason = new Error('cancelled by the test');
	const sleeping = clock.sleep(1000, controller.signal);
	controller.abort(reason);
	await assert.rejects(sleeping, error => error === reason);
	assert.equal(clock.sleepers, 0);
	await assert.rejects(clock.sleep(1000, controller.signal), error => error === reason);
});

test('a wall clock that is set back wakes nobody and leaves the monotonic one alone', async () => {
	const clock = createManualClock({now: 100_000});
	const sleeping = clock.sleep(1000, signal);
	clock.jumpWall(-50_000);
	assert.equal(clock.now(), 50_000);
	assert.equal(clock.monotonic(), 0);
	assert.equal(clock.untilNextSleeper, 1000);
	await clock.advance(1000);
	await sleeping;
	assert.equal(clock.now(), 51_000);
});

test('a suspension moves the wall clock; sleepers wake late where the monotonic one went on', async () => {
	const clock = createManualClock({now: 0});
	const wokenAt: number[] = [];
	const sleeping = clock.sleep(1000, signal).then(() => wokenAt.push(clock.now()));
	await clock.suspend(3_600_000);
	assert.deepEqual([clock.now(), clock.monotonic(), clock.sleepers], [3_600_000, 0, 1]);
	await clock.suspend(3_600_000, {monotonic: 'continues'});
	await sleeping;
	assert.deepEqual(wokenAt, [7_200_000]);
	assert.equal(clock.monotonic(), 3_600_000);
});

test('advanceToNextSleeper waits for work under way, then moves by exactly the next wait', async () => {
	const clock = createManualClock();
	const work = (async () => {
		await new Promise(resolve => setTimeout(resolve, 5));
		await clock.sleep(6000, signal);
		return clock.monotonic();
	})();
	assert.equal(await clock.advanceToNextSleeper(), 6000);
	assert.equal(await work, 6000);
});

test('a time limit that is far off does not overtake work under way', async () => {
	const clock = createManualClock();
	const limit = clock.sleep(300_000, signal).then(() => 'out of time');
	const work = new Promise(resolve => setTimeout(resolve, 5)).then(() => 'done');
	assert.equal(await clock.advanceUntil(Promise.race([limit, work])), 'done');
	assert.equal(await clock.advanceUntil(limit), 'out of time');
});

test('advanceUntil goes from one sleeper to the next until the work has ended, whichever way it does', async () => {
	const clock = createManualClock();
	const work = async (sleeps: number, end: () => string) => {
		for (let left = sleeps; left > 0; left--) await clock.sleep(1000, signal);
		return end();
	};
	assert.equal(await clock.advanceUntil(work(3, () => 'done')), 'done');
	assert.equal(clock.monotonic(), 3000);
	const failing = work(2, () => {
		throw new Error('failed');
	});
	await assert.rejects(clock.advanceUntil(failing), /failed/);
	assert.equal(await clock.advanceUntil(work(0, () => 'at once')), 'at once');
	assert.equal(clock.monotonic(), 5000);
});
