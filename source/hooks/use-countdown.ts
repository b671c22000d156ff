import {useEffect, useMemo, useReducer, useState} from 'react';
import type {Clock} from '../core/clock.js';
import {Deadline, momentOf} from '../core/deadline.js';

/** A timer that is longer than this could sleep through a suspension of the computer. */
const longestNap = 5000;

/**
 * Milliseconds until a moment. The component is drawn again whenever `untilNext` says that there is something new to
 * show.
 *
 * @param expiresAt - epoch milliseconds; without it nothing is counted, and 0 is returned
 * @param untilNext - milliseconds from what is left to what is to be shown next
 */
export const useTimeLeft = (
	expiresAt: number | undefined,
	clock: Clock,
	untilNext: (left: number) => number,
): number => {
	const [, draw] = useReducer((count: number) => count + 1, 0);
	const counted = useMemo(
		() => (expiresAt === undefined ? undefined : new Deadline(clock, momentOf(clock), expiresAt - clock.now())),
		[expiresAt, clock],
	);
	useEffect(() => {
		if (counted === undefined) return;
		const controller = new AbortController();
		const tick = async () => {
			for (let left = counted.left; left > 0; left = counted.left) {
				const due = left - untilNext(left);
				// In naps: the computer may sleep meanwhile.
				for (let rest = left; rest > Math.max(0, due); rest = counted.left) {
					await clock.sleep(Math.max(1, Math.min(rest - due, longestNap)), controller.signal);
				}

				draw();
			}
		};
		tick().catch(() => {
			// The sleep was aborted: unmounted, or another moment counts now.
		});
		return () => controller.abort();
	}, [counted, clock, untilNext]);
	return Math.max(0, counted?.left ?? 0);
};

/** What `useCountdown` takes besides the moment. */
export type CountdownOptions = {
	/** Milliseconds between two values. @default 1000 */
	readonly every?: number;
};

/**
 * Milliseconds until a moment, rounded up to a multiple of `every`; the component is drawn again only when that changes.
 * It stays at 0, and without `expiresAt` there is no timer.
 *
 * @param expiresAt - epoch milliseconds
 */
export const useCountdown = (
	expiresAt: number | undefined,
	clock: Clock,
	{every = 1000}: CountdownOptions = {},
): number => {
	const untilNext = useMemo(() => (left: number) => left % every || every, [every]);
	return Math.ceil(useTimeLeft(expiresAt, clock, untilNext) / every) * every;
};

/** Whether a moment passed half a second ago: what is still under way then is worth showing. */
export const useOverdue = (since: number | undefined, clock: Clock): boolean => {
	const [overdue, setOverdue] = useState<number>();
	useEffect(() => {
		if (since === undefined) return;
		const controller = new AbortController();
		clock.sleep(Math.max(0, since + 500 - clock.now()), controller.signal).then(
			() => setOverdue(since),
			() => undefined,
		);
		return () => controller.abort();
	}, [since, clock]);
	return since !== undefined && since === overdue;
};
