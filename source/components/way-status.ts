import type {BrowserState, DeviceState} from '../engine/login-state.js';
import {lineWidth, type Line, type Span} from './line.js';
import type {Look} from './look.js';
import {leftText} from './time-left.js';
import type {Pulse} from './use-screen.js';

/** What is happening on a way: one line that counts down, and what there is to say besides. */
export type FlowStatus = {
	readonly line: Line;
	/** The same for a narrow window: what is left. */
	readonly brief?: Line;
	readonly detail?: string;
};

/** A spinner that turns while a request is in flight, and stands still while there is nothing to do but wait. */
export const activity = (inFlight: boolean, {glyphs, environment}: Look): Span =>
	inFlight && !environment.remote
		? {text: glyphs.still, tone: 'accent', spinner: true}
		: {text: glyphs.still, tone: 'accent'};

const working = (words: string, look: Look): FlowStatus => ({
	line: [activity(true, look), {text: ` ${words}${look.glyphs.ellipsis}`}],
});

export const statusLine = ({line, brief}: FlowStatus, columns: number): Line =>
	brief !== undefined && lineWidth(line) > columns ? brief : line;

const secondsUntil = (at: number, now: number): number => Math.max(0, Math.ceil((at - now) / 1000));

const pollingDetail = (
	{polling, now}: Pick<Pulse, 'polling' | 'now'>,
	{messages: {code}, environment}: Look,
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
	look: Look,
): FlowStatus => {
	const {code: words, keys} = look.messages;
	const {device: left, now, polling} = pulse;
	const {code} = device;
	if (device.phase.status === 'opening' || code === undefined) return working(words.opening, look);
	if (left <= 0) {
		return {
			line: [
				{text: `${look.glyphs.warning} `, tone: 'warning'},
				{text: words.expired, bold: true},
				{text: `  ${keys.newCode}`},
			],
		};
	}

	const dueAt = polling?.kind === 'backoff' ? polling.retryAt : polling?.nextPollAt;
	const inFlight = polling?.kind === 'resumed' || (dueAt !== undefined && dueAt <= now);
	return {
		line: [activity(inFlight, look), {text: ` ${words.waiting} ${look.glyphs.separator} ${leftText(left, look)}`}],
		brief: [activity(inFlight, look), {text: ` ${leftText(left, look)}`}],
		detail: pollingDetail(pulse, look),
	};
};

/** @param left - milliseconds until the address expires */
export const browserStatus = (browser: BrowserState, left: number, look: Look): FlowStatus => {
	const {browser: words} = look.messages;
	if (browser.phase.status === 'exchanging') return working(words.exchanging, look);
	if (browser.phase.status === 'opening' || browser.address === undefined) return working(words.opening, look);
	if (left <= 0) {
		return {
			line: [
				{text: `${look.glyphs.warning} `, tone: 'warning'},
				{text: words.expired, bold: true},
			],
		};
	}

	const {opener} = browser;
	const isOpening = opener?.status === 'opening';
	return {
		line: [
			activity(isOpening, look),
			{
				text: ` ${isOpening ? words.openingBrowser : words.waiting} ${look.glyphs.separator} ${leftText(left, look)}`,
			},
		],
		brief: [activity(isOpening, look), {text: ` ${leftText(left, look)}`}],
		...((opener?.status === 'failed' || opener?.status === 'skipped') &&
			opener.detail !== undefined && {detail: opener.detail}),
	};
};
