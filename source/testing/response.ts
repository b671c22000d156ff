import type {ServerResponse} from 'node:http';
import {Readable} from 'node:stream';
import {abortable} from '../core/clock.js';

/** What a response's body may be: an object becomes JSON, text and bytes go out as they are, chunks go out one by one. */
export type ResponseBody =
	Readonly<Record<string, unknown>> | string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined;

/** A response in full. */
export type Reply = {
	readonly status: number;
	/** By lower-case name; `undefined` leaves one out that would be sent otherwise. */
	readonly headers: Readonly<Record<string, string | undefined>>;
	/** Chunks that throw end the connection in the middle. */
	readonly body: ResponseBody;
};

/** A request as the scripted server saw it. */
export type ScriptedRequest<Endpoint extends string = string> = {
	/** Which of the addresses was asked. */
	readonly endpoint: Endpoint;
	readonly method: string;
	readonly url: URL;
	/** Its path, without the query. */
	readonly path: string;
	/** By lower-case name. */
	readonly headers: Readonly<Record<string, string>>;
	/** Of the query, or of the body (a form, or the members of a JSON object) where there is one. */
	readonly parameters: URLSearchParams;
	readonly body: string;
	/** When it came, by the server's clock: epoch milliseconds. */
	readonly at: number;
};

/**
 * What to answer: parts of a reply (status 200, JSON), `drop` (the connection breaks without a response), `hang` (none
 * ever comes), `default` (what the conforming server says), or a function that decides. The function's second argument
 * gives the conforming response, for one that differs only a little.
 */
export type ScriptedResponse<Endpoint extends string = string> =
	| Partial<Reply>
	| 'drop'
	| 'hang'
	| 'default'
	| ((
			request: ScriptedRequest<Endpoint>,
			conforming: () => Promise<Reply>,
	  ) => ScriptedResponse<Endpoint> | Promise<ScriptedResponse<Endpoint>>);

/** A response after every function in it was asked. */
export type Outcome = Reply | 'drop' | 'hang';

/** A JSON response that nobody may cache (RFC 6749 §5.1). */
export const json = (body: Readonly<Record<string, unknown>>, status = 200): Reply => ({
	status,
	headers: {'cache-control': 'no-store'},
	body,
});

export const htmlPage = (text: string, status = 200): Reply => ({
	status,
	headers: {'content-type': 'text/html; charset=utf-8'},
	body: `<!doctype html><title>Scripted server</title><p>${text}</p>`,
});

/** Asks functions, and puts in what a response leaves out. */
export const decide = async <Endpoint extends string>(
	answer: ScriptedResponse<Endpoint>,
	request: ScriptedRequest<Endpoint>,
	conforming: () => Promise<Reply>,
): Promise<Outcome> => {
	if (typeof answer === 'function') return decide(await answer(request, conforming), request, conforming);
	if (answer === 'default') return conforming();
	if (answer === 'drop' || answer === 'hang') return answer;
	return {status: answer.status ?? 200, headers: answer.headers ?? {}, body: answer.body};
};

const isChunks = (body: ResponseBody): body is AsyncIterable<string | Uint8Array> =>
	typeof body === 'object' && Symbol.asyncIterator in body;

const wireBody = (body: ResponseBody): string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined =>
	body === undefined || typeof body === 'string' || body instanceof Uint8Array || isChunks(body)
		? body
		: JSON.stringify(body);

const wireHeaders = ({headers, body}: Reply): [string, string][] => {
	const all: Reply['headers'] = {'content-type': body === undefined ? undefined : 'application/json', ...headers};
	return Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
};

const encoder = new TextEncoder();
const toBytes = (part: string | Uint8Array) => (typeof part === 'string' ? encoder.encode(part) : new Uint8Array(part));

const toStream = (chunks: AsyncIterable<string | Uint8Array>): ReadableStream<Uint8Array> => {
	const iterator = chunks[Symbol.asyncIterator]();
	return new ReadableStream({
		async pull(controller) {
			const next = await iterator.next();
			if (next.done) controller.close();
			else controller.enqueue(toBytes(next.value));
		},
		async cancel() {
			await iterator.return?.();
		},
	});
};

/** The reply as `fetch` gives it. Text goes in as bytes: `Response` would add a content type to it. */
const toResponse = (reply: Reply, url: string): Response => {
	const body = wireBody(reply.body);
	const content =
		body === undefined ? null : typeof body === 'string' || body instanceof Uint8Array ? toBytes(body) : toStream(body);
	const response = new Response(content, {status: reply.status, headers: wireHeaders(reply)});
	Object.defineProperty(response, 'url', {value: url});
	return response;
};

export const sendReply = (reply: Reply, response: ServerResponse): void => {
	response.writeHead(reply.status, wireHeaders(reply).flat());
	const body = wireBody(reply.body);
	if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
		response.end(body);
		return;
	}

	// Not `pipeline`: an endless response that nobody reads any more is no error here, and a failing one breaks off.
	const stream = Readable.from(body);
	stream.on('error', () => response.destroy());
	response.on('close', () => stream.destroy());
	stream.pipe(response);
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
		const body = await abortable(request.text(), signal);
		const answered = handle(request.method, url, Object.fromEntries(request.headers), body);
		const outcome = await abortable(answered, signal);
		if (outcome === 'hang') return abortable(new Promise<never>(() => undefined), signal);
		if (outcome === 'drop') throw noResponse('ECONNRESET');
		return toResponse(outcome, url.href);
	};
