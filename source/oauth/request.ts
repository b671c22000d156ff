import {
	ClientSecretPost,
	modifyAssertion,
	None,
	PrivateKeyJwt,
	type ClientAuth,
	allowInsecureRequests,
	type AuthorizationServer,
	clockSkew,
	customFetch,
	type Client,
	type CustomFetchOptions,
} from 'oauth4webapi';
import {LoginError} from '../core/errors.js';
import type {ClientAuthentication, Provider, ResolvedProvider, SigningKey} from './provider.js';
import type {ResponseInfo} from './error-codes.js';
import {networkError, requestError} from './errors.js';
import {normaliseResponse, type EndpointKind} from './quirks.js';
import type {Clock} from '../core/clock.js';

const readSecret = async ({clientSecret}: Provider): Promise<string> => {
	try {
		const secret = typeof clientSecret === 'function' ? await clientSecret() : clientSecret;
		if (secret !== undefined && secret !== '') return secret;
	} catch (error) {
		if (error instanceof LoginError) throw error;
		throw new LoginError('config_error', "The client secret couldn't be read.", {
			hint: 'Check the file or the variable that holds it.',
		});
	}

	throw new LoginError('config_error', "Client authentication needs a client secret, and there isn't one.", {
		hint: 'Give the client secret.',
	});
};

/**
 * The library calls EdDSA by its newer name (RFC 9864), which few servers know, and takes every assertion for the issuer.
 */
const assertionFor = (audience: string | undefined, offered: readonly string[] = []) => ({
	[modifyAssertion](header: Record<string, unknown>, claims: Record<string, unknown>) {
		const isNewer = offered.includes('Ed25519') && !offered.includes('EdDSA');
		if (header['alg'] === 'Ed25519' && !isNewer) header['alg'] = 'EdDSA';
		if (audience !== undefined) claims['aud'] = audience;
	},
});

const readKey = async ({clientKey}: Provider, offered?: readonly string[]): Promise<SigningKey> => {
	try {
		const key = typeof clientKey === 'function' ? await clientKey(offered) : clientKey;
		if (key?.key.type === 'private' && key.key.usages.includes('sign')) return key;
	} catch (error) {
		if (error instanceof LoginError) throw error;
	}

	throw new LoginError('config_error', "The app's key can't be used to sign.", {
		hint: 'Give a private key for signing.',
	});
};

/** `post` unless the server offers only Basic: many servers forget to undo the encoding of RFC 6749 §2.3.1 in Basic. */
const chooseMethod = (
	{clientAuthentication, clientSecret, clientKey}: Provider,
	offered?: readonly string[],
): ClientAuthentication | 'key' => {
	if (clientKey !== undefined) return 'key';
	if (clientAuthentication !== undefined) return clientAuthentication;
	if (clientSecret === undefined) return 'none';
	return offered?.includes('client_secret_basic') === true && !offered.includes('client_secret_post')
		? 'basic'
		: 'post';
};

/**
 * Checks that the secret or the key can be had, before anyone has done anything for the login.
 *
 * @throws LoginError `config_error`, or what the application's function throws
 */
export const checkCredentials = async (
	provider: Provider,
	{token_endpoint_auth_methods_supported: offered}: Pick<AuthorizationServer, 'token_endpoint_auth_methods_supported'>,
): Promise<void> => {
	const method = chooseMethod(provider, offered);
	if (method === 'key') await readKey(provider);
	else if (method !== 'none') await readSecret(provider);
};

const basic = (clientId: string, secret: string): string => {
	const bytes = new TextEncoder().encode(`${clientId}:${secret}`);
	return `Basic ${btoa(String.fromCharCode(...bytes))}`;
};

/**
 * As RFC 6749 §2.3.1 asks for. The library would encode the hyphens of a UUID as well, which servers that forget to
 * decode would take for another client's.
 */
const formEncode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

/**
 * How the client proves who it is; the same at every endpoint (RFC 6749 §2.3, RFC 8628 §3.1). The secret, or the key,
 * is asked for with each request, so that it lives no longer than that. What a key signs is for the issuer alone (or for
 * the endpoint that is asked, where the dialect says so), for one minute and for one use.
 */
const clientAuthentication = (provider: CallContext['provider'], endpointKind: EndpointKind): ClientAuth => {
	const {server: {token_endpoint_auth_methods_supported: offered} = {}, dialect} = provider;
	const method = chooseMethod(provider, offered);
	return async (server, client, body, headers) => {
		switch (method) {
			case 'none':
				return None()(server, client, body, headers);
			case 'key': {
				const {token_endpoint_auth_signing_alg_values_supported: algorithms} = server;
				const key = await readKey(provider, algorithms);
				const audience = dialect?.assertionAudience === 'endpoint' ? endpointOf(endpointKind, server) : undefined;
				return PrivateKeyJwt(key, assertionFor(audience, algorithms))(server, client, body, headers);
			}

			case 'post':
				return ClientSecretPost(await readSecret(provider))(server, client, body, headers);
			case 'basic':
				headers.set('authorization', basic(formEncode(client.client_id), formEncode(await readSecret(provider))));
				return;
			case 'basic-raw':
				headers.set('authorization', basic(client.client_id, await readSecret(provider)));
		}
	};
};

/** Of those at which a client proves itself. */
const endpointOf = (kind: EndpointKind, server: AuthorizationServer): string | undefined => {
	if (kind === 'device-authorization') return server.device_authorization_endpoint;
	if (kind === 'pushed-authorization') return server.pushed_authorization_request_endpoint;
	return kind === 'revocation' ? server.revocation_endpoint : server.token_endpoint;
};

