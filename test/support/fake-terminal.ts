import './terminal-environment.js';
import {EventEmitter} from 'node:events';
import {PassThrough, Writable} from 'node:stream';
import {render, type Instance} from 'ink';
import type {ReactNode} from 'react';
import {TerminalEmulator} from './terminal-emulator.js';

export type FakeTerminal = {
	readonly emulator: TerminalEmulator;
	/** All that was written to it. */
	readonly written: () => string;
	/** Types a key, or pastes. */
	readonly type: (input: string) => Promise<void>;
	readonly resize: (columns: number, rows: number) => Promise<void>;
	/** Waits until nothing more is drawn. */
	readonly settle: () => Promise<void>;
	readonly rerender: (node: ReactNode) => Promise<void>;
	/** What is seen, row by row, without the blank rows at the end. */
	readonly lines: () => string[];
	/** How many listeners each event of the terminal's two streams has. */
	readonly listeners: () => Readonly<Record<string, number>>;
	readonly unmount: () => Promise<void>;
};

const macrotask = async (): Promise<void> => new Promise(resolve => setImmediate(resolve));

export class FakeStdout extends Writable {
	readonly isTTY = true;
	written = '';
	onWritten: () => void = () => undefined;
	constructor(
		readonly emulator: TerminalEmulator,
		public columns: number,
		public rows: number,
	) {
		super({decodeStrings: false});
	}

	override _write(chunk: string | Buffer, _encoding: string, callback: () => void): void {
		this.written += chunk.toString();
		this.onWritten();
		// A terminal's own line discipline begins each new line at the left.
		void this.emulator.feed(chunk.toString().replaceAll('\n', '\r\n')).then(callback);
	}
}

export class FakeStdin extends PassThrough {
	readonly isTTY = true;
	isRaw = false;
	setRawMode(isRaw: boolean): this {
		this.isRaw = isRaw;
		return this;
	}

	ref(): this {
		return this;
	}

	unref(): this {
		return this;
	}
}

/** Draws a component with the real Ink on an emulated terminal. */
export const drawOn = async (
	node: ReactNode,
	{
		columns = 80,
		rows = 24,
		screenReader = false,
		typedAtFirst,
	}: {
		readonly columns?: number;
		readonly rows?: number;
		readonly screenReader?: boolean;
		/** Typed in the very moment in which something shows for the first time. */
		readonly typedAtFirst?: {readonly sight: string; readonly keys: string};
	} = {},
): Promise<FakeTerminal> => {
	const emulator = new TerminalEmulator(columns, rows);
	const stdout = new FakeStdout(emulator, columns, rows);
	const stdin = new FakeStdin();
	stdin.setEncoding('utf8');
	stdout.onWritten = () => {
		if (typedAtFirst === undefined || !stdout.written.includes(typedAtFirst.sight)) return;
		stdout.onWritten = () => undefined;
		stdin.write(typedAtFirst.keys);
	};
	const instance: Instance = render(node, {
		stdout: stdout as unknown as NodeJS.WriteStream,
		stdin: stdin as unknown as NodeJS.ReadStream,
		stderr: new EventEmitter() as unknown as NodeJS.WriteStream,
		exitOnCtrlC: false,
		patchConsole: false,
		maxFps: 1000,
		isScreenReaderEnabled: screenReader,
	});
	const settle = async () => {
		let before = -1;
		// Ink draws what came late a frame later, by a timer of its own. Where the time that is left is shown there may be
		// no end to it, on a machine so busy that a second passes meanwhile.
		for (let calm = 0, looks = 0; calm < 3 && looks < 100; looks++) {
			await new Promise(resolve => setTimeout(resolve, 2));
			for (let turn = 0; turn < 5; turn++) await macrotask();
			calm = stdout.written.length === before ? calm + 1 : 0;
			before = stdout.written.length;
		}

		await emulator.feed('');
	};
	await settle();
	return {
		emulator,
		written: () => stdout.written,
		async type(input) {
			stdin.write(input);
			await settle();
			// Ink 7 and 8 wait whether a lone escape begins a sequence.
			if (input === '\u001B') {
				await new Promise(resolve => setTimeout(resolve, 40));
				await settle();
			}
		},
		async resize(newColumns, newRows) {
			emulator.resize(newColumns, newRows);
			stdout.columns = newColumns;
			stdout.rows = newRows;
			stdout.emit('resize');
			await settle();
		},
		settle,
		async rerender(next) {
			instance.rerender(next);
			await settle();
		},
		lines: () => emulator.text.split('\n'),
		listeners: () =>
			Object.fromEntries(
				Object.entries({stdin, stdout}).flatMap(([name, stream]) =>
					(stream as EventEmitter).eventNames().map(event => {
						const count = (stream as EventEmitter).listenerCount(event);
						return [`${name} ${String(event)}`, count];
					}),
				),
			),
		async unmount() {
			instance.unmount();
			await macrotask();
			await emulator.feed('');
			stdin.destroy();
			stdout.destroy();
		},
	};
};
