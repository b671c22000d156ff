import type {ColourLevel} from '../../terminal/capabilities.js';
import type {Line, Span} from '../../layout/line.js';
import type {Display} from '../../layout/theme.js';

/** SGR parameters by the names that themes use (ECMA-48 §8.3.117). */
const colours: Readonly<Record<string, number>> = {
	black: 30,
	red: 31,
	green: 32,
	yellow: 33,
	blue: 34,
	magenta: 35,
	cyan: 36,
	white: 37,
};

const wrapIn = (on: number, off: number, text: string) => `\u001B[${on}m${text}\u001B[${off}m`;

const paintSpan = ({text, bold, dim, tone}: Span, {theme, environment}: Display): string => {
	let painted = text;
	const colour = tone && environment.color ? colours[theme[tone]] : undefined;
	if (colour !== undefined) painted = wrapIn(colour, 39, painted);
	if (bold) painted = wrapIn(1, 22, painted);
	return dim ? wrapIn(2, 22, painted) : painted;
};

/** Lines as they look on a terminal, for the moment before Ink draws the same ones. Links and spinners are left to Ink. */
export const paintLines = (lines: readonly Line[], display: Display, level: ColourLevel): readonly string[] =>
	lines.map(line => line.map(span => (level === 0 ? span.text : paintSpan(span, display))).join(''));

const hideCursor = '\u001B[?25l';
/** What stands between them a terminal shows at once. */
const update = {begin: '\u001B[?2026h', end: '\u001B[?2026l'};

/** Up to the first row, and all of them away. Row by row: tmux keeps in its history what is cleared all at once. */
const eraseRows = (count: number): string => `${'\u001B[2K\u001B[1A'.repeat(count)}\u001B[2K\r`;

/** Shows rows on a terminal, drawn again for each size of its window. */
export const showRows = (stdout: NodeJS.WriteStream, draw: () => readonly string[]) => {
	let away = hideCursor;
	const show = (above = '') => {
		const rows = draw();
		stdout.write(update.begin + away + above + rows.map(row => `${row}\n`).join('') + update.end);
		away = eraseRows(rows.length);
	};
	let stands = true;
	const resized = () => show();
	const leave = (): string => {
		stdout.off('resize', resized);
		stands = false;
		return away;
	};
	stdout.on('resize', resized);
	show();
	return {
		/** Writes above the rows; once they are gone, to stderr. */
		writeAbove(text: string) {
			if (stands) show(text);
			else process.stderr.write(text);
		},
		erase() {
			if (stands) stdout.write(leave());
		},
		/** The next text of more than one row comes in their place, in the same update of the terminal. */
		replaceByNextFrame() {
			const away = leave();
			const write = stdout.write.bind(stdout);
			stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
				if (typeof chunk !== 'string' || !chunk.includes('\n')) return write(chunk, ...rest);
				stdout.write = write;
				return write(away + chunk, ...rest);
			};
		},
	};
};
