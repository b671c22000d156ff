import type {Dialect, ProviderSettings} from './provider.js';
import {decodeJwtPart} from './token-set.js';
import {isObject} from '../core/types.js';
import {isOAuthErrorCode, isTemporaryErrorCode} from './error-codes.js';

/** What a request is for: the same bytes mean different things at different endpoints. */
export type EndpointKind =
	| 'discovery'
	| 'registration'
	| 'keys'
	| 'pushed-authorization'
	| 'device-authorization'
	| 'device-token'
	| 'one-time-code'
	| 'token'
	| 'token-exchange'
	| 'user-info'
	| 'revocation'
	| 'identity-token';

type Json = Record<string, unknown>;

/** Seconds: a token that claims to live longer than ten years has no believable expiry. */
const longestTokenLife = 315_360_000;

/** A server with more keys than this is not looked through. */
const maximumKeys = 100;

/** A number, or a string that is one; anything else counts as missing. */
const readNumber = (value: unknown): number | undefined => {
	if (typeof value === 'number') return Number.isNaN(value) ? undefined : value;
	return typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
};

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Replaces a member, or removes it where there is no value for it. */
const put = (body: Json, name: string, value: unknown) => {
	if (value === undefined || value === '') Reflect.deleteProperty(body, name);
	else body[name] = value;
};

/** No device code is believed to live longer, in seconds. */
const longestCodeLife = 1800;

/** The polling interval in seconds, where it is one: at least 1, and as long as the server says, up to a code's life. */
export const readInterval = (value: unknown): number | undefined => {
	const seconds = readNumber(value);
	return seconds === undefined || seconds < 0 ? undefined : clamp(seconds, 1, longestCodeLife);
};

/** An error code of the provider's own, in the word of the standards. */
export const standardError = (error: string, {errorAliases = {}}: Dialect = {}): string =>
	new Map(Object.entries(errorAliases)).get(error) ?? error;

const normaliseDeviceAuthorization = (body: Json) => {
	put(body, 'verification_uri', body['verification_uri'] ?? body['verification_url']);
	put(body, 'verification_uri_complete', body['verification_uri_complete'] ?? body['verification_url_complete']);
	put(body, 'interval', readInterval(body['interval']) ?? 5);
	const seconds = readNumber(body['expires_in']);
	put(body, 'expires_in', seconds === undefined ? undefined : clamp(seconds, 0, longestCodeLife));
};

/** How long a JWT lives by its own account; the difference needs no agreement about what time it is. */
const lifetimeOf = (token: unknown): number | undefined => {
	const {exp, iat} = (typeof token === 'string' ? decodeJwtPart(token, 1) : undefined) ?? {};
	return typeof exp === 'number' && typeof iat === 'number' ? exp - iat : undefined;
};

const normaliseTokens = (body: Json, {dialect = {}, idToken}: Pick<ProviderSettings, 'dialect' | 'idToken'>) => {
	const {scope} = body;
	const list = Array.isArray(scope) ? scope.filter(item => typeof item === 'string').join(' ') : scope;
	put(body, 'scope', dialect.scopeIsCommaList && typeof list === 'string' ? list.replaceAll(/[\s,]+/g, ' ') : list);
	put(body, 'refresh_token', body['refresh_token']);
	put(body, 'id_token', idToken === 'ignore' ? undefined : body['id_token']);
	// RFC 6749 §5.1 demands it, and some servers leave it out.
	const {token_type: type} = body;
	if (body['access_token'] !== undefined) put(body, 'token_type', type === '' ? 'Bearer' : (type ?? 'Bearer'));
	const seconds =
		readNumber(body['expires_in']) ?? (dialect.expiryFromToken === true ? lifetimeOf(body['access_token']) : undefined);
	put(body, 'expires_in', seconds === undefined ? undefined : clamp(seconds, 0, longestTokenLife));
	put(body, 'refresh_token_expires_in', refreshTokenLife(body));
};

/** What servers call the seconds that a refresh token lives: GitHub and Google, Keycloak, Intuit. */
const refreshTokenLives = ['refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in'];

/** Zero is said too: Keycloak's word for no limit. What no token lives for counts as that. */
const refreshTokenLife = (body: Json): number | undefined => {
	const seconds = refreshTokenLives.map(name => readNumber(body[name])).find(life => life !== undefined);
	return seconds === undefined || seconds < 0 ? undefined : seconds > longestTokenLife ? 0 : seconds;
};

const descend = (body: Json, path: readonly string[] = []): Json => {
	const inner = path.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), body);
	return isObject(inner) && path.length > 0 ? {...body, ...inner} : body;
};

