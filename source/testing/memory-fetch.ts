import {toResponse, type Outcome} from './response.js';

/** The promise, or the signal's reason as soon as it aborts. */
const unlessAborted = async <Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> => {
	const settled = new AbortController();
	const aborted = new Promise<never>((_resolve, reject) => {
		if (signal.aborted) reject(signal.reason as Error);
		const options = {once: true, signal: settled.signal};
		signal.addEventListener('abort', () => reject(signal.reason as Error), options);
	});
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		settled.abort();
	}
};

/** As `fetch` fails when there is no response. */
const noResponse = (code: string) =>
	new TypeError('fetch failed', {cause: Object.assign(new Error(`The scripted server: ${code}`), {code})});

/** A `fetch` without a socket: it follows no redirect, and no host exists for it but those that are ours. */
export const createMemoryFetch =
	(
		isOurs: (origin: string) => boolean,
		handle: (method: string, url: URL, headers: Record<string, string>, body: string) => Promise<Outcome>,
	): typeof fetch =>
	async (input, init) => {
		const request = new Request(input, init);
		const signal = init?.signal ?? request.signal;
		const url = new URL(request.url);
		if (!isOurs(url.origin)) throw noResponse('ENOTFOUND');
		const body = await unlessAborted(request.text(), signal);
		const answered = handle(request.method, url, Object.fromEntries(request.headers), body);
		const outcome = await unlessAborted(answered, signal);
		if (outcome === 'hang') return unlessAborted(new Promise<never>(() => undefined), signal);
		if (outcome === 'drop') throw noResponse('ECONNRESET');
		return toResponse(outcome, url.href);
	};
