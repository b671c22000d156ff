import {TokenEngine} from '../../source/token-engine.js';
import type {LoginOptions} from '../../source/login/flow.js';
import type {BrowserOpener} from '../../source/login/terminal.js';
import type {LoginEvent} from '../../source/login/events.js';
import {resource, type ResourceOptions} from '../../source/oauth/presets/resource.js';
import type {TokenStore} from '../../source/session/types.js';
import {createManualClock, type ManualClock} from '../../source/testing/index.js';

export const resourceUrl = 'https://mcp.example.com/mcp';
export const issuer = 'https://login.other.example';

type Registered = {
	/** None stands for all. */
	readonly redirectUris: readonly string[];
	readonly secret?: string;
};

/** What the server is like; members may change while it runs. */
export type RegisteringServer = {
	/** The servers that the resource names, all of which are this one. */
	servers: readonly string[];
	/** More of its metadata. */
	metadata: Record<string, unknown>;
	/** More of each registration's response, its secret among it. */
	registration: Record<string, unknown>;
	/** Why it refuses a registration; undefined where it does not. */
	refuse: (body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | undefined;
	/** The status that it refuses with. */
	refusalStatus: number;
	/** More of each token response. */
	tokens: Record<string, unknown>;
	/** Whether whoever is asked to sign in at the page does so. */
	isPresent: boolean;
	/** The clients by their ID. */
	readonly clients: Map<string, Registered>;
	readonly registrations: Readonly<Record<string, unknown>>[];
	readonly deleted: string[];
	/** Authorization requests, in order. */
	readonly visits: URL[];
	readonly tokenRequests: {readonly form: URLSearchParams; readonly authorization: string | null}[];
	readonly fetch: typeof fetch;
	readonly openBrowser: BrowserOpener;
	readonly clock: ManualClock;
};

/** A resource and its authorization server in memory, on different hosts; it compares redirect URIs to the letter. */
export const createRegisteringServer = (): RegisteringServer => {
	const clients = new Map<string, Registered>();
	const server: RegisteringServer = {
		servers: [issuer],
		metadata: {registration_endpoint: `${issuer}/register`},
		registration: {},
		refuse: () => undefined,
		refusalStatus: 400,
		tokens: {},
		isPresent: true,
		clients,
		registrations: [],
		deleted: [],
		visits: [],
		tokenRequests: [],
		clock: createManualClock(),
		async fetch(input, init) {
			const request = new Request(input, init);
			return answer(request, new URL(request.url));
		},
		async openBrowser(link) {
			const visit = await fetch(link, {redirect: 'manual'});
			const page = new URL(visit.headers.get('location') ?? link);
			server.visits.push(page);
			const redirectUri = page.searchParams.get('redirect_uri') ?? '';
			const clientId = page.searchParams.get('client_id') ?? '';
			const known = clients.get(clientId)?.redirectUris ?? (clientId.startsWith('https://') ? [] : undefined);
			const isKnown = known?.length === 0 || known?.includes(redirectUri) === true;
			if (!isKnown || !server.isPresent) return {status: 'opened'};
			const back = new URL(redirectUri);
			back.searchParams.set('code', 'code-1');
			back.searchParams.set('state', page.searchParams.get('state') ?? '');
			await fetch(back);
			return {status: 'opened'};
		},
	};

	const register = async (request: Request): Promise<Response> => {
		const body = (await request.json()) as Record<string, unknown>;
		server.registrations.push(body);
		const refusal = server.refuse(body);
		if (refusal !== undefined) return Response.json(refusal, {status: server.refusalStatus});
		const clientId = `client-${server.registrations.length}`;
		const secret = server.registration['client_secret'];
		clients.set(clientId, {
			redirectUris: body['redirect_uris'] as string[],
			...(typeof secret === 'string' && {secret}),
		});
		const method = body['token_endpoint_auth_method'];
		const response = {client_id: clientId, token_endpoint_auth_method: method, ...server.registration};
		return Response.json(response, {status: 201});
	};

	const grant = async (request: Request): Promise<Response> => {
		const form = new URLSearchParams(await request.text());
		const authorization = request.headers.get('authorization');
		server.tokenRequests.push({form, authorization});
		const [id = '', secret] =
			authorization === null ? [] : atob(authorization.replace('Basic ', '')).split(':').map(decodeURIComponent);
		const clientId = form.get('client_id') ?? id;
		const client = clients.get(clientId) ?? (clientId.startsWith('https://') ? {redirectUris: []} : undefined);
		if (client === undefined || client.secret !== (form.get('client_secret') ?? secret)) {
			return Response.json({error: 'invalid_client'}, {status: 401});
		}

		const isRefresh = form.get('grant_type') === 'refresh_token';
		if (isRefresh && form.get('refresh_token') !== 'rt') {
			return Response.json({error: 'invalid_grant'}, {status: 400});
		}

		const tokens = {access_token: isRefresh ? 'renewed' : 'at', token_type: 'bearer', expires_in: 100};
		return Response.json({...tokens, refresh_token: 'rt', ...server.tokens});
	};

	const answer = async (request: Request, {href, pathname}: URL): Promise<Response> => {
		if (href === resourceUrl) return new Response('', {status: 401, headers: {'www-authenticate': 'Bearer'}});
		if (href === 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp') {
			return Response.json({resource: resourceUrl, authorization_servers: server.servers, scopes_supported: ['tools']});
		}

		if (server.servers.some(named => href === `${named}/.well-known/oauth-authorization-server`)) {
			const {origin} = new URL(href);
			return Response.json({
				issuer: origin,
				authorization_endpoint: `${origin}/authorize`,
				token_endpoint: `${origin}/token`,
				code_challenge_methods_supported: ['S256'],
				...server.metadata,
			});
		}

		if (pathname === '/register' && request.method === 'POST') return register(request);
		if (pathname.startsWith('/register/') && request.method === 'DELETE') {
			server.deleted.push(`${pathname} ${request.headers.get('authorization')}`);
			return new Response(null, {status: 204});
		}

		if (pathname === '/token') return grant(request);
		if (pathname === '/device') {
			const {searchParams} = new URL(`?${await request.text()}`, href);
			server.visits.push(new URL(`${href}?${searchParams}`));
			const verification = {user_code: 'ABCD', verification_uri: `${issuer}/activate`};
			return Response.json({device_code: 'dc', expires_in: 300, interval: 1, ...verification});
		}

		return new Response('', {status: 404});
	};

	return server;
};

/** An engine for the resource, on any port unless `options` has others. */
export const engineFor = (server: RegisteringServer, store: TokenStore, options: ResourceOptions = {}): TokenEngine => {
	const {fetch, clock} = server;
	const provider = resource(resourceUrl, {redirect: {ports: [0]}, ...options});
	return new TokenEngine({provider, store, fetch, clock});
};

/** Signs in by the browser; resolves to the events, whatever came of it. */
export const signIn = async (
	server: RegisteringServer,
	engine: TokenEngine,
	options: LoginOptions = {},
): Promise<readonly LoginEvent[]> => {
	const run = engine.login({flow: 'browser', terminal: {openBrowser: server.openBrowser}, ...options});
	const events: LoginEvent[] = [];
	for await (const event of run) events.push(event);
	return events;
};
