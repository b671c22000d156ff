import type {Cell, Theme} from '../support/terminal-emulator.js';
import type {Shot} from './recorder.js';

const named = (kind: number, index = 0): string => `#fe0${kind}${index.toString(16).padStart(2, '0')}`;

/** Names the colours that a theme chooses, so that a replay has those of the terminal that it runs in. */
export const castTheme: Theme = {
	foreground: named(1),
	background: named(2),
	palette: Array.from({length: 16}, (_, index) => named(3, index)),
};

/** SGR parameters (ECMA-48 §8.3.117) of a colour; `base` is 30 for text and 40 for what is behind it. */
const colour = (value: string, base: 30 | 40): string => {
	if (value === castTheme.foreground || value === castTheme.background) return `${base + 9}`;
	const index = castTheme.palette?.indexOf(value) ?? -1;
	if (index >= 0) return `${index < 8 ? base + index : base + 52 + index}`;
	return [base + 8, 2, ...[1, 3, 5].map(at => Number.parseInt(value.slice(at, at + 2), 16))].join(';');
};

const styleOf = ({bold, dim, underline, foreground, background}: Cell): string =>
	[
		0,
		...(bold ? [1] : []),
		...(dim ? [2] : []),
		...(underline ? [4] : []),
		colour(foreground, 30),
		colour(background, 40),
	].join(';');

const rowOf = (cells: readonly Cell[]): string => {
	const end =
		cells.findLastIndex(({text, background}) => text.trim() !== '' || background !== castTheme.background) + 1;
	let style = '';
	let row = '';
	for (const cell of cells.slice(0, end)) {
		const own = styleOf(cell);
		if (own !== style) row += `\u001B[${own}m`;
		style = own;
		row += cell.text === '' ? ' ' : cell.text;
	}

	return `${row}\u001B[0m\u001B[K`;
};

/** A recording in {@link castTheme} for `asciinema play` (asciicast v2): of each shot, the rows that are new. */
export const toCast = (
	shots: readonly Shot[],
	{columns, rows, title}: {readonly columns: number; readonly rows: number; readonly title: string},
): string => {
	const lines: unknown[] = [{version: 2, width: columns, height: rows, title}];
	const shown: string[] = [];
	let at = 0;
	for (const shot of shots) {
		const changes = shot.rows.map((cells, index) => {
			const row = rowOf(cells);
			if (row === shown[index]) return '';
			shown[index] = row;
			return `\u001B[${index + 1};1H${row}`;
		});
		const {cursor} = shot;
		const point = cursor ? `\u001B[${cursor.row + 1};${cursor.column + 1}H\u001B[?25h` : '\u001B[?25l';
		lines.push([Math.round(at * 1000) / 1000, 'o', changes.join('') + point]);
		at += shot.lasts;
	}

	// Holds the last one.
	lines.push([Math.round(at * 1000) / 1000, 'o', '']);
	return lines.map(line => JSON.stringify(line)).join('\n') + '\n';
};
