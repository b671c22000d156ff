import type {EventOf} from '../login/events.js';
import type {BrowserState} from '../login/state.js';
import {loopbackPort} from '../core/safe-url.js';
import {forwardLines, statusLine, type FlowStatus} from './flow-status.js';
import {composeEach, firstThatFits, frameOf, withWholeNotice, type Frame, type Size} from './fit.js';
import {headerLines, spacer, type ConsentHeader} from './header.js';
import {
	linkLines,
	indent,
	keyLine,
	keyLines,
	lineWidth,
	plain,
	widthOf,
	paragraph,
	wrapWords,
	type Line,
} from './row.js';
import type {Display} from './theme.js';

export type BrowserContent = {
	readonly asking: ConsentHeader;
	readonly address: EventOf<'authorization-url'>;
	readonly opener: BrowserState['opener'];
	readonly status: FlowStatus;
	readonly added: readonly Line[];
	/** After a while without a response it is time to say what may be in the way. */
	readonly takesLong: boolean;
	readonly canUseCode: boolean;
	readonly notice: string | undefined;
	/** How many rows it may take. @default 1 */
	readonly noticeRows?: number;
	readonly keys: readonly string[];
	readonly moreKeys: boolean;
	readonly display: Display;
};

type Layout = {
	readonly air: boolean;
	readonly words: 'all' | 'brief' | 'none';
	/** Whether it is said what is asked for. @default where nothing else is left out */
	readonly asked?: boolean;
};

/** What may be wrong, and the sentence or the keys that help. */
type Help = {readonly prompt: string; readonly help: string | readonly string[]};

/** Question and help in two columns where all of them fit, else the help under its question. */
const helpLines = (helps: readonly Help[], width: number, separator: string): Line[][] => {
	const column = Math.max(...helps.map(({prompt}) => widthOf(prompt))) + 3;
	const linesOf = ({help}: Help, room: number) =>
		typeof help === 'string' ? paragraph(help, room) : keyLines(help, separator, room);
	const fits = width - column >= 20 && helps.every(help => linesOf(help, width - column).length === 1);
	return helps.map(help => {
		const {prompt} = help;
		const [first = []] = linesOf(help, width - column);
		return fits
			? [[{text: prompt + ' '.repeat(column - widthOf(prompt))}, ...first]]
			: [...paragraph(prompt, width), ...indent(2, linesOf(help, width - 2))];
	});
};

/** Whether the browser's response reaches this program: without a port there is no short link, which alone has no query. */
const comesBackHere = ({address}: BrowserContent): boolean => !address.shortUrl.includes('?');

const isMissing = ({opener}: BrowserContent): boolean => opener?.status === 'failed' || opener?.status === 'skipped';

const helpOf = (content: BrowserContent): readonly Help[] => {
	const {browser: say, keys} = content.display.messages;
	return [
		isMissing(content)
			? {prompt: say.thisAddress, help: [keys.openIt, keys.copyUrl]}
			: {prompt: say.noWindow, help: [keys.openAgain, keys.copyUrl]},
		comesBackHere(content) ? {prompt: say.fails, help: say.pasteIt} : {prompt: say.showsCode, help: say.pasteCode},
		...(content.canUseCode ? [{prompt: say.elsewhere, help: [say.useCode]}] : []),
	];
};

const shortLink = ({address, display}: BrowserContent, columns: number, words: Layout['words']): Line[] => {
	const margin = words === 'all' ? 3 : words === 'brief' ? 1 : 0;
	const lines = linkLines(address.shortUrl, {width: columns, margin, links: display.environment.hyperlinks});
	const remark = `   ${display.messages.browser.thisComputerOnly}`;
	const [only, ...more] = lines;
	const isLocal = loopbackPort(address.redirectUri) !== undefined;
	const fits = isLocal && only !== undefined && more.length === 0 && lineWidth(only) + widthOf(remark) <= columns;
	return words === 'all' && fits ? [[...only, {text: remark}]] : lines;
};

const footer = (content: BrowserContent, {air, words}: Layout, columns: number): Line[] => {
	const {notice, noticeRows = 1, keys: all, moreKeys, display} = content;
	const {separator} = display.glyphs;
	// What the help has told already is not told twice.
	const told: readonly string[] =
		words === 'all' ? [display.messages.keys.openAgain, display.messages.keys.copyUrl] : [];
	const keys = all.filter(key => !told.includes(key));
	const width = columns - 2;
	const rows = moreKeys ? keyLines(keys, separator, width) : [keyLine(keys, separator, width)];
	const [said, ...more] = notice === undefined ? [] : wrapWords(notice, width).slice(0, noticeRows).map(plain);
	// The blank row above the keys is where something is said; without one it takes the place of the keys.
	return indent(1, air ? [said ?? [], ...more, ...rows] : said === undefined ? rows : [said]);
};

const compose = (content: BrowserContent, layout: Layout, columns: number): Frame => {
	const {asking, status, added, display} = content;
	const {air, words} = layout;
	const {continueThere, openThis, comesNotBack, takesLong} = display.messages.browser;
	const comesBack = comesBackHere(content);
	const address = shortLink(content, columns, words);
	if (words === 'none') return frameOf([...address, statusLine(status, columns)]);

	const head = [
		...headerLines(asking, {columns, full: layout.asked ?? words === 'all', display}),
		...spacer(air),
		...indent(1, paragraph(!comesBack ? comesNotBack : isMissing(content) ? openThis : continueThere, columns - 2)),
	];
	const waiting = indent(1, [statusLine(status, columns - 1)]);
	const under = added.length === 0 ? [] : [...spacer(air), ...added];
	if (words === 'brief')
		return frameOf([...head, ...address, ...waiting, ...under, ...footer(content, layout, columns)]);

	const detail = status.detail === undefined ? [] : indent(3, paragraph(status.detail, columns - 4));
	// At the end, where it moves nothing that someone is about to read or to copy.
	const late = content.takesLong && comesBack ? [...spacer(air), ...indent(1, paragraph(takesLong, columns - 2))] : [];
	const [first = [], ...others] = helpLines(helpOf(content), columns - 2, display.glyphs.separator);
	return frameOf([
		...head,
		...spacer(air),
		...waiting,
		...detail,
		...under,
		...spacer(air),
		...indent(1, first),
		...address,
		...indent(1, others.flat()),
		...forwardLines(content.address, display, columns),
		...late,
		...footer(content, layout, columns),
	]);
};

const layouts: readonly Layout[] = [
	{air: true, words: 'all'},
	{air: false, words: 'all'},
	{air: false, words: 'all', asked: false},
	{air: false, words: 'brief', asked: true},
	{air: true, words: 'brief'},
	{air: false, words: 'brief'},
	{air: false, words: 'none'},
];

/** The browser screen for a window: blank rows go first, then the explanations, the address and its status never. */
export const layOutBrowser = ({columns, rows}: Size, content: BrowserContent): Frame =>
	withWholeNotice(rows, content, noticeRows =>
		firstThatFits(
			rows,
			composeEach(layouts, layout => compose({...content, noticeRows}, layout, columns)),
		),
	);
