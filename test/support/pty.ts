import {randomUUID} from 'node:crypto';
import {close, constants, openSync, write} from 'node:fs';
import process from 'node:process';
import nodePty, {type IPty, type IPtyForkOptions} from '@lydell/node-pty';
import {TerminalEmulator} from './terminal-emulator.js';

export type PtyOptions = {
	/** A program, by name or path. @default this Node.js */
	readonly command?: string;
	readonly args?: readonly string[];
	/** Added to a clean environment; undefined takes a variable out of it. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** @default this project's root */
	readonly cwd?: string;
	readonly columns?: number;
	readonly rows?: number;
};

export type PtyExit = {
	readonly code: number;
	/** The number of the signal that ended the program, 0 for none. */
	readonly signal: number;
};

export type PtyRun = {
	readonly emulator: TerminalEmulator;
	readonly pid: number;
	/** All that the program has written, escape sequences and all. */
	readonly output: string;
	/** The most rows of the window that were in use at once. */
	readonly tallestFrame: number;
	/** Types, as raw bytes: '\r' is enter, '\u001B' escape, '\u0003' ctrl+c. */
	write(keys: string): void;
	/** Pastes as a terminal does: bracketed where the program asked for it. */
	paste(text: string): void;
	/** Resolves with the screen's text once it matches; asked after each output, never by the clock. */
	waitFor(
		predicate: RegExp | ((emulator: TerminalEmulator) => boolean),
		description?: string,
		timeoutMs?: number,
	): Promise<string>;
	/**
	 * Types, and does so again every few seconds until the screen matches: for a key that may come before anybody listens,
	 * or so soon after another one that both are taken for one, and that does no harm twice.
	 */
	pressUntil(keys: string, effect: RegExp): Promise<string>;
	resize(columns: number, rows: number): void;
	kill(signal?: NodeJS.Signals): void;
	/** Closes the terminal, as closing its window does. */
	hangUp(): void;
	/** Resolves when the program has ended and all its output shows. */
	readonly exit: Promise<PtyExit>;
	/** Ends the program, if it still runs, and frees the emulator. */
	[Symbol.asyncDispose](): Promise<void>;
};

/** Nothing of the machine that runs the tests, and no CI: what a person with a good terminal has. */
export const cleanEnvironment = (): Record<string, string | undefined> => ({
	PATH: process.env['PATH'],
	HOME: process.env['HOME'],
	USER: 'person',
	SHELL: '/bin/sh',
	TERM: 'xterm-256color',
	COLORTERM: 'truecolor',
	LANG: 'C.UTF-8',
});

/** What node-pty keeps to itself: the name of the program's end of the terminal, and our end. */
type Internals = {readonly ptsName: string; readonly _socket: {destroy(): void}; _emittedClose: boolean};

/**
 * A program in a pseudo-terminal, its end told after all of its output.
 *
 * Once the program has closed its end of the terminal, libuv takes what it reads next for the last, though the kernel may
 * still hold more; and node-pty stops reading 200 ms later. Either loses the last words on a busy machine. So the
 * program's end is kept open here, and a mark is written behind its last word: all is read when the mark is.
 */
export const spawnPty = (
	command: string,
	args: readonly string[],
	options: IPtyForkOptions,
	onData: (data: string) => void,
): {readonly pty: IPty; readonly exit: Promise<PtyExit>; readonly hangUp: () => void} => {
	const pty = nodePty.spawn(command, [...args], options);
	const internals = pty as unknown as Internals;
	const programsEnd = openSync(internals.ptsName, constants.O_RDWR | constants.O_NOCTTY);
	// So that it tells of the exit at once, and leaves the rest to us.
	internals._emittedClose = true;
	const mark = `<end ${randomUUID()}>`;
	let isRunning = true;
	let last = '';
	const exit = new Promise<PtyExit>(resolve => {
		let status: PtyExit;
		const finish = (data: string) => {
			if (data !== '') onData(data);
			internals._socket.destroy();
			close(programsEnd);
			resolve(status);
		};
		pty.onData(data => {
			if (isRunning) {
				onData(data);
				return;
			}

			last += data;
			const end = last.indexOf(mark);
			if (end !== -1) finish(last.slice(0, end));
		});
		pty.onExit(({exitCode, signal = 0}) => {
			isRunning = false;
			status = {code: exitCode, signal};
			write(programsEnd, mark, error => {
				// Where the system has taken the terminal away there is nothing more to be read.
				if (error) finish(last);
			});
		});
	});
	return {pty, exit, hangUp: () => internals._socket.destroy()};
};

