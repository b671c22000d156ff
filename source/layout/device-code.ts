import type {SafeUrl} from '../core/safe-url.js';
import {
	composeEach,
	frameOf,
	firstThatFits,
	qrCodeGap,
	qrCodeMargin,
	type Frame,
	type Size,
	type QrCodeRows,
	withWholeNotice,
} from './fit.js';
import {headerLines, spacer, type ConsentHeader} from './header.js';
import {linkLines, bold, hanging, indent, keyLine, keyLines, plain, widthOf, wrapWords, type Line} from './row.js';
import type {Display} from './theme.js';
import {statusLine, type FlowStatus} from './flow-status.js';

export type CodeContent = {
	readonly asking: ConsentHeader;
	readonly address: SafeUrl;
	readonly userCode: string;
	readonly qrCode?: QrCodeRows;
	/** Whether the QR code was asked for, and goes before the explanations. */
	readonly qrCodeFirst?: boolean;
	/** Whether someone who scans has the code filled in already. */
	readonly completes: boolean;
	readonly status: FlowStatus;
	/** The code before this one: it no longer works. */
	readonly formerCode?: string;
	/** Further sentences, the first ones being the more important. */
	readonly remarks: readonly string[];
	/** Another flow that is open, for a number of columns. */
	readonly added: (columns: number) => readonly Line[];
	/** Said once; its place is kept. */
	readonly notice?: string;
	/** How many rows it may take. @default 1 */
	readonly noticeRows?: number;
	readonly keys: readonly string[];
	/** Whether all the keys are wanted, on as many rows as they need. */
	readonly moreKeys: boolean;
	readonly display: Display;
};

/** What a layout keeps. They are tried in order, from all to the least. */
type Layout = {
	readonly qrCode?: 'beside-text' | 'beside-everything' | 'above-code' | 'alone';
	/** Blank rows: 3 everywhere, 2 not around the address, 1 above the keys only, 0 none. */
	readonly air: 0 | 1 | 2 | 3;
	readonly words: 'all' | 'brief' | 'none';
	/** Whether who asks and the keys are shown. */
	readonly frame: boolean;
	/** Whether it is said what is asked for. @default where nothing else is left out */
	readonly asked?: boolean;
	/** The code and the address alone, the code first: what is too tall even so is cut at its end. */
	readonly last?: boolean;
};

const roomy: readonly Layout['air'][] = [3, 2, 1, 0];

const layouts: readonly Layout[] = [
	...roomy.map(air => ({qrCode: 'beside-text', air, words: 'all', frame: true}) as const),
	{qrCode: 'beside-text', air: 0, words: 'all', frame: true, asked: false},
	...roomy.slice(2).map(air => ({qrCode: 'beside-text', air, words: 'brief', frame: true}) as const),
	...roomy.map(air => ({qrCode: 'beside-everything', air, words: 'all', frame: true}) as const),
	{qrCode: 'beside-everything', air: 0, words: 'all', frame: true, asked: false},
	...roomy.slice(2).map(air => ({qrCode: 'beside-everything', air, words: 'brief', frame: true}) as const),
	...roomy.map(air => ({qrCode: 'above-code', air, words: 'brief', frame: true}) as const),
	{qrCode: 'alone', air: 0, words: 'brief', frame: true},
	...roomy.map(air => ({air, words: 'all', frame: true}) as const),
	{air: 0, words: 'all', frame: true, asked: false},
	{air: 1, words: 'brief', frame: true, asked: true},
	{air: 0, words: 'brief', frame: true, asked: true},
	{air: 1, words: 'brief', frame: true},
	{air: 0, words: 'brief', frame: true},
	{air: 0, words: 'none', frame: true},
	{air: 0, words: 'none', frame: false},
	{air: 0, words: 'none', frame: false, last: true},
];

/** Narrower, and every sentence would be a column of single words. */
const narrowestText = 26;

const footer = (content: CodeContent, {air, frame}: Layout, columns: number): Line[] => {
	const {notice, noticeRows = 1, keys, moreKeys, display} = content;
	const width = columns - 2;
	const separator = display.glyphs.separator;
	const rows = moreKeys ? keyLines(keys, separator, width) : [keyLine(keys, separator, width)];
	const [said, ...more] = notice === undefined ? [] : wrapWords(notice, width).slice(0, noticeRows).map(plain);
	if (!frame) return [];
	// The blank row above the keys is where something is said; without one it takes the place of the keys.
	// Keys that were asked for stay.
	if (air === 0) return indent(1, said === undefined || moreKeys ? rows : [said]);
	return indent(1, [said ?? [], ...more, ...rows]);
};

// Not in the accent colour: on a light theme it is too faint for what must be read.
const stepMark = (number: number): Line => [{text: String(number), bold: true}, {text: '  '}];

const linkStep = ({address, display}: CodeContent, {words, frame}: Layout, columns: number): Line[] => {
	const {messages, environment} = display;
	const links = environment.hyperlinks;
	if (!frame || words === 'none') return linkLines(address, {width: columns, margin: frame ? 1 : 0, links});
	return [
		...indent(1, hanging(stepMark(1), messages.code.openAnywhere, columns - 2)),
		...linkLines(address, {width: columns, margin: 4, links}),
	];
};

