import type {LoginError} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import {
	judgeAuthorizationResponse,
	namesItself,
	type Judgement,
	type Mismatch,
} from '../../oauth/authorization-code.js';
import type {FlowContext} from '../flow.js';
import type {CallbackVerdict} from '../loopback/server.js';

/** More characters than any browser's address has. */
const longestPaste = 16 * 1024;

const quotes = /^["'`“”‘’«»<]+|["'`“”‘’«»>]+$/g;
const schemePrefix = /^[a-z][\w+.-]*:\/\//i;
const queryOfResponse = /(?:^|[?&])(?:code|error|state)=/;
const bareCode = /^[\w.~+/=*!$|:@-]{8,4096}$/;

/** What the person can do about a response that was pasted and is not ours. */
const pasteAdvice: Readonly<Record<Mismatch, string>> = {
	'no-state': 'Part of that link is missing. Copy all of it, from http to the end.',
	'several-states': "That isn't the link the server sent. Copy it again, and paste it only once.",
	'other-state': 'That link belongs to another sign-in. Use the page this sign-in opened.',
	incomplete: 'That link has no response in it yet. Sign in first, then copy the link of the page you end up on.',
};

/** Terminals and chats wrap what is pasted: line breaks go, with the blanks around them. */
const unwrap = (text: string): string =>
	text
		.trim()
		.split(/\s*[\r\n]+\s*/)
		.join('');

const decoded = (text: string): string => {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};

const place = ({protocol, host, pathname}: URL): string => `${protocol}//${host}${pathname}`;

/**
 * Finds the authorization response in what a person pasted: the whole address, its query, or a bare code, to which our
 * own `state` is added since only this login asked for one.
 *
 * @param allowsBareCode - it cannot stand for a response that says who sent it (RFC 9207 §2.4)
 * @returns a sentence that says what to paste instead where none is found
 */
const readPaste = (
	text: string,
	state: string,
	redirectUri: string,
	allowsBareCode: boolean,
): URLSearchParams | string => {
	if (text.length > longestPaste) return "That's too long to be a link. Copy only what the address bar shows.";
	const clean = displayText(unwrap(text), longestPaste).replaceAll(quotes, '').trim();
	if (clean === '') return `Nothing was pasted. Copy the whole link, which begins with ${redirectUri}.`;
	const compact = clean.replaceAll(' ', '');

	// Some browsers leave the scheme out of what they copy.
	const scheme = schemePrefix.exec(redirectUri)?.[0] ?? '';
	const address = (scheme + compact).startsWith(redirectUri) ? scheme + compact : compact;
	if (schemePrefix.test(address)) {
		if (!URL.canParse(address)) return 'That link is damaged. Copy it again from the address bar.';
		const url = new URL(address);
		if (place(url) === place(new URL(redirectUri))) return url.searchParams;
		return `That's a different link. Paste the one you end up on, which begins with ${redirectUri}.`;
	}

	if (queryOfResponse.test(compact)) return new URLSearchParams(compact.slice(compact.indexOf('?') + 1));
	const code = decoded(clean);
	if (!bareCode.test(code))
		return `That isn't a sign-in response. Paste the whole link, which begins with ${redirectUri}.`;
	if (allowsBareCode) return new URLSearchParams({code, state});
	return "That's only part of the response. Paste the whole link of the page you ended up on.";
};

const strayCallback: Readonly<Record<Mismatch, string>> = {
	'no-state': "A response came in without a state, so it isn't for this sign-in.",
	'several-states': 'A response came in with more than one state. No server sends that.',
	'other-state': 'A response to another sign-in came in, perhaps from an old tab.',
	incomplete: 'A response with neither a code nor an error came in.',
};

/** The first judged-true response of a login, whichever way it comes; there is no second one. */
export class CallbackWaiter {
	/** The authorization code; rejects where the server refused. */
	readonly code: Promise<string>;
	/** How many responses were not ours. */
	strays = 0;
	readonly #context: FlowContext;
	readonly #state: string;
	#settle!: (judgement: Exclude<Judgement, {kind: 'ignored'}>) => void;
	#spent = false;

	constructor(context: FlowContext, state: string) {
		this.#context = context;
		this.#state = state;
		this.code = new Promise((resolve, reject) => {
			this.#settle = judgement => {
				this.#spent = true;
				if (judgement.kind === 'accepted') resolve(judgement.code);
				else reject(judgement.error);
			};
		});
		// It may come before anyone waits for it.
		this.code.catch(() => undefined);
	}

	callback(parameters: URLSearchParams): CallbackVerdict {
		if (this.#spent) return 'spent';
		const mismatch = this.#judge(parameters);
		if (mismatch === undefined) return 'hold';
		this.strays += 1;
		this.#context.emit({type: 'callback-ignored', reason: strayCallback[mismatch]});
		return 'ignored';
	}

	/** Takes what a person pasted; a bad one is told, and costs nothing. */
	paste(text: string, redirectUri: string): void {
		const pasted = readPaste(text, this.#state, redirectUri, !namesItself(this.#context.provider));
		const mismatch = typeof pasted === 'string' ? undefined : this.#judge(pasted);
		const reason = typeof pasted === 'string' ? pasted : mismatch && pasteAdvice[mismatch];
		if (reason !== undefined) this.#context.emit({type: 'paste-rejected', reason});
	}

	/** Ends the wait where the server will not be asked at all. */
	refuse(error: LoginError): void {
		this.#settle({kind: 'refused', error});
	}

	#judge(parameters: URLSearchParams): Mismatch | undefined {
		const judgement = judgeAuthorizationResponse(parameters, this.#state, this.#context.provider);
		if (judgement.kind === 'ignored') return judgement.mismatch;
		this.#settle(judgement);
		return undefined;
	}
}
