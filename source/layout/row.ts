import type {SafeUrl} from '../core/safe-url.js';

/** A piece of a line with one appearance. */
export type Span = {
	readonly text: string;
	readonly bold?: boolean;
	readonly struck?: boolean;
	readonly tone?: 'accent' | 'success' | 'failure' | 'warning';
	readonly link?: SafeUrl;
	/** Drawn as a spinner, which is as wide as `text`. */
	readonly spinner?: boolean;
};

/** One row of a screen. A screen is composed of these before it is drawn, so that its height is known beforehand. */
export type Line = readonly Span[];

const appearance = ['text', 'bold', 'struck', 'tone', 'link', 'spinner'] as const satisfies readonly (keyof Span)[];

export const isSameLine = (one: Line, other: Line): boolean =>
	one.length === other.length &&
	one.every((span, index) => appearance.every(member => span[member] === other[index]?.[member]));

export const blank: Line = [];
export const plain = (text: string): Line => [{text}];
export const bold = (text: string): Line => [{text, bold: true}];

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

/** A paragraph behind a mark of its own, such as the number of a step. */
export const hanging = (mark: Line, text: string, width: number): Line[] => {
	const margin = lineWidth(mark);
	const [first = '', ...rest] = wrapWords(text, width - margin);
	return [[...mark, {text: first}], ...indent(margin, rest.map(plain))];
};

/** `enter open here`: the first word is the key. */
const keySpans = (hint: string): Line => {
	const [key = '', ...words] = hint.split(' ');
	return [{text: key, bold: true}, {text: ['', ...words].join(' ')}];
};

const joinKeys = (hints: readonly string[], separator: string): Line =>
	hints.flatMap((hint, index) => [...(index === 0 ? [] : [{text: ` ${separator} `}]), ...keySpans(hint)]);

/** The keys on one row; where they do not fit those in the middle go first, and what leads further stays. */
export const keyLine = (hints: readonly string[], separator: string, width: number): Line => {
	let kept = [...hints];
	while (kept.length > 1 && lineWidth(joinKeys(kept, separator)) > width) {
		kept = kept.toSpliced(Math.max(0, kept.length - 3), 1);
	}

	return joinKeys(kept, separator);
};

/** All the keys, on as many rows as they need. */
export const keyLines = (hints: readonly string[], separator: string, width: number): Line[] => {
	const rows: string[][] = [[]];
	for (const hint of hints) {
		const row = rows.at(-1) ?? [];
		if (row.length > 0 && lineWidth(joinKeys([...row, hint], separator)) > width) rows.push([hint]);
		else row.push(hint);
	}

	return rows.map(row => joinKeys(row, separator));
};

/** An address in one piece on a row of its own; one that is wider than the row is cut, with the whole link on each row. */
export const linkLines = (
	url: SafeUrl,
	{width, margin, links}: {readonly width: number; readonly margin: number; readonly links: boolean},
): Line[] => {
	const by = widthOf(url) + margin > width ? 0 : margin;
	return indent(
		by,
		cutEvery(url, width).map(text => [{text, bold: true, ...(links && {link: url})}]),
	);
};
