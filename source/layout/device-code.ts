import type {SafeUrl} from '../core/safe-url.js';
import {block, fit, fitBeside, gap, rowsOf, type Block, type Frame, type QrCodeRows, type Size} from './fit.js';
import {gridOf, header, marked, type ConsentHeader, type Grid} from './header.js';
import {footerBlocks, footerOf, layOutWithKeys, withOtherKeys, type KeysContent} from './keys.js';
import {blank, indent, lineWidth, linkLines, widthOf, wrapWords, type Line} from './line.js';
import {statusBlocks, withKey, type Notice, type Status} from './status.js';
import type {Display} from './theme.js';

export type CodeContent = KeysContent & {
	readonly asking: ConsentHeader;
	readonly link: SafeUrl;
	readonly userCode: string;
	/** What a phone scans, where it can be drawn. */
	readonly qrCode: QrCodeRows | undefined;
	/** Whether it is drawn; where it is not its place is kept, so that drawing it moves nothing. */
	readonly qrCodeShown: boolean;
	/** Whether the link works on this computer only. */
	readonly isLocal: boolean;
	/** The hosts of the link and of the issuer, where they differ. */
	readonly foreignHost: readonly [string, string] | undefined;
	readonly status: Status;
	readonly notice: Notice | undefined;
	readonly isBusy: boolean;
	readonly aside: Line | undefined;
};

/** The QR code goes before any block with a number below this. */
const qrCodeGoes = 25;

/** Beside the QR code the text has this much at least; and this where there is more. */
const leastText = 38;
const usualText = 45;

const numbered = (number: number, word: string, grid: Grid): Line[] =>
	marked({text: String(number), dim: true}, [{text: word}], grid);

/** A number, what to do, and with what in the same row. */
const stepLines = (number: number, word: string, object: readonly Line[], grid: Grid): Line[] => {
	const [first = [], ...rest] = object;
	const space = {text: ' '.repeat(Math.max(1, grid.object - grid.words - widthOf(word)))};
	return [[...numbered(number, word, grid).flat(), space, ...first], ...indent(grid.object, rest)];
};

/** What is too wide to stand behind its word stands below it; the word goes where that row is needed. */
const labelled = (label: readonly Line[], [first = blank, ...rest]: readonly Line[]): readonly Block[] => [
	block(label, 7),
	block([first]),
	...rest.map(line => block([line], 1)),
];

/** The link where it has room: behind its word, below it, or in rows of its own. */
export const linkStep = (
	number: number,
	word: string,
	link: SafeUrl,
	grid: Grid,
	{environment}: Display,
): readonly Block[] => {
	const {object, words, width} = grid;
	const links = environment.hyperlinks;
	if (object + widthOf(link) <= width) {
		return [block(stepLines(number, word, [[{text: link, link: links ? link : undefined}]], grid))];
	}

	const below = linkLines(link, {width: words + widthOf(link) <= width ? width : width + 1, margin: words, links});
	return labelled(numbered(number, word, grid), below);
};

/** The one thing to carry away, with half a row above and below it. */
export const plateBlocks = (
	text: string,
	column: number,
	rows: (plate: Line) => readonly Line[],
	{width}: Grid,
	{plate, glyphs}: Display,
): readonly Block[] => {
	const room = Math.floor((width - column - widthOf(text)) / 2);
	if (plate === 'brackets') return [block(rows([{text: room < 2 ? text : `[ ${text} ]`, bold: true}]))];
	const space = ' '.repeat(Math.max(0, Math.min(3, room)));
	const padded = `${space}${text}${space}`;
	const middle = block(rows([{text: padded, plate: true}]));
	const edge = (half: string) => block(indent(column, [[{text: half.repeat(widthOf(padded)), tone: 'accent'}]]), 23);
	return glyphs.blocks ? [edge('▄'), middle, edge('▀')] : [middle];
};

/** A plate behind a word, or in a row of its own. */
export const plateStep = (
	number: number,
	word: string,
	text: string,
	grid: Grid,
	display: Display,
): readonly Block[] => {
	if (grid.object + widthOf(text) + 6 <= grid.width) {
		return plateBlocks(text, grid.object, plate => stepLines(number, word, [plate], grid), grid, display);
	}

	const rows = plateBlocks(text, grid.words, plate => indent(grid.words, [plate]), grid, display);
	return [block(numbered(number, word, grid), 7), ...rows];
};

const noteUnderLink = ({qrCode, qrCodeShown, isLocal}: CodeContent, {messages: {code}}: Display): Line | undefined => {
	if (isLocal) return [{text: code.thisComputerOnly, dim: true}];
	if (qrCode === undefined) return undefined;
	return qrCodeShown ? [{text: code.orScan, dim: true}] : withKey(code.showsQrCode, 's');
};

