import type {Clock} from '../core/clock.js';
import type {PendingDetails} from '../core/errors.js';
import {displayText, unstopped} from '../core/safe-text.js';
import {loopbackPort, type SafeUrl} from '../core/safe-url.js';
import type {FlowName} from '../core/types.js';
import type {EventOf, LoginEvent} from '../login/events.js';
import type {LoginRun} from '../login/flow.js';
import type {BrowserPlace, Clipboard} from '../login/terminal.js';
import {dateAndTime} from './dates.js';
import {wordsOver, type SomeMessages} from './messages.js';

/** Where plain lines go, and how they are worded. */
export type PlainOptions = {
	/** Takes one line at a time, its line feed included. */
	readonly write: (line: string) => void;
	/** For screen readers: sentences, the code spelled, no columns. @default false */
	readonly spelled?: boolean;
	/** The width to wrap lines at, between words; URLs, codes and commands stay whole. @default no line is wrapped */
	readonly columns?: () => number | undefined;
	/** Whether there is more than ASCII to write with. @default true */
	readonly unicode?: boolean;
	/** Where the person's browser is. @default 'here' */
	readonly browser?: BrowserPlace | undefined;
	/** What to type on the computer where the browser is, so that a port there leads here; none where both are the same. */
	readonly forward?: (port: number) => string | undefined;
	/** Whether a link that is pasted would be read. @default nothing is read */
	readonly readsPastes?: () => boolean;
	/** Copies a link that is too long to be listened to. @default it is read out */
	readonly copy?: Clipboard;
	/** The command to run once signed in. */
	readonly next?: string;
	/**
	 * Whether an agent reads the lines, for a login that outlives this process: first the link, then what to tell the person
	 * and what to run next; nothing counts down. @default false
	 */
	readonly pending?: boolean;
	/** Words of your own, or some. @default English */
	readonly messages?: SomeMessages | undefined;
};

/** Takes the events of one login in order. Disposing of it ends its countdown. */
export type PlainReporter = Disposable & {
	/** Takes the next event. */
	readonly event: (event: LoginEvent) => void;
};

/** A URL of the greatest length that is allowed fits. */
const longestLine = 4200;
/** Characters of a URL that can be listened to. */
const longestSpokenUrl = 100;
/** Where what a verb is about begins. */
const verbWidth = 9;
/** Minutes before an end at which a word is said. */
const marks = [5, 2, 1];
const minute = 60_000;

/** Breaks between words; one that is longer than a row, such as a URL, stays whole. */
const wrap = (text: string, width: number): string[] =>
	text.match(new RegExp(`[^ ].{0,${Math.max(1, width) - 1}}(?= |$)|[^ ]+`, 'gu')) ?? [];

/** Writes sentences and steps. */
const createWriter = ({write, spelled = false, columns: columnsNow, unicode = true}: PlainOptions) => {
	const said = new Set<string>();
	const clean = (text: string): string => {
		const shown = displayText(text, longestLine);
		if (spelled) return shown.replaceAll(' · ', ', ');
		return unicode ? shown : shown.replaceAll('·', '-').replaceAll('…', '...');
	};

	const writeRows = (label: string, text: string) => {
		// Some pseudo-terminals claim to be 0 columns wide.
		const columns = columnsNow?.() ?? 0;
		const rows = wrap(text, columns === 0 ? longestLine : columns - label.length);
		const lines = rows.map((row, index) => (index === 0 ? label : ' '.repeat(label.length)) + row);
		for (const line of lines) write(`${line.replaceAll('\u00A0', ' ')}\n`);
	};

	const say = (sentence: string) =>
		writeRows('', clean(spelled && !/[.?!:]$/.test(sentence) ? `${sentence}.` : sentence));
	/** @param topic - what it is about, where the words differ from time to time */
	const sayOnce = (sentence: string, topic = sentence) => {
		if (said.has(topic)) return;
		said.add(topic);
		say(sentence);
	};
	/** A verb and what it is about. @param whole - a URL, a code or a command */
	const step = (verb: string, whole: string, remark = '') => {
		const unbroken = displayText(whole, longestLine).replaceAll(' ', '\u00A0');
		const text = `${unbroken} ${clean(remark)}`.trim();
		if (spelled) writeRows('', `${verb} ${text}${remark === '' ? '' : '.'}`);
		else writeRows(verb.padEnd(verbWidth), text);
	};

	return {say, sayOnce, step};
};