const withoutNulls = (body: Json): Json =>
	Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== null && name !== '__proto__'));

const looseJsonTypes = new Set(['', 'text/plain', 'text/json', 'text/javascript']);

/** The JSON object of the body, where its type, or the status, lets it be one. */
const readObject = (text: string, type: string, status: number, dialect: Dialect): Json | undefined => {
	const isJson = type === 'application/json' || type.endsWith('+json');
	const isAccepted = isJson || status >= 400 || (dialect.acceptTextJson === true && looseJsonTypes.has(type));
	if (!isAccepted) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
};

/** What servers and gateways call a rate limit of theirs: no OAuth error, and no reason to give the login up. */
const rateLimitCodes = new Set(['too_many_requests', 'rate_limit_exceeded', 'rate_limited', 'rate_limit']);

/**
 * The status that the library is to see: the error code decides wherever it is one of the standards', and
 * a 429 that names no OAuth error while polling is a slow_down (Okta, Google).
 */
const decideStatus = (body: Json, status: number, endpointKind: EndpointKind, dialect: Dialect): number => {
	const {error} = body;
	const code = typeof error === 'string' && body['access_token'] === undefined ? error : '';
	if (code !== '' && status >= 200 && status < 300) {
		const isError = isOAuthErrorCode(code) || endpointKind === 'device-token' || dialect.errorsIn200 === true;
		return isError ? 400 : status;
	}

	if (isOAuthErrorCode(code)) return status >= 500 && !isTemporaryErrorCode(code) ? 400 : status;
	const asksForPatience =
		status === 429 && (code === '' || rateLimitCodes.has(code.toLowerCase().replaceAll(/[\s-]+/g, '_')));
	if (endpointKind === 'device-token' && asksForPatience) body['error'] = 'slow_down';
	return status;
};

const jsonResponse = (body: Json | undefined, status: number, headers: Headers) =>
	new Response(body === undefined ? null : new TextEncoder().encode(JSON.stringify(body)), {status, headers});

/**
 * Turns what servers really answer into what the standards say they answer, so that the protocol library needs no
 * exceptions. A body that may not be read is emptied: the library then refuses the response.
 */
export const normaliseResponse = async (
	response: Response,
	endpointKind: EndpointKind,
	settings: Pick<ProviderSettings, 'dialect' | 'idToken'> = {},
): Promise<Response> => {
	const {dialect = {}} = settings;
	const {status} = response;
	const headers = new Headers(response.headers);
	const type = (headers.get('content-type') ?? '').replace(/;.*/, '').trim().toLowerCase();
	const text = await response.text();
	if (endpointKind === 'user-info' && type === 'application/jwt' && status === 200) {
		headers.set('content-type', type);
		return new Response(new TextEncoder().encode(text), {status, headers});
	}

	if (endpointKind === 'revocation' && status >= 200 && status < 300) return jsonResponse(undefined, 200, headers);
	const parsed = readObject(text, type, status, dialect);
	if (parsed === undefined) {
		if (endpointKind !== 'device-token' || status !== 429) return jsonResponse(undefined, status, headers);
		headers.set('content-type', 'application/json');
		return jsonResponse({error: 'slow_down'}, 400, headers);
	}

	headers.set('content-type', 'application/json');
	const body = withoutNulls(parsed);
	const {error} = body;
	if (typeof error === 'string') body['error'] = standardError(error, dialect);
	const decided = decideStatus(body, status, endpointKind, dialect);
	// With Basic a 401 must carry a challenge (RFC 6749 §5.2); the reason is in the body.
	if (typeof body['error'] === 'string' && endpointKind !== 'user-info') headers.delete('www-authenticate');
	if (decided >= 300) return jsonResponse(body, decided, headers);
	if (endpointKind === 'keys' && Array.isArray(body['keys']) && body['keys'].length > maximumKeys) {
		return jsonResponse(undefined, status, headers);
	}

	if (endpointKind === 'device-authorization') normaliseDeviceAuthorization(body);
	if (endpointKind === 'pushed-authorization') return jsonResponse(body, 201, headers);
	if (endpointKind !== 'device-token' && endpointKind !== 'token' && endpointKind !== 'token-exchange') {
		return jsonResponse(body, decided, headers);
	}

	const tokens = withoutNulls(descend(body, dialect.tokenPath));
	normaliseTokens(tokens, endpointKind === 'token-exchange' ? {dialect, idToken: 'ignore'} : settings);
	return jsonResponse(tokens, decided, headers);
};
