import type {SafeUrl} from '../core/safe-url.js';
import {block, gap, type Block, type Frame, type Size} from './fit.js';
import {gridOf, header, marked, markedBoldly, type ConsentHeader, type Grid} from './header.js';
import {linkStep, plateBlocks, plateStep} from './device-code.js';
import {layOutWithKeys, type KeysContent} from './keys.js';
import {blank, indent, linkLines, plain, widthOf, wrapWords, type Line} from './line.js';
import {activity, statusBlocks, type Notice, type Status} from './status.js';
import type {Display} from './theme.js';

export type BrowserContent = KeysContent & {
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

	const lines: Line[] = [];
	let rest = command;
	for (const row of wrapWords(command, Math.max(1, grid.width - 2))) {
		rest = rest.slice(row.length);
		lines.push([{text: rest === '' ? row : `${row}${rest.startsWith(' ') ? ' ' : ''}\\`, bold: true}]);
		rest = rest.trimStart();
	}

	const by = grid.words + widthOf(command) <= grid.width ? grid.words : 0;
	return [block(marked({text: '1', dim: true}, display.messages.browser.run, grid), 7), block(indent(by, lines))];
};

/** The sentence that says what to do, and what it takes. */
const taskBlocks = ({how, link}: BrowserContent, grid: Grid, display: Display): readonly Block[] => {
	const {browser: say} = display.messages;
	const arrow = {text: display.glyphs.arrow, tone: 'accent'} as const;
	const sentence = (text: string) => block(markedBoldly(arrow, text, grid), 4);
	if (how.by === 'browser') return [sentence(say.continueThere)];
	if (how.by === 'command') {
		const open = linkStep(2, say.open, link, grid, display);
		return [sentence(say.onYourComputer), gap(14), ...commandLines(how.command, grid, display), gap(13), ...open];
	}

	const isWide = grid.words + widthOf(link) + 6 > grid.width;
	return [
		sentence(how.by === 'link' ? say.openHere : say.openAnywhere),
		...(isWide
			? [
					gap(14),
					block(linkLines(link, {width: grid.width + 1, margin: grid.words, links: display.environment.hyperlinks})),
				]
			: plateBlocks(link, grid.words, plate => indent(grid.words, [plate]), grid, display)),
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
export const layOutBrowser = (size: Size, content: BrowserContent, display: Display): Frame => {
	const grid = gridOf(size.columns);
	const {asking, status, notice, isBusy, aside} = content;
	return layOutWithKeys(
		size,
		[
			...header(asking, grid, display),
			gap(17),
			...taskBlocks(content, grid, display),
			gap(16),
			...statusBlocks(status, notice, isBusy, aside, grid, display),
			...helpBlocks(helpsOf(content, display), grid, display),
		],
		content,
		display,
	);
};

/** A screen with one thing to say: something is under way. */
export const layOutWaiting = (
	size: Size,
	content: KeysContent & Pick<BrowserContent, 'asking' | 'isBusy'> & {readonly waiting: string},
	display: Display,
): Frame => {
	const grid = gridOf(size.columns);
	const {asking, waiting, isBusy} = content;
	const [first = blank, ...rest] = marked(activity(isBusy, display), waiting, grid);
	const said = [block([first]), ...rest.map(line => block([line], 3))];
	return layOutWithKeys(size, [...header(asking, grid, display), gap(17), ...said], content, display);
};
