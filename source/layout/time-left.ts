import type {Display} from './theme.js';

const minute = 60_000;

/** Milliseconds between two repaints of a countdown: a second, and over SSH or in tmux a minute, then five seconds. */
export const everySecond = (): number => 1000;
export const seldom = (left: number): number => (left > 2 * minute ? minute : 5000);

export const pulseOf = ({environment}: Display): ((left: number) => number) =>
	environment.remote ? seldom : everySecond;

/** `14:32`; `1:02:03` from an hour on. */
export const clockText = (left: number): string => {
	const seconds = Math.ceil(left / 1000);
	const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
	const tail = String(seconds % 60).padStart(2, '0');
	return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
};

/** The last two minutes are said as such, and a new code is offered. */
export const isNearEnd = (left: number): boolean => left < 2 * minute;

export const leftText = (left: number, {messages, environment}: Display): string => {
	if (isNearEnd(left)) return messages.lessThanTwoMinutes(clockText(left));
	return environment.remote ? messages.leftInMinutes(Math.ceil(left / minute)) : messages.leftOnClock(clockText(left));
};
