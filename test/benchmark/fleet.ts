import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {PollingSchedule} from '../../source/engine/flows/polling-schedule.js';
import {round, type Figure} from './figure.js';
import type {Part} from './parts.js';

/** Seconds: the server's interval, an outage in the middle, and how long is looked at. */
const interval = 5;
const outage = {from: 300, until: 420};
const end = 900;

/** Spreads the starts evenly without chance: the same picture each time (a golden-ratio sequence). */
const startOf = (index: number): number => ((index * 0.618_033_988_75) % 1) * interval;

/** The moments in seconds at which one waiting terminal asks, by the engine's own schedule on a virtual clock. */
const pollsOf = (start: number): number[] => {
	const schedule = new PollingSchedule(interval);
	const polls: number[] = [];
	const wait = () => schedule.wait(Infinity) / 1000;
	for (let now = start + wait(); now < end; now += wait()) {
		polls.push(now);
		if (now >= outage.from && now < outage.until) schedule.fault();
		else schedule.recovered();
	}

	return polls;
};

/** Requests in each second, of a fleet of `count`. */
const loadOf = (count: number): number[] => {
	const seconds = Array<number>(end).fill(0);
	for (let index = 0; index < count; index++) {
		for (const at of pollsOf(startOf(index))) seconds[Math.floor(at)]! += 1;
	}

	return seconds;
};

const width = 760;
const height = 260;
const margin = {left: 64, right: 16, top: 40, bottom: 36};

/** The load over time, as a picture. */
const draw = (seconds: readonly number[], count: number): string => {
	const highest = Math.max(...seconds);
	const x = (second: number) => margin.left + (second / end) * (width - margin.left - margin.right);
	const y = (load: number) => height - margin.bottom - (load / highest) * (height - margin.top - margin.bottom);
	const line = seconds.map((load, second) => `${round(x(second), 1)},${round(y(load), 1)}`).join(' ');
	const label = (at: string, text: string) => `<text ${at}>${text}</text>`;
	const top = round(y(highest), 1);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
		'<rect width="100%" height="100%" fill="#ffffff"/>',
		`<rect x="${round(x(outage.from), 1)}" y="${margin.top}" width="${round(x(outage.until) - x(outage.from), 1)}" height="${height - margin.top - margin.bottom}" fill="#f3d9d9"/>`,
		`<polyline points="${line}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>`,
		`<path d="M${margin.left} ${margin.top}V${height - margin.bottom}H${width - margin.right}" fill="none" stroke="#555555"/>`,
		label('x="16" y="22" font-size="14"', `${count.toLocaleString('en')} waiting terminals: requests a second`),
		label(
			`x="${round(x((outage.from + outage.until) / 2), 1)}" y="${margin.top + 14}" text-anchor="middle" fill="#8a2c2c"`,
			'the server is down',
		),
		label(`x="${margin.left - 6}" y="${top}" text-anchor="end" dominant-baseline="middle"`, String(highest)),
		label(`x="${margin.left - 6}" y="${height - margin.bottom}" text-anchor="end"`, '0'),
		...[0, 300, 600, 900].map(second =>
			label(`x="${round(x(second), 1)}" y="${height - margin.bottom + 18}" text-anchor="middle"`, `${second / 60} min`),
		),
		'</svg>',
		'',
	].join('\n');
};

/** What a fleet of waiting terminals asks of a provider; `media/fleet-load.svg` shows one of ten thousand. */
export const fleet: Part = async () => {
	const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	const figures = [100, 1000, 10_000].flatMap((count): Figure[] => {
		const seconds = loadOf(count);
		const before = seconds.slice(60, outage.from);
		const down = seconds.slice(outage.from + 60, outage.until);
		const after = seconds.slice(outage.until, outage.until + 120);
		const note = `at most ${Math.max(...before)}; down: ${round(average(down))}; after: at most ${Math.max(...after)}`;
		if (count === 10_000) {
			writeFileSync(path.join(import.meta.dirname, '../../media/fleet-load.svg'), draw(seconds, count));
		}

		return [{part: 'fleet', what: `${count} terminals wait: requests`, value: average(before), unit: 'per s', note}];
	});
	return figures;
};
