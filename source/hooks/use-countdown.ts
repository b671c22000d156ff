import {useEffect, useState} from 'react';
import type {Clock} from '../core/clock.js';

/** What `useCountdown` takes besides the moment. */
export type CountdownOptions = {
	/**
	 * Milliseconds between two values, or the same by what is left: nothing is repainted between them.
	 *
	 * @default 1000
	 */
	readonly every?: number | ((left: number) => number);
};

/** A timer that is longer than this could sleep through a suspension of the computer. */
const longestNap = 5000;

/** A moment, and what was left then: time is counted by the clock that is further on, since the wall clock may be set back. */
type Start = {readonly left: number; readonly monotonic: number};

const startOf = (expiresAt: number, clock: Clock): Start => ({
	left: expiresAt - clock.now(),
	monotonic: clock.monotonic(),
});

const remaining = (expiresAt: number, start: Start, clock: Clock, every: (left: number) => number) => {
	const byMonotonic = start.left - (clock.monotonic() - start.monotonic);
	const exact = Math.max(0, Math.min(expiresAt - clock.now(), byMonotonic));
	const step = every(exact);
	const left = Math.ceil(exact / step) * step;
	return {left, untilNext: exact - (left - step)};
};

type Shown = {readonly expiresAt: number | undefined; readonly left: number; readonly start?: Start};

const second = () => 1000;

/**
 * Milliseconds until a moment, rounded up to a multiple of `every`; the component is redrawn only when that changes.
 * It stays at 0, and without `expiresAt` there is no timer.
 *
 * @param expiresAt - epoch milliseconds
 */
export const useCountdown = (
	expiresAt: number | undefined,
	clock: Clock,
	{every = second}: CountdownOptions = {},
): number => {
	const measure = typeof every === 'number' ? () => every : every;
	const begin = () => {
		if (expiresAt === undefined) return {expiresAt, left: 0};
		const start = startOf(expiresAt, clock);
		return {expiresAt, start, left: remaining(expiresAt, start, clock, measure).left};
	};
	const [shown, setShown] = useState<Shown>(begin);
	const current = shown.expiresAt === expiresAt ? shown : begin();
	if (current !== shown) setShown(current);

	const {start} = current;
	useEffect(() => {
		if (expiresAt === undefined || start === undefined) return;
		const controller = new AbortController();
		const step = typeof every === 'number' ? () => every : every;
		const tick = async () => {
			for (;;) {
				const {left, untilNext} = remaining(expiresAt, start, clock, step);
				setShown(before => (before.start === start && before.left === left ? before : {expiresAt, start, left}));
				if (left <= 0) return;
				await clock.sleep(Math.max(1, Math.min(untilNext, longestNap)), controller.signal);
			}
		};
		tick().catch(() => {
			// The sleep was aborted: unmounted, or another moment counts now.
		});
		return () => controller.abort();
	}, [expiresAt, start, clock, every]);

	return current.left;
};
