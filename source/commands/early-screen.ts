/** A frame on the terminal that waits for Ink to draw the same one over it. */
export type EarlyScreen = {
	/** Puts another frame in its place, while it stands. */
	redraw(lines: readonly string[]): void;
	/** Writes to stderr; where that is the terminal too, above the frame. */
	writeAbove(text: string): void;
	/** Takes the frame off the terminal, if it still stands there. */
	erase(): void;
	/** The stream to give to Ink: its first frame takes the place of this one in one and the same write. */
	readonly stream: NodeJS.WriteStream & {readonly fd: number};
};

/** Sequences that Ink begins a frame with: it erases the frame before, and leaves the cursor where the next one begins. */
const leading = /^(?:\u001B\[[0-?]*[ -/]*[@-~])*/; // eslint-disable-line no-control-regex -- that is what they begin with
const sequences = /\u001B\[[0-?]*[ -/]*[@-~]/g; // eslint-disable-line no-control-regex -- see above

const isVisible = (text: string): boolean => /\S/.test(text.replaceAll(sequences, ''));

const hideCursor = '\u001B[?25l';
/** What stands between them a terminal shows at once. */
const update = {begin: '\u001B[?2026h', end: '\u001B[?2026l'};

const joined = (lines: readonly string[]): string => lines.map(line => `${line}\r\n`).join('');

/**
 * Up to the first row of a frame, and all of it away. Row by row: whoever clears a screen from its first row on makes
 * tmux keep in its history what stood there.
 */
const eraseRows = (count: number): string => `${'\u001B[2K\u001B[1A'.repeat(count)}\u001B[2K\r`;

export const createEarlyScreen = (
	lines: readonly string[],
	stdout: EarlyScreen['stream'],
	stderrIsTerminal: boolean,
): EarlyScreen => {
	let frame = joined(lines);
	let away = eraseRows(lines.length);
	let stands = true;
	const takeAway = (): string => {
		if (!stands) return '';
		stands = false;
		return away;
	};

	stdout.write(hideCursor + frame);
	const write = (chunk: string | Uint8Array, ...more: never[]): boolean => {
		if (!stands || typeof chunk !== 'string' || !isVisible(chunk)) return stdout.write(chunk, ...more);
		return stdout.write(
			chunk.replace(leading, before => before + takeAway()),
			...more,
		);
	};

	return {
		redraw(next) {
			if (!stands) return;
			frame = joined(next);
			stdout.write(update.begin + away + frame + update.end);
			away = eraseRows(next.length);
		},
		writeAbove(text) {
			if (stands && stderrIsTerminal) stdout.write(away + text.replaceAll('\n', '\r\n') + frame);
			else process.stderr.write(text);
		},
		erase() {
			stdout.write(takeAway());
		},
		stream: new Proxy(stdout, {
			get(target, name) {
				if (name === 'write') return write;
				const value: unknown = Reflect.get(target, name, target);
				return typeof value === 'function' ? (value.bind(target) as unknown) : value;
			},
		}),
	};
};
