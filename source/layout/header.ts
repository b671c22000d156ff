import {displayText} from '../core/safe-text.js';
import type {LoginState} from '../login/state.js';
import {blank, cutEvery, lineWidth, plain, widthOf, wrapWords, type Line, indent, keyLine} from './row.js';
import type {Display} from './theme.js';
import {firstThatFits, frameOf, type Frame, type Size} from './fit.js';

/** Who asks, and for what. */
export type ConsentHeader = {
	readonly title: string;
	/** The issuer's whole host; empty until it is known. */
	readonly host: string;
	readonly permissions: string;
	/** The most that may be asked for once discovery has answered. */
	readonly expected: string;
};

/** Before discovery has answered, an application may know its own name and issuer, and what it will ask for. */
export type AskingHint = {
	readonly application?: string | undefined;
	readonly issuer?: string | undefined;
	readonly scope?: string | undefined;
};

/** What is asked for where nothing else is said, as far as the server has it. */
const usualScope = 'openid profile email offline_access';

const hostOf = (issuer: string | undefined): string =>
	issuer !== undefined && URL.canParse(issuer) ? displayText(new URL(issuer).host) : '';

export const consentHeader = (
	{discovery, stepUp}: LoginState,
	hint: AskingHint,
	{messages}: Display,
): ConsentHeader => {
	const application = discovery?.application ?? hint.application;
	return {
		title: messages.signInTo(application === undefined ? undefined : displayText(application, 60)),
		host: hostOf(discovery?.issuer ?? hint.issuer),
		permissions: stepUp?.reason ?? (discovery === undefined ? '' : messages.mayDo(discovery.requestedScope)),
		expected: messages.mayDo(hint.scope ?? usualScope),
	};
};

/**
 * The host is never shortened: it is what a person can check.
 *
 * @param reserves - what is asked for may come later, and keeps its rows until then
 */
export const headerLines = (
	{title, host, permissions, expected}: ConsentHeader,
	{
		columns,
		full,
		reserves = false,
		display,
	}: {readonly columns: number; readonly full: boolean; readonly reserves?: boolean; readonly display: Display},
): Line[] => {
	const width = columns - 2;
	const rowsOf = (text: string) => (text === '' ? [] : wrapWords(text, width).map(row => plain(` ${row}`)));
	const asked = full ? rowsOf(permissions) : [];
	const kept =
		full && reserves
			? rowsOf(expected)
					.slice(asked.length)
					.map(() => blank)
			: [];
	const who: Line = [
		{text: ' '},
		{text: title, bold: true},
		...(host === '' ? [] : [{text: ` ${display.glyphs.separator} ${host}`}]),
	];
	if (lineWidth(who) > columns) {
		const rows = [...wrapWords(title, width), ...cutEvery(host, width)].filter(Boolean);
		return [...rows.map(text => plain(` ${text}`)), ...asked, ...kept];
	}

	const gapBefore = (text: string) => columns - lineWidth(who) - widthOf(text) - 1;
	if (gapBefore(reserves && widthOf(expected) > widthOf(permissions) ? expected : permissions) < 3)
		return [who, ...asked, ...kept];
	return full && permissions !== '' ? [[...who, {text: ' '.repeat(gapBefore(permissions)) + permissions}]] : [who];
};

export const spacer = (isWanted: boolean): Line[] => (isWanted ? [blank] : []);

/** A screen with one thing to say: something is under way. */
export const openingFrame = ({
	asking,
	status,
	added,
	canGoBack,
	size: {columns, rows},
	display,
}: {
	readonly asking: ConsentHeader;
	readonly status: Line;
	readonly added?: readonly Line[] | undefined;
	readonly canGoBack: boolean;
	readonly size: Size;
	readonly display: Display;
}): Frame => {
	const header = (full: boolean) => headerLines(asking, {columns, full, display});
	const keys = canGoBack
		? [...spacer(true), ...indent(1, [keyLine([display.messages.keys.back], display.glyphs.separator, columns - 2)])]
		: [];
	const under = added === undefined ? [] : [...spacer(true), ...added];
	return firstThatFits(rows, [
		frameOf([...header(true), ...spacer(true), ...indent(1, [status]), ...under, ...keys]),
		frameOf([...header(false), ...indent(1, [status]), ...(added ?? [])]),
		frameOf(indent(1, [status])),
	]);
};
