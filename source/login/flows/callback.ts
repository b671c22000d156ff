import {displayText} from '../../core/safe-text.js';
import {
	type Mismatch,
	type AuthorizationTransaction,
	judgeAuthorizationResponse,
	namesItself,
	type Judgement,
} from '../../oauth/authorization-code.js';
import type {FlowContext} from '../flow.js';
import type {LoginError} from '../../core/errors.js';
import type {CallbackVerdict} from '../loopback/server.js';

type PasteExpectation = {
	readonly state: string;
	readonly redirectUri: string;
	/** A bare code cannot stand for a response that says who sent it (RFC 9207 §2.4). */
	readonly allowsBareCode: boolean;
};

/** The response in a pasted text, or a sentence that says what to paste instead. */
type PastedResponse = URLSearchParams | string;

/** More than any browser's address; a longer text is something else. */
const maximumLength = 16 * 1024;

const quotes = /^["'`“”‘’«»<]+|["'`“”‘’«»>]+$/g;
const schemePrefix = /^[a-z][\w+.-]*:\/\//i;
const queryOfResponse = /(?:^|[?&])(?:code|error|state)=/;
const bareCode = /^[\w.~+/=*!$|:@-]{8,4096}$/;

/** What the person can do about a response that was pasted and is not ours. */
export const pasteAdvice: Readonly<Record<Mismatch, string>> = {
	'no-state': 'A part of that address is missing: copy all of it, from http to the end.',
	'several-states': 'That address is not as the server made it: copy it again, once.',
	'other-state': 'That address belongs to another sign-in: use the page that this sign-in opened.',
	incomplete:
		'That address has no response in it yet: sign in first, then copy the address of the page where that ends.',
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
 */
export const readPaste = (text: string, {state, redirectUri, allowsBareCode}: PasteExpectation): PastedResponse => {
	if (text.length > maximumLength) return 'That is too long to be an address: copy only what the address bar holds.';
	const clean = displayText(unwrap(text), maximumLength).replaceAll(quotes, '').trim();
	if (clean === '') return `Nothing was pasted: copy the whole address that begins with ${redirectUri}.`;
	const compact = clean.replaceAll(' ', '');

	// Some browsers leave the scheme out of what they copy.
	const scheme = schemePrefix.exec(redirectUri)?.[0] ?? '';
	const address = (scheme + compact).startsWith(redirectUri) ? scheme + compact : compact;
	if (schemePrefix.test(address)) {
		if (!URL.canParse(address)) return 'That address is damaged: copy it again from the address bar.';
		const url = new URL(address);
		if (place(url) === place(new URL(redirectUri))) return url.searchParams;
		return `That is another address: paste the one that begins with ${redirectUri}, where the sign-in ends.`;
	}

	if (queryOfResponse.test(compact)) return new URLSearchParams(compact.slice(compact.indexOf('?') + 1));
	const code = decoded(clean);
	if (!bareCode.test(code))
		return `That is no response of a sign-in: paste the whole address that begins with ${redirectUri}.`;
	if (allowsBareCode) return new URLSearchParams({code, state});
	return 'That is only a part of the response: paste the whole address of the page where the sign-in ended.';
};

const strayCallback: Readonly<Record<Mismatch, string>> = {
	'no-state': 'A response without a state came in, which this sign-in did not ask for.',
	'several-states': 'A response with more than one state came in, which no server sends.',
	'other-state': 'A response to another sign-in came in, perhaps from an old tab.',
	incomplete: 'A response with neither a code nor an error came in.',
};

/** The first judged-true response of a login, whichever way it comes; there is no second one. */
export class CallbackWaiter {
	readonly #context: FlowContext;
	readonly #transaction: AuthorizationTransaction;
	readonly #settled: Promise<string>;
	#settle!: (judgement: Exclude<Judgement, {kind: 'ignored'}>) => void;
	#spent = false;
	#strays = 0;

	constructor(context: FlowContext, transaction: AuthorizationTransaction) {
		this.#context = context;
		this.#transaction = transaction;
		this.#settled = new Promise((resolve, reject) => {
			this.#settle = judgement => {
				this.#spent = true;
				if (judgement.kind === 'accepted') resolve(judgement.code);
				else reject(judgement.error);
			};
		});
		// It may come before anybody waits for it.
		this.#settled.catch(() => undefined);
	}

	/** The authorization code; rejects where the server refused. */
	get code(): Promise<string> {
		return this.#settled;
	}

	/** How many responses were not ours. */
	get strays(): number {
		return this.#strays;
	}

	callback(parameters: URLSearchParams): CallbackVerdict {
		if (this.#spent) return 'spent';
		const mismatch = this.#judge(parameters);
		if (mismatch === undefined) return 'hold';
		this.#strays += 1;
		this.#context.emit({type: 'callback-ignored', reason: strayCallback[mismatch]});
		return 'ignored';
	}

	/** Takes what a person pasted; a bad one is told, and costs nothing. */
	paste(text: string, redirectUri: string): void {
		const {state} = this.#transaction;
		const allowsBareCode = !namesItself(this.#context.provider);
		const pasted = readPaste(text, {state, redirectUri, allowsBareCode});
		const mismatch = typeof pasted === 'string' ? undefined : this.#judge(pasted);
		const reason = typeof pasted === 'string' ? pasted : mismatch && pasteAdvice[mismatch];
		if (reason !== undefined) this.#context.emit({type: 'paste-rejected', reason});
	}

	/** Ends the wait where the server will not be asked at all. */
	refuse(error: LoginError): void {
		this.#settle({kind: 'refused', error});
	}

	#judge(parameters: URLSearchParams): Mismatch | undefined {
		const judgement = judgeAuthorizationResponse(parameters, this.#transaction.state, this.#context.provider);
		if (judgement.kind === 'ignored') return judgement.mismatch;
		this.#settle(judgement);
		return undefined;
	}
}
