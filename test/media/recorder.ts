import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {runInPty, type PtyRun} from '../support/pty.js';
import type {Cell, Theme} from '../support/terminal-emulator.js';

/** What the terminal showed for a while. */
export type Shot = {
	/** Seconds. */
	readonly lasts: number;
	readonly rows: readonly (readonly Cell[])[];
	readonly cursor?: {readonly row: number; readonly column: number};
	/** What is to be seen beside the terminal, as SVG. */
	readonly beside?: string | undefined;
};

export type Recording = {
	readonly columns: number;
	readonly rows: number;
	/** One list for each theme, alike but for the colours. */
	readonly shots: readonly (readonly Shot[])[];
	/** The shot with which the picture begins, and which stands for all of them where nothing moves. */
	readonly poster: number;
};

export type Recorder = {
	readonly terminal: PtyRun;
	/** Types a line at the shell, letter by letter. */
	readonly typeLine: (line: string) => Promise<void>;
	/** Waits for something to be on the screen, and shows the screen as it is then for so many seconds. */
	readonly show: (pattern: RegExp, seconds: number) => Promise<string>;
	/** Shows the screen as it is for so many seconds. */
	readonly hold: (seconds: number) => void;
	/** What is beside the terminal from the next shot on, for each theme. */
	readonly beside: (pictures: readonly string[]) => void;
	/** The picture begins with the last shot. */
	readonly poster: () => void;
};

const root = path.dirname(path.dirname(import.meta.dirname));

/** A folder for the shell's PATH in which the programs go by their names. */
const programFolder = async (folder: string): Promise<string> => {
	const bin = path.join(folder, 'bin');
	await mkdir(bin);
	for (const [name, file] of [
		['ink-login', 'build/command/cli.cjs'],
		['acme', 'test/media/acme.js'],
	] as const) {
		const command = path.join(bin, name);
		await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${path.join(root, file)}' "$@"\n`);
		await chmod(command, 0o755);
	}

	return bin;
};

/** A shell in a window of that size, and what it shows while `play` plays. */
export const record = async (
	{
		columns,
		rows,
		themes,
		prompt = '$ ',
		env: moreEnv = {},
	}: {
		readonly columns: number;
		readonly rows: number;
		readonly themes: readonly Theme[];
		readonly prompt?: string | undefined;
		readonly env?: Readonly<Record<string, string | undefined>> | undefined;
	},
	play: (recorder: Recorder) => Promise<void>,
): Promise<Recording> => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'ink-login-media-'));
	const bin = await programFolder(folder);
	const chance = new URL('fixed-chance.js', import.meta.url).href;
	const env = {
		PATH: `${bin}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
		PS1: prompt,
		NODE_OPTIONS: `--import ${chance}`,
		INK_LOGIN_HOME: path.join(folder, 'home'),
		DISPLAY: ':0',
		BROWSER: 'true',
		...moreEnv,
	};
	const terminal = runInPty({command: '/bin/sh', columns, rows, env, cwd: root});
	const {emulator} = terminal;
	const shots: Shot[][] = themes.map(() => []);
	let besides: readonly string[] = [];
	let poster = 0;

	const take = (lasts: number) => {
		const {row, column, visible} = emulator.cursor;
		for (const [index, theme] of themes.entries()) {
			const cells = Array.from({length: rows}, (_, line) => emulator.cells(line, theme));
			shots[index]?.push({lasts, rows: cells, ...(visible && {cursor: {row, column}}), beside: besides[index]});
		}
	};
	const show = async (pattern: RegExp, seconds: number) => {
		const isWhole = () => !emulator.isUpdating && pattern.test(emulator.text);
		const text = await terminal.waitFor(isWhole, String(pattern), 30_000);
		take(seconds);
		return text;
	};
	try {
		await terminal.waitFor(({text}) => text.startsWith(prompt.trimEnd()));
		await play({
			terminal,
			show,
			hold: take,
			beside(pictures) {
				besides = pictures;
			},
			async typeLine(line) {
				take(0.6);
				for (const [index, letter] of Array.from(line).entries()) {
					terminal.write(letter);
					const typed = line.slice(0, index + 1);
					await terminal.waitFor(({text}) => text.startsWith(`${prompt}${typed}`.trimEnd()));
					take(0.06);
				}

				take(0.4);
				terminal.write('\r');
			},
			poster() {
				poster = (shots[0]?.length ?? 1) - 1;
			},
		});
	} finally {
		await terminal[Symbol.asyncDispose]();
		await rm(folder, {recursive: true, force: true});
	}

	return {columns, rows, shots, poster};
};
