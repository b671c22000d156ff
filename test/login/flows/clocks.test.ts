import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import type {Clock} from '../../../source/core/clock.js';
import {TokenEngine} from '../../../source/token-engine.js';
import {createMemoryStore} from '../../../source/session/store/index.js';
import {createPlainReporter} from '../../../source/text/plain.js';
import {createManualClock, startScriptedServer, type ManualClock} from '../../../source/testing/index.js';
import {prepareDeviceLogin} from '../../support/whole-login.js';

// Time that is moved by hand does not wait for modules to be loaded.
before(async () => {
	await (await prepareDeviceLogin()).device();
});

/** The clock of a virtual machine: all of its time passes `factor` times as fast as the server's. */
const fastClock = (clock: ManualClock, factor: number): Clock & {readonly sleeps: number} => {
	const start = clock.now();
	let sleeps = 0;
	return {
		get sleeps() {
			return sleeps;
		},
		now: () => start + (clock.now() - start) * factor,
		monotonic: () => clock.monotonic() * factor,
		async sleep(ms, signal) {
			sleeps++;
			// Timers know whole milliseconds only, and are never early.
			await clock.sleep(Math.ceil(ms / factor), signal);
		},
	};
};

/** A login with a code against a server that keeps its interval strictly, on a computer whose clock is given. */
const prepare = async (clock: ManualClock, ours: Clock, deviceCodeLifetime = 600) => {
	let interval = 5;
	let last = clock.monotonic();
	let early = 0;
	const server = await startScriptedServer({
		issuer: 'https://op.example.test',
		clock,
		deviceCodeLifetime,
		responses: {
			async token(_, conforming) {
				const isEarly = clock.monotonic() - last < interval * 1000;
				last = clock.monotonic();
				if (!isEarly) return conforming();
				early += 1;
				interval += 5;
				return {status: 400, body: {error: 'slow_down'}};
			},
		},
	});
	const engine = new TokenEngine({
		provider: server.provider,
		store: createMemoryStore({clock: ours}),
		fetch: server.fetch,
		clock: ours,
	});
	const run = engine.login({flow: 'device'});
	const lines: string[] = [];
	const reporter = createPlainReporter({clock: ours, write: line => lines.push(line)});
	const reading = (async () => {
		for await (const event of run) reporter.event(event);
	})();
	/** Time stands still while a request is under way and its response is taken in: a program that waits sleeps for 5 s at most. */
	const calm = async () => {
		do await clock.settle();
		while (!hasEnded() && (clock.untilNextSleeper ?? Infinity) > 5000);
	};
	const hasEnded = () => run.state.phase === 'signed-in' || run.state.phase === 'failed';
	while (run.state.flows.device?.code === undefined) await calm();
	return {
		run,
		async pass(ms: number) {
			const end = clock.monotonic() + ms;
			await calm();
			while (clock.monotonic() < end && !hasEnded()) {
				await clock.advance(Math.min(clock.untilNextSleeper ?? ms, end - clock.monotonic()));
				await calm();
			}
		},
		server,
		lines,
		early: () => early,
		polls: () => server.requestsTo('token').map(({at}) => at),
		async finish() {
			server.approve();
			while (!hasEnded()) await this.pass(1000);
			await run.session;
			await reading;
			reporter[Symbol.dispose]();
		},
	};
};

test('demand 33: with a clock that runs 5 % fast no poll comes before its time, and nothing spins', async () => {
	const clock = createManualClock();
	const ours = fastClock(clock, 1.05);
	const login = await prepare(clock, ours);
	await login.pass(120_000);
	await login.finish();
	assert.equal(login.early(), 0);
	const polls = login.polls();
	assert.ok(polls.length >= 20);
	for (const [index, at] of polls.entries()) if (index > 0) assert.ok(at - polls[index - 1]! >= 5000);
	assert.ok(ours.sleeps <= polls.length * 3 + 10, `${ours.sleeps} sleeps for ${polls.length} polls`);
	assert.doesNotMatch(login.lines.join(''), /clock/);
});

test('demand 33: with a clock that runs 18 % fast one slow_down is enough for good', async () => {
	const clock = createManualClock();
	const login = await prepare(clock, fastClock(clock, 1.18));
	await login.pass(180_000);
	await login.finish();
	assert.equal(login.early(), 1);
	assert.ok(login.polls().length > 10);
	assert.doesNotMatch(login.lines.join(''), /clock/);
});

test('demand 33: with a clock that runs 50 % fast the second slow_down in a row brings a word about it, and the waits grow', async () => {
	const clock = createManualClock();
	const login = await prepare(clock, fastClock(clock, 1.5));
	await login.pass(150_000);
	await login.run.cancel();
	assert.match(login.lines.join(''), /This computer's clock may be fast/);
	const polls = login.polls();
	const waits = polls.slice(1).map((at, index) => at - polls[index]!);
	assert.deepEqual(
		waits,
		waits.toSorted((one, other) => one - other),
		'each wait is at least as long as the one before',
	);
	assert.ok(polls.length < 10);
});

test('a code that is approved in its last interval signs in, though the server keeps the interval strictly', async () => {
	for (const lifetime of [6, 60]) {
		const clock = createManualClock();
		const login = await prepare(clock, clock, lifetime);
		await login.pass((lifetime - 3) * 1000);
		login.server.approve();
		await login.pass(3000);
		assert.equal((await login.run.session).identity?.subject, 'user-1');
		assert.equal(login.early(), 0);
	}
});

test('S36: after an hour of sleep one check follows at once and none too many, and the code is over if it is', async () => {
	for (const monotonic of ['stops', 'continues'] as const) {
		const clock = createManualClock();
		const login = await prepare(clock, clock);
		await login.pass(20_000);
		const before = login.polls().length;
		await clock.suspend(300_000, {monotonic});
		// What is left of the slice in which it fell asleep.
		await login.pass(5000);
		assert.equal(login.polls().length, before + 1, `one check after the sleep, where the clock ${monotonic}`);
		assert.match(login.lines.join(''), /This computer slept: checking now/);
		await clock.suspend(3_600_000, {monotonic});
		await login.pass(5000);
		await assert.rejects(login.run.session, {code: 'expired_token'});
		assert.equal(login.polls().length, before + 1, 'a code that is over is not asked for');
		assert.match(login.lines.join(''), /The code expired before anyone approved it\./);
		assert.equal(login.early(), 0);
		assert.equal(clock.sleepers, 0);
	}
});

test('S36: a clock that is set back by an hour stops no check, hastens none, and leaves the code its time', async () => {
	const clock = createManualClock();
	const login = await prepare(clock, clock);
	await login.pass(20_000);
	clock.jumpWall(-3_600_000);
	const before = login.server.requestsTo('token').length;
	await login.pass(60_000);
	assert.equal(login.server.requestsTo('token').length, before + 12);
	await login.pass(520_000);
	await assert.rejects(login.run.session, {code: 'expired_token'});
	assert.equal(clock.sleepers, 0);
});
