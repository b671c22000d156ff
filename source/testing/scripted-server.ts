import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {text} from 'node:stream/consumers';
import {systemClock} from '../core/clock.js';
import type {BrowserOpener} from '../login/terminal.js';
import type {Provider} from '../oauth/provider.js';
import {
	createMemoryFetch,
	decide,
	sendReply,
	type ScriptedResponse,
	type Outcome,
	type ScriptedRequest,
} from './response.js';
import {ConformingServer} from './conforming-server.js';
import {Grants, type IssuedDeviceCode} from './grants.js';
import {clientOf, serverEndpoints, type ScriptedUser, type ServerEndpoint, type ServerScript} from './server-script.js';
import {createSigningKey, sharedSigningKey, type JsonObject} from './signing-key.js';

/** A running scripted server. */
export type ScriptedServer = AsyncDisposable & {
	/** A provider that signs in here; spread it to change it. */
	readonly provider: Provider;
	readonly issuer: string;
	readonly endpoints: Readonly<Record<ServerEndpoint, string>>;
	/** The script in force; what is set here holds from the next request on. */
	readonly script: ServerScript;
	/** Every request so far, those to no endpoint excepted. */
	readonly requests: readonly ScriptedRequest<ServerEndpoint>[];
	/** Answers in memory, without a socket. It follows no redirect, and no other host exists for it. */
	readonly fetch: typeof fetch;
	/**
	 * A browser with a person who allows everything at once: it follows redirects, here and to loopback, and resolves
	 * when a page has come; an error page, such as for a redirect URI that is not registered, is told as a failure.
	 */
	readonly openBrowser: BrowserOpener;
	requestsTo(endpoint: ServerEndpoint): readonly ScriptedRequest<ServerEndpoint>[];
	/** Resolves to the `count`-th request to an endpoint once it has come. @default 1 */
	received(endpoint: ServerEndpoint, count?: number): Promise<ScriptedRequest<ServerEndpoint>>;
	/** Adds answers for the next requests to an endpoint, one each. */
	answer(endpoint: ServerEndpoint, ...responses: readonly ScriptedResponse<ServerEndpoint>[]): void;
	/** The person allows a device code; the newest one where none is named. */
	approve(userCode?: string, user?: ScriptedUser): void;
	/** The person declines it; the newest one where none is named. */
	deny(userCode?: string): void;
	/** The code is too old from now on. */
	expire(userCode?: string): void;
	/** The next poll is answered with `slow_down`. */
	slowDown(userCode?: string): void;
	/** Signs with a new key from now on; `keep` leaves the old one in the JWKS. */
	rotateKey(options?: {readonly keep?: boolean}): Promise<void>;
	/** Signs a JWT with the current key, for answers that need one. */
	sign(claims: JsonObject): string;
	/** Ends the server and every connection. Rejects with the first error that a response's function threw: the client saw it as a broken connection only. */
	close(): Promise<void>;
};

const addressesOf = (script: ServerScript, issuer: string): Record<ServerEndpoint, string> => {
	const {origin, pathname} = new URL(issuer);
	const base = issuer.replace(/\/$/, '');
	const addresses: Record<ServerEndpoint, string> = {
		openidConfiguration: `${base}/.well-known/openid-configuration`,
		oauthMetadata: `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`,
		jwks: `${base}/jwks`,
		authorization: `${base}/authorize`,
		pushedAuthorization: `${base}/par`,
		deviceAuthorization: `${base}/device_authorization`,
		verification: `${base}/device`,
		token: `${base}/token`,
		userInfo: `${base}/userinfo`,
		revocation: `${base}/revoke`,
	};
	for (const endpoint of serverEndpoints) {
		const own = script.endpoints?.[endpoint];
		if (own !== undefined) addresses[endpoint] = new URL(own, origin).href;
	}

	return addresses;
};

const parseObject = (json: string): Readonly<Record<string, string | string[]>> => {
	try {
		return JSON.parse(json) as Record<string, string | string[]>;
	} catch {
		return {};
	}
};

const parametersOf = (method: string, url: URL, type: string, body: string): URLSearchParams => {
	if (method === 'GET' || method === 'HEAD') return url.searchParams;
	if (!type.toLowerCase().startsWith('application/json')) return new URLSearchParams(body);
	const members = parseObject(body);
	return new URLSearchParams(
		Object.entries(members).flatMap(([name, value]) => [value].flat().map(one => [name, one])),
	);
};

const listen = async (server: Server, port: number): Promise<string> =>
	new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
	});

