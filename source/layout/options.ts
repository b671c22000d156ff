import {block, gap, rowsOf, type Block, type Frame, type Size} from './fit.js';
import {gridOf, type Grid} from './header.js';
import {layOutWithKeys} from './keys.js';
import {indent, plain, shortened, widthOf, wrapWords, type Line} from './line.js';
import type {Display} from './theme.js';

/** One row of a list that someone chooses from. */
export type ListOption = {
	readonly label: string;
	/** A few words beside it; left out where there is no room. */
	readonly detail?: string;
	/** Why it cannot be chosen; said in any window. */
	readonly unavailable?: string | undefined;
	/** Whether it stands apart from the one above. @default false */
	readonly isApart?: boolean;
};

/** Whether there is such an option, and it can be chosen. */
export const isPossible = (options: readonly ListOption[], index: number): boolean =>
	options[index] !== undefined && options[index].unavailable === undefined;

/** The first option that can be taken is where the choice begins. */
export const firstPossible = (options: readonly ListOption[]): number =>
	Math.max(
		0,
		options.findIndex(({unavailable}) => unavailable === undefined),
	);

/** The option that an arrow leads to. */
export const nextOption = (options: readonly ListOption[], selected: number, key: 'up' | 'down'): number => {
	const by = key === 'up' ? -1 : 1;
	const order = options.map((_, step) => (selected + by * (step + 1) + options.length * 2) % options.length);
	return order.find(index => isPossible(options, index)) ?? selected;
};

/** The option that a digit names. */
export const optionAt = (options: readonly ListOption[], key: string): number | undefined => {
	const index = /^[1-9]$/.test(key) ? Number(key) - 1 : -1;
	return isPossible(options, index) ? index : undefined;
};

/** The pointer hangs at the left of the numbers, a space away. */
const listGrid = (columns: number): Grid => {
	const {mark, ...grid} = gridOf(columns);
	return mark < 2 ? {...grid, mark: 2, words: 4} : {...grid, mark};
};

const optionBlocks = (
	options: readonly ListOption[],
	selected: number,
	{mark, words: labelColumn, width}: Grid,
	{glyphs}: Display,
) => {
	const column = labelColumn + Math.max(...options.map(({label}) => widthOf(label))) + 3;
	const besides = options.map(({detail = '', unavailable}) => unavailable ?? detail);
	const hasRoom = options.every(({detail = ''}) => column + widthOf(detail) <= width);
	const untold: string[] = [];
	const blocks = options.flatMap(({label, unavailable, isApart = false}, index): Block[] => {
		const isSelected = index === selected;
		const isPossible = unavailable === undefined;
		const beside = besides[index] ?? '';
		const isBeside = hasRoom && beside !== '' && column + widthOf(beside) <= width;
		if (!isPossible && !isBeside) untold.push(`${label}: ${beside}`);
		const row = (text: string): Line => [
			{text: (isSelected ? glyphs.pointer : '').padEnd(mark), tone: 'accent'},
			{text: `${index + 1}`.padEnd(labelColumn - mark), dim: !isSelected, bold: isSelected},
			{text, bold: isSelected, dim: !isPossible},
			...(isBeside ? [{text: ' '.repeat(column - labelColumn - widthOf(label)) + beside, dim: true}] : []),
		];
		const [first = '', ...rest] = wrapWords(label, Math.max(1, width - labelColumn));
		const whole = [
			row(first),
			...indent(
				labelColumn,
				rest.map(text => [{text, bold: isSelected, dim: !isPossible}]),
			),
		];
		const brief = block([row(shortened(label, width - labelColumn))]);
		// What Enter takes is whole for longer than anything else.
		const shown = rest.length === 0 ? block(whole) : {lines: whole, goes: isSelected ? 1 : 2, instead: brief};
		return [...(isApart ? [gap(13)] : []), shown];
	});
	return {blocks, untold};
};

/** What stands around a list. */
type ListContent = {
	readonly above: readonly Block[];
	/** A sentence that explains it. */
	readonly reason?: string | undefined;
	readonly options: readonly ListOption[];
	readonly selected: number;
	/** What came up meanwhile, said below the keys. */
	readonly learned?: readonly string[];
	readonly escape: string;
	/** How often `?` was pressed. */
	readonly presses: number;
};

/** A screen with a list. What is learned while someone chooses stands below the keys, and nothing moves. */
export const layOutList = (
	size: Size,
	{above, reason, options, selected, learned = [], escape, presses}: ListContent,
	display: Display,
): Frame => {
	const {keys} = display.messages;
	const grid = listGrid(size.columns);
	const {blocks, untold} = optionBlocks(options, selected, grid, display);
	const sentence = (text: string) => wrapWords(text, Math.max(1, grid.width - grid.words)).map(plain);
	const notes = indent(grid.words, [...learned, ...untold].flatMap(sentence));
	const offered = [
		{key: 'enter', label: keys.select, isMain: true},
		{key: `1-${options.length}`, label: keys.choose, isMain: true},
		{key: 'escape', label: escape, isMain: true},
	];
	const draw = (rows: number) =>
		layOutWithKeys(
			{...size, rows},
			[
				...above,
				...(reason === undefined ? [] : [gap(16), block(indent(grid.words, sentence(reason)), 10)]),
				gap(17),
				...blocks,
			],
			{keys: offered, presses},
			display,
		);
	const whole = draw(size.rows);
	const missing = rowsOf(whole) + notes.length - size.rows;
	const frame =
		missing <= 0 ? whole : draw(Math.max(size.rows - notes.length, Math.min(size.rows, options.length + 2)));
	return {...frame, bottom: [...frame.bottom, ...notes.slice(0, size.rows - rowsOf(frame))]};
};
