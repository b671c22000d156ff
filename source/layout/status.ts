import {unstopped} from '../core/safe-text.js';
import type {BrowserState, DeviceState, PollingState} from '../login/state.js';
import {block, type Block} from './fit.js';
import {marked, type Grid} from './header.js';
import {indent, lineWidth, plain, shortened, widthOf, wrapWords, type Line, type Span} from './line.js';
import type {Display} from './theme.js';

/** Something that happened just now. */
export type Notice = {
	readonly tone: 'success' | 'warning';
	readonly text: string;
	/** What it says where there is one row and the whole has no room in it, the longest first. */
	readonly briefs?: readonly string[];
};

/** What changes by itself. Times are milliseconds. */
export type Moment = {
	/** Until the code expires; infinite where nothing is counted. */
	readonly deviceLeft: number;
	/** Until the link expires. */
	readonly browserLeft: number;
	/** A request has been under way for so long that it is worth showing. */
	readonly isBusy: boolean;
};

/** The program's voice: what it waits for, and a word on how that goes. */
export type Status = {readonly waiting: string; readonly detail: string; readonly notice?: Notice | undefined};

const minute = 60_000;

/** The last two minutes are counted in seconds, and a new code is offered. */
export const isNearEnd = (left: number): boolean => left < 2 * minute;

