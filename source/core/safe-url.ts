import {LoginError} from './errors.js';
import {displayText} from './safe-text.js';

declare const safeUrlBrand: unique symbol;

/**
 * The `href` of a URL that passed {@link safeUrl}: fit to be shown, opened and requested.
 *
 * @format uri
 */
export type SafeUrl = string & {readonly [safeUrlBrand]: true};

/** Longer addresses do not reach a browser on every system. */
const maximumLength = 4096;

/** 127.0.0.0/8, ::1 and localhost, as `URL.hostname` writes them. */
export const isLoopbackHost = (hostname: string): boolean =>
	hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);

/** An IP address as it stands in a URL. */
export const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** The port of a redirect to this computer; undefined where it leads elsewhere. */
export const loopbackPort = (redirectUri: string): number | undefined => {
	const {protocol, hostname, port} = new URL(redirectUri);
	return protocol === 'http:' && isLoopbackHost(hostname) ? Number(port || 80) : undefined;
};

/** Shell metacharacters that the URL standard leaves in place; percent-encoded they mean the same to a server. */
const shellCharacters = /[$()`;'"|<>^\\]/g;
const percentEncode = (character: string) => '%' + character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');

/** An address as an error may show it: what stands before an `@` may be a password. */
export const shownUrl = (text: string): string => displayText(text.replace(/^([\w+.-]*:?[/\\]*)[^/?#]*@/, '$1…@'), 80);

/** What the URL of a resource is known by: as it was typed, but a host is the same in capitals, and a fragment names nothing. */
export const resourceName = (url: string): string =>
	(url.split('#', 1)[0] ?? '').replace(/^[^:]+:\/\/[^/?]*/, origin => origin.toLowerCase());

/** Why an address is refused, or the parsed address. */
export const checkUrl = (text: string): URL | string => {
	if (!URL.canParse(text)) return "it isn't a URL";
	const url = new URL(text);
	if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
		return url.protocol === 'http:'
			? "it's plain http, which others on the network can read"
			: `it begins with ${displayText(url.protocol, 20)} instead of https:`;
	}

	if (url.username !== '' || url.password !== '') return 'it has a user name in it';
	if (url.href.length > maximumLength) return `it's longer than ${maximumLength} characters`;
	return url;
};

/**
 * The one gate for addresses from a server, a file or a person: https, or http on loopback; no user information; only
 * the parsed form goes on, since the raw text may hide control characters.
 *
 * @param what - names the address in the error, as in "The server's sign-in page".
 * @throws LoginError `bad_response` (or the code given)
 */
export const safeUrl = (
	text: string,
	what: string,
	code: 'bad_response' | 'config_error' = 'bad_response',
): SafeUrl => {
	const url = checkUrl(text);
	if (typeof url === 'string') throw unusableUrl(what, url, text, code);
	return escapeHref(url.href);
};

/** @param problem - as the end of "It cannot be used because …", from {@link checkUrl} */
export const unusableUrl = (what: string, problem: string, text: string, code: 'bad_response' | 'config_error') =>
	new LoginError(code, `${what} can't be used because ${problem} (${shownUrl(text)}).`, {
		hint: 'Check the provider URL, or ask your administrator.',
	});

/**
 * An address that we built ourselves from checked parts. In a shell `&` would begin a command: it is left only in the
 * query, and there with a `=` after what follows, which is an assignment then.
 */
export const escapeHref = (href: string): SafeUrl =>
	href
		.replaceAll(shellCharacters, percentEncode)
		.replace(/^[^?#]*|#.*$/g, part => part.replaceAll('&', percentEncode))
		.replaceAll(/&[^=&#]*(?=[&#]|$)/g, '$&=') as SafeUrl;
