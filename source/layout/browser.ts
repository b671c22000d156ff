import type {SafeUrl} from '../core/safe-url.js';
import {block, fit, frameOf, gap, type Block, type Frame, type Size} from './fit.js';
import {gridOf, header, marked, type ConsentHeader, type Grid} from './header.js';
import {linkStep, plateLines, plateStep} from './device-code.js';
import {footerOf, withOtherKeys, type Key} from './keys.js';
import {blank, indent, linkLines, plain, widthOf, wrapWords, type Line} from './line.js';
import {asideBlock, statusBlocks, type Notice, type Status} from './status.js';
import type {Display} from './theme.js';

export type BrowserContent = {
	readonly asking: ConsentHeader;
	/** What to open: the short link, or the long one where nothing listens for the browser. */
	readonly link: SafeUrl;
	/**
	 * How the person gets there: a browser opens by itself; they open the link, on this computer or anywhere; they run a
	 * command on their own computer first.
	 */
	readonly how:
		{readonly by: 'browser' | 'link' | 'link-anywhere'} | {readonly by: 'command'; readonly command: string};
	/** The browser ends on a page of the provider's, whose code or link has to be pasted here. */
	readonly comesBack: boolean;
	/** Where the platform itself leads to the redirect's port. */
	readonly forwardedAddress: string | undefined;
	readonly status: Status;
	readonly notice: Notice | undefined;
	readonly isBusy: boolean;
	readonly aside: Line | undefined;
	readonly keys: readonly Key[];
	/** How often `?` was pressed. */
	readonly presses: number;
};

/** A question, and what helps behind it or below it. */
type Help = {readonly question: string; readonly help: string; readonly link?: SafeUrl; readonly goes: number};

const helpBlocks = (helps: readonly Help[], {words, width}: Grid, {environment: {hyperlinks}}: Display): Block[] => {
	const column = Math.max(...helps.map(({question}) => widthOf(question))) + 3;
	return helps.map(({question, help, link, goes}): Block => {
		const shown: Line = [{text: help, link: hyperlinks ? link : undefined}];
		const lead = {text: question, dim: true};
		const alone = link && block(linkLines(link, {width: width + 1, margin: words, links: hyperlinks}));
		if (words + column + widthOf(help) <= width) {
			const line: Line = [lead, {text: ' '.repeat(column - widthOf(question))}, ...shown];
			return {lines: indent(words, [line]), goes, ...(alone && {instead: alone})};
		}

		if (alone) return {lines: [...indent(words, [[lead]]), ...alone.lines], goes, instead: alone};
		return block(indent(words, [[lead], ...wrapWords(help, Math.max(1, width - words)).map(plain)]), goes);
	});
};

/** A shell takes it as one line, wherever it is broken. */
const commandLines = (command: string, grid: Grid, display: Display): readonly Block[] => {
	if (grid.words + widthOf(command) + 6 <= grid.width) {
		return plateStep(1, display.messages.browser.run, command, grid, display);
	}

	const rows = wrapWords(command, Math.max(1, grid.width - 2));
	const lines = rows.map((text, index): Line => [{text: index < rows.length - 1 ? `${text} \\` : text, bold: true}]);
	return [block([...marked({text: '1', dim: true}, display.messages.browser.run, grid), ...lines])];
};

/** The sentence that says what to do, and what it takes. */
const taskBlocks = ({how, link}: BrowserContent, grid: Grid, display: Display): readonly Block[] => {
	const {browser: say} = display.messages;
	const arrow = {text: display.glyphs.arrow, tone: 'accent'} as const;
	const sentence = (text: string) =>
		block(
			marked(arrow, text, grid).map(line => line.map(span => (span === arrow ? span : {...span, bold: true}))),
			2,
		);
	if (how.by === 'browser') return [sentence(say.continueThere)];
	if (how.by === 'command') {
		const open = block(linkStep(2, say.open, link, grid, display));
		return [sentence(say.onYourComputer), gap(14), ...commandLines(how.command, grid, display), gap(13), open];
	}

	const {text: plate, edges} = plateLines(link, display);
	const isWide = grid.words + widthOf(link) + 6 > grid.width;
	const [above = blank, below = blank] = indent(grid.words, edges);
	return [
		sentence(how.by === 'link' ? say.openHere : say.openAnywhere),
		...(isWide
			? [
					gap(14),
					block(linkLines(link, {width: grid.width + 1, margin: grid.words, links: display.environment.hyperlinks})),
				]
			: [block([above], 23), block(indent(grid.words, [plate])), block([below], 23)]),
	];
};

const helpsOf = (
	{how, link, comesBack, forwardedAddress}: BrowserContent,
	{messages: {browser: say}}: Display,
): Help[] => [
	...(how.by === 'browser' ? [{question: say.notOpened, help: link, link, goes: 11}] : []),
	comesBack
		? {question: say.errorPage, help: say.pasteItsLink, goes: 9}
		: {question: say.atTheEnd, help: say.pasteCodeOrLink, goes: 9},
	...(forwardedAddress === undefined ? [] : [{question: say.forwardedAt, help: forwardedAddress, goes: 12}]),
];

/** The browser screen for a window: blank rows go first, then the help; the link and the status never go. */
export const layOutBrowser = ({columns, rows}: Size, content: BrowserContent, display: Display): Frame => {
	const grid = gridOf(columns);
	const {asking, status, notice, isBusy, aside, keys, presses} = content;
	const {row, others} = footerOf(keys, display, grid.width - grid.mark);
	const frame = frameOf(
		fit(rows, [
			...header(asking, grid, display),
			gap(17),
			...taskBlocks(content, grid, display),
			gap(16),
			...statusBlocks(status, notice, isBusy, grid, display),
			asideBlock(aside, grid),
			gap(24),
			...helpBlocks(helpsOf(content, display), grid, display),
			gap(20),
			block(indent(grid.mark, [row]), 1),
		]),
	);
	return withOtherKeys(frame, {others, presses, rows});
};

/** A screen with one thing to say: something is under way. */
export const layOutWaiting = (
	{columns, rows}: Size,
	{asking, status, isBusy, keys}: Pick<BrowserContent, 'asking' | 'status' | 'isBusy' | 'keys'>,
	display: Display,
): Frame => {
	const grid = gridOf(columns);
	const {row} = footerOf(keys, display, grid.width - grid.mark);
	return frameOf(
		fit(rows, [
			...header(asking, grid, display),
			gap(17),
			...statusBlocks(status, undefined, isBusy, grid, display),
			gap(20),
			block(indent(grid.mark, [row]), 1),
		]),
	);
};