/** `1:42`. */
const clockText = (left: number): string => {
	const seconds = Math.ceil(left / 1000);
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** Milliseconds until what {@link leftText} says changes. */
export const untilNextText = (left: number): number =>
	isNearEnd(left) ? left % 1000 || 1000 : Math.min((left + minute / 2) % minute || minute, left - 2 * minute + 1);

const leftText = (left: number, {messages}: Display): string =>
	isNearEnd(left) ? messages.left(clockText(left)) : messages.minutesLeft(Math.ceil(left / minute - 0.5));

const waitingFor = (words: string, left: number, display: Display): string =>
	Number.isFinite(left) ? `${words} ${display.glyphs.separator} ${leftText(left, display)}` : words;

const warning = (text: string): Notice => ({tone: 'warning', text: unstopped(text)});

const secondsUntil = (at: number, now: number): number => Math.max(1, Math.ceil((at - now) / 1000));

const pollingDetail = (polling: PollingState, formerCode: string | undefined, {messages: {code}}: Display): string => {
	if (polling.kind === 'backoff') return '';
	if (polling.kind === 'resumed') return code.slept;
	if (formerCode !== undefined && polling.checks < 2) return code.former(formerCode);
	return code.checked(polling.checks, polling.interval);
};

/** @param now - epoch milliseconds */
export const deviceStatus = (device: DeviceState, left: number, now: number, display: Display): Status => {
	const {code: words} = display.messages;
	const {code, polling, opener, formerCodes} = device;
	if (code === undefined) return {waiting: `${words.opening}${display.glyphs.ellipsis}`, detail: ''};
	const waiting = waitingFor(words.waiting, left, display);
	if (left <= 0) return {waiting: '', detail: '', notice: warning(words.expired)};
	const detail = polling === undefined ? '' : pollingDetail(polling, formerCodes.at(-1), display);
	if (polling?.kind === 'backoff') {
		const text = words.tryingAgain(
			unstopped(display.messages.sentence(polling.reason)),
			secondsUntil(polling.retryAt, now),
		);
		return {waiting, detail, notice: {tone: 'warning', text}};
	}

	const why = opener?.status === 'failed' ? opener.detail : undefined;
	const notice = why === undefined ? undefined : warning(display.messages.sentence(why));
	return {waiting, detail, notice};
};

/** Whether the browser comes back here by itself: a short link has no query, and where nothing listens there is none. */
export const comesBack = ({shortUrl}: NonNullable<BrowserState['address']>): boolean => !shortUrl.includes('?');

export const browserStatus = ({phase, address, opener}: BrowserState, left: number, display: Display): Status => {
	const {browser: words} = display.messages;
	const {ellipsis} = display.glyphs;
	if (phase.status === 'exchanging') return {waiting: `${words.exchanging}${ellipsis}`, detail: ''};
	if (address === undefined) return {waiting: `${words.opening}${ellipsis}`, detail: ''};
	if (left <= 0) return {waiting: '', detail: '', notice: warning(words.expired)};
	const waiting = waitingFor(words.waiting, left, display);
	const hasFailed = opener?.status === 'failed' || opener?.status === 'skipped';
	if (hasFailed && opener.detail !== undefined)
		return {waiting, detail: '', notice: warning(display.messages.sentence(opener.detail))};
	const detail = opener?.status === 'opening' ? words.openingBrowser : comesBack(address) ? words.continues : '';
	return {waiting, detail};
};

/** What stands before the status: a mark that keeps still, and turns only while something takes its time. */
export const activity = (isBusy: boolean, {glyphs, environment}: Display): Span => ({
	text: glyphs.still,
	tone: 'accent',
	spinner: isBusy && !environment.remote,
});

export const noticeMark = ({tone}: Notice, {glyphs}: Display): Span => ({text: glyphs[tone], tone, bold: true});

/** A flow that is open besides the one on the screen, or late advice: one row below the status, kept free for it. What it names is a key as well. */
const asideBlock = (line: Line | undefined, grid: Grid): Block =>
	line === undefined || grid.words + lineWidth(line) > grid.width
		? block([[]], 22)
		: block(indent(grid.words, [line]), 8);

/**
 * The two rows of the status, and the one below them. A notice takes the first, with its mark, and what is waited for moves to the second, until
 * the notice needs both.
 */
export const statusBlocks = (
	{waiting, detail, notice: own}: Status,
	said: Notice | undefined,
	isBusy: boolean,
	aside: Line | undefined,
	grid: Grid,
	display: Display,
): readonly Block[] => {
	const {words, width} = grid;
	const room = Math.max(1, width - words);
	const below = (text: string): Line => (text === '' ? [] : [{text: ' '.repeat(words)}, {text, dim: true}]);
	const notice = said ?? own;
	if (notice === undefined) {
		const separator = ` ${display.glyphs.separator} `;
		// In a narrow window the time that is left is what counts.
		const text = widthOf(waiting) <= room ? waiting : (waiting.split(separator).at(-1) ?? '');
		const [first = '', ...rest] = wrapWords(text, room);
		if (rest.length > 0)
			return [
				block([...marked(activity(isBusy, display), [{text: first}], grid), ...indent(words, rest.map(plain))]),
				asideBlock(aside, grid),
			];
		return [
			block(marked(activity(isBusy, display), [{text}], grid)),
			block([below(shortened(detail, room))], detail === '' ? 21 : 5),
			asideBlock(aside, grid),
		];
	}

	const [first = '', ...rest] = wrapWords(notice.text, room);
	const more =
		rest.length === 0
			? [below(shortened(waiting, room))]
			: indent(
					words,
					rest.map(text => [{text}]),
				);
	return [
		block(marked(noticeMark(notice, display), [{text: first}], grid)),
		block(more, rest.length === 0 && waiting === '' ? 21 : 5),
		// A longer notice takes the row that is kept free.
		...(rest.length > 1 && aside === undefined ? [] : [asideBlock(aside, grid)]),
	];
};

/** A key in a sentence: the first word that is the key stands out. */
export const withKey = (sentence: string, key: string): Line => {
	const parts = sentence.split(new RegExp(`(?<=^|\\s)${key}(?=\\s|$)`));
	const [before = '', ...after] = parts;
	return [
		{text: before, dim: true},
		{text: key, bold: true},
		{text: after.join(key), dim: true},
	];
};

export const alsoLine = (
	state: {readonly browser?: BrowserState | undefined; readonly device?: DeviceState | undefined},
	shown: 'browser' | 'device',
	{messages: {also}, glyphs}: Display,
): Line | undefined => {
	const show = (key: string): Line => [{text: ` ${glyphs.separator} `, dim: true}, ...withKey(also.toShow(key), key)];
	if (shown === 'device') return state.browser && [{text: also.browser}, ...show('b')];
	if (state.device === undefined) return undefined;
	const {code} = state.device;
	if (code === undefined) return [{text: also.device}, ...show('d')];
	return [{text: also.code}, {text: ` ${code.userCode}`, bold: true}, ...show('d')];
};
