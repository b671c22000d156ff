import type {Clock} from '../core/clock.js';
import type {ScriptedResponse} from './response.js';
import type {JsonObject, TokenSpoiler} from './signing-key.js';

/** What the scripted server serves. `oauthMetadata` is RFC 8414's document, `verification` the page of RFC 8628 §3.3. */
export const serverEndpoints = [
	'openidConfiguration',
	'oauthMetadata',
	'jwks',
	'authorization',
	'pushedAuthorization',
	'deviceAuthorization',
	'verification',
	'token',
	'userInfo',
	'revocation',
] as const;
/** One of the addresses that the scripted server has. */
export type ServerEndpoint = (typeof serverEndpoints)[number];

/** A person at the server: claims of the ID token and of userinfo. */
export type ScriptedUser = JsonObject & {
	readonly sub: string;
};

/**
 * How the scripted server differs from a plain conforming one. Everything is optional, and all but `issuer`, `port` and
 * `endpoints` may be changed while it runs, through `server.script`.
 */
export type ServerScript = {
	/**
	 * A path goes behind the server's own address. A whole address opens no port: the server then answers in memory
	 * only, under that name, through `server.fetch`. @default the server's own address
	 */
	readonly issuer?: string;
	/** The port on 127.0.0.1. @default a free one */
	readonly port?: number;
	/** Paths, or whole addresses on any host (these are answered by `server.fetch` only). */
	readonly endpoints?: Partial<Readonly<Record<ServerEndpoint, string>>>;
	/** @default the system's; the manual clock makes expiry testable */
	clock?: Clock;
	/** A secret makes the client confidential. @default {id: 'test-client'} */
	client?: {readonly id: string; readonly secret?: string};
	/** Who signs in. @default Ada Lovelace */
	user?: ScriptedUser;
	/** Who may use the password grant. @default {username: 'ada', password: 'analytical engine'} */
	password?: {readonly username: string; readonly password: string};
	/** Which redirect URIs are registered. @default any on http at 127.0.0.1 or localhost */
	redirectAllowed?: (uri: URL) => boolean;
	/** What of the scope that a person is asked for is granted. @default all of it */
	grantScope?: (requested: string, parameters: URLSearchParams) => string;
	/** Seconds between polls; `undefined` leaves it out of the response (RFC 8628 §3.2: 5 s then). @default 5 */
	interval?: number | undefined;
	/** Seconds that an authorization code is valid. @default 60 */
	codeLifetime?: number;
	/** Seconds. @default 600 */
	deviceCodeLifetime?: number;
	/** Seconds; `undefined` leaves it out of the response. @default 3600 */
	accessTokenLifetime?: number | undefined;
	/** Whether each refresh gives a new refresh token and the reuse of an old one ends the grant. @default true */
	rotateRefreshTokens?: boolean;
	/** Whether only pushed authorization requests are taken (RFC 9126 §5). @default false */
	requirePushedAuthorization?: boolean;
	metadata?: (metadata: JsonObject) => JsonObject;
	/** Spoils every ID token. */
	idToken?: TokenSpoiler;
	/** Changes what the authorization endpoint sends back: `code` or `error`, `state`, `iss`. */
	callback?: (parameters: URLSearchParams) => URLSearchParams;
	/** What to answer instead: a list is used up answer by answer, a single one holds for all requests. */
	responses?: Partial<
		Readonly<Record<ServerEndpoint, ScriptedResponse<ServerEndpoint> | readonly ScriptedResponse<ServerEndpoint>[]>>
	>;
};

export const clientOf = ({client = {id: 'test-client'}}: ServerScript): NonNullable<ServerScript['client']> => client;

/** What the person grants of the scope that was asked for. */
export const grantedScope = ({grantScope}: ServerScript, parameters: URLSearchParams): string => {
	const requested = parameters.get('scope') ?? '';
	return grantScope?.(requested, parameters) ?? requested;
};
