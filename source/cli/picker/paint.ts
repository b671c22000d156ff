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
