import type {Clock} from '../engine/clock.js';

/** Minutes before an end at which a word is said. */
const marks = [5, 2, 1] as const;
const minute = 60_000;

/** Counts down to several ends, each by its own name; the word is said once for each mark of each. */
type Countdown = Disposable & {
	/** Counts down to `expiresAt` (epoch milliseconds), and no longer to the former end of that name. */
	until(name: string, expiresAt: number): void;
	stop(name: string): void;
};

const follow = async (
	clock: Clock,
	expiresAt: number,
	say: (minutes: number) => void,
	signal: AbortSignal,
): Promise<void> => {
	for (const [index, mark] of marks.entries()) {
		const wait = expiresAt - mark * minute - clock.now();
		if (wait < 0) continue;
		await clock.sleep(wait, signal);
		// After a suspension the mark may be long gone: the next one speaks then.
		const next = marks[index + 1] ?? 0;
		if (expiresAt - clock.now() > next * minute) say(mark);
	}
};

export const createCountdown = (clock: Clock, say: (minutes: number, name: string) => void): Countdown => {
	const running = new Map<string, AbortController>();
	const stop = (name: string) => {
		running.get(name)?.abort();
		running.delete(name);
	};

	return {
		until(name, expiresAt) {
			stop(name);
			const controller = new AbortController();
			running.set(name, controller);
			// A sleep that is aborted rejects: nobody is left to be told.
			follow(clock, expiresAt, minutes => say(minutes, name), controller.signal).catch(() => undefined);
		},
		stop,
		[Symbol.dispose]() {
			for (const name of [...running.keys()]) stop(name);
		},
	};
};
