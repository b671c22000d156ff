import {blank, type Line} from './line.js';

export type Size = {readonly columns: number; readonly rows: number};

export type QrCodeRows = Size & {readonly text: string};

/** Rows that belong together. */
export type Block = {
	readonly lines: readonly Line[];
	/** Where height is short the blocks with the highest number go first; one without a number never goes. */
	readonly goes?: number | undefined;
	/** What stands there once it has gone. */
	readonly instead?: Block;
};

/** A whole screen, composed and not yet drawn. */
export type Frame = {
	/** As wide as the window. */
	readonly top: readonly Line[];
	readonly qrCode?: QrCodeRows & {
		/** The column where it begins. */
		readonly left: number;
		/** The rows at its left. */
		readonly beside: readonly Line[];
	};
	readonly bottom: readonly Line[];
};

export const frameOf = (lines: readonly Line[]): Frame => ({top: lines, bottom: []});

export const block = (lines: readonly Line[], goes?: number): Block => ({lines, goes});

/** A blank row. */
export const gap = (goes: number): Block => ({lines: [blank], goes});

const heightOf = (blocks: readonly Block[]): number => blocks.reduce((height, {lines}) => height + lines.length, 0);

const linesOf = (blocks: readonly Block[]): Line[] => blocks.flatMap(({lines}) => lines);

/**
 * Gives blocks up, the highest number first, until the rest is low enough.
 *
 * @param least - blocks with this number or less stay
 * @returns undefined where what must stay is too tall
 */
const shrink = (rows: number, blocks: readonly Block[], least = 0): readonly Block[] | undefined => {
	let left = blocks;
	while (heightOf(left) > rows) {
		const goes = Math.max(...left.map(({goes = 0}) => goes));
		if (goes <= least) return undefined;
		const index = left.findLastIndex(block => block.goes === goes);
		left = left.flatMap((block, position) => (position === index ? (block.instead ?? []) : block));
	}

	return left;
};

/** The blocks that have room, from the top; what is too tall even so is cut at its end. */
export const fit = (rows: number, blocks: readonly Block[]): readonly Line[] => {
	const fitting = shrink(rows, blocks);
	if (fitting !== undefined) return linesOf(fitting);
	const least = blocks.flatMap(block => {
		let last: Block | undefined = block;
		while (last?.goes) last = last.instead;
		return last ?? [];
	});
	return linesOf(least).slice(0, Math.max(1, rows));
};

/**
 * The same with a QR code at the right: it begins beside the first block of `beside`, and goes once the room for it has
 * to be taken from blocks with the number `goes` or less.
 *
 * @returns undefined where it has no room
 */
export const fitBeside = (
	rows: number,
	qrCode: QrCodeRows,
	{
		left,
		goes,
		top,
		beside,
		bottom,
	}: {
		readonly left: number;
		readonly goes: number;
		readonly top: readonly Block[];
		readonly beside: readonly Block[];
		readonly bottom: readonly Block[];
	},
): Frame | undefined => {
	const room = rows - heightOf(top) - heightOf(bottom);
	const text = room >= qrCode.rows ? shrink(room, beside, goes) : undefined;
	return text && {top: linesOf(top), qrCode: {...qrCode, left, beside: linesOf(text)}, bottom: linesOf(bottom)};
};

export const rowsOf = ({top, qrCode, bottom}: Frame): number =>
	top.length + (qrCode === undefined ? 0 : Math.max(qrCode.rows, qrCode.beside.length)) + bottom.length;
