import type {Clock} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import type {EventOf, LoginEvent} from '../login/events.js';
import type {LoginRun} from '../login/flow.js';
import {loopbackPort} from '../core/safe-url.js';
import {messages as defaultMessages, timeOfDay, type Messages} from './messages.js';

/** Minutes before an end at which a word is said. */
const marks = [5, 2, 1] as const;
const minute = 60_000;

/** Counts down to several ends, each by its own name; the word is said once for each mark of each. */
type Countdown = Disposable & {
	/** Counts down to `expiresAt` (epoch milliseconds), and no longer to the former end of that name. */
	until(name: string, expiresAt: number): void;
	stop(name: string): void;
};

const follow = async (
	clock: Clock,
	expiresAt: number,
	say: (minutes: number) => void,
	signal: AbortSignal,
): Promise<void> => {
	for (const [index, mark] of marks.entries()) {
		const wait = expiresAt - mark * minute - clock.now();
		if (wait < 0) continue;
		await clock.sleep(wait, signal);
		// After a suspension the mark may be long gone: the next one speaks then.
		const next = marks[index + 1] ?? 0;
		if (expiresAt - clock.now() > next * minute) say(mark);
	}
};

export const createCountdown = (clock: Clock, say: (minutes: number, name: string) => void): Countdown => {
	const running = new Map<string, AbortController>();
	const stop = (name: string) => {
		running.get(name)?.abort();
		running.delete(name);
	};

	return {
		until(name, expiresAt) {
			stop(name);
			const controller = new AbortController();
			running.set(name, controller);
			// A sleep that is aborted rejects: nobody is left to be told.
			follow(clock, expiresAt, minutes => say(minutes, name), controller.signal).catch(() => undefined);
		},
		stop,
		[Symbol.dispose]() {
			for (const name of [...running.keys()]) stop(name);
		},
	};
};

/** Where plain lines go, and how they are worded. */
export type PlainOptions = {
	/** Takes one line at a time, its line feed included. */
	readonly write: (line: string) => void;
	/** For whom listens instead of looking: whole sentences, the code spelled, no columns. @default false */
	readonly spelled?: boolean;
	/** What to type on the computer where the browser is, so that a port there leads here; none where both are the same. */
	readonly forward?: (port: number) => string | undefined;
	/** Every word. */
	readonly messages?: Messages;
};

/** Takes the events of one login in order. Disposing of it ends its countdown. */
export type PlainReporter = Disposable & {
	/** Takes the next event. */
	readonly event: (event: LoginEvent) => void;
};

/** A line takes an address of the greatest length that is allowed, and its label. */
const longestLine = 4200;

/**
 * A login as lines that are only ever added to, each said once: for logs, pipes, dumb terminals and screen readers.
 * No line holds a control character.
 */
