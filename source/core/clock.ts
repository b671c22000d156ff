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

/** `byteCount` unpredictable bytes. */
export type Random = (byteCount: number) => Uint8Array;

/** The operating system's random bytes. */
export const systemRandom: Random = byteCount => crypto.getRandomValues(new Uint8Array(byteCount));

/** None is easily taken for another; 32 of them, so that each is five random bits. */
const letters = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A random word that people can read out and type. */
export const randomWord = (random: Random, length: number): string =>
	Array.from(random(length), byte => letters[byte & 31]).join('');

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
