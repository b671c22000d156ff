/** The promise's result, or the signal's reason as soon as it aborts; the work itself goes on. */
export const abortable = async <Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> => {
	if (signal === undefined) return work;
	let onAbort: () => void = () => undefined;
	const aborted = new Promise<never>((_, reject) => {
		onAbort = () => reject(signal.reason as Error);
		if (signal.aborted) onAbort();
		else signal.addEventListener('abort', onAbort, {once: true});
	});
	return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
};

/**
 * Time, handed in so that tests drive it by hand.
 *
 * `now` is the wall clock (epoch milliseconds) and may jump; `monotonic` (milliseconds since any point) never goes
 * back, and both are asked where a deadline matters: a suspended laptop stops one of them and not the other.
 */
export type Clock = {
	/** Wall clock, in epoch milliseconds. */
	now(): number;
	/** Milliseconds since an arbitrary point; never decreases. */
	monotonic(): number;
	/**
	 * Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts.
	 *
	 * @param options - `keepsAlive`: whether the process stays for it. @default true
	 */
	sleep(ms: number, signal: AbortSignal, options?: {readonly keepsAlive?: boolean}): Promise<void>;
};

/** A longer `setTimeout` fires at once, so a longer sleep is taken in several. */
const longestTimer = 2 ** 31 - 1;

const sleepOnce = async (ms: number, signal: AbortSignal, keepsAlive: boolean): Promise<void> => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const over = new Promise<void>(resolve => (timer = setTimeout(resolve, ms)));
	if (!keepsAlive) timer?.unref();
	return abortable(over, signal).finally(() => clearTimeout(timer));
};

/** The real time. */
export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	async sleep(ms, signal, {keepsAlive = true} = {}) {
		signal.throwIfAborted();
		for (let left = ms; left > 0; left -= longestTimer) {
			await sleepOnce(Math.min(left, longestTimer), signal, keepsAlive);
		}
	},
};

/** Waits are taken in slices of this many milliseconds, so that a suspended computer is noticed soon after it wakes. */
const slice = 5000;

/** A slice that took this much longer by either clock was interrupted by a suspension. */
const suspension = 10_000;

/** A moment on both clocks, so that time is measured from it whichever of them a suspension stops. */
type Moment = {readonly wall: number; readonly monotonic: number};

export const momentOf = (clock: Clock): Moment => ({wall: clock.now(), monotonic: clock.monotonic()});

/**
 * The end of something that lives for a while: over as soon as either clock says so, since the monotonic one may stand
 * still while the computer sleeps and the wall clock may be set back.
 */
export class Deadline {
	readonly #clock: Clock;
	readonly #start: Moment;
	readonly #lifetime: number;

	/** @param lifetime - milliseconds from `start` */
	constructor(clock: Clock, start: Moment, lifetime: number) {
		this.#clock = clock;
		this.#start = start;
		this.#lifetime = lifetime;
	}

	/** Milliseconds left by the clock that is further on; zero or less when it is over. */
	get left(): number {
		const elapsed = Math.max(this.#clock.now() - this.#start.wall, this.#clock.monotonic() - this.#start.monotonic);
		return this.#lifetime - elapsed;
	}

	async reached(signal: AbortSignal): Promise<void> {
		while (this.left > 0) await this.#clock.sleep(Math.min(this.left, slice), signal);
	}

	/** Whole epoch milliseconds, for people. */
	get at(): number {
		return Math.round(this.#clock.now() + this.left);
	}
}

/**
 * Waits until `ms` milliseconds have passed since `start`, by the monotonic clock, or, after a suspension, by the wall
 * clock: time that was slept through counts for a server as well.
 *
 * @param onResume - told how long the computer slept, in milliseconds
 */
export const waitSince = async (
	clock: Clock,
	start: Moment,
	ms: number,
	{signal, onResume}: {readonly signal: AbortSignal; readonly onResume: (sleptFor: number) => void},
): Promise<void> => {
	let slept = 0;
	for (;;) {
		const left = ms - slept - (clock.monotonic() - start.monotonic);
		if (left <= 0) return;
		const before = momentOf(clock);
		const planned = Math.min(left, slice);
		await clock.sleep(planned, signal);
		const wall = clock.now() - before.wall;
		const monotonic = clock.monotonic() - before.monotonic;
		const overslept = Math.max(wall, monotonic) - planned;
		if (overslept > suspension) {
			// What the monotonic clock counted itself must not be counted twice.
			slept += Math.max(0, wall - monotonic);
			onResume(overslept);
		}
	}
};

/** `byteCount` unpredictable bytes. */
export type Random = (byteCount: number) => Uint8Array;

/** The operating system's random bytes. */
export const systemRandom: Random = byteCount => crypto.getRandomValues(new Uint8Array(byteCount));

/** Calls each listener. What one throws is its program's mistake: it surfaces there, and changes nothing here. */
export const tellAll = (listeners: Iterable<() => void>): void => {
	for (const listener of [...listeners]) {
		try {
			listener();
		} catch (error) {
			queueMicrotask(() => {
				throw error;
			});
		}
	}
};

/** Leaves out the members that have no value, so that the same data looks the same before and after it was stored. */
export const omitUndefined = <Value extends object>(value: Value): Value =>
	Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value;
