import {block, fit, frameOf, gap, rowsOf, type Block, type Frame, type Size} from './fit.js';
import {gridOf, type Grid} from './header.js';
import {indent, lineWidth, type Line} from './line.js';
import type {Display} from './theme.js';

/** A key, what it does in a word or two, and the doing. The rows of keys and the keys that work are one table. */
export type Key = {
	/** As `useKeys` names it: a character, `enter`, `escape`. */
	readonly key: string;
	/** Empty for a second key with the same meaning, which is not shown. */
	readonly label: string;
	/** The label where there is little room. */
	readonly brief?: string;
	/** Whether it does something now. @default true */
	readonly when?: boolean;
	/** Whether it stands in the row that is always there. @default false */
	readonly isMain?: boolean;
	/** Left out where the screen around this one takes the key. */
	readonly run?: (() => void) | undefined;
};

const shownNames: Readonly<Record<string, string>> = {escape: 'esc'};

export const keyName = (key: string): string => shownNames[key] ?? key.replace('ctrl+', 'ctrl-');

/** Does what a key is for, if it is for anything now. */
export const runKey = (keys: readonly Key[], name: string): void =>
	keys.find(({key, when = true}) => key === name && when)?.run?.();

type Hint = {readonly key: string; readonly label: string};

const rowOf = (hints: readonly Hint[], {glyphs}: Display): Line =>
	hints.flatMap(({key, label}, index) => [
		{text: index === 0 ? '' : ` ${glyphs.separator} `, dim: true},
		{text: keyName(key), bold: true},
		{text: ` ${label}`, dim: true},
	]);

const briefly = ({key, label, brief = label}: Key): Hint => ({key, label: brief});

/** Hints on as many rows as they need. */
const rowsOfHints = (keys: readonly Key[], display: Display, width: number): Line[] => {
	const rows: Hint[][] = [];
	for (const key of keys) {
		const hint = lineWidth(rowOf([key], display)) > width ? briefly(key) : key;
		const row = rows.at(-1);
		if (row === undefined || lineWidth(rowOf([...row, hint], display)) > width) rows.push([hint]);
		else row.push(hint);
	}

	return rows.map(row => rowOf(row, display));
};

/** The row that is always there, and the rows that `?` shows: the other keys, or all of them where the row had no room. */
type Footer = {readonly line: Line; readonly others: readonly Line[]; readonly all: readonly Line[]};

/** What does not fit in the row, from its middle, comes after `?`: no key is lost. */
export const footerOf = (keys: readonly Key[], {mark, width}: Grid, display: Display): Footer => {
	const live = keys.filter(({when = true, label}) => when && label !== '');
	const main = live.filter(({isMain}) => isMain);
	const last = main.slice(1).filter(({key}) => key === 'escape');
	const {allKeys, allKeysBriefly} = display.messages.keys;
	const question: Key = {key: '?', label: allKeys, brief: allKeysBriefly};
	const rows = (hints: readonly Key[]) => indent(mark, rowsOfHints(hints, display, width - mark));
	for (let count = main.length - last.length; ; count -= 1) {
		const first = main.filter(key => !last.includes(key)).slice(0, Math.max(0, count));
		const ends = count < 0 ? [] : last;
		const others = live.filter(key => !first.includes(key) && !ends.includes(key));
		const row = [...first, ...(others.length === 0 ? [] : [question]), ...ends];
		const lines = [row, row.map(briefly)].map(hints => rowOf(hints, display));
		const fitting = lines.find(line => mark + lineWidth(line) <= width) ?? (count < 0 ? lines.at(-1) : undefined);
		if (fitting) return {line: indent(mark, [fitting])[0] ?? [], others: rows(others), all: rows(live)};
	}
};

/**
 * A frame with the other keys below its last row, which is that of the keys. Where they have no room there they take the
 * place of that row, a page at each `?`.
 *
 * @param presses - how often `?` was pressed
 */
export const withOtherKeys = (frame: Frame, footer: Footer, presses: number, rows: number): Frame => {
	const lines = [...frame.top, ...frame.bottom];
	const others = lines.at(-1) === footer.line ? footer.others : footer.all;
	const free = rows - rowsOf(frame);
	if (others.length <= free) return presses % 2 === 1 ? {...frame, bottom: [...frame.bottom, ...others]} : frame;
	const room = free + 1;
	const page = presses % (Math.ceil(others.length / room) + 1);
	if (page === 0) return frame;
	const shown = others.slice((page - 1) * room, page * room);
	return frame.bottom.length === 0
		? {...frame, top: [...frame.top.slice(0, -1), ...shown]}
		: {...frame, bottom: [...frame.bottom.slice(0, -1), ...shown]};
};

/** What stands at the end of every screen. */
export type KeysContent = {
	readonly keys: readonly Key[];
	/** How often `?` was pressed. */
	readonly presses: number;
};

/** The blank row and the keys at the end of a screen; the keys go after nearly all else. */
export const footerBlocks = ({line}: Footer): readonly Block[] =>
	line.length === 0 ? [] : [gap(20), block([line], 2)];

/** A screen without a QR code, and its keys. */
export const layOutWithKeys = (
	{columns, rows}: Size,
	blocks: readonly Block[],
	{keys, presses}: KeysContent,
	display: Display,
): Frame => {
	const footer = footerOf(keys, gridOf(columns), display);
	return withOtherKeys(frameOf(fit(rows, [...blocks, ...footerBlocks(footer)])), footer, presses, rows);
};