/**
 * A login as lines that are only ever added to, each said once: for logs, pipes, dumb terminals and screen readers.
 * No line holds a control character.
 */
export const createPlainReporter = (options: PlainOptions & {readonly clock: Clock}): PlainReporter => {
	const {clock, spelled = false, browser, forward, readsPastes, copy, next, pending: isPending = false} = options;
	const messages = wordsOver(options.messages);
	const {plain, spoken, end} = messages;
	const {say, sayOnce, step} = createWriter(options);
	const waits = new Map<FlowName, AbortController>();
	let application: string | undefined;
	let issuerHost = '';
	let mayUseBrowser = false;
	let userCode = '';
	let slowDowns = 0;
	let hasToldAgent = false;
	let link: EventOf<'authorization-url'> | undefined;

	const stopWaiting = (flow: FlowName) => waits.get(flow)?.abort();
	const finish = () => {
		for (const flow of waits.keys()) stopWaiting(flow);
	};

	/** Says how long there is, and then at each mark what is left. */
	const waitFor = async (flow: FlowName, sentence: string, expiresAt: number, advice?: string) => {
		stopWaiting(flow);
		const controller = new AbortController();
		waits.set(flow, controller);
		const minutesLeft = () => Math.round((expiresAt - clock.now()) / minute);
		const all = Math.max(1, minutesLeft());
		say(`${sentence}, ${plain.minutesLeft(all)}`);
		for (const mark of marks) {
			const wait = expiresAt - mark * minute - clock.now();
			if (mark >= all || wait < 0) continue;
			// One that is aborted rejects: nobody is left to be told.
			await clock.sleep(wait, controller.signal);
			// After a suspension the mark may be long gone: the next one speaks then.
			if (minutesLeft() !== mark) continue;
			say(plain.minutesLeft(mark));
			if (advice !== undefined && mark <= 2) sayOnce(advice);
		}
	};

	const open = (url: SafeUrl) => {
		if (!spelled || url.length <= longestSpokenUrl || copy === undefined) {
			step(plain.open, url);
			return;
		}

		const read = () => step(plain.open, url);
		void copy(url).then(({status}) => (status === 'unavailable' ? read() : say(spoken.linkCopied)), read);
	};

	const tellAgent = ({tell, next}: PendingDetails) => {
		hasToldAgent = true;
		step(plain.tell, tell);
		step(plain.next, next);
	};

	const showCode = (event: EventOf<'device-code'>) => {
		const {verificationUri, verificationUriComplete, onForeignHost, expiresAt, renewal} = event;
		if (renewal > 0) say(plain.newCode(userCode));
		userCode = event.userCode;
		// The short link is easier to listen to, and a code that is typed need not be compared.
		const complete = spelled ? undefined : verificationUriComplete;
		open(complete ?? verificationUri);
		if (onForeignHost) sayOnce(plain.foreignHost(new URL(verificationUri).host, issuerHost));
		if (spelled) say(spoken.enterCode(userCode));
		else if (complete === undefined) step(plain.type, userCode);
		else step(plain.check, userCode, plain.isShown);
		if (isPending && event.pending !== undefined) {
			tellAgent(event.pending);
			return;
		}

		if (renewal === 0) step(plain.approve, '', plain.ifYouStartedThis);
		waitFor('device', plain.forApproval, expiresAt).catch(() => undefined);
	};

	const showLink = (isOpening: boolean) => {
		if (link === undefined) return;
		const {url, shortUrl, redirectUri, expiresAt, pending} = link;
		link = undefined;
		if (isPending && pending !== undefined) {
			open(url);
			tellAgent(pending);
			return;
		}

		const port = loopbackPort(redirectUri);
		const forwarding = port === undefined ? undefined : forward?.(port);
		if (forwarding !== undefined) {
			say(plain.onYourComputer);
			step(plain.run, forwarding);
		} else if (isOpening) {
			say(plain.openingBrowser);
		} else if (port !== undefined && browser !== 'elsewhere') {
			say(plain.onThisComputer);
		}

		// Without a forwarded port the short link is out of reach for a browser elsewhere.
		open(browser === 'elsewhere' && forwarding === undefined ? url : shortUrl);
		if (readsPastes?.() === true) say(port === undefined ? plain.lastPage : plain.errorPage);
		const advice = plain.nothingCameBack(redirectUri);
		waitFor('browser', plain.forBrowser, expiresAt, advice).catch(() => undefined);
	};

	const event = (event: LoginEvent): void => {
		// A link is shown once it is known whether a browser is being opened, which is what comes next.
		if (event.type !== 'browser') showLink(false);

		switch (event.type) {
			case 'discovery': {
				application = event.application;
				issuerHost = new URL(event.issuer).host;
				mayUseBrowser = event.flows.browser === true;
				const title = messages.signInTo(application);
				if (!isPending) say(issuerHost === application ? title : `${title} · ${issuerHost}`);
				const {resource, requestedScope} = event;
				if (resource?.onForeignHost) {
					const {sendsYou, asksFor, serverChooses} = messages.resource;
					say(sendsYou(application ?? '', resource.page ?? issuerHost));
					say(`${asksFor} ${displayText(requestedScope, 400) || serverChooses}`);
				}

				return;
			}

			case 'client': {
				if (event.how === 'registered' && !isPending) say(messages.resource.registered(issuerHost));
				return;
			}

			case 'step-up': {
				say(messages.sentence(event.reason));
				return;
			}

			case 'flow-closed': {
				stopWaiting(event.flow);
				if (event.code !== undefined && event.code !== 'cancelled') sayOnce(messages.failure(event.code, event.reason));
				return;
			}

			case 'device-code': {
				showCode(event);
				return;
			}

			case 'authorization-url': {
				link = event;
				return;
			}

			case 'browser': {
				if (event.detail !== undefined && !isPending) sayOnce(messages.sentence(event.detail));
				// Nothing is promised of a browser elsewhere: how opening it went comes next.
				if (event.status !== 'opening' || browser !== 'elsewhere') showLink(event.status === 'opening');
				return;
			}

			case 'poll': {
				slowDowns = 0;
				// After a minute without an approval it is time to say what may be in the way.
				if (mayUseBrowser && event.attempt * event.interval >= 60) sayOnce(plain.blockedCodes);
				return;
			}

			case 'slow-down': {
				slowDowns += 1;
				sayOnce(plain.slowedDown(event.interval));
				if (slowDowns > 1) sayOnce(plain.fastClock);
				return;
			}

			case 'backoff': {
				const seconds = Math.max(1, Math.round((event.retryAt - clock.now()) / 1000));
				sayOnce(messages.code.tryingAgain(unstopped(messages.sentence(event.reason)), seconds), event.type);
				return;
			}

			case 'resumed': {
				say(plain.slept);
				return;
			}

			case 'callback-ignored': {
				sayOnce(plain.otherSignIn);
				return;
			}

			// The response to something that was just done, so every time.
			case 'paste-rejected': {
				say(messages.sentence(event.reason));
				return;
			}

			case 'question': {
				sayOnce(plain.typedHere[event.flow]);
				if (event.reason !== undefined) say(messages.sentence(event.reason));
				say(plain.asks[event.asks]);
				return;
			}

			case 'code-sent': {
				say(plain.codeSent(event.to));
				return;
			}

			case 'code-rejected': {
				say(messages.sentence(event.reason));
				return;
			}

			case 'waiting': {
				sayOnce(plain.otherTerminal);
				return;
			}

			case 'exchange': {
				if (event.flow === 'browser') sayOnce(plain.backFromBrowser);
				return;
			}

			case 'signed-in': {
				finish();
				const {identity, refreshable, expiresAt, store, savedIn, profile} = event;
				const saved = end.saved(store, profile, savedIn);
				say(end.signedIn(application, identity).join(' · '));
				if (!refreshable && expiresAt !== undefined) say(end.until(dateAndTime(expiresAt)));
				if (saved !== '') say(saved);
				if (next !== undefined) step(end.next, next);
				return;
			}

			case 'failed': {
				finish();
				// A failure that closed the last flow has been said.
				sayOnce(messages.failure(event.code, event.message));
				if (event.hint !== '') say(messages.advice(event.code, event.hint));
				return;
			}

			// What there is to tell was told with the link, unless another process has shown that.
			case 'pending': {
				finish();
				if (!hasToldAgent) tellAgent(event);
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