/** The code and what to do with it, for a column of text. */
const codeSteps = (content: CodeContent, {air, words, qrCode}: Layout, width: number): Line[] => {
	const {messages} = content.display;
	const {code} = messages;
	const gap = spacer(air >= 1 || qrCode !== undefined);
	if (words === 'all') {
		const doThis = content.completes && qrCode !== undefined ? code.typeThereOrCompare : code.typeThere;
		return [
			...hanging(stepMark(2), doThis, width),
			...gap,
			...indent(Math.max(0, Math.min(9, Math.floor((width - widthOf(content.userCode)) / 2))), [
				bold(content.userCode),
			]),
			...gap,
			...hanging(stepMark(3), code.approve, width),
		];
	}

	const typed: Line = [...stepMark(2), {text: `${code.typeBriefly} `}, {text: content.userCode, bold: true}];
	const fits = widthOf(code.typeBriefly) + 4 + widthOf(content.userCode) <= width;
	return [
		...(fits ? [typed] : [...hanging(stepMark(2), code.typeBriefly, width), ...indent(3, [bold(content.userCode)])]),
		...hanging(stepMark(3), code.approveBriefly, width),
	];
};

const detailOf = ({detail = ''}: FlowStatus): string => detail;

/** Struck out, so that nobody types it, and named for whom that looks like nothing. */
const formerLines = ({formerCode, display}: CodeContent, width: number): Line[] =>
	formerCode === undefined
		? []
		: wrapWords(display.messages.code.former(formerCode), width).map(row => {
				const [before = '', ...after] = row.split(formerCode);
				if (after.length === 0) return plain(row);
				return [{text: before}, {text: formerCode, struck: true}, {text: after.join(formerCode)}];
			});

const statusLines = (content: CodeContent, {words}: Layout, width: number): Line[] => {
	const {status, remarks} = content;
	const detail = words === 'none' ? '' : detailOf(status);
	return [
		statusLine(status, width),
		...(detail === '' ? [] : indent(2, wrapWords(detail, width - 2).map(plain))),
		...(words === 'all' ? indent(2, formerLines(content, width - 2)) : []),
		...(words === 'all' ? remarks.flatMap(remark => indent(2, wrapWords(remark, width - 2).map(plain))) : []),
	];
};

const composeBare = (content: CodeContent, layout: Layout, columns: number): Frame => {
	const {asking, userCode, display, notice, address} = content;
	if (layout.last) {
		return frameOf([
			bold(userCode),
			...linkLines(address, {width: columns, margin: 0, links: display.environment.hyperlinks}),
		]);
	}

	const by = layout.frame ? 1 : 0;
	const status = notice !== undefined && !layout.frame ? plain(notice) : statusLine(content.status, columns - by);
	const header = layout.frame ? headerLines(asking, {columns, full: false, display}) : [];
	return frameOf([
		...header,
		...linkStep(content, layout, columns),
		...indent(by, [bold(userCode), status]),
		...(layout.frame ? content.added(columns) : []),
		...footer(content, layout, columns),
	]);
};

const compose = (content: CodeContent, layout: Layout, columns: number): Frame | undefined => {
	const {asking, qrCode, display} = content;
	const {air, words} = layout;
	if (words === 'none') return composeBare(content, layout, columns);
	const header = [
		...headerLines(asking, {columns, full: layout.asked ?? words === 'all', display}),
		...spacer(air >= 2),
	];
	const added = content.added(columns);
	const bottom = [...(added.length > 0 ? [...spacer(air >= 1), ...added] : []), ...footer(content, layout, columns)];
	const textOf = (width: number): Line[] => [
		...codeSteps(content, layout, width),
		...spacer(air >= 1 || layout.qrCode !== undefined),
		...statusLines(content, layout, width),
	];

	if (layout.qrCode === undefined) {
		const address = linkStep(content, layout, columns);
		const text = indent(1, textOf(columns - 2));
		return frameOf([...header, ...address, ...spacer(air >= 2), ...text, ...bottom]);
	}

	if (qrCode === undefined) return undefined;
	const besideWidth = columns - qrCodeMargin - qrCode.columns - qrCodeGap - 1;
	if (layout.qrCode === 'alone') {
		if (content.qrCodeFirst !== true || qrCode.columns + qrCodeMargin > columns) return undefined;
		const address = linkLines(content.address, {width: columns, margin: 1, links: display.environment.hyperlinks});
		return {
			top: address,
			qrCode,
			beside: [],
			bottom: [...indent(1, [bold(content.userCode)]), ...footer(content, layout, columns)],
		};
	}

	if (layout.qrCode === 'above-code') {
		if (qrCode.columns + qrCodeMargin > columns) return undefined;
		const top = [...header, ...linkStep(content, layout, columns)];
		const text = indent(1, textOf(columns - 2));
		return {top, qrCode, beside: [], bottom: [...spacer(air >= 2), ...text, ...bottom]};
	}

	if (besideWidth < narrowestText) return undefined;
	if (layout.qrCode === 'beside-text') {
		const top = [...header, ...linkStep(content, layout, columns), ...spacer(air >= 3)];
		return {top, qrCode, beside: textOf(besideWidth), bottom};
	}

	// Beside the QR code the address stands in one piece, or not at all.
	if (widthOf(content.address) > besideWidth) return undefined;
	const {messages, environment} = display;
	const address = linkLines(content.address, {width: besideWidth, margin: 3, links: environment.hyperlinks});
	const opened = hanging(stepMark(1), messages.code.openAnywhere, besideWidth);
	return {top: header, qrCode, beside: [...opened, ...address, ...spacer(air >= 1), ...textOf(besideWidth)], bottom};
};

/**
 * The code screen for a window: of all that there is to say what fits, given up in this order: blank rows, the address
 * above the QR code (it moves beside it), the QR code, the explanations; the address and the code never.
 *
 * @param size - the rows are all that may be used
 */
export const layOut = (size: Size, content: CodeContent): Frame =>
	withWholeNotice(size.rows, content, noticeRows =>
		firstThatFits(
			size.rows,
			composeEach(layouts, layout => compose({...content, noticeRows}, layout, size.columns)),
		),
	);