export const createPlainReporter = ({
	write,
	clock,
	spelled = false,
	forward,
	messages = defaultMessages,
}: PlainOptions & {readonly clock: Clock}): PlainReporter => {
	const {plain, spoken, code, browser, end} = messages;
	const said = new Set<string>();
	const say = (line: string, before = '', after = '') => write(before + displayText(line, longestLine) + after + '\n');
	const sayOnce = (line: string) => {
		if (said.has(line)) return;
		said.add(line);
		say(line);
	};
	const countdown = createCountdown(clock, (minutes, name) => {
		say(plain.minutesLeft(minutes));
		if (name === 'browser' && minutes <= 2) sayOnce(browser.takesLong);
	});
	let slowDowns = 0;
	let mayUseBrowser = false;
	let issuerHost = '';
	const width = Math.max(plain.open.length, plain.enter.length, plain.or.length) + 2;
	const labelled = (label: string, text: string, remark?: string) => {
		const remarkGap = spelled ? ' ' : '   ';
		say(text, spelled ? `${label} ` : label.padEnd(width), remark === undefined ? '' : remarkGap + remark);
	};

	const showCode = (event: EventOf<'device-code'>) => {
		const minutes = Math.max(1, Math.round((event.expiresAt - clock.now()) / 60_000));
		if (event.renewal > 0) say(plain.newCode);
		labelled(plain.open, event.verificationUri);
		if (event.onForeignHost) sayOnce(code.foreignHost(new URL(event.verificationUri).host, issuerHost));
		if (spelled) {
			say(spoken.enterCode(event.userCode));
			say(spoken.expiresAt(timeOfDay(event.expiresAt)));
		} else {
			labelled(plain.enter, event.userCode, plain.within(minutes, timeOfDay(event.expiresAt)));
		}

		if (event.verificationUriComplete !== undefined) {
			labelled(plain.or, event.verificationUriComplete, plain.codeFilledIn);
		}

		sayOnce(code.approve);
		countdown.until('device', event.expiresAt);
	};

	const showUrl = (event: EventOf<'authorization-url'>) => {
		const port = loopbackPort(event.redirectUri);
		const forwarding = port === undefined ? undefined : forward?.(port);
		if (forwarding !== undefined) {
			say(plain.onAnotherComputer);
			say(forwarding);
		}

		labelled(
			plain.open,
			event.shortUrl,
			forwarding === undefined && port !== undefined ? `(${browser.thisComputerOnly})` : undefined,
		);
		if (event.url !== event.shortUrl) labelled(plain.or, event.url);
		sayOnce(plain.comeBack);
		sayOnce(`${browser.fails} ${browser.pasteIt}`);
		countdown.until('browser', event.expiresAt);
	};

	const finish = () => {
		countdown[Symbol.dispose]();
	};

	const event = (event: LoginEvent): void => {
		switch (event.type) {
			case 'discovery': {
				const host = new URL(event.issuer).host;
				say(messages.signingInTo(event.application, host));
				issuerHost = host;
				mayUseBrowser = event.flows.browser === true;
				return;
			}

			case 'step-up': {
				say(event.reason);
				return;
			}

			case 'flow-closed': {
				countdown.stop(event.flow);
				if (event.code !== undefined && event.code !== 'cancelled') sayOnce(messages.failure(event.code, event.reason));
				return;
			}

			case 'device-code': {
				showCode(event);
				return;
			}

			case 'authorization-url': {
				showUrl(event);
				return;
			}

			case 'browser': {
				if (event.status === 'opening') sayOnce(browser.openingBrowser);
				else if (event.status !== 'opened') sayOnce(event.detail ?? browser.openThis);
				return;
			}

			case 'poll': {
				slowDowns = 0;
				// After a minute without an approval it is time to say what may be in the way.
				if (mayUseBrowser && event.attempt * event.interval >= 60) sayOnce(code.organisations);
				return;
			}

			case 'slow-down': {
				slowDowns += 1;
				sayOnce(code.slowedDown(code.everySeconds(event.interval)));
				if (slowDowns > 1) sayOnce(code.fastClock);
				return;
			}

			case 'backoff': {
				sayOnce(code.tryingAgain(event.reason, 0));
				return;
			}

			case 'resumed': {
				say(code.slept);
				return;
			}

			case 'callback-ignored': {
				sayOnce(browser.ignored);
				return;
			}

			// The response to something that was just done, so every time.
			case 'paste-rejected': {
				say(browser.pasteRejected(event.reason));
				return;
			}

			case 'waiting': {
				sayOnce(messages.waitingElsewhere);
				return;
			}

			case 'exchange': {
				if (event.flow === 'browser') sayOnce(browser.exchanging);
				return;
			}

			case 'signed-in': {
				finish();
				say(end.signedIn(undefined, event.identity));
				const {refreshable, expiresAt, store, profile} = event;
				const lasts = refreshable ? end.staysSignedIn : expiresAt === undefined ? '' : end.until(timeOfDay(expiresAt));
				const kept = end.kept(store, profile);
				// What renews itself and ends with this program lasts until then.
				say(lasts === '' || (refreshable && store === 'memory') ? kept : `${lasts} ${kept}`);
				return;
			}

			case 'failed': {
				finish();
				const headline = messages.failure(event.code, event.message);
				// A failure that closed the last flow has been said.
				sayOnce(headline);
				if (event.hint !== '') say(event.hint);
				return;
			}

			default: {
				// Waiting in silence, and events of later versions.
				return;
			}
		}
	};

	return {event, [Symbol.dispose]: finish};
};

/** Shows a login as plain lines; resolves once it has ended and everything is said. Never rejects. */
export const showPlain = async (run: LoginRun, options: PlainOptions): Promise<void> => {
	using reporter = createPlainReporter({...options, clock: run.clock});
	for await (const event of run) reporter.event(event);
};
