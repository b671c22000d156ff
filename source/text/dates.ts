// Apart from the other words: `token` says when a session ends, and loads no more for it.

const twoDigits = (part: number): string => String(part).padStart(2, '0');

/** The time of day as a clock on the wall shows it, from epoch milliseconds. */
export const timeOfDay = (epoch: number): string => {
	const date = new Date(epoch);
	return [date.getHours(), date.getMinutes()].map(twoDigits).join(':');
};

/** Day and time where this computer is, from epoch milliseconds. */
export const dateAndTime = (epoch: number): string => {
	const date = new Date(epoch);
	const day = [date.getFullYear(), ...[date.getMonth() + 1, date.getDate()].map(twoDigits)].join('-');
	return `${day} ${timeOfDay(epoch)}`;
};
