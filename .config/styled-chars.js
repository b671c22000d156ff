/*
 * Stands in for the file of the same name in @alcalzone/ansi-tokenize (lean-ink.js), which makes a list of styles for
 * each cell and compares the lists of each two neighbours by way of sets. Here cells share their list until it changes.
 */
import {ansiCodesToString} from './ansiCodes.js';
import {diffAnsiCodes} from './diff.js';
import {reduceAnsiCodesIncremental} from './reduce.js';

/** By the list of tokens, which is the same for the same row (lean-ink.js). */
const known = new WeakMap();

export const styledCharsFromTokens = tokens => {
	let cells = known.get(tokens);
	if (cells !== undefined) return cells;
	let styles = [];
	cells = [];
	known.set(tokens, cells);
	for (const token of tokens) {
		if (token.type === 'ansi') styles = reduceAnsiCodesIncremental(styles, [token]);
		else if (token.type === 'char') cells.push({...token, styles});
	}

	return cells;
};

const none = [];
const changes = new WeakMap();

/** What leads from one list of styles to another; both are those of cells that are kept. */
const change = (from, to) => {
	if (from === to || (from.length === 0 && to.length === 0)) return '';
	if (!changes.has(from)) changes.set(from, new WeakMap());
	const ways = changes.get(from);
	if (!ways.has(to)) ways.set(to, ansiCodesToString(diffAnsiCodes(from, to)));
	return ways.get(to);
};

export const styledCharsToString = cells => {
	let text = '';
	let styles = none;
	// Without an iterator, which makes an object for each of two thousand cells.
	cells.forEach(cell => {
		text += change(styles, cell.styles) + cell.value;
		styles = cell.styles;
	});
	return text + change(styles, none);
};
