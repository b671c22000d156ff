import {abortable} from '../core/clock.js';
import {hasCode, LoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {checkUrl, shownUrl} from '../core/safe-url.js';
import {signInChallenge} from '../oauth/challenge.js';
import type {Provider} from '../oauth/provider.js';
import {isOwnFlow} from '../core/types.js';
import type {SessionManager} from './session-manager.js';
import {needOf, stepUp, type StepUpOptions} from './step-up.js';

/** A request, as far as it tells whether someone waits for it. */
export type FetchedRequest = {
	/** In capitals. */
	readonly method: string;
	readonly headers: Headers;
	/** What it sends, where that is a string. */
	readonly body?: string;
};

/** A sign-in that a request turned out to need. */
type AskedSignIn = {
	/** A session that still has this token is none. */
	readonly rejected: string | undefined;
	/** The turn at which the request was sent. */
	readonly since: number;
	/** What the refusal asked for. */
	readonly challengedScope?: string | undefined;
	/** Where the resource that refused says it describes itself. */
	readonly challengedMetadata?: string | undefined;
	readonly signal: AbortSignal | undefined;
};

type AuthorizedFetchOptions = StepUpOptions & {
	readonly sessions: Pick<SessionManager, 'fresh' | 'read'>;
	/** Reaches the network; follows redirects unless it is told not to. */
	readonly fetch: typeof fetch;
	/** Where the token may go. */
	readonly origins: readonly string[];
	/** Its resources add their origins. */
	readonly provider: Pick<Provider, 'protectedResource' | 'resource'>;
	/** Whether a request may lead to a login. @default each may */
	readonly isInteractive?: ((request: FetchedRequest) => boolean) | undefined;
	/** Has someone sign in. @default a request without a session fails */
	readonly signIn?: ((asked: AskedSignIn) => Promise<unknown>) | undefined;
};

/** As fetch takes it, with headers that may be changed. */
type Call = RequestInit & {readonly headers: Headers; readonly signal?: AbortSignal | null};

const mostRedirects = 20;
const redirects = new Set([301, 302, 303, 307, 308]);
/** What fetch leaves out of a request to another origin. */
const forOneOrigin = ['authorization', 'proxy-authorization', 'cookie', 'host'];
const aboutBody = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'];

/** @throws LoginError `config_error` */
const readOrigin = (text: string): string => {
	const url = checkUrl(text);
	const problem = typeof url === 'string' ? url : url.href === `${url.origin}/` ? undefined : 'it has more than a host';
	if (typeof url !== 'string' && problem === undefined) return url.origin;
	throw new LoginError('config_error', `The origin ${shownUrl(text)} can't be used because ${problem}.`, {
		hint: 'Each of `origins` must be an https URL without a path, as in https://api.example.com.',
	});
};

const originOf = (resource: string): readonly string[] => {
	const url = checkUrl(resource);
	return typeof url === 'string' ? [] : [url.origin];
};

/** A Request has its body read here, since it can be read only once. */
const readCall = async (input: string | URL | Request, init: RequestInit = {}): Promise<Call> => {
	if (!(input instanceof Request)) return {...init, headers: new Headers(init.headers)};
	const request = new Request(input, init);
	const {method, headers, signal, redirect, integrity} = request;
	const body = request.body === null ? null : await abortable(request.arrayBuffer(), signal);
	return {method, headers, signal, redirect, integrity, body};
};

/** A stream gives its content once; everything else that fetch takes can be sent again. */
const isStream = (body: RequestInit['body']): boolean =>
	typeof body === 'object' && body !== null && Symbol.asyncIterator in body;

/** A server wants a token, or another one than it got. */
const unaccepted = ({host}: URL, hasSignedIn: boolean, hint: string): LoginError => {
	const name = displayText(host, 80);
	return hasSignedIn
		? new LoginError('token_rejected', `${name} doesn't accept the token, although you have just signed in.`, {
				hint: "Try again later. If it keeps happening, ask the server's administrator.",
			})
		: new LoginError('person_required', `${name} needs you to sign in.`, {hint});
};

const discard = async ({body}: Response): Promise<void> => body?.cancel().catch(() => undefined);

const redirectTarget = (from: URL, location: string, {status}: Response, count: number): URL => {
	const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
	const problem =
		to === undefined || !/^https?:$/.test(to.protocol)
			? "to something that isn't a web URL"
			: from.protocol === 'https:' && to.protocol === 'http:'
				? 'from https to http'
				: count > mostRedirects
					? `more than ${mostRedirects} times`
					: undefined;
	if (to !== undefined && problem === undefined) return to;
	throw new LoginError('bad_response', `${displayText(from.host, 80)} redirects ${problem}.`, {
		hint: 'Check the URL of the request.',
		endpoint: from.origin + from.pathname,
		status,
	});
};

/** As a redirect changes the request (Fetch §4.4). */
const redirected = (call: Call, {status}: Response, isOtherOrigin: boolean): Call => {
	const headers = new Headers(call.headers);
	if (isOtherOrigin) for (const name of forOneOrigin) headers.delete(name);
	const method = call.method?.toUpperCase() ?? 'GET';
	const becomesGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST';
	if (status !== 303 && isStream(call.body)) throw new TypeError("A stream can't be sent again after a redirect.");
	if (!becomesGet) return {...call, headers};
	for (const name of aboutBody) headers.delete(name);
	return {...call, headers, method: 'GET', body: null};
};

/** One request with its redirects; another origin gets no Authorization header. */
const send = async (reach: typeof fetch, start: URL, first: Call): Promise<{response: Response; hasLeft: boolean}> => {
	const {redirect = 'follow'} = first;
	let url = start;
	let call = first;
	/** Whether another origin was on the way: the response is none to our token. */
	let hasLeft = false;
	for (let count = 1; ; count++) {
		const response = await reach(url.href, {...call, redirect: redirect === 'follow' ? 'manual' : redirect});
		const location = redirects.has(response.status) ? response.headers.get('location') : null;
		if (redirect !== 'follow' || location === null) {
			return {response, hasLeft};
		}

		await discard(response);
		const target = redirectTarget(url, location, response, count);
		const isOtherOrigin = target.origin !== url.origin;
		hasLeft ||= isOtherOrigin;
		call = redirected(call, response, isOtherOrigin);
		url = target;
	}
};

/**
 * A fetch that sends the session's access token. A 401 leads to one refresh for all who heard it; a 403 or 401 that asks
 * for more than the session has leads to a login (RFC 6750 §3.1, RFC 9470), twice at most.
 *
 * @throws LoginError `config_error` for an origin that is not among `origins`
 */
export const authorizedFetch = (options: AuthorizedFetchOptions): typeof fetch => {
	const {sessions, fetch: reach, provider} = options;
	const {protectedResource, resource = []} = provider;
	const resources = protectedResource === undefined ? resource : [protectedResource.url, ...resource];
	const origins = new Set([...options.origins.map(readOrigin), ...resources.flatMap(originOf)]);
	return async (input, init) => {
		const url = new URL(input instanceof Request ? input.url : input);
		if (!origins.has(url.origin)) {
			throw new LoginError('config_error', `The token isn't for ${shownUrl(url.origin)}, so nothing was sent.`, {
				hint: "Add it to the engine's `origins`, or use a fetch without a token.",
			});
		}

		// Another API of the app describes itself alone.
		const isResource = protectedResource !== undefined && originOf(protectedResource.url)[0] === url.origin;
		const call = await readCall(input, init);
		const signal = call.signal ?? undefined;
		// The caller brings their own credentials, so the response is theirs too.
		if (call.headers.has('authorization')) return (await send(reach, url, call)).response;
		const {logins, signIn, isInteractive = () => true} = options;
		const mayShow = () => {
			const {body} = call;
			const method = call.method?.toUpperCase() ?? 'GET';
			return isInteractive({method, headers: new Headers(call.headers), ...(typeof body === 'string' && {body})});
		};
		/** What servers asked for beyond the session. */
		const needs = new Set<string>();
		/** The token to refresh. */
		let rejected: string | undefined;
		/** The refusal of a stream, which its caller sends again once what it lacked is there. */
		let held: Response | undefined;
		const dismiss = async (response: Response) => {
			if (isStream(call.body)) held = response;
			else await discard(response);
		};
		let hasSignedIn = false as boolean;
		/** @throws `otherwise`, where no login may be shown for this request, or one was */
		const enter = async (asked: Omit<AskedSignIn, 'signal'>, otherwise: LoginError) => {
			if (hasSignedIn || signIn === undefined || !mayShow()) throw otherwise;
			await signIn({...asked, signal});
			hasSignedIn = true;
		};

		for (;;) {
			const sent = logins.turn;
			let session;
			try {
				session = await sessions.fresh({rejected, signal});
			} catch (error) {
				if (!hasCode(error, 'person_required') || signIn === undefined) throw error;
				// Without any session the request goes out as it is: many servers have something for strangers.
				if (hasSignedIn || (await sessions.read()) !== undefined) {
					await enter({rejected, since: sent}, error);
					continue;
				}
			}

			if (held !== undefined) return held;
			const token = session?.tokens.accessToken;
			const headers = new Headers(call.headers);
			if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
			const {response, hasLeft} = await send(reach, url, {...call, headers});
			if (hasLeft) return response;
			const need = needOf(response, isResource);
			const key = JSON.stringify(need);
			if (session === undefined || need === undefined) {
				if (response.status !== 401) return response;
				if (signIn === undefined && rejected !== undefined) return response;
				await dismiss(response);
				if (token !== undefined && rejected === undefined && !hasSignedIn) rejected = token;
				else {
					const {scope: challengedScope, resourceMetadata} = signInChallenge(response.headers) ?? {};
					const challengedMetadata = isResource ? resourceMetadata : undefined;
					const asked = {rejected: token, since: sent, challengedScope, challengedMetadata};
					await enter(asked, unaccepted(url, hasSignedIn, options.signInHint));
				}
			} else {
				// A program's own session has nobody to ask, and what one login didn't bring another won't.
				if (isOwnFlow(session.flow) || needs.has(key) || needs.size === 2 || !mayShow()) return response;
				needs.add(key);
				await dismiss(response);
				await stepUp(need, {host: url.host, sent, signal, rejected: session.tokens.accessToken}, options);
			}
		}
	};
};
