import type {LoginErrorCode} from '../core/errors.js';
import {block, fit, frameOf, gap, type Block, type Frame, type Size} from './fit.js';
import {gridOf, marked} from './header.js';
import {footerOf, type Key} from './keys.js';
import {indent, paragraph, widthOf, type Line} from './line.js';
import type {Display} from './theme.js';

/** A row below the outcome: a word, and a command to type. */
export type NextStep = {readonly word: string; readonly command: string; readonly isBold?: boolean};

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
	const text = [headline, ...details].join(` ${display.glyphs.separator} `);
	const told = grid.words + widthOf(text) <= grid.width ? marked(mark, whole, grid) : marked(mark, text, grid);
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
	const noted = notes.map(note => block(indent(grid.words, paragraph(note, Math.max(1, grid.width - grid.words))), 4));
	const more = [...noted, ...steps];
	return frameOf(fit(rows, [gap(19), block(told), ...(more.length === 0 ? [] : [gap(18)]), ...more]));
};

/** What happened, what helps, and the keys that lead on. A decision of the person's is no failure, and has no red mark. */
export const layOutFailure = (
	{columns, rows}: Size,
	{
		code,
		said,
		hint,
		keys,
	}: {readonly code: LoginErrorCode; readonly said: string; readonly hint: string; readonly keys: readonly Key[]},
	display: Display,
): Frame => {
	const grid = gridOf(columns);
	const mark =
		code === 'cancelled' ? undefined : ({text: display.glyphs.failure, tone: 'failure', bold: true} as const);
	const told = marked(mark, said, grid).map(line => line.map(span => (span === mark ? span : {...span, bold: true})));
	const {row} = footerOf(keys, display, grid.width - grid.mark);
	const footer = row.length === 0 ? [] : [gap(20), block(indent(grid.mark, [row]))];
	const advice =
		hint === '' ? [] : [block(indent(grid.words, paragraph(hint, Math.max(1, grid.width - grid.words))), 10)];
	const blocks = [gap(19), block(told), ...advice, ...footer];
	return frameOf(fit(rows, blocks));
};
