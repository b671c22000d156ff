import {refreshTokenGrantRequest} from 'oauth4webapi';
import type {RequestContext} from '../flow.js';
import {LoginError} from '../login-error.js';
import type {TokenSet} from '../token-set.js';
import {omitUndefined} from './plain.js';
import {requestParameters} from './request-parameters.js';
import {requestTokens} from './token-endpoint.js';

/**
 * Trades the refresh token for new tokens (RFC 6749 §6). What the response leaves out stays as it was: the refresh token
 * itself, the scope (never widened), and who it is.
 *
 * @throws LoginError `invalid_grant` where the sign-in has ended; `identity_check_failed` where the new ID token is about
 * another person
 */
export const refreshTokens = async (context: RequestContext, previous: TokenSet): Promise<TokenSet> => {
	const {provider} = context;
	const {refreshToken} = previous;
	if (refreshToken === undefined) {
		throw new LoginError('invalid_grant', 'This session cannot renew itself.', {hint: 'Sign in again.'});
	}

	const next = await requestTokens(context, {
		async send({client, authentication, options}) {
			return refreshTokenGrantRequest(provider.server, client, authentication, refreshToken, {
				...options,
				additionalParameters: requestParameters(
					provider,
					'refresh',
					provider.scopeAtRefresh === true ? {scope: provider.requestedScope} : {},
				),
			});
		},
		scope: previous.scope,
		idToken: {previous: previous.claims},
		refreshes: {identity: previous.identity},
	});
	return omitUndefined({
		...next,
		refreshToken: next.refreshToken ?? refreshToken,
		idToken: next.idToken ?? previous.idToken,
		claims: next.claims ?? previous.claims,
	});
};