/** Runs a program in a pseudo-terminal, with a terminal emulator at the other end. */
export const runInPty = ({
	command = process.execPath,
	args = [],
	env = {},
	cwd = new URL('../..', import.meta.url).pathname,
	columns = 80,
	rows = 24,
}: PtyOptions): PtyRun => {
	const emulator = new TerminalEmulator(columns, rows);
	const environment = Object.fromEntries(
		Object.entries({...cleanEnvironment(), ...env}).filter(([, value]) => value !== undefined),
	);
	const watchers = new Set<() => void>();
	let output = '';
	let tallestFrame = 0;
	let ended: PtyExit | undefined;
	// The emulator takes its input in order, so the last feed is done when all are.
	let shown = Promise.resolve();

	const notice = () => {
		tallestFrame = Math.max(tallestFrame, emulator.screen().findLastIndex(line => line !== '') + 1);
		for (const watcher of [...watchers]) watcher();
	};

	const options = {cols: columns, rows, cwd, env: environment, name: environment['TERM']};
	const {
		pty,
		exit: whole,
		hangUp,
	} = spawnPty(command, args, options, data => {
		output += data;
		shown = emulator.feed(data).then(notice);
	});
	emulator.onReply(reply => {
		if (!ended) pty.write(reply);
	});
	const exit = whole.then(async status => {
		await shown;
		ended = status;
		for (const watcher of [...watchers]) watcher();
		return status;
	});

	const waitFor: PtyRun['waitFor'] = async (predicate, description = String(predicate), timeoutMs = 60_000) => {
		const holds = () => (predicate instanceof RegExp ? predicate.test(emulator.text) : predicate(emulator));
		return new Promise((resolve, reject) => {
			const finish = (problem?: string) => {
				clearTimeout(timer);
				watchers.delete(display);
				if (!problem) resolve(emulator.text);
				else
					reject(new Error(`${problem} (${description}). The screen was:\n${emulator.history().join('\n').trimEnd()}`));
			};
			const display = () => {
				if (holds()) finish();
				else if (ended) finish(`The program ended with ${JSON.stringify(ended)} before it came`);
			};
			const timer = setTimeout(() => finish(`Not seen within ${timeoutMs} ms`), timeoutMs);
			watchers.add(display);
			display();
		});
	};

	return {
		emulator,
		pid: pty.pid,
		exit,
		get output() {
			return output;
		},
		get tallestFrame() {
			return tallestFrame;
		},
		write(keys) {
			pty.write(keys);
		},
		paste(text) {
			pty.write(emulator.bracketedPaste ? `\u001B[200~${text}\u001B[201~` : text);
		},
		waitFor,
		async pressUntil(keys, effect) {
			const again = setInterval(() => pty.write(keys), 3000);
			pty.write(keys);
			try {
				return await waitFor(effect, `after ${JSON.stringify(keys)}`);
			} finally {
				clearInterval(again);
			}
		},
		resize(newColumns, newRows) {
			emulator.resize(newColumns, newRows);
			pty.resize(newColumns, newRows);
		},
		kill(signal = 'SIGTERM') {
			if (!ended) pty.kill(signal);
		},
		hangUp,
		async [Symbol.asyncDispose]() {
			if (!ended) pty.kill('SIGKILL');
			await exit;
			emulator.dispose();
		},
	};
};
