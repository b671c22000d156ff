import qrcode from 'qrcode-terminal';

/** The modules of a QR code with its quiet zone around it. */
type QrMatrix = {
	/** Modules a side, the quiet zone included. */
	readonly size: number;
	/** Whether a module is dark; outside the QR code all is light. */
	readonly isDark: (row: number, column: number) => boolean;
};

/** Four by the standard; two are enough for every reader tried, and cost four columns less. */
const quietZone = 2;

/** A QR code for more would be taller than most windows. */
const maximumLength = 300;

/** Light modules of the upper and the lower half: qrcode-terminal draws the light ones. */
const lightHalves: Readonly<Record<string, readonly [boolean, boolean]>> = {
	'█': [true, true],
	'▀': [true, false],
	'▄': [false, true],
	' ': [false, false],
};

/**
 * The QR code of an address, with the lowest error correction: on a screen nothing is smudged.
 *
 * @param text - ASCII, such as a `SafeUrl`.
 * @returns undefined for a text that makes no usable QR code: too long, or not ASCII
 */
export const qrMatrix = (text: string): QrMatrix | undefined => {
	if (text.length > maximumLength || !/^[ -~]+$/.test(text)) return undefined;
	let drawing = '';
	// The callback is synchronous. Called as a method: the function reads its error correction level from `this`.
	qrcode.generate(text, {small: true}, output => {
		drawing = output;
	});
	// Each line has a light column on either side, and the first one is half a light row.
	const lines = drawing.trimEnd().split('\n').slice(1);
	const modules = lines.flatMap(line => {
		const halves = Array.from(line.slice(1, -1), character => lightHalves[character]);
		return [halves.map(half => half?.[0] === false), halves.map(half => half?.[1] === false)];
	});
	const size = (modules[0]?.length ?? 0) + 2 * quietZone;
	return {size, isDark: (row, column) => modules[row - quietZone]?.[column - quietZone] ?? false};
};

/**
 * The QR code in half blocks, two rows of modules a line, the dark ones being the foreground: to be drawn black on
 * white, whatever the theme.
 */
export const halfBlockRows = ({size, isDark}: QrMatrix): readonly string[] =>
	Array.from({length: Math.ceil(size / 2)}, (_, line) =>
		Array.from({length: size}, (_, column) => {
			const upper = isDark(2 * line, column);
			const lower = isDark(2 * line + 1, column);
			if (upper) return lower ? '█' : '▀';
			return lower ? '▄' : ' ';
		}).join(''),
	);
