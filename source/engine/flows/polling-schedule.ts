/** Seconds are what the protocol speaks; the schedule answers in milliseconds. */
const second = 1000;

/** RFC 8628 §3.5 sets no floor; a server's "interval": 0 shall not make us one of its problems. */
const shortestWait = second;

/** Our own back-off ends here (RFC 8628 §3.5); a longer interval that the server asked for is kept. */
const longestBackoff = 60 * second;

/** A wait of exactly the interval comes too early for the server where our clock runs a little fast. */
const margin = 1.05;
/** The clocks of some virtual machines run much faster; a server that asks for longer waits may have met one. */
const marginAfterSlowDown = 1.2;

/** The last poll is sent this long before the code ends, so that it arrives in time. */
const beforeEnd = second;

/**
 * How long to wait before the next poll (RFC 8628 §3.5): at least the interval in force with a margin for clocks that
 * run fast, longer for good after each `slow_down`, and exponentially longer while no usable response comes. The last poll
 * comes just before the code ends, so that an approval in the last interval still counts.
 */
export class PollingSchedule {
	/** The interval in force, in seconds. It never shrinks. */
	interval: number;
	#slowedDown = false;
	#faults = 0;

	constructor(interval: number) {
		this.interval = interval;
	}

	/** `slow_down`: five seconds more for this and all later waits, or what the server names if that is longer. */
	slowDown(interval = 0): void {
		this.interval = Math.max(this.interval + 5, interval);
		this.#slowedDown = true;
		this.#faults = 0;
	}

	/** No usable response came. */
	fault(): void {
		this.#faults += 1;
	}

	/** A usable response came: back to the interval in force. */
	recovered(): void {
		this.#faults = 0;
	}

	/**
	 * The wait from the last response to the next poll, in milliseconds.
	 *
	 * @param left - milliseconds until the code ends
	 * @param retryAfter - seconds, if the server named them
	 */
	wait(left: number, retryAfter = 0): number {
		const interval = Math.max(shortestWait, this.interval * second);
		const regular = interval * (this.#slowedDown ? marginAfterSlowDown : margin);
		const backoff = this.#faults === 0 ? 0 : Math.min(longestBackoff, interval * 2 ** this.#faults);
		const wait = Math.round(Math.max(regular, backoff, retryAfter * second));
		const last = Math.round(left - beforeEnd);
		// The last poll was sent, or the code ends before the interval does.
		if (last < interval) return wait;
		// A poll after this one could not keep the interval any more, so this one is the last, as late as it can be.
		return last - wait < interval ? last : wait;
	}
}