const approveStep = (grid: Grid, {messages: {code}}: Display): Block => {
	const rows = (sentences: readonly string[]) =>
		sentences.flatMap(text => wrapWords(text, Math.max(1, grid.width - grid.object))).map((text): Line => [{text}]);
	const step = (sentences: readonly string[]) => stepLines(3, code.approve, rows(sentences), grid);
	const brief = block(step([code.onlyIfYours]), 4);
	const joined = `${code.onlyIfYours}. ${code.neverType}.`;
	const isShort = grid.object + widthOf(joined) <= grid.width;
	return {lines: step(isShort ? [joined] : [`${code.onlyIfYours}.`, `${code.neverType}.`]), goes: 30, instead: brief};
};

/** Everything between the title and the keys. */
const steps = (
	content: CodeContent,
	grid: Grid,
	display: Display,
): {link: readonly Block[]; rest: readonly Block[]} => {
	const {link, userCode, foreignHost, status, notice, isBusy, aside} = content;
	const {code} = display.messages;
	const note = noteUnderLink(content, display) ?? [];
	const column = [grid.object, grid.words].find(at => note.length > 0 && at + lineWidth(note) <= grid.width);
	const warning = foreignHost && {text: display.glyphs.warning, tone: 'warning' as const};
	return {
		link: linkStep(1, code.open, link, grid, display),
		rest: [
			...(column === undefined ? [] : [block(indent(column, [note]), 18)]),
			...(foreignHost === undefined ? [] : [block(marked(warning, code.foreignHost(...foreignHost), grid), 7)]),
			gap(14),
			...plateStep(2, code.type, userCode, grid, display),
			gap(16),
			approveStep(grid, display),
			gap(15),
			...statusBlocks(status, notice, isBusy, aside, grid, display),
		],
	};
};

const withQrCode = ({columns, rows}: Size, content: CodeContent, display: Display, bottom: readonly Block[]) => {
	const {qrCode, link, asking} = content;
	if (qrCode === undefined) return undefined;
	const left = Math.min(usualText, columns - qrCode.columns - 1);
	if (left < leastText) return undefined;
	const grid = gridOf(columns, left - 1);
	const [top = gap(0), ...title] = header(asking, grid, display);
	const {link: linkRows, rest} = steps(content, grid, display);
	if (grid.words + widthOf(link) <= grid.width) {
		const beside = [...title, gap(17), ...linkRows, ...rest];
		return fitBeside(rows, qrCode, {left, goes: qrCodeGoes, top: [top], beside, bottom});
	}

	// Too long for the column: above the QR code.
	const wide = gridOf(columns);
	const above = [...header(asking, wide, display), gap(17), ...steps(content, wide, display).link];
	return fitBeside(rows, qrCode, {left, goes: qrCodeGoes, top: above, beside: rest, bottom});
};

/**
 * The code screen for a window. Where room is short the words go first, then the QR code, then the blank rows; the link,
 * the code and the status never go.
 *
 * @returns the frame, and whether a QR code has room in it
 */
export const layOutCode = (
	size: Size,
	content: CodeContent,
	display: Display,
): {readonly frame: Frame; readonly hasRoom: boolean} => {
	const {columns, rows} = size;
	const grid = gridOf(columns);
	const footer = footerOf(content.keys, grid, display);
	const beside = withQrCode(size, content, display, footerBlocks(footer));
	if (beside === undefined) {
		const {link, rest} = steps(content, grid, display);
		const blocks = [...header(content.asking, grid, display), gap(17), ...link, ...rest];
		return {frame: layOutWithKeys(size, blocks, content, display), hasRoom: false};
	}

	const frame = content.qrCodeShown ? beside : withoutQrCode(beside);
	return {frame: withOtherKeys(frame, footer, content.presses, rows), hasRoom: true};
};

/** The same rows at the same places, without it. */
const withoutQrCode = ({top, qrCode, bottom}: Frame): Frame => {
	const {beside = [], rows = 0} = qrCode ?? {};
	const padding = Array.from({length: Math.max(0, rows - beside.length)}, () => blank);
	return {top: [...top, ...beside, ...padding], bottom};
};

/** The QR code alone, with the code under it: for a window that has no room for it beside the words. */
export const layOutQrCode = (
	{columns, rows}: Size,
	{asking, qrCode, userCode, keys, presses}: CodeContent,
	display: Display,
): Frame | undefined => {
	const grid = gridOf(columns);
	const footer = footerOf(keys, grid, display);
	if (qrCode === undefined || qrCode.columns > columns) return undefined;
	const left = Math.min(grid.mark, columns - qrCode.columns);
	const last = [...indent(grid.mark, [[{text: userCode, bold: true}]]), footer.line];
	const frame: Frame = {top: [], qrCode: {...qrCode, left, beside: []}, bottom: last};
	const full: Frame = {...frame, top: fit(3, [...header(asking, grid, display), gap(1)])};
	const fitting = [full, frame].find(candidate => rowsOf(candidate) <= rows);
	return fitting && withOtherKeys(fitting, footer, presses, rows);
};
