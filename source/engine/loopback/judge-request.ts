import {isLoopbackHost} from '../safe-url.js';

/** What matters of an HTTP request, as it came over the wire. */
type RawRequest = {
	readonly method?: string | undefined;
	/** The request-target, unparsed. */
	readonly url?: string | undefined;
	/** Names and values in turn: Node's parsed headers hide a second Host. */
	readonly rawHeaders: readonly string[];
};

type Expectation = {
	/** The only values of Host, for all but a visit of the short link that a forwarded port brings. */
	readonly authorities: readonly string[];
	readonly callbackPath: string;
	readonly shortPath: string;
};

type RequestVerdict =
	| {readonly kind: 'callback'; readonly parameters: URLSearchParams}
	| {
			readonly kind: 'short-link';
			/** Whether the browser came by another port, so that the redirect URI may not lead it back here. */
			readonly isForwarded: boolean;
	  }
	| {readonly kind: 'refused'; readonly status: 400 | 403 | 404 | 405 | 421 | 503};

const refused = (status: Extract<RequestVerdict, {kind: 'refused'}>['status']): RequestVerdict => ({
	kind: 'refused',
	status,
});

/**
 * Decides by the request alone whether it may be one that a browser makes for the person. No
 * request that is turned away here leaves a trace in the login.
 */
export const judgeRequest = (request: RawRequest, {authorities, ...paths}: Expectation): RequestVerdict => {
	const header = (name: string): readonly string[] =>
		request.rawHeaders.filter((_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name);
	const [host, ...moreHosts] = header('host');
	if (host === undefined || moreHosts.length > 0) return refused(400);
	// By hand: `new URL(target, base)` would take the host of an absolute target, or of one that begins with `//`.
	const [path = '', ...query] = (request.url ?? '').split('?');
	const isForwarded = !authorities.includes(host.toLowerCase());
	// A name of loopback, which no page elsewhere can have in Host, and a path that nobody guesses.
	const mayBeForwarded = path === paths.shortPath && isLoopbackHost(host.toLowerCase().replace(/:\d+$/, ''));
	if (isForwarded && !mayBeForwarded) return refused(421);
	if (request.method !== 'GET') return refused(405);
	// A speculative visit must not use up the code; the browser comes again when the person does.
	const purposes = [...header('purpose'), ...header('sec-purpose'), ...header('x-moz')];
	if (purposes.some(endpointKind => endpointKind.toLowerCase().includes('prefetch'))) return refused(503);
	if (!path.startsWith('/')) return refused(400);
	if (path !== paths.callbackPath && path !== paths.shortPath) return refused(404);
	// Only a top-level navigation is the person's own; other Sec-Fetch headers come from honest clients too.
	if (header('sec-fetch-dest').some(destination => destination !== 'document')) return refused(403);
	return path === paths.shortPath
		? {kind: 'short-link', isForwarded}
		: {kind: 'callback', parameters: new URLSearchParams(query.join('?'))};
};
