import type {Line} from './row.js';

export type Size = {readonly columns: number; readonly rows: number};

export type QrCodeRows = Size & {readonly text: string};

/** A whole screen, composed and not yet drawn. */
export type Frame = {
	readonly top: readonly Line[];
	/** Stands between top and bottom, with `beside` to its right where there is any. */
	readonly qrCode?: QrCodeRows;
	readonly beside: readonly Line[];
	readonly bottom: readonly Line[];
};

export const frameOf = (lines: readonly Line[]): Frame => ({top: lines, beside: [], bottom: []});

/** Between the QR code and what stands beside it; and from the left edge to the QR code. */
export const qrCodeMargin = 1;
export const qrCodeGap = 2;

export const heightOf = ({top, qrCode, beside, bottom}: Frame): number =>
	top.length + Math.max(qrCode?.rows ?? 0, beside.length) + bottom.length;

/**
 * Composes a frame for each layout when it is asked for: a screen is laid out again each second.
 *
 * @param compose - undefined where the layout has no place for what there is to say
 */
export function* composeEach<Layout>(
	layouts: readonly Layout[],
	compose: (layout: Layout) => Frame | undefined,
): Generator<Frame> {
	for (const layout of layouts) {
		const frame = compose(layout);
		if (frame !== undefined) yield frame;
	}
}

/**
 * The first frame that is not taller than the rows there are; where none fits the last one is cut. The order of
 * `candidates` is the order in which a screen gives things up.
 */
export const firstThatFits = (rows: number, candidates: Iterable<Frame>): Frame => {
	let last: Frame = frameOf([]);
	for (const frame of candidates) {
		if (heightOf(frame) <= rows) return frame;
		last = frame;
	}

	return frameOf([...last.top, ...last.beside, ...last.bottom].slice(0, Math.max(1, rows)));
};

/**
 * A frame with one row for what is said once, and with more of them where it takes more and rows are free: nothing but
 * the keys below it moves for that.
 */
export const withWholeNotice = (
	rows: number,
	{notice}: {readonly notice?: string | undefined},
	compose: (noticeRows: number) => Frame,
): Frame => {
	const frame = compose(1);
	const free = rows - heightOf(frame);
	return notice === undefined || free <= 0 ? frame : compose(1 + free);
};