/** A browser whose person allows everything: it follows redirects until a page has come. */
export const createWillingBrowser =
	(fetchFor: (url: URL) => typeof fetch): BrowserOpener =>
	async (address, signal) => {
		let url = new URL(address);
		for (let hop = 0; hop < 10; hop++) {
			// The headers of a top-level navigation.
			const response = await fetchFor(url)(url, {
				headers: {accept: 'text/html', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate'},
				redirect: 'manual',
				signal,
			});
			await response.arrayBuffer();
			const location = response.headers.get('location');
			if (location === null) {
				return response.ok
					? {status: 'opened'}
					: {status: 'failed', detail: `The page at ${url.origin}${url.pathname} is an error (${response.status}).`};
			}

			url = new URL(location, url);
		}

		return {status: 'failed', detail: 'The address leads in circles.'};
	};

/**
 * Starts an authorization server for tests: by default a small conforming one (discovery, code flow with PKCE and PAR,
 * device flow, refresh with rotation, client credentials, password, token exchange, userinfo, revocation, signed ID
 * tokens) whose person allows everything; `script` replaces any response and spoils any token.
 *
 * @example
 * const server = await startScriptedServer();
 * const engine = new TokenEngine({provider: server.provider, store: createMemoryStore()});
 * const {openBrowser} = server;
 * const session = await engine.login({flow: 'browser', terminal: {openBrowser}}).session;
 * await server.close();
 */
export const startScriptedServer = async (script: ServerScript = {}): Promise<ScriptedServer> => {
	const inMemory = script.issuer !== undefined && !script.issuer.startsWith('/');
	const http = inMemory ? undefined : createServer();
	const origin = http === undefined ? '' : await listen(http, script.port ?? 0);
	const issuer = inMemory ? (script.issuer ?? '') : origin + (script.issuer ?? '');
	const endpoints = addressesOf(script, issuer);
	const byAddress = new Map(serverEndpoints.map(endpoint => [endpoints[endpoint], endpoint]));
	const conforming = new ConformingServer(
		script,
		issuer,
		endpoints,
		new Grants(script, issuer, await sharedSigningKey()),
	);
	const {grants} = conforming;
	const requests: ScriptedRequest<ServerEndpoint>[] = [];
	const waiting = new Set<() => void>();
	const scriptErrors: unknown[] = [];
	const queues = new Map<ServerEndpoint, ScriptedResponse<ServerEndpoint>[]>();

	const queueOf = (endpoint: ServerEndpoint): ScriptedResponse<ServerEndpoint>[] => {
		const queue = queues.get(endpoint) ?? [];
		queues.set(endpoint, queue);
		return queue;
	};

	for (const endpoint of serverEndpoints) {
		const answer = script.responses?.[endpoint];
		if (isList(answer)) queueOf(endpoint).push(...answer);
	}

	const nextResponse = (endpoint: ServerEndpoint): ScriptedResponse<ServerEndpoint> => {
		const standing = script.responses?.[endpoint];
		return queueOf(endpoint).shift() ?? (isList(standing) ? undefined : standing) ?? 'default';
	};

	const handle = async (method: string, url: URL, headers: Record<string, string>, body: string): Promise<Outcome> => {
		const endpoint = byAddress.get(url.origin + url.pathname);
		if (endpoint === undefined) return {status: 404, headers: {}, body: undefined};
		const request: ScriptedRequest<ServerEndpoint> = {
			endpoint,
			method,
			url,
			path: url.pathname,
			headers,
			parameters: parametersOf(method, url, headers['content-type'] ?? '', body),
			body,
			at: (script.clock ?? systemClock).now(),
		};
		requests.push(request);
		for (const check of waiting) check();
		try {
			return await decide(nextResponse(endpoint), request, async () => conforming.answer(request));
		} catch (error) {
			scriptErrors.push(error);
			throw error;
		}
	};

	http?.on('request', (message: IncomingMessage, response: ServerResponse) => {
		const answer = async () => {
			const address = origin + (message.url ?? '');
			const url = new URL(URL.canParse(address) ? address : origin);
			const headers = Object.fromEntries(
				Object.entries(message.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
			);
			const outcome = await handle(message.method ?? '', url, headers, await text(message));
			if (outcome === 'drop') response.destroy();
			else if (outcome !== 'hang') sendReply(outcome, response);
		};
		// A response's function threw: `close` says so.
		answer().catch(() => response.destroy());
	});

	const fetchInMemory = createMemoryFetch(
		origin => [...byAddress.keys(), issuer].some(address => new URL(address).origin === origin),
		handle,
	);
	const openBrowser = createWillingBrowser(url => (byAddress.has(url.origin + url.pathname) ? fetchInMemory : fetch));

	const deviceOf = (userCode?: string): IssuedDeviceCode => {
		const device =
			userCode === undefined ? grants.devices.at(-1) : grants.devices.find(one => one.userCode === userCode);
		if (device === undefined) throw new Error(`The scripted server issued no such code: ${userCode ?? 'none yet'}.`);
		return device;
	};

	const requestsTo = (endpoint: ServerEndpoint) => requests.filter(request => request.endpoint === endpoint);

	const close = async () => {
		http?.closeAllConnections();
		await new Promise(resolve => (http === undefined ? resolve(undefined) : http.close(resolve)));
		if (scriptErrors.length > 0) throw scriptErrors[0];
	};

	const {id: clientId, secret: clientSecret} = clientOf(script);
	return {
		provider: {name: 'scripted', issuer, clientId, clientSecret},
		issuer,
		endpoints,
		script,
		requests,
		fetch: fetchInMemory,
		openBrowser,
		requestsTo,
		async received(endpoint, count = 1) {
			return new Promise(resolve => {
				const check = () => {
					const request = requestsTo(endpoint)[count - 1];
					if (request === undefined) return;
					waiting.delete(check);
					resolve(request);
				};
				waiting.add(check);
				check();
			});
		},
		answer(endpoint, ...responses) {
			queueOf(endpoint).push(...responses);
		},
		approve(userCode, user = grants.user) {
			const device = deviceOf(userCode);
			device.decision = grants.allow(device.clientId, device.scope, {user});
		},
		deny(userCode) {
			deviceOf(userCode).decision = 'denied';
		},
		expire(userCode) {
			deviceOf(userCode).expiresAt = grants.clock.now();
		},
		slowDown(userCode) {
			deviceOf(userCode).slowDownNext = true;
		},
		async rotateKey({keep = false} = {}) {
			grants.replaceKey(await createSigningKey(), keep);
		},
		sign: claims => grants.sign(claims),
		close,
		[Symbol.asyncDispose]: close,
	};
};

const isList = (
	answer: ScriptedResponse<ServerEndpoint> | readonly ScriptedResponse<ServerEndpoint>[] | undefined,
): answer is readonly ScriptedResponse<ServerEndpoint>[] => Array.isArray(answer);
