import {isOwnFlow} from '../core/types.js';
import type {TokenKind, StoredSession} from './types.js';
import type {TokenSet} from '../oauth/token-set.js';

/** Milliseconds by which a clock may differ from itself without having been set. */
const tolerance = 5000;

/** Seconds that a token must be valid where nobody asks for more or less. */
export const defaultMinimumValidity = 60;

/** When a token ends, and how long it lives in all, in milliseconds; an ID token says both itself. */
const lifeOf = ({issuedAt, expiresAt, claims}: TokenSet, type: TokenKind) =>
	type === 'access'
		? {end: expiresAt, lifetime: (expiresAt ?? issuedAt) - issuedAt}
		: {end: claims && claims.exp * 1000, lifetime: claims === undefined ? 0 : (claims.exp - claims.iat) * 1000};

/**
 * Whether a token may still be handed out: more than the validity asked for, or 10 % of its lifetime if that is less,
 * must be left, so that a token that lives for a minute is not refreshed by each of twenty processes. A time before the
 * tokens came means that the clock was set back, and that nothing is known.
 *
 * @param minimumValidity - seconds
 */
export const isFresh = (
	tokens: TokenSet,
	now: number,
	minimumValidity: number,
	type: TokenKind = 'access',
): boolean => {
	const {end, lifetime} = lifeOf(tokens, type);
	if (end === undefined) return true;
	return end - now > Math.min(minimumValidity * 1000, lifetime / 10) && now >= tokens.issuedAt - tolerance;
};

/** Whether new tokens can be asked for, given the client's secret or key where it has one. */
export const canRenew = ({tokens, flow}: StoredSession): boolean =>
	tokens.refreshToken !== undefined || isOwnFlow(flow);

/** Whether a later process can renew the session by itself: a client secret that came by stdin is known to nobody then. */
export const renewsItself = (session: StoredSession): boolean => {
	const {clientSecretSource: source} = session;
	return canRenew(session) && (source === undefined || !('stdin' in source));
};

/**
 * When someone has to sign in again, in epoch milliseconds, as far as the server has said: the end of the refresh token,
 * or of the last token where there is none. A program that signs in by itself waits for nobody.
 */
export const signInDue = (session: StoredSession): number | undefined => {
	const {tokens, flow} = session;
	const {expiresAt, sessionExpiresAt} = tokens;
	if (!renewsItself(session)) return expiresAt;
	if (isOwnFlow(flow) || sessionExpiresAt === undefined) return undefined;
	return Math.max(sessionExpiresAt, expiresAt ?? 0);
};

/** Whether the token is still accepted, as far as the clock knows. */
export const isValid = (tokens: TokenSet, now: number, type: TokenKind = 'access'): boolean => {
	const {end} = lifeOf(tokens, type);
	return end === undefined || end > now;
};

/** Whether nobody has signed in or refreshed in between; some servers give the same access token again. */
export const isSameTokens = ({tokens: a}: StoredSession, {tokens: b}: StoredSession): boolean =>
	a.accessToken === b.accessToken && a.refreshToken === b.refreshToken && a.issuedAt === b.issuedAt;
