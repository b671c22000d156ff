import {hasCode, LoginError} from '../core/errors.js';
import {isTokenText} from '../core/safe-text.js';
import {fetchUserInfo} from '../oauth/userinfo.js';
import {refreshTokens} from '../oauth/token-endpoint.js';
import type {RequestContext} from '../oauth/request.js';
import {omitUndefined} from '../core/clock.js';
import type {TokenSet} from '../oauth/token-set.js';
import {toStoredSession} from './stored-session.js';
import type {StoredSession} from './types.js';

/** Tokens that an app got before it used this library. */
export type AdoptedTokens = {
	readonly accessToken: string;
	/** Without one the session ends with the access token. */
	readonly refreshToken?: string;
	/** When the access token expires, in epoch milliseconds. @default unknown */
	readonly expiresAt?: number;
	/** Granted scope, space separated. @default what the provider's settings ask for */
	readonly scope?: string;
};

const tokenSetOf = (tokens: AdoptedTokens, {provider, clock}: RequestContext): TokenSet => {
	const {accessToken, refreshToken, expiresAt, scope = provider.requestedScope} = tokens;
	const isUsable =
		isTokenText(accessToken) &&
		(refreshToken === undefined || isTokenText(refreshToken)) &&
		(expiresAt === undefined || Number.isFinite(expiresAt)) &&
		typeof scope === 'string';
	if (!isUsable) {
		throw new LoginError('config_error', 'The tokens to adopt are damaged.', {
			hint: 'Give an accessToken, a refreshToken if there is one, and expiresAt in milliseconds since 1970.',
		});
	}

	return omitUndefined({accessToken, tokenType: 'bearer', issuedAt: clock.now(), expiresAt, refreshToken, scope});
};

/**
 * Has the server say whether it still takes the tokens, and who they are of: it trades the refresh token for new ones, or
 * is asked with the access token where it can be.
 */
const checkAdopted = async (context: RequestContext, adopted: AdoptedTokens, signInHint: string): Promise<TokenSet> => {
	const {server, identity: mapping} = context.provider;
	const given = tokenSetOf(adopted, context);
	const canAsk = server.userinfo_endpoint !== undefined || (mapping !== undefined && 'url' in mapping.from);
	try {
		const tokens = given.refreshToken === undefined ? given : await refreshTokens(context, given);
		if (tokens.identity !== undefined || !canAsk) return tokens;
		const {identity} = await fetchUserInfo(context, tokens);
		return {...tokens, identity};
	} catch (error) {
		if (!hasCode(error, 'invalid_grant', 'token_rejected')) throw error;
		const message = "The server no longer accepts the tokens from your app's earlier version.";
		throw new LoginError('person_required', message, {hint: signInHint});
	}
};

/**
 * A session of tokens that the server accepts.
 *
 * @throws LoginError `person_required` where it does not
 */
export const adoptTokens = async (
	context: RequestContext,
	adopted: AdoptedTokens,
	signInHint: string,
	remembered: Parameters<typeof toStoredSession>[2],
): Promise<StoredSession> => {
	const tokens = await checkAdopted(context, adopted, signInHint);
	return toStoredSession({provider: context.provider, tokens, flow: 'browser'}, context.clock.now(), remembered);
};
