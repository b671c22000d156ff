import type {Identity} from '../engine/login-event.js';
import type {Recommendation} from '../engine/login-options.js';
import {isOpen, type LoginState} from '../engine/login-state.js';
import {firstThatFits, frameOf, type Frame, type Size} from './frame.js';
import {headerLines, spacer, type Asking} from './header.js';
import {indent, keyLine, plain, widthOf, wrapWords, type Line} from './line.js';
import type {Look} from './look.js';

/** What the picker offers: a way, or the session that there is. */
export type Choice = 'browser' | 'device' | 'stay';

/** What is known of this place and person beside the login's state. */
export type PickerHints = {
	/** Which way is recommended here, and why. @default the browser */
	readonly recommendation?: Recommendation | undefined;
	/** Who is signed in already; offers to stay so. */
	readonly currentIdentity?: Identity | undefined;
};

/** One line of the picker. */
export type Option = {
	readonly choice: Choice;
	readonly label: string;
	readonly detail: string;
	readonly isPossible: boolean;
};

/** What there is to choose, the recommended way first. */
export const pickerOptions = (
	{routes, discovery}: LoginState,
	{recommendation, currentIdentity}: PickerHints,
	{messages: {picker}, glyphs}: Look,
): readonly Option[] => {
	const way = (choice: 'browser' | 'device', label: string, detail: string): Option => {
		const availability = discovery?.routes[choice] ?? true;
		if (availability !== true) return {choice, label, detail: picker.unavailable(availability), isPossible: false};
		return {choice, label, detail: isOpen(routes[choice]) ? picker.running : detail, isPossible: true};
	};
	const browser = way('browser', picker.browser, picker.browserDetail);
	const device = way('device', picker.device, glyphs.blocks ? picker.deviceDetail : picker.deviceDetailWithoutSquare);
	return [
		...(recommendation?.route === 'device' ? [device, browser] : [browser, device]),
		...(currentIdentity === undefined
			? []
			: [{choice: 'stay', label: picker.stay(currentIdentity), detail: picker.stayDetail, isPossible: true} as const]),
	];
};

const optionLines = (
	options: readonly Option[],
	{
		selected,
		details,
		columns,
		look,
	}: {readonly selected: number; readonly details: boolean; readonly columns: number; readonly look: Look},
): Line[] => {
	const column = Math.max(...options.map(({label}) => widthOf(label))) + 4;
	const room = columns - 6 - column - 1;
	const fits = details && options.every(({detail, isPossible}) => !isPossible || widthOf(detail) <= room);
	return options.flatMap(({label, detail, isPossible}, index) => {
		const isSelected = index === selected;
		const mark: Line = [
			{text: isSelected ? ` ${look.glyphs.pointer} ` : '   ', tone: 'accent'},
			{text: `${index + 1}  `, bold: isSelected},
			{text: label, bold: isSelected && isPossible, struck: !isPossible},
		];
		const [beside = '', ...further] = wrapWords(detail, Math.max(1, room));
		if (fits && room >= 20) {
			const gap = ' '.repeat(column - widthOf(label));
			return [[...mark, {text: gap + beside}], ...indent(6 + column, further.map(plain))];
		}

		// Why a way is not possible is never left out.
		const under = details || !isPossible ? wrapWords(detail, columns - 7) : [];
		return [mark, ...indent(6, under.map(plain))];
	});
};

/** The whole picker, in the room that there is. */
export const layOutPicker = (
	{columns, rows}: Size,
	{
		asking,
		options,
		selected,
		reason,
		notice,
		look,
	}: {
		readonly asking: Asking;
		readonly options: readonly Option[];
		readonly selected: number;
		readonly reason: string | undefined;
		readonly notice: string | undefined;
		readonly look: Look;
	},
): Frame => {
	const {keys} = look.messages;
	const {arrows, separator} = look.glyphs;
	const footer = keyLine([keys.choose(arrows), keys.continue, keys.leave], separator, columns - 2);
	const said = notice === undefined ? [] : wrapWords(notice, columns - 2).map(plain);
	const compose = ({air, details, explained}: {air: boolean; details: boolean; explained: boolean}) =>
		frameOf([
			...headerLines(asking, {columns, full: explained, look}),
			...spacer(air),
			...(explained && reason !== undefined
				? [...indent(1, wrapWords(reason, columns - 2).map(plain)), ...spacer(air)]
				: []),
			...optionLines(options, {selected, details, columns, look}),
			// The row that keeps the keys apart is where something is said.
			...(said.length > 0 ? indent(1, said) : spacer(air)),
			...indent(1, [footer]),
		]);
	return firstThatFits(rows, [
		compose({air: true, details: true, explained: true}),
		compose({air: false, details: true, explained: true}),
		compose({air: false, details: false, explained: true}),
		compose({air: false, details: false, explained: false}),
		frameOf([...indent(0, optionLines(options, {selected, details: false, columns, look}))]),
	]);
};

/** The first option that can be taken is where the choice begins. */
export const firstPossible = (options: readonly Option[]): number =>
	Math.max(
		0,
		options.findIndex(({isPossible}) => isPossible),
	);

/** The browser is what people expect; only another recommendation is explained. */
export const reasonToSay = (recommendation: Recommendation | undefined): string | undefined =>
	recommendation?.route === 'browser' ? undefined : recommendation?.reason;
