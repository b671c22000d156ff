import {spawn} from 'node:child_process';
import os from 'node:os';
import nodePty from '@lydell/node-pty';

/** What is measured again and again; resolves to milliseconds, or whatever unit its part speaks. */
export type Trial = () => Promise<number>;

export const median = (values: readonly number[]): number => {
	const sorted = [...values].sort((one, other) => one - other);
	const middle = Math.floor(sorted.length / 2);
	const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
	return (low + high) / 2;
};

/** Half of the values lie this near to their median, as a share of it: how noisy the machine was. */
export const spread = (values: readonly number[]): number => {
	const middle = median(values);
	return median(values.map(value => Math.abs(value - middle))) / middle;
};

/**
 * Runs all trials in turn, so that whatever else the machine does falls on each of them; the order moves on by one each
 * round, and the first round warms the caches and is not counted.
 */
export const alternate = async <Name extends string>(
	trials: Readonly<Record<Name, Trial>>,
	runs: number,
): Promise<Record<Name, number[]>> => {
	const names = Object.keys(trials) as Name[];
	const results = Object.fromEntries(names.map(name => [name, []])) as unknown as Record<Name, number[]>;
	for (let round = 0; round <= runs; round++) {
		for (let index = 0; index < names.length; index++) {
			const name = names[(index + round) % names.length]!;
			const value = await trials[name]();
			if (round > 0) results[name].push(value);
		}
	}

	return results;
};

/**
 * The ratio of two samples taken in turn: the median over the rounds, and the ratio of the fastest runs, which is what a
 * quiet machine would show.
 */
export const ratio = (values: readonly number[], base: readonly number[]): {median: number; fastest: number} => ({
	median: median(values) / median(base),
	fastest: Math.min(...values) / Math.min(...base),
});

export type Program = {
	readonly args: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	readonly input?: string;
	/** @default the Node.js that is measured */
	readonly command?: string;
};

/** Nothing of anyone who runs this, but for what lets a program start. */
export const cleanEnvironment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
	PATH: process.env['PATH'] ?? '',
	HOME: os.tmpdir(),
	LANG: 'C.UTF-8',
	TERM: 'xterm-256color',
	COLORTERM: 'truecolor',
	...more,
});

/** Wall time of a whole process, its output read through pipes as a script reads it. */
export const processTime =
	(node: string, {args, env, input = '', command = node}: Program): Trial =>
	async () =>
		new Promise((resolve, reject) => {
			const start = performance.now();
			const child = spawn(command, [...args], {env: cleanEnvironment(env), stdio: 'pipe'});
			// It may end before it reads.
			child.stdin.on('error', () => undefined).end(input);
			let said = '';
			child.stdout.on('data', () => undefined);
			child.stderr.on('data', (text: Buffer) => (said += text.toString()));
			child.on('error', reject);
			child.on('close', code => {
				if (code === 0) resolve(performance.now() - start);
				else reject(new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${said}`));
			});
		});

export type Terminal = {
	readonly pid: number;
	/** Milliseconds since the program was started. */
	readonly elapsed: () => number;
	/** All that it has written. */
	readonly output: () => string;
	/** Resolves to the milliseconds from the start to the moment at which its output matches. */
	readonly sees: (pattern: RegExp) => Promise<number>;
	readonly type: (keys: string) => void;
	readonly onOutput: (listener: (text: string) => void) => void;
	readonly end: () => Promise<void>;
};

/** Colours and movements of the cursor, which may stand inside a word. */
const sequences = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\))/g; // eslint-disable-line no-control-regex -- that is what they begin with

/** Starts a program in a pseudo-terminal of 80 by 24. */
export const openTerminal = (node: string, {args, env, command = node}: Program): Terminal => {
	const start = performance.now();
	const pty = nodePty.spawn(command, [...args], {cols: 80, rows: 24, env: cleanEnvironment(env)});
	let output = '';
	const listeners = new Set<(text: string) => void>();
	let tellEnd: () => void;
	const ended = new Promise<void>(resolve => (tellEnd = resolve));
	pty.onData(text => {
		output += text;
		for (const listener of [...listeners]) listener(text);
	});
	pty.onExit(() => {
		tellEnd();
	});
	const elapsed = () => performance.now() - start;
	return {
		pid: pty.pid,
		elapsed,
		output: () => output,
		onOutput: listener => void listeners.add(listener),
		type: keys => pty.write(keys),
		sees: async pattern =>
			new Promise((resolve, reject) => {
				const display = () => {
					if (!pattern.test(output.replaceAll(sequences, ''))) return;
					listeners.delete(display);
					resolve(elapsed());
				};
				listeners.add(display);
				void ended.then(() => reject(new Error(`It ended before ${String(pattern)} came: ${output}`)));
				display();
			}),
		async end() {
			pty.kill('SIGKILL');
			await ended;
		},
	};
};
