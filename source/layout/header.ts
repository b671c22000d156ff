import {displayText} from '../core/safe-text.js';
import type {LoginState} from '../login/state.js';
import {gap, block, type Block} from './fit.js';
import {cutEvery, lineWidth, paragraph, indent, plain, wrapWords, type Line} from './line.js';
import type {Display} from './theme.js';

/** Who asks, and for what. */
export type ConsentHeader = {
	readonly title: string;
	/** The issuer's whole host; empty until it is known. */
	readonly host: string;
	readonly permissions: string;
	/** Why someone is to sign in although there is a session; empty where there is none. */
	readonly reason: string;
};

/** Before discovery has answered, an application may know its own name and issuer, and what it will ask for. */
type AskingHint = {
	readonly application?: string | undefined;
	readonly issuer?: string | undefined;
	readonly scope?: string | undefined;
};

/** Empty for what is no URL. */
export const hostOf = (url: string | undefined): string =>
	url !== undefined && URL.canParse(url) ? displayText(new URL(url).host) : '';

export const consentHeader = (
	{discovery, stepUp}: LoginState,
	hint: AskingHint,
	{messages}: Display,
): ConsentHeader => {
	const application = discovery?.application ?? hint.application;
	return {
		title: messages.signInTo(application === undefined ? undefined : displayText(application, 60)),
		host: hostOf(discovery?.issuer ?? hint.issuer),
		permissions: messages.willDo(discovery?.requestedScope ?? hint.scope ?? ''),
		reason: stepUp === undefined ? '' : messages.sentence(stepUp.reason),
	};
};

/** The columns where marks, words and what they act on begin. */
export type Grid = {readonly mark: number; readonly words: number; readonly object: number; readonly width: number};

/** Below this a window is narrow: everything moves to the left, and the keys say less. */
const roomyColumns = 60;

/** @param width - the columns there are; one at the right stays free */
export const gridOf = (columns: number, width = columns): Grid =>
	columns < roomyColumns
		? {mark: 1, words: 3, object: 11, width: width - 1}
		: {mark: 2, words: 5, object: 14, width: width - 1};

/** A mark and what it marks, with more rows below the words. The mark and the words touch the same text. */
export const marked = (mark: Line[number] | undefined, text: string | Line, {mark: at, words, width}: Grid): Line[] => {
	const pad = {text: ' '.repeat(at)};
	const lead: Line = mark === undefined ? [{text: ' '.repeat(words)}] : [pad, mark, {text: ' '.repeat(words - at - 1)}];
	if (typeof text !== 'string') return [[...lead, ...text]];
	const [first = '', ...rest] = wrapWords(text, Math.max(1, width - words));
	return [[...lead, {text: first}], ...indent(words, rest.map(plain))];
};

/** The same with words that stand out. */
export const markedBoldly = (mark: Line[number] | undefined, text: string, grid: Grid): Line[] =>
	marked(mark, text, grid).map(line => line.map(span => (span === mark ? span : {...span, bold: true})));

/** The title and the host, which is never shortened: it is what a person can check. */
const titleLines = (asking: ConsentHeader, {mark, width}: Grid, {glyphs}: Display): Line[] => {
	const {title} = asking;
	// A resource goes by its host, which need not be said twice.
	const host = title.endsWith(` ${asking.host}`) ? '' : asking.host;
	const line: Line = [{text: title, bold: true}, ...(host === '' ? [] : [{text: ` ${glyphs.separator} ${host}`}])];
	if (mark + lineWidth(line) <= width) return indent(mark, [line]);
	const room = Math.max(1, width - mark);
	const titles: Line[] = wrapWords(title, room).map(text => [{text, bold: true}]);
	return indent(mark, [...titles, ...(host === '' ? [] : cutEvery(host, room).map(plain))]);
};

/** The first rows of every screen. */
export const header = (asking: ConsentHeader, grid: Grid, display: Display): readonly Block[] => [
	gap(19),
	block(titleLines(asking, grid, display), 3),
	...(asking.reason === '' ? [] : [block(indent(grid.mark, paragraph(asking.reason, grid.width - grid.mark)), 3)]),
];

/** What the application will be able to do. */
export const permissions = ({permissions}: ConsentHeader, {mark, width}: Grid): readonly Block[] =>
	permissions === '' ? [] : [block(indent(mark, paragraph(permissions, width - mark)), 6)];
