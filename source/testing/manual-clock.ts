import type {Clock} from '../core/clock.js';

type Sleeper = {readonly due: number; readonly wake: () => void};

/** A clock that stands still until a test moves it. */
export type ManualClock = Clock & {
	readonly sleepers: number;
	/** Milliseconds until the next sleeper is due; undefined while nobody sleeps. */
	readonly untilNextSleeper: number | undefined;
	/**
	 * Moves wall and monotonic time together. Sleepers wake in the order of their due times, each at exactly its own,
	 * and what they set off runs before the next one wakes: a loop that sleeps again is woken again.
	 */
	advance(ms: number): Promise<void>;
	/**
	 * Waits until someone sleeps (work that is really under way, such as a request, may come first), then advances to
	 * the first due time. A wait of a minute or more is taken for a time limit: such work has two real seconds before it.
	 *
	 * @returns by how many milliseconds the clock moved
	 * @throws Error when nobody sleeps for ten real seconds
	 */
	advanceToNextSleeper(): Promise<number>;
	/** Goes on to the next sleeper, and the next, until the promise has settled; returns what it does. */
	advanceUntil<Value>(promise: Promise<Value>): Promise<Value>;
	/** The wall clock is set forward, or back by a negative amount; nobody wakes. */
	jumpWall(ms: number): void;
	/**
	 * The computer sleeps. Linux and macOS stop the monotonic clock meanwhile, so that sleepers keep what is left of
	 * their wait; on Windows it goes on (`monotonic: 'continues'`), and what became due wakes late, after the whole
	 * suspension.
	 */
	suspend(ms: number, options?: {readonly monotonic?: 'stops' | 'continues'}): Promise<void>;
	/** Lets everything run that needs no passing of time. */
	settle(): Promise<void>;
};

/** Real milliseconds; longer than any request on loopback takes. */
const patience = 10_000;

/**
 * Real milliseconds before a sleeper is woken that has so long to sleep. Nobody polls as seldom as once a minute: that is
 * a time limit, there to come last, and a module that is loaded meanwhile takes time that no clock tells of.
 */
const grace = (ms: number): number => (ms < 60_000 ? 0 : 2000);

const macrotask = async (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** A handful of turns: in-memory responses and streams take more than one. */
const settle = async (): Promise<void> => {
	for (let turn = 0; turn < 10; turn++) await macrotask();
};

/**
 * Makes time that is moved by hand, for tests of waits, deadlines and expiry without any waiting.
 *
 * @param options - `now` is where the wall clock begins, in epoch milliseconds. @default the real time
 */
export const createManualClock = ({now: wallStart = Date.now()}: {readonly now?: number} = {}): ManualClock => {
	let wall = wallStart;
	let monotonic = 0;
	const sleepers = new Set<Sleeper>();

	const nextSleeper = (): Sleeper | undefined => [...sleepers].sort((one, other) => one.due - other.due)[0];

	const move = (ms: number) => {
		wall += ms;
		monotonic += ms;
	};

	const wakeUntil = async (end: number): Promise<void> => {
		await settle();
		for (let next = nextSleeper(); next !== undefined && next.due <= end; next = nextSleeper()) {
			move(Math.max(0, next.due - monotonic));
			next.wake();
			await settle();
		}
	};

	const advanceToNextSleeper = async (until?: AbortSignal): Promise<number> => {
		const begun = performance.now();
		const before = monotonic;
		for (;;) {
			// A request under way may have a time limit asleep, which is gone once it is answered: settle first.
			await settle();
			if (until?.aborted === true) return 0;
			const waited = performance.now() - begun;
			const next = nextSleeper();
			if (next === undefined && waited > patience) throw new Error('Nobody sleeps on the manual clock.');
			if (next !== undefined && waited >= grace(next.due - before)) {
				await wakeUntil(next.due);
				return monotonic - before;
			}
		}
	};

	return {
		now: () => wall,
		monotonic: () => monotonic,
		async sleep(ms, signal) {
			signal.throwIfAborted();
			if (ms <= 0) return;
			await new Promise<void>((resolve, reject) => {
				const leave = () => {
					sleepers.delete(sleeper);
					signal.removeEventListener('abort', onAbort);
				};
				const onAbort = () => {
					leave();
					reject(signal.reason as Error);
				};
				const sleeper = {
					due: monotonic + ms,
					wake() {
						leave();
						resolve();
					},
				};
				sleepers.add(sleeper);
				signal.addEventListener('abort', onAbort, {once: true});
			});
		},
		get sleepers() {
			return sleepers.size;
		},
		get untilNextSleeper() {
			const next = nextSleeper();
			return next && Math.max(0, next.due - monotonic);
		},
		async advance(ms) {
			const end = monotonic + ms;
			await wakeUntil(end);
			move(Math.max(0, end - monotonic));
		},
		advanceToNextSleeper: async () => advanceToNextSleeper(),
		async advanceUntil(promise) {
			const settled = new AbortController();
			const end = () => settled.abort();
			promise.then(end, end);
			while (!settled.signal.aborted) await advanceToNextSleeper(settled.signal);
			return promise;
		},
		jumpWall(ms) {
			wall += ms;
		},
		async suspend(ms, {monotonic: mode = 'stops'} = {}) {
			wall += ms;
			if (mode === 'stops') return;
			monotonic += ms;
			await wakeUntil(monotonic);
		},
		settle,
	};
};
