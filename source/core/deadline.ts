import type {Clock} from './clock.js';

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
