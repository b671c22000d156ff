import type {LoginTerminal, Recommendation} from '../login/terminal.js';
import {isOpen, type LoginState} from '../login/state.js';
import type {Frame, Size} from './fit.js';
import {gridOf, header, permissions, type ConsentHeader} from './header.js';
import {layOutList, type ListOption} from './options.js';
import {unstopped} from '../core/safe-text.js';
import type {Display} from './theme.js';
import {everyFlow, type Identity} from '../core/types.js';

/** What the picker offers: a flow, or the session that there is. */
export type Choice = 'browser' | 'device' | 'stay';

/** What is known of this place and person beside the login's state. */
export type PickerHints = {
	/** Which flow is recommended here, and why. @default the browser */
	readonly recommendation?: Recommendation | undefined;
	/** Who is signed in already; offers to stay so. */
	readonly currentIdentity?: Identity | undefined;
};

type PickerOption = ListOption & {readonly choice: Choice};

/** What there is to choose: to stay signed in, then the recommended flow. */
export const pickerOptions = (
	{flows, discovery}: LoginState,
	{recommendation, currentIdentity}: PickerHints,
	{messages: {picker, sentence}, glyphs, terminal}: Display,
): readonly PickerOption[] => {
	const place = terminal.browser ?? 'here';
	const needsCommand = place === 'elsewhere' && terminal.forwardLine?.(1) !== undefined;
	const browserDetail = needsCommand ? picker.commandFirst : picker.browserDetail[place];
	const flow = (choice: 'browser' | 'device', label: string, detail: string): PickerOption => {
		const availability = discovery?.flows[choice] ?? true;
		const unavailable = availability === true ? undefined : unstopped(sentence(availability));
		return {choice, label, detail: isOpen(flows[choice]) ? picker.running : detail, unavailable};
	};
	const browser = flow('browser', picker.browser[place], browserDetail);
	const device = flow('device', picker.device, glyphs.blocks ? picker.deviceDetail : picker.deviceDetailWithoutQrCode);
	return [
		...(currentIdentity === undefined ? [] : [{choice: 'stay', label: picker.stay(currentIdentity)} as const]),
		...(recommendation?.flow === 'device' ? [device, browser] : [browser, device]),
	];
};

export const layOutPicker = (
	size: Size,
	content: {
		readonly asking: ConsentHeader;
		readonly options: readonly PickerOption[];
		readonly selected: number;
		readonly reason: string | undefined;
		/** What came up since the picker was there. */
		readonly learned?: readonly string[];
		/** How often `?` was pressed. @default 0 */
		readonly presses?: number;
	},
	display: Display,
): Frame => {
	const grid = gridOf(size.columns);
	const above = [...header(content.asking, grid, display), ...permissions(content.asking, grid)];
	return layOutList(size, {presses: 0, ...content, above, escape: display.messages.keys.cancel}, display);
};

/** Recommends by what is known of the server so far. Where nothing is possible nothing is recommended: each option says why. */
export const recommendationBy = (
	recommend: NonNullable<LoginTerminal['recommend']>,
	{discovery}: LoginState,
): Recommendation | undefined => {
	try {
		return recommend(discovery?.flows ?? everyFlow);
	} catch {
		return undefined;
	}
};

/** The browser is what people expect; only another recommendation is explained. */
export const reasonToSay = (recommendation: Recommendation | undefined, {messages}: Display): string | undefined =>
	recommendation === undefined || recommendation.flow === 'browser'
		? undefined
		: unstopped(messages.sentence(recommendation.reason));
