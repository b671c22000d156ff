import {
	allowInsecureRequests,
	clockSkew,
	customFetch,
	type Client,
	type ClientAuth,
	type CustomFetchOptions,
} from 'oauth4webapi';
import type {RequestContext} from '../flow.js';
import {LoginError} from '../login-error.js';
import type {Provider} from '../provider.js';
import {noteResponse, type ResponseInfo} from './answer-facts.js';
import {clientAuthentication} from './client-authentication.js';
import {networkError, requestError} from './error-mapping.js';
import {normaliseResponse} from './normalise-response.js';
import type {EndpointKind} from './purpose.js';

/** A {@link RequestContext} before or after discovery. */
type CallContext = Omit<RequestContext, 'provider'> & {
	readonly provider: Provider & Partial<Pick<RequestContext['provider'], 'server' | 'requestedScope'>>;
};

type LibraryFetch = (url: string, options: CustomFetchOptions<string, unknown>) => Promise<Response>;

/** One request to the server: what the library's functions are given, and what came of it. */
export type ServerCall = {
	readonly client: Client;
	readonly authentication: ClientAuth;
	readonly options: {
		readonly [customFetch]: LibraryFetch;
		readonly [allowInsecureRequests]: true;
		readonly signal: AbortSignal;
		readonly headers: Record<string, string>;
	};
	readonly info: ResponseInfo;
	/** A request of our own, for what the library has no function for. */
	readonly get: (url: string, headers?: Record<string, string>) => Promise<Response>;
	readonly fail: (error: unknown) => LoginError;
};

/** JSON instead of a form, its repeated keys as arrays (better-auth <= 1.4). */
const toJson = (form: URLSearchParams): string =>
	JSON.stringify(
		Object.fromEntries(
			[...new Set(form.keys())].map(name => {
				const values = form.getAll(name);
				return [name, values.length === 1 ? values[0] : values];
			}),
		),
	);

const userAgent = {'user-agent': 'ink-login'};

/** Prepares one request; the library sees its response as the standards have it. */
export const openCall = ({provider, fetch, clock, signal}: CallContext, endpointKind: EndpointKind): ServerCall => {
	const info: ResponseInfo = {scope: provider.requestedScope, server: provider.server};
	const isJsonRequest =
		provider.dialect?.requestFormat === 'json' &&
		(endpointKind === 'token' || endpointKind === 'device-token' || endpointKind === 'device-authorization');
	const send: LibraryFetch = async (address, options) => {
		const url = new URL(address);
		info.endpoint = url.origin + url.pathname;
		const form = options.body instanceof URLSearchParams ? options.body : undefined;
		if (endpointKind === 'token-exchange') info.scope = form?.get('scope') ?? undefined;
		const asJson = isJsonRequest && form !== undefined;
		try {
			const response = await fetch(url.href, {
				method: options.method,
				headers: asJson ? {...options.headers, 'content-type': 'application/json'} : options.headers,
				body: asJson ? toJson(form) : form,
				redirect: 'manual',
				signal: options.signal,
			});
			noteResponse(info, response, clock);
			return await normaliseResponse(response, endpointKind, provider);
		} catch (error) {
			throw error instanceof LoginError ? error : networkError(error, info.endpoint);
		}
	};

	return {
		// The library asks the system for the time; this makes it ours.
		client: {client_id: provider.clientId, [clockSkew]: Math.round((clock.now() - Date.now()) / 1000)},
		authentication: clientAuthentication(provider, provider.server?.token_endpoint_auth_methods_supported),
		options: {
			[customFetch]: send,
			// The library's switch knows only "any http"; the hardened fetch knows "http on loopback".
			[allowInsecureRequests]: true,
			signal,
			headers: userAgent,
		},
		info,
		get: async (url, headers) =>
			send(url, {
				method: 'GET',
				headers: {accept: 'application/json', ...userAgent, ...headers},
				body: undefined,
				redirect: 'manual',
				signal,
			}),
		fail: error => requestError(error, endpointKind, info, signal),
	};
};

/** Runs `work` with one request; whatever it throws leaves as a {@link LoginError}. */
export const callServer = async <Result>(
	context: CallContext,
	endpointKind: EndpointKind,
	work: (call: ServerCall) => Promise<Result>,
): Promise<Result> => {
	const call = openCall(context, endpointKind);
	try {
		context.signal.throwIfAborted();
		return await work(call);
	} catch (error) {
		throw call.fail(error);
	}
};
