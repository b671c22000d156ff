import type {EventOf} from '../login/events.js';
import {loopbackPort} from '../core/safe-url.js';
import {indent, paragraph, plain, widthOf, wrapWords, type Line, lineWidth, type Span, linkLines} from './row.js';
import type {Display} from './theme.js';
import type {BrowserState, DeviceState, PollingState} from '../login/state.js';
import {leftText} from './time-left.js';

/** A shell takes it as one line, wherever it is broken. */
const continued = (line: string, width: number): Line[] => {
	if (widthOf(line) <= width) return [plain(line)];
	const rows = wrapWords(line, width - 2);
	return rows.map((row, index) => plain(index === rows.length - 1 ? row : `${row} \\`));
};

/**
 * What to type on the computer with the browser, where that is another one, so that the redirect's port leads here; and
 * the address that the platform itself forwards, which a provider may have registered.
 */
export const forwardLines = (
	{redirectUri}: EventOf<'authorization-url'>,
	display: Display,
	columns: number,
): Line[] => {
	const {terminal, messages} = display;
	const port = loopbackPort(redirectUri);
	if (port === undefined) return [];
	const line = terminal.forwardLine?.(port);
	const margin = line === undefined || widthOf(line) + 3 > columns ? 0 : 3;
	const toType =
		line === undefined
			? []
			: [
					...indent(1, paragraph(messages.browser.forward, columns - 2)),
					...indent(margin, continued(line, columns - margin)),
				];
	const forwarded = terminal.forwardedAddress?.(port);
	if (forwarded === undefined) return toType;
	return [...toType, ...indent(1, paragraph(messages.browser.forwardedAt(forwarded), columns - 2))];
};

/** What is happening on a flow: one line that counts down, and what there is to say besides. */
export type FlowStatus = {
	readonly line: Line;
	/** The same for a narrow window: what is left. */
	readonly brief?: Line;
	readonly detail?: string;
};

/** A spinner that turns while a request is in flight, and stands still while there is nothing to do but wait. */
export const activity = (inFlight: boolean, {glyphs, environment}: Display): Span =>
	inFlight && !environment.remote
		? {text: glyphs.still, tone: 'accent', spinner: true}
		: {text: glyphs.still, tone: 'accent'};

const working = (words: string, display: Display): FlowStatus => ({
	line: [activity(true, display), {text: ` ${words}${display.glyphs.ellipsis}`}],
});

export const statusLine = ({line, brief}: FlowStatus, columns: number): Line =>
	brief !== undefined && lineWidth(line) > columns ? brief : line;

const secondsUntil = (at: number, now: number): number => Math.max(0, Math.ceil((at - now) / 1000));

const pollingDetail = (
	{polling, now}: Pick<Pulse, 'polling' | 'now'>,
	{messages: {code}, environment}: Display,
): string => {
	if (polling === undefined) return '';
	if (polling.kind === 'backoff') return code.tryingAgain(polling.reason, secondsUntil(polling.retryAt, now));
	if (polling.kind === 'resumed') return code.slept;
	// A clock that was set back meanwhile puts it off in name only.
	const seconds = Math.min(secondsUntil(polling.nextPollAt, now), Math.ceil(polling.interval * 1.4));
	const live = seconds > 0 ? code.nextCheck(seconds) : code.checking;
	// Seldom repainted, so nothing is said that would be wrong a second later.
	const next = environment.remote ? code.everySeconds(polling.interval) : live;
	return polling.kind === 'slowed-down' ? code.slowedDown(next) : code.checked(polling.checks, next);
};

