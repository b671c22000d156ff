import {block, fit, frameOf, gap, type Block, type Frame, type Size} from './fit.js';
import {gridOf, marked, markedBoldly, type Grid} from './header.js';
import {footerBlocks, footerOf, layOutWithKeys, type Key} from './keys.js';
import {cutEvery, indent, paragraph, shortened, widthOf, wrapWords, type Line} from './line.js';
import {activity, noticeMark, type Notice} from './status.js';
import type {Display} from './theme.js';

/** A word, and what it stands for: "Callback URL  http://127.0.0.1/callback". */
export type Fact = {readonly word: string; readonly text: string};

type QuestionContent = {
	readonly title: string;
	/** The host, behind the title. */
	readonly host: string;
	readonly label: string;
	/** The label where there is one row and the whole has no room in it. */
	readonly briefLabel?: string | undefined;
	readonly typed: string;
	/** Said below what is typed; its row is kept. */
	readonly notice: Notice | undefined;
	/** Something is being looked up, in a word. */
	readonly busy: string | undefined;
	readonly facts: readonly Fact[];
	readonly keys: readonly Key[];
	/** How often `?` was pressed; undefined where it is text like any other, and no key may hide behind it. */
	readonly presses?: number | undefined;
};

/** The keys that have room, the last one among them. */
const fitting = (keys: readonly Key[], grid: Grid, display: Display): readonly Key[] => {
	const {others} = footerOf(keys, grid, display);
	return others.length === 0 || keys.length < 2 ? keys : fitting(keys.toSpliced(-2, 1), grid, display);
};

/** The first that has room; if none has, what has room of the first. */
const firstFitting = ([first = '', ...others]: readonly string[], room: number): string =>
	[first, ...others].find(text => widthOf(text) <= room) ?? shortened(first, room);

const factBlocks = (facts: readonly Fact[], words: number, width: number): Block[] => {
	const column = Math.max(0, ...facts.map(({word}) => widthOf(word))) + 3;
	return facts.map(({word, text}, index) => {
		const room = width - words - column;
		// A link that has no room beside its word stands below it: it is copied whole or not at all.
		const isBeside = room >= 20 && text.split(' ').every(part => widthOf(part) <= room);
		const rows = wrapWords(text, isBeside ? room : Math.max(1, width - words));
		const lead: Line = [{text: isBeside ? word.padEnd(column) : word, dim: true}];
		const lines: Line[] = isBeside
			? rows.map((text, row) => [...(row === 0 ? lead : [{text: ' '.repeat(column)}]), {text}])
			: [lead, ...rows.map((text): Line => [{text}])];
		return block(indent(words, lines), 7 + index);
	});
};

/** One question, what is typed, and where to find the answer. */
export const layOutQuestion = (
	size: Size,
	{title, host, label, briefLabel = label, typed, notice, busy, facts, keys, presses}: QuestionContent,
	display: Display,
): Frame => {
	const grid = gridOf(size.columns);
	const {mark, words, width} = grid;
	const {glyphs} = display;
	const room = Math.max(1, width - words - 1);
	// The end of a long answer is where someone types.
	const shown = cutEvery(typed, room).at(-1) ?? '';
	const field: Line = [
		{text: ' '.repeat(mark)},
		{text: glyphs.pointer.padEnd(words - mark), tone: 'accent'},
		{text: shown, bold: true},
		{text: glyphs.blocks ? '█' : '_'},
	];
	const said = notice ?? (busy === undefined ? undefined : {tone: 'success' as const, text: busy});
	const lead = notice ? noticeMark(notice, display) : activity(true, display);
	const told: Block =
		said === undefined
			? block([[]], 21)
			: {
					lines: marked(lead, said.text, grid),
					goes: 12,
					instead: block(marked(lead, firstFitting([said.text, ...(notice?.briefs ?? [])], room), grid)),
				};
	const shownKeys = presses === undefined ? fitting(keys, grid, display) : keys;
	return layOutWithKeys(
		size,
		[
			gap(19),
			block(
				indent(mark, [[{text: title, bold: true}, ...(host === '' ? [] : [{text: ` ${glyphs.separator} ${host}`}])]]),
				4,
			),
			gap(17),
			{
				lines: indent(words, paragraph(label, room + 1)),
				goes: 11,
				instead: block(indent(words, [[{text: firstFitting([label, briefLabel], room + 1)}]]), 3),
			},
			gap(18),
			block([field]),
			told,
			...(facts.length === 0 ? [] : [gap(16)]),
			...factBlocks(facts, words, width),
		],
		{keys: shownKeys, presses: presses ?? 0},
		display,
	);
};

type ConfirmationContent = {
	readonly title: string;
	/** What is to be confirmed, in one sentence. */
	readonly sentence: string;
	readonly facts: readonly Fact[];
	readonly advice: string;
	readonly keys: readonly Key[];
};

/** One thing to confirm, and what there is to know of it. */
export const layOutConfirmation = (
	{columns, rows}: Size,
	{title, sentence, facts, advice, keys}: ConfirmationContent,
	display: Display,
): Frame => {
	const grid = gridOf(columns);
	const {mark, words, width} = grid;
	return frameOf(
		fit(rows, [
			gap(19),
			block(indent(mark, [[{text: title, bold: true}]]), 8),
			gap(17),
			block(markedBoldly({text: display.glyphs.arrow, tone: 'accent'}, sentence, grid)),
			gap(18),
			...factBlocks(facts, words, width),
			gap(16),
			block(indent(words, paragraph(advice, Math.max(1, width - words))), 4),
			...footerBlocks(footerOf(keys, grid, display)),
		]),
	);
};
