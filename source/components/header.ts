import {displayText} from '../engine/display-text.js';
import type {LoginState} from '../engine/login-state.js';
import {blank, cutEvery, lineWidth, plain, widthOf, wrapWords, type Line} from './line.js';
import type {Look} from './look.js';

/** Who asks, and for what. */
export type Asking = {
	readonly title: string;
	/** The issuer's whole host; empty until it is known. */
	readonly host: string;
	readonly permissions: string;
};

/** Before discovery has answered, an application may know its own name and issuer. */
export type AskingHint = {readonly application?: string | undefined; readonly issuer?: string | undefined};

const hostOf = (issuer: string | undefined): string =>
	issuer !== undefined && URL.canParse(issuer) ? displayText(new URL(issuer).host) : '';

export const askingOf = ({discovery}: LoginState, hint: AskingHint, {messages}: Look): Asking => {
	const application = discovery?.application ?? hint.application;
	return {
		title: messages.signInTo(application === undefined ? undefined : displayText(application, 60)),
		host: hostOf(discovery?.issuer ?? hint.issuer),
		permissions: discovery === undefined ? '' : messages.mayDo(discovery.requestedScope),
	};
};

/** The host is never shortened: it is what a person can check. */
export const headerLines = (
	{title, host, permissions}: Asking,
	{columns, full, look}: {readonly columns: number; readonly full: boolean; readonly look: Look},
): Line[] => {
	const width = columns - 2;
	const who: Line = [
		{text: ' '},
		{text: title, bold: true},
		...(host === '' ? [] : [{text: ` ${look.glyphs.separator} ${host}`}]),
	];
	if (lineWidth(who) > columns) {
		return [...wrapWords(title, width), ...cutEvery(host, width)].filter(Boolean).map(text => plain(` ${text}`));
	}

	if (!full || permissions === '') return [who];
	const gap = columns - lineWidth(who) - widthOf(permissions) - 1;
	if (gap >= 3) return [[...who, {text: ' '.repeat(gap) + permissions}]];
	return [who, ...wrapWords(permissions, width).map(text => plain(` ${text}`))];
};

export const spacer = (isWanted: boolean): Line[] => (isWanted ? [blank] : []);