/** What is left of the code, and the next check. */
export const deviceStatus = (
	device: DeviceState,
	pulse: Pick<Pulse, 'device' | 'now' | 'polling'>,
	display: Display,
): FlowStatus => {
	const {code: words, keys} = display.messages;
	const {device: left, now, polling} = pulse;
	const {code} = device;
	if (device.phase.status === 'opening' || code === undefined) return working(words.opening, display);
	if (left <= 0) {
		return {
			line: [
				{text: `${display.glyphs.warning} `, tone: 'warning'},
				{text: words.expired, bold: true},
				{text: `  ${keys.newCode}`},
			],
		};
	}

	const dueAt = polling?.kind === 'backoff' ? polling.retryAt : polling?.nextPollAt;
	const inFlight = polling?.kind === 'resumed' || (dueAt !== undefined && dueAt <= now);
	return {
		line: [
			activity(inFlight, display),
			{text: ` ${words.waiting} ${display.glyphs.separator} ${leftText(left, display)}`},
		],
		brief: [activity(inFlight, display), {text: ` ${leftText(left, display)}`}],
		detail: pollingDetail(pulse, display),
	};
};

/** @param left - milliseconds until the address expires */
export const browserStatus = (browser: BrowserState, left: number, display: Display): FlowStatus => {
	const {browser: words} = display.messages;
	if (browser.phase.status === 'exchanging') return working(words.exchanging, display);
	if (browser.phase.status === 'opening' || browser.address === undefined) return working(words.opening, display);
	if (left <= 0) {
		return {
			line: [
				{text: `${display.glyphs.warning} `, tone: 'warning'},
				{text: words.expired, bold: true},
			],
		};
	}

	const {opener} = browser;
	const isOpening = opener?.status === 'opening';
	return {
		line: [
			activity(isOpening, display),
			{
				text: ` ${isOpening ? words.openingBrowser : words.waiting} ${display.glyphs.separator} ${leftText(left, display)}`,
			},
		],
		brief: [activity(isOpening, display), {text: ` ${leftText(left, display)}`}],
		...((opener?.status === 'failed' || opener?.status === 'skipped') &&
			opener.detail !== undefined && {detail: opener.detail}),
	};
};

/** A flow that was added to another stands under it: what to do in one line, the address, its own status. */
const addedLines = ({
	title,
	address,
	status,
}: {
	readonly title: string;
	readonly address: readonly Line[];
	readonly status: Line;
}): Line[] => [[{text: ' '}, {text: title, bold: true}], ...address, ...indent(1, [status])];

export const addedBrowser = (browser: BrowserState, left: number, display: Display, columns: number): Line[] => {
	const {address: shown} = browser;
	const line = statusLine(browserStatus(browser, left, display), columns - 1);
	if (shown === undefined) return indent(1, [line]);
	const address = linkLines(shown.shortUrl, {width: columns, margin: 1, links: display.environment.hyperlinks});
	const forward = forwardLines(shown, display, columns);
	return addedLines({title: display.messages.browser.added, address: [...address, ...forward], status: line});
};

export const addedDevice = (device: DeviceState, pulse: Pulse, display: Display, columns: number): Line[] => {
	const {code} = device;
	const line = statusLine(deviceStatus(device, pulse, display), columns - 1);
	if (code === undefined) return indent(1, [line]);
	const {added, enter} = display.messages.code;
	const address = linkLines(code.verificationUri, {
		width: columns,
		margin: 1,
		links: display.environment.hyperlinks,
	});
	const words = enter(code.userCode);
	const [before = '', after = ''] = words.split(code.userCode);
	const type: Line = [{text: ` ${before}`}, {text: code.userCode, bold: true}, {text: after}];
	const fits = widthOf(words) < columns;
	return [
		[{text: ' '}, {text: added, bold: true}],
		...address,
		...(fits ? [type] : [[{text: code.userCode, bold: true}]]),
		...indent(1, [line]),
	];
};

/** What changes by itself, as of the last tick. */
export type Pulse = {
	/** Milliseconds until the code expires. */
	readonly device: number;
	/** Milliseconds until the address expires. */
	readonly browser: number;
	/** Epoch milliseconds by the wall clock. */
	readonly now: number;
	readonly polling: PollingState | undefined;
};
