import {abortable, systemClock, type Clock} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {checkUrl} from '../core/safe-url.js';

/** Larger responses are not read to their end; decompressed bytes count. */
const maximumBodyBytes = 2 ** 20;
const maximumJsonDepth = 32;
/** Milliseconds for a whole request. Connecting alone is limited to ten seconds by Node's fetch itself. */
const totalTime = 30_000;

/** A response must not carry a body with these (Fetch §2.2.3). */
const bodylessStatuses = new Set([204, 205, 304]);

const badResponse = (message: string, endpoint: string, status?: number) =>
	new LoginError('bad_response', message, {
		hint: 'Check the provider URL. Something else may be running there.',
		endpoint,
		status,
	});

const checkAddress = (input: RequestInfo | URL): URL => {
	const text = input instanceof Request ? input.url : input.toString();
	const url = checkUrl(text);
	if (typeof url !== 'string' && url.hash === '') return url;
	const why = typeof url === 'string' ? url : 'it has a fragment';
	throw new LoginError('config_error', `No request was sent to ${displayText(text.split('?')[0] ?? '', 80)}: ${why}.`, {
		hint: "Endpoints need https, or http on this computer. Check the provider's configuration.",
	});
};

/** Whether brackets nest deeper than any honest response; counted before anything is parsed. */
const nestsTooDeep = (text: string): boolean => {
	let depth = 0;
	let inString = false;
	for (let index = 0; index < text.length; index++) {
		const character = text[index];
		if (inString) {
			if (character === '\\') index++;
			else if (character === '"') inString = false;
		} else if (character === '"') inString = true;
		else if (character === '{' || character === '[') {
			if (++depth > maximumJsonDepth) return true;
		} else if (character === '}' || character === ']') depth--;
	}

	return false;
};

/** Undefined where it is too long. Not every fetch that is handed in stops the body on abort, so this does. */
const readLimited = async ({body}: Response, signal: AbortSignal): Promise<ArrayBuffer | undefined> => {
	let size = 0;
	const limit = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
		transform(chunk, controller) {
			size += chunk.byteLength;
			if (size > maximumBodyBytes) controller.terminate();
			else controller.enqueue(chunk);
		},
	});
	const bytes = await new Response(body?.pipeThrough(limit, {signal})).arrayBuffer();
	return size > maximumBodyBytes ? undefined : bytes;
};

/** The text of the body, or why it is not read. */
const readText = async (response: Response, signal: AbortSignal): Promise<{text: string} | {problem: string}> => {
	const bytes = await readLimited(response, signal);
	if (bytes === undefined) return {problem: 'The server sent more than a megabyte.'};
	try {
		const text = new TextDecoder('utf-8', {fatal: true}).decode(bytes);
		return /^\s*[{[]/.test(text) && nestsTooDeep(text)
			? {problem: 'The server sent JSON that is nested too deeply.'}
			: {text};
	} catch {
		return {problem: "The server sent text that isn't UTF-8."};
	}
};

const rebuild = async (response: Response, endpoint: string, signal: AbortSignal): Promise<Response> => {
	if (response.status === 0) throw badResponse('The server responded with a redirect.', endpoint);
	if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
		// No document comes as a stream, and it may never end.
		await response.body?.cancel();
		return new Response(null, response);
	}

	const read = await readText(response, signal);
	// The status of an error page says enough.
	if ('problem' in read && response.ok) throw badResponse(read.problem, endpoint, response.status);
	const headers = new Headers(response.headers);
	headers.delete('content-encoding');
	headers.delete('content-length');
	const {status} = response;
	const body = bodylessStatuses.has(status) || 'problem' in read ? null : new TextEncoder().encode(read.text);
	return new Response(body, {status, headers});
};

/** No response in time. */
export const serverTimeout = (ms: number, endpoint?: string): LoginError =>
	new LoginError('timeout', `The server didn't respond within ${ms / 1000} seconds.`, {
		hint: 'Try again. If it keeps happening, check your network and proxy settings.',
		...(endpoint !== undefined && {endpoint}),
	});

type TimeLimit = {
	readonly clock: Clock;
	readonly signal: AbortSignal | null | undefined;
	readonly limit: number;
	readonly reason: () => LoginError;
};

/** Runs `work` with a signal that follows the caller's, and aborts for `reason` after `limit` milliseconds. */
export const withTimeLimit = async <Value>(
	{clock, signal: caller, limit: ms, reason}: TimeLimit,
	work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> => {
	caller?.throwIfAborted();
	const limit = new AbortController();
	const done = new AbortController();
	clock.sleep(ms, done.signal).then(
		() => limit.abort(reason()),
		() => undefined,
	);
	const signal = AbortSignal.any(caller ? [caller, limit.signal] : [limit.signal]);
	return abortable(work(signal), signal).finally(() => done.abort());
};

/**
 * A fetch that is safe to point at a hostile server: https or loopback only, no user information, no
 * redirects, at most a megabyte of UTF-8, JSON at most 32 levels deep, half a minute in all. A GET whose connection
 * breaks is sent once more; nothing else is ever repeated, since a second token request may revoke the first one's
 * tokens (RFC 9700 §4.14.2).
 *
 * @throws LoginError `config_error`, `bad_response`, `timeout`; otherwise whatever the fetch below throws
 */
export const hardenedFetch = ({
	fetch: reach,
	clock = systemClock,
}: {
	/** @default the global fetch, first touched with the first request, since that costs 25 ms */
	readonly fetch?: typeof fetch;
	readonly clock?: Clock;
} = {}): typeof fetch => {
	const hardened = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
		const url = checkAddress(input);
		const endpoint = url.origin + url.pathname;
		const request = input instanceof Request ? input : undefined;
		const method = (init.method ?? request?.method ?? 'GET').toUpperCase();
		const caller = init.signal ?? request?.signal;
		const send = async () =>
			withTimeLimit(
				{clock, signal: caller, limit: totalTime, reason: () => serverTimeout(totalTime, endpoint)},
				async signal => {
					const response = await (reach ?? globalThis.fetch)(request ?? url.href, {
						...init,
						redirect: 'manual',
						signal,
					});
					return rebuild(response, endpoint, signal);
				},
			);
		try {
			return await send();
		} catch (error) {
			if (method !== 'GET' || error instanceof LoginError || caller?.aborted === true) throw error;
			return send();
		}
	};

	return hardened;
};
