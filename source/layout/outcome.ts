import type {LoginErrorCode} from '../core/errors.js';
import {block, fit, frameOf, gap, type Block, type Frame, type Size} from './fit.js';
import {gridOf, marked, markedBoldly} from './header.js';
import {layOutWithKeys, type KeysContent} from './keys.js';
import {indent, lineWidth, paragraph, widthOf, type Line} from './line.js';
import type {Display} from './theme.js';

/** A row below the outcome: a word, and a command to type. */
type NextStep = {readonly word: string; readonly command: string; readonly isBold?: boolean};

/** Who signed in, for the scrollback: no code, no QR code, no link. */
export const layOutSignedIn = (
	{columns, rows}: Size,
	{
		who,
		notes,
		next,
	}: {readonly who: readonly string[]; readonly notes: readonly string[]; readonly next: readonly NextStep[]},
	display: Display,
): Frame => {
	const grid = gridOf(columns);
	const [headline = '', ...details] = who;
	const mark = {text: display.glyphs.success, tone: 'success', bold: true} as const;
	const whole: Line = [
		{text: headline, bold: true},
		...details.map(detail => ({text: ` ${display.glyphs.separator} ${detail}`})),
	];
	const sentence = (text: string) => paragraph(text, Math.max(1, grid.width - grid.words));
	const told =
		grid.words + lineWidth(whole) <= grid.width
			? marked(mark, whole, grid)
			: [...markedBoldly(mark, headline, grid), ...indent(grid.words, details.flatMap(sentence))];
	const column = Math.max(...next.map(({word}) => widthOf(word))) + 1;
	const steps = next.map(({word, command, isBold = false}): Block => {
		const isBeside = grid.words + column + widthOf(command) <= grid.width;
		const lead = {text: isBeside ? word.padEnd(column) : `${word} `, dim: true};
		// A command that is too wide is left to the terminal to wrap, which keeps it in one piece.
		return block(
			indent(grid.words, isBeside ? [[lead, {text: command, bold: isBold}]] : [[lead], [{text: command}]]),
			5,
		);
	});
	const noted = notes.map(note => block(indent(grid.words, sentence(note)), 4));
	const more = [...noted, ...steps];
	return frameOf(fit(rows, [gap(19), block(told), ...(more.length === 0 ? [] : [gap(18)]), ...more]));
};

/** What happened, what helps, and the keys that lead on. A decision of the person's is no failure, and has no red mark. */
export const layOutFailure = (
	size: Size,
	content: KeysContent & {readonly code: LoginErrorCode; readonly said: string; readonly hint: string},
	display: Display,
): Frame => {
	const {code, said, hint} = content;
	const grid = gridOf(size.columns);
	const mark =
		code === 'cancelled' || code === 'access_denied'
			? undefined
			: ({text: display.glyphs.failure, tone: 'failure', bold: true} as const);
	const told = markedBoldly(mark, said, grid);
	// A sentence that is too long for the window is cut before the keys, which lead on.
	const headline = {
		...block(told, content.keys.length === 0 ? undefined : 3),
		instead: block(told.slice(0, size.rows - 1)),
	};
	const advice =
		hint === '' ? [] : [block(indent(grid.words, paragraph(hint, Math.max(1, grid.width - grid.words))), 10)];
	return layOutWithKeys(size, [gap(19), headline, ...advice], content, display);
};
