import {readFileSync} from 'node:fs';
import os from 'node:os';

/** One line of the table. */
export type Figure = {
	readonly part: string;
	readonly what: string;
	readonly value: number;
	readonly unit: 'ratio' | 'ms' | '%' | 'MB' | 'KB' | 'per min';
	/** What is allowed on this Node.js. */
	readonly atMost?: number;
	/** The same by the fastest runs alone: what a quiet machine would show. */
	readonly fastest?: number;
	/** Medians behind a ratio, spread of the samples, or what is left to say. */
	readonly note?: string;
};

/** Says what is not measured here. */
export const skip = (what: string, reason: string): void => void process.stderr.write(`skipped: ${what} (${reason})\n`);

export const round = (value: number, digits = 2): string => value.toFixed(digits);

const shown = (value: number, unit: Figure['unit']): string =>
	unit === 'ratio' ? `${round(value)} ×` : `${round(value, Math.abs(value) < 10 ? 2 : 0)} ${unit}`.trim();

/** The figures as a Markdown table. */
export const table = (figures: readonly Figure[]): string => {
	const rows = figures.map(({what, value, unit, atMost, fastest, note}) => [
		what,
		shown(value, unit),
		fastest === undefined ? '' : shown(fastest, unit),
		atMost === undefined ? '' : shown(atMost, unit),
		atMost === undefined
			? ''
			: value <= atMost
				? 'yes'
				: fastest !== undefined && fastest <= atMost
					? 'fastest runs'
					: 'no',
		note ?? '',
	]);
	return [['what', 'median', 'fastest', 'at most', 'holds', 'besides'], Array<string>(6).fill('---'), ...rows]
		.map(cells => `| ${cells.join(' | ')} |`)
		.join('\n');
};

/** The machine in general words, and how busy it was. */
export const describeMachine = (): string => {
	const [load = 0] = os.loadavg();
	const cpus = os.cpus();
	const memory = Math.round(os.totalmem() / 2 ** 30);
	const model = /^(Intel|AMD|Apple)/.exec(cpus[0]?.model ?? '')?.[0] ?? os.arch();
	return `${os.type()}, ${cpus.length} × ${model}, ${memory} GB, load average ${round(load, 1)}`;
};

/** The kernel's figures about a process (Linux): CPU milliseconds used so far, and resident memory in MB. */
export const processFigures = (pid: number): {readonly cpu: number; readonly memory: number} => {
	// Behind the name in brackets come state, …, utime and stime in hundredths of a second (proc_pid_stat(5)).
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /s, '')
		.split(' ');
	const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
	return {cpu: (Number(fields[11]) + Number(fields[12])) * 10, memory: (pages * 4096) / 1e6};
};