const longestRetryAfter = 86_400;

const readDate = (text: string | null): number => (text === null ? Number.NaN : Date.parse(text));

/** In seconds, whether they were given as a number or as a date (RFC 9110 §10.2.3). */
const readRetryAfter = (headers: Headers, now: number): number | undefined => {
	const text = headers.get('retry-after')?.trim();
	if (text === undefined || text === '') return undefined;
	// A date is the server's: it is compared with the server's own clock where that is known.
	const seconds = /^\d+$/.test(text) ? Number(text) : (readDate(text) - (readDate(headers.get('date')) || now)) / 1000;
	return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), longestRetryAfter);
};

const redirectTarget = (location: string | null, endpoint: string | undefined): string | undefined => {
	if (location === null || !URL.canParse(location, endpoint)) return undefined;
	const {origin, pathname} = new URL(location, endpoint);
	return origin + pathname;
};

/** Milliseconds that this computer's clock is ahead of that of the server whose response has these headers. */
export const clockAheadOf = (headers: Headers, now: number): number | undefined => {
	const date = readDate(headers.get('date'));
	// A cache hands out the date of when it asked (RFC 9111 §5.1).
	const age = Number(headers.get('age')) || 0;
	return Number.isNaN(date) ? undefined : now - date - age * 1000;
};

const noteResponse = (info: ResponseInfo, response: Response, clock: Clock): void => {
	const now = clock.now();
	info.status = response.status;
	info.location = redirectTarget(response.headers.get('location'), info.endpoint);
	info.retryAfter = readRetryAfter(response.headers, now);
	info.clockAhead = clockAheadOf(response.headers, now);
};

/** A {@link RequestContext} before or after discovery. */
type CallContext = Omit<RequestContext, 'provider'> & {
	readonly provider: Provider & Partial<Pick<ResolvedProvider, 'server' | 'requestedScope'>>;
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
	readonly get: (url: string, headers?: Record<string, string>, method?: 'GET' | 'DELETE') => Promise<Response>;
	/** The same with a body of JSON. */
	readonly post: (url: string, body: object) => Promise<Response>;
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

/** The servers that refused a form last: what is next for them is JSON at once. */
const formless = new WeakSet<object>();

/** Prepares one request; the library sees its response as the standards have it. */
export const openCall = (
	{provider, fetch, clock, signal, authentication}: CallContext,
	endpointKind: EndpointKind,
): ServerCall => {
	const info: ResponseInfo = {scope: provider.requestedScope, server: provider.server};
	const mayBeJson = ['token', 'token-exchange', 'device-token', 'device-authorization'].includes(endpointKind);
	const isJson = endpointKind === 'one-time-code' || (mayBeJson && provider.dialect?.requestFormat === 'json');
	const {server = provider} = provider;
	const send: LibraryFetch = async (address, options) => {
		const url = new URL(address);
		info.endpoint = url.origin + url.pathname;
		const form = options.body instanceof URLSearchParams ? options.body : undefined;
		if (endpointKind === 'token-exchange') info.scope = form?.get('scope') ?? undefined;
		const ask = async (asJson: boolean) =>
			fetch(url.href, {
				method: options.method,
				headers: asJson ? {...options.headers, 'content-type': 'application/json'} : options.headers,
				body: asJson && form ? toJson(form) : (form ?? (typeof options.body === 'string' ? options.body : undefined)),
				redirect: 'manual',
				signal: options.signal,
			});
		try {
			const isFormless = mayBeJson && formless.has(server);
			let response = await ask((isJson || isFormless) && form !== undefined);
			// A server that takes no forms has said so without having done anything (RFC 9110 §15.5.16).
			if (response.status === 415 && mayBeJson && !isJson && form !== undefined) {
				formless[isFormless ? 'delete' : 'add'](server);
				response = await ask(!isFormless);
			}

			noteResponse(info, response, clock);
			return await normaliseResponse(response, endpointKind, provider);
		} catch (error) {
			throw error instanceof LoginError ? error : networkError(error, info.endpoint);
		}
	};

	return {
		// The library asks the system for the time; this makes it ours.
		client: {client_id: provider.clientId, [clockSkew]: Math.round((clock.now() - Date.now()) / 1000)},
		authentication: authentication ?? clientAuthentication(provider, endpointKind),
		options: {
			[customFetch]: send,
			// The library's switch knows only "any http"; the hardened fetch knows "http on loopback".
			[allowInsecureRequests]: true,
			signal,
			headers: userAgent,
		},
		info,
		get: async (url, headers, method = 'GET') => {
			const all = {accept: 'application/json', ...userAgent, ...headers};
			return send(url, {method, headers: all, body: undefined, redirect: 'manual', signal});
		},
		post: async (url, json) => {
			const headers = {accept: 'application/json', 'content-type': 'application/json', ...userAgent};
			return send(url, {method: 'POST', headers, body: JSON.stringify(json), redirect: 'manual', signal});
		},
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

/** What a protocol request needs. */
export type RequestContext = {
	/** The server and the client, checked. */
	readonly provider: ResolvedProvider;
	/** The hardened fetch; nothing else of the engine reaches the network. */
	readonly fetch: typeof fetch;
	/** The only time there is. */
	readonly clock: Clock;
	/** The only way to stop what was begun. */
	readonly signal: AbortSignal;
	/** How the client proves who it is. @default as its provider says, by its secret or key */
	readonly authentication?: ClientAuth;
};
