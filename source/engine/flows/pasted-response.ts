import {displayText} from '../display-text.js';
import type {Mismatch} from './authorization-response.js';

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
