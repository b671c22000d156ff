import {lineWidth, type Line} from './line.js';
import {rowsOf, type Frame, type Size} from './fit.js';
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

/** Hints on as many rows as they need. */
const rowsOfHints = (hints: readonly Hint[], display: Display, width: number): Line[] => {
	const rows: Hint[][] = [];
	for (const hint of hints) {
		const row = rows.at(-1);
		if (row === undefined || lineWidth(rowOf([...row, hint], display)) > width) rows.push([hint]);
		else row.push(hint);
	}

	return rows.map(row => rowOf(row, display));
};

const briefly = ({key, label, brief = label}: Key): Hint => ({key, label: brief});

/** The row that is always there, and the rows with all other keys, which `?` shows. */
export type Footer = {readonly row: Line; readonly others: readonly Line[]};

/** What does not fit in the row, from its middle, comes after `?`: no key is lost. */
export const footerOf = (keys: readonly Key[], display: Display, width: number): Footer => {
	const live = keys.filter(({when = true, label}) => when && label !== '');
	const main = live.filter(({isMain}) => isMain);
	const {allKeys, allKeysBriefly} = display.messages.keys;
	const question: Key = {key: '?', label: allKeys, brief: allKeysBriefly};
	for (let count = main.length; count >= 0; count -= 1) {
		const last = main.slice(1).filter(({key}) => key === 'escape');
		const first = main.filter(key => !last.includes(key)).slice(0, Math.max(0, count - last.length));
		const shown = [...first, ...last];
		const others = live.filter(key => !shown.includes(key));
		const row = others.length === 0 ? shown : [...first, question, ...last];
		const fitting = [row, row.map(briefly)].map(hints => rowOf(hints, display)).find(line => lineWidth(line) <= width);
		if (fitting || count === 0)
			return {
				row: fitting ?? rowOf(row.slice(0, 1).map(briefly), display),
				others: rowsOfHints(others, display, width),
			};
	}

	return {row: [], others: []};
};

/**
 * A frame whose last row is that of the keys, with the others below it. Where they have no room there they take the place
 * of that row, a page at each `?`.
 *
 * @param presses - how often `?` was pressed
 */
export const withOtherKeys = (
	frame: Frame,
	{others, presses, rows}: {readonly others: readonly Line[]; readonly presses: number} & Pick<Size, 'rows'>,
): Frame => {
	const free = rows - rowsOf(frame);
	if (others.length === 0 || others.length <= free) {
		return presses % 2 === 1 ? {...frame, bottom: [...frame.bottom, ...others]} : frame;
	}

	const room = Math.max(1, free + 1);
	const page = presses % (Math.ceil(others.length / room) + 1);
	if (page === 0) return frame;
	const kept = frame.bottom.length === 0 ? {...frame, top: frame.top.slice(0, -1)} : frame;
	return {...kept, bottom: [...kept.bottom.slice(0, -1), ...others.slice((page - 1) * room, page * room)]};
};
