import type {SafeUrl} from '../core/safe-url.js';

/** A piece of a line with one appearance. */
export type Span = {
	readonly text: string;
	readonly bold?: boolean;
	/** Steps back: for nothing that someone needs to sign in, or to judge a sign-in. */
	readonly dim?: boolean;
	readonly struck?: boolean;
	/** Stands on the accent colour: the one thing to carry away. */
	readonly plate?: boolean;
	readonly tone?: 'accent' | 'success' | 'failure' | 'warning';
	readonly link?: SafeUrl | undefined;
	/** Drawn as a spinner, which is as wide as `text`. */
	readonly spinner?: boolean;
};

/** One row of a screen. A screen is composed of these before it is drawn, so that its height is known beforehand. */
export type Line = readonly Span[];

const appearance = [
	'text',
	'bold',
	'dim',
	'struck',
	'plate',
	'tone',
	'link',
	'spinner',
] as const satisfies readonly (keyof Span)[];

export const isSameLine = (one: Line, other: Line): boolean =>
	one.length === other.length &&
	one.every((span, index) => appearance.every(member => span[member] === other[index]?.[member]));

export const blank: Line = [];
export const plain = (text: string): Line => [{text}];

const wide =
	/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/u;

/** Columns that displayed text takes. An error here costs a cut word, never a broken row: rows are cut when drawn. */
export const widthOf = (text: string): number => {
	if (/^[ -~]*$/.test(text)) return text.length;
	let width = 0;
	for (const character of text.replaceAll(/\p{M}/gu, '')) width += wide.test(character) ? 2 : 1;
	return width;
};

export const lineWidth = (line: Line): number => line.reduce((sum, {text}) => sum + widthOf(text), 0);

/** Cuts a text into pieces of at most `width` columns. */
export const cutEvery = (text: string, width: number): string[] => {
	if (widthOf(text) <= width) return [text];
	const pieces: string[] = [''];
	for (const character of text) {
		const last = pieces.at(-1) ?? '';
		if (last !== '' && widthOf(last + character) > width) pieces.push(character);
		else pieces[pieces.length - 1] = last + character;
	}

	return pieces;
};

/** A text that is wider than `width` loses its end. Ink's own cut leaves a row too wide where it meets a wide character. */
export const shortened = (text: string, width: number): string =>
	widthOf(text) <= width ? text : `${cutEvery(text, width - 1)[0] ?? ''}…`;

/** Breaks a text between words into rows of at most `width` columns; a longer word is cut. */
export const wrapWords = (text: string, width: number): string[] => {
	const rows: string[] = [];
	let row = '';
	for (const word of text.split(' ').flatMap(word => cutEvery(word, Math.max(1, width)))) {
		const longer = row === '' ? word : `${row} ${word}`;
		if (row === '' || widthOf(longer) <= width) {
			row = longer;
			continue;
		}

		rows.push(row);
		row = word;
	}

	return [...rows, row];
};

export const paragraph = (text: string, width: number): Line[] => wrapWords(text, width).map(plain);

export const indent = (by: number, lines: readonly Line[]): Line[] =>
	lines.map(line => (line.length === 0 || by <= 0 ? line : [{text: ' '.repeat(by)}, ...line]));

/** A link in one piece behind its margin; one that is wider fills whole rows, with the whole link on each of them. */
export const linkLines = (
	url: SafeUrl,
	{width, margin, links}: {readonly width: number; readonly margin: number; readonly links: boolean},
): Line[] => {
	const by = widthOf(url) + margin > width ? 0 : margin;
	return indent(
		by,
		cutEvery(url, width).map(text => [{text, link: links ? url : undefined}]),
	);
};
