import type {TokenSet} from './token-set.js';
import type {StoredSession} from './token-store.js';

/** Milliseconds by which a clock may differ from itself without having been set. */
const tolerance = 5000;

/** Seconds that a token must be valid where nobody asks for more or less. */
export const defaultMinimumValidity = 60;

/**
 * Whether an access token may still be handed out: more than the validity asked for, or 10 % of its lifetime if that is
 * less, must be left, so that a token that lives for a minute is not refreshed by each of twenty processes. More time
 * left than it ever had means that the clock was set back, and that nothing is known.
 *
 * @param minimumValidity - seconds
 */
export const isFresh = (tokens: TokenSet, now: number, minimumValidity: number): boolean => {
	if (tokens.expiresAt === undefined) return true;
	const lifetime = tokens.expiresAt - tokens.issuedAt;
	const left = tokens.expiresAt - now;
	return left > Math.min(minimumValidity * 1000, lifetime / 10) && left <= lifetime + tolerance;
};

/** Whether new tokens can be asked for, given the client's secret where it has one. */
export const canRenew = ({tokens, route}: StoredSession): boolean =>
	tokens.refreshToken !== undefined || route === 'client-credentials';

/** Whether a later process can renew the session by itself: a client secret that came by stdin is known to nobody then. */
export const renewsItself = (session: StoredSession): boolean => {
	const {clientSecretSource: source} = session;
	return canRenew(session) && (source === undefined || !('stdin' in source));
};

/** Whether the token is still accepted, as far as the clock knows. */
export const isValid = (tokens: TokenSet, now: number): boolean =>
	tokens.expiresAt === undefined || tokens.expiresAt > now;
