import {hasCode} from '../core/errors.js';
import {isObject} from '../core/types.js';
import type {FetchedRequest} from '../session/authorized-fetch.js';
import type {CreateFetchOptions, TokenEngine} from '../token-engine.js';

/** How the logins go that a connection to an MCP server turns out to need, and whether there are any. */
export type McpOptions = Omit<CreateFetchOptions, 'isInteractive'> & {
	/**
	 * Whether someone waits for this connection. With `false`, as for servers that are connected when an agent starts, what
	 * would need a login fails with `person_required`; a session that exists is still used and refreshed.
	 *
	 * @default true
	 */
	readonly interactive?: boolean;
};

/**
 * Whether someone waits for what is sent. Nobody does for a stream, which a transport opens again by itself, nor for a
 * message that is no request: an SDK says by itself that a call has timed out, or what came of a server's own request.
 */
const isAwaited = ({method, headers, body}: FetchedRequest): boolean => {
	if (method !== 'POST' || headers.get('mcp-method') === 'subscriptions/listen') return false;
	try {
		const messages: unknown = JSON.parse(body ?? '');
		return ![messages]
			.flat()
			.every(message => isObject(message) && ('method' in message ? !('id' in message) : 'id' in message));
	} catch {
		return true;
	}
};

/**
 * The `fetch` for the transport of any MCP SDK. It sends the session's token and refreshes it once for all processes; a
 * server that needs a sign-in (401) or more scope (403) has one login shown, for however many calls wait for it, and one
 * after the other for several servers. A call is sent three times at most for either reason. Streams pass through as they
 * come.
 *
 * Only a request to the server (POST) may lead to a login: streams that a transport opens again by itself, and
 * notifications, never do. Where the person cancels, all calls that waited fail with `cancelled`; a later call asks again.
 *
 * @param engine - its `resource` or its `origins` must have the origin of the server
 *
 * @example
 * ```ts
 * const transport = new StreamableHTTPClientTransport(url, {fetch: createMcpFetch(engine)});
 * ```
 *
 * @returns a fetch that throws as `engine.createFetch()` says
 */
export const createMcpFetch = (
	engine: Pick<TokenEngine, 'createFetch'>,
	{interactive = true, ...login}: McpOptions = {},
): typeof fetch =>
	engine.createFetch({
		...login,
		isInteractive: request => interactive && isAwaited(request),
	});

/** What the transports of the MCP SDK's second version take as `authProvider`. */
export type McpAuthProvider = {
	/** The session's token, refreshed before it expires; undefined while nobody is signed in. */
	token(): Promise<string | undefined>;
	/** Called on a 401, before the SDK sends the request once more. */
	onUnauthorized(): Promise<void>;
};

/** Milliseconds for which a 401 may still be about the token before: calls that went out together hear of it one by one. */
const latestRejection = 5000;

/**
 * An `authProvider` for the MCP SDK's second version. It cannot tell a call from a stream that the transport opens again,
 * so it has a login shown only while a connection is being made; later a session that has ended throws `person_required`.
 * It does not step up (403). Where you can choose, take `createMcpFetch`.
 *
 * @example
 * ```ts
 * const transport = new StreamableHTTPClientTransport(url, {authProvider: createAuthProvider(engine)});
 * ```
 */
export const createAuthProvider = (
	engine: Pick<TokenEngine, 'tokens' | 'ensure' | 'clock'>,
	{interactive = true, ...login}: McpOptions = {},
): McpAuthProvider => {
	let given: {readonly token: string; readonly issuedAt: number; readonly isFirst: boolean} | undefined;
	/** Whether a token was given since the last 401; when another is asked for, the server has taken it. */
	let isTried = false;
	let isConnected = false;
	return {
		async token() {
			const tokens = await engine.tokens().catch(orPersonRequired);
			if (tokens === undefined) return undefined;
			const {accessToken: token, issuedAt} = tokens;
			isConnected ||= isTried;
			isTried = true;
			if (token !== given?.token) given = {token, issuedAt, isFirst: given === undefined};
			return token;
		},
		async onUnauthorized() {
			isTried = false;
			if (given?.isFirst === false && engine.clock.now() - given.issuedAt < latestRejection) return;
			const rejected = given?.token;
			const renewed = rejected === undefined ? undefined : await engine.tokens({rejected}).catch(orPersonRequired);
			if (renewed !== undefined) return;
			if (interactive && !isConnected) await engine.ensure({...login, ...(rejected !== undefined && {rejected})});
			// The reason, and what to do.
			else await engine.tokens(rejected === undefined ? {} : {rejected});
		},
	};
};

const orPersonRequired = (error: unknown): undefined => {
	if (!hasCode(error, 'person_required')) throw error;
};
