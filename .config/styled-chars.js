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

const change = (from, to) =>
	from === to || (from.length === 0 && to.length === 0) ? '' : ansiCodesToString(diffAnsiCodes(from, to));

export const styledCharsToString = cells => {
	let text = '';
	let styles = [];
	for (const cell of cells) {
		text += change(styles, cell.styles) + cell.value;
		styles = cell.styles;
	}

	return text + change(styles, []);
};
