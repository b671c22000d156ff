import type {LoginTerminal, Recommendation} from '../login/flow.js';
import {isOpen, type LoginState} from '../login/state.js';
import {frameOf, type Frame, type Size} from './fit.js';
import {headerLines, spacer, type ConsentHeader} from './header.js';
import {indent, keyLine, plain, shortened, widthOf, wrapWords, type Line} from './row.js';
import type {Display} from './theme.js';
import type {FlowAvailability, Identity} from '../core/types.js';

/** What the picker offers: a flow, or the session that there is. */
export type Choice = 'browser' | 'device' | 'stay';

/** What is known of this place and person beside the login's state. */
export type PickerHints = {
	/** Which flow is recommended here, and why. @default the browser */
	readonly recommendation?: Recommendation | undefined;
	/** Who is signed in already; offers to stay so. */
	readonly currentIdentity?: Identity | undefined;
};

/** One line of the picker. */
export type Option = {
	readonly choice: Choice;
	readonly label: string;
	readonly detail: string;
	/** What the detail is as long as nothing else is known: the option keeps its rows. */
	readonly usual: string;
	readonly isPossible: boolean;
};

/** What there is to choose, the recommended flow first. */
export const pickerOptions = (
	{flows, discovery}: LoginState,
	{recommendation, currentIdentity}: PickerHints,
	{messages: {picker}, glyphs}: Display,
): readonly Option[] => {
	const flow = (choice: 'browser' | 'device', label: string, usual: string): Option => {
		const availability = discovery?.flows[choice] ?? true;
		if (availability !== true)
			return {choice, label, usual, detail: picker.unavailable(availability), isPossible: false};
		return {choice, label, usual, detail: isOpen(flows[choice]) ? picker.running : usual, isPossible: true};
	};
	const stay = (identity: Identity): Option => ({
		choice: 'stay',
		label: picker.stay(identity),
		usual: picker.stayDetail,
		detail: picker.stayDetail,
		isPossible: true,
	});
	const browser = flow('browser', picker.browser, picker.browserDetail);
	const device = flow('device', picker.device, glyphs.blocks ? picker.deviceDetail : picker.deviceDetailWithoutQrCode);
	return [
		...(recommendation?.flow === 'device' ? [device, browser] : [browser, device]),
		...(currentIdentity === undefined ? [] : [stay(currentIdentity)]),
	];
};

/** Which line a key selects: an arrow, or its digit; undefined for a key that selects none. */
export const selectedBy = (key: string, options: readonly Option[], selected: number): number | undefined => {
	const by = {up: -1, down: 1}[key];
	if (by === undefined) return options[Number(key) - 1]?.isPossible ? Number(key) - 1 : undefined;
	const after = options.map((_, step) => (selected + by * (step + 1) + options.length * 2) % options.length);
	return after.find(index => options[index]?.isPossible);
};

/** The options in rows that stay where they are, and what has no room in them. */
type OptionRows = {readonly lines: readonly Line[]; readonly untold: readonly string[]};

const optionRows = (
	options: readonly Option[],
	{
		selected,
		details,
		columns,
		display,
	}: {readonly selected: number; readonly details: boolean; readonly columns: number; readonly display: Display},
): OptionRows => {
	const column = Math.max(...options.map(({label}) => widthOf(label))) + 4;
	const beside = columns - 6 - column - 1;
	const isBeside = details && beside >= 20 && options.every(({usual}) => widthOf(usual) <= beside);
	const room = isBeside ? beside : columns - 7;
	const untold: string[] = [];
	const lines = options.flatMap(({label, detail, usual, isPossible}, index) => {
		const isSelected = index === selected;
		const mark: Line = [
			{text: isSelected ? ` ${display.glyphs.pointer} ` : '   ', tone: 'accent'},
			{text: `${index + 1}  `, bold: isSelected},
			{text: shortened(label, columns - 6), bold: isSelected && isPossible, struck: !isPossible},
		];
		const kept = details ? wrapWords(usual, room).length : 0;
		const told = wrapWords(detail, room);
		// Why a flow is not possible is never left out.
		const hasRoom = isPossible || told.length <= kept;
		if (!hasRoom) untold.push(`${label}: ${detail}`);
		const rows = Array.from({length: kept}, (_, row) => (hasRoom ? (told[row] ?? '') : ''));
		if (!isBeside) return [mark, ...indent(6, rows.map(plain))];
		return [[...mark, {text: ' '.repeat(column - widthOf(label)) + (rows[0] ?? '')}]];
	});
	return {lines, untold};
};

