import {processRevocationResponse, ResponseBodyError, revocationRequest} from 'oauth4webapi';
import type {TokenSet} from './token-set.js';
import {openCall, type RequestContext} from './request.js';

type Outcome =
	| {readonly outcome: 'revoked'}
	/** `answered`: the server was there and did not do it, so asking for the other token may still work. */
	| {readonly outcome: 'not-revoked'; readonly reason: string; readonly answered: boolean};

const revoke = async (context: RequestContext, token: string, hint: string): Promise<Outcome> => {
	const call = openCall(context, 'revocation');
	const {client, authentication, options, info} = call;
	try {
		context.signal.throwIfAborted();
		const response = await revocationRequest(context.provider.server, client, authentication, token, {
			...options,
			additionalParameters: {token_type_hint: hint},
		});
		await processRevocationResponse(response);
		return {outcome: 'revoked'};
	} catch (error) {
		const failure = call.fail(error);
		if (context.signal.aborted) throw failure;
		const isUnsupported = error instanceof ResponseBodyError && error.error === 'unsupported_token_type';
		const {retryAfter, status = 0} = info;
		const wait = retryAfter === undefined ? [] : [`It asks you to wait ${Math.ceil(retryAfter)} seconds.`];
		return {
			outcome: 'not-revoked',
			reason: isUnsupported ? "The server doesn't revoke tokens of this kind." : [failure.message, ...wait].join(' '),
			answered: status >= 400 && status < 500,
		};
	}
};

/**
 * Asks the server to take the tokens back (RFC 7009): the refresh token first, since the access token falls with it or
 * soon by itself. The caller forgets them, whatever the outcome.
 *
 * @throws LoginError only once the signal aborts
 */
export const revokeTokens = async (context: RequestContext, tokens: TokenSet): Promise<LogoutResult> => {
	const {provider} = context;
	if (provider.revocation === 'none' || provider.server.revocation_endpoint === undefined) {
		return {outcome: 'not-supported'};
	}

	const first =
		tokens.refreshToken === undefined ? undefined : await revoke(context, tokens.refreshToken, 'refresh_token');
	if (first?.outcome === 'not-revoked' && !first.answered) return {outcome: 'not-revoked', reason: first.reason};
	const second = await revoke(context, tokens.accessToken, 'access_token');
	if (first?.outcome === 'not-revoked') return {outcome: 'not-revoked', reason: first.reason};
	// A server that has revoked the whole sign-in may refuse to revoke an access token too.
	if (second.outcome === 'revoked' || (first !== undefined && second.answered)) return {outcome: 'revoked'};
	return {outcome: 'not-revoked', reason: second.reason};
};

/** What became of a logout: the tokens are always forgotten here; whether the server took them back is said. */
export type LogoutResult = {
	/** `revoked`: the server confirmed. `not-revoked`: it could not be asked or refused. `not-supported`: it has no such endpoint. `no-session`: nobody was signed in. */
	readonly outcome: 'revoked' | 'not-revoked' | 'not-supported' | 'no-session';
	/** A sentence that says why, where `outcome` is `not-revoked`. */
	readonly reason?: string;
};