type Layout = {
	readonly air: boolean;
	readonly details: boolean;
	/** Whether it is said what is asked for, and why the first flow is recommended. */
	readonly explained: boolean;
	/** Whether who asks and the keys are shown. */
	readonly frame: boolean;
};

/** They are tried in order, from all to the least. */
const layouts: readonly Layout[] = [
	{air: true, details: true, explained: true, frame: true},
	{air: false, details: true, explained: true, frame: true},
	{air: false, details: false, explained: true, frame: true},
	{air: false, details: false, explained: false, frame: true},
];
const least: Layout = {air: false, details: false, explained: false, frame: false};

/**
 * The whole picker, in the room that there is. While discovery answers someone may be about to choose: what it brings
 * has its place already, or stands below the options, and none of them moves.
 */
export const layOutPicker = (
	{columns, rows}: Size,
	{
		asking,
		options,
		selected,
		reason,
		notice,
		display,
	}: {
		readonly asking: ConsentHeader;
		readonly options: readonly Option[];
		readonly selected: number;
		readonly reason: string | undefined;
		readonly notice: string | undefined;
		readonly display: Display;
	},
): Frame => {
	const {keys} = display.messages;
	const {arrows, separator} = display.glyphs;
	const width = columns - 2;
	const sentence = (text: string) => indent(1, wrapWords(text, width).map(plain));
	const footer = indent(1, [keyLine([keys.choose(arrows), keys.continue, keys.leave], separator, width)]);
	const compose = ({air, details, explained, frame}: Layout) => {
		const {lines, untold} = optionRows(options, {selected, details, columns, display});
		const reasoned = explained && reason !== undefined ? [...sentence(reason), ...spacer(air)] : [];
		const header = headerLines(asking, {columns, full: explained, reserves: true, display});
		return {
			above: frame ? [...header, ...spacer(air), ...reasoned, ...lines] : lines,
			apart: spacer(air),
			below: frame ? footer : [],
			notes: [...(notice === undefined ? [] : [notice]), ...untold].flatMap(sentence),
		};
	};
	// Chosen by what is there at all times: a note never makes room for itself by moving the options.
	const fitting = layouts
		.map(compose)
		.find(({above, apart, below}) => above.length + apart.length + below.length <= rows);
	const {above, apart, below, notes} = fitting ?? compose(least);
	const free = rows - above.length - below.length;
	if (notes.length === 0) return frameOf([...above, ...apart, ...below].slice(0, rows));
	// The row that keeps the keys apart is where something is said first; without one it takes the place of the keys.
	if (free > 0) return frameOf([...above, ...notes.slice(0, free), ...below]);
	return frameOf([...above, ...(notice === undefined ? below : notes)].slice(0, rows));
};

/** The first option that can be taken is where the choice begins. */
export const firstPossible = (options: readonly Option[]): number =>
	Math.max(
		0,
		options.findIndex(({isPossible}) => isPossible),
	);

const allPossible: FlowAvailability = {browser: true, device: true, 'client-credentials': true, password: true};

/** Recommends by what is known of the server so far. Where nothing is possible nothing is recommended: each option says why. */
export const recommendationBy = (
	recommend: NonNullable<LoginTerminal['recommend']>,
	{discovery}: LoginState,
): Recommendation | undefined => {
	try {
		return recommend(discovery?.flows ?? allPossible);
	} catch {
		return undefined;
	}
};

/** The browser is what people expect; only another recommendation is explained. */
export const reasonToSay = (recommendation: Recommendation | undefined): string | undefined =>
	recommendation?.flow === 'browser' ? undefined : recommendation?.reason;
