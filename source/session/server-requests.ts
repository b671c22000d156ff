import {hasCode} from '../core/errors.js';
import {everyFlow, isOwnFlow} from '../core/types.js';
import {importKeys} from '../oauth/id-token.js';
import {isSameClient, type Provider, type ResolvedProvider} from '../oauth/provider.js';
import type {RequestContext} from '../oauth/request.js';
import {refreshTokens} from '../oauth/token-endpoint.js';
import type {TokenSet} from '../oauth/token-set.js';
import {exchangeToken, type ExchangedToken, type ExchangeRequest} from '../oauth/token-exchange.js';
import {fetchUserInfo, type UserInfo} from '../oauth/userinfo.js';
import {canRenew} from './freshness.js';
import type {SessionManager} from './session-manager.js';
import type {StoredSession} from './types.js';

type Sessions = Pick<SessionManager, 'fresh' | 'context'>;

/**
 * The server and the client of a session.
 *
 * @param given - the application's settings: what proves who the client is goes to the server that the login used, and to
 * no other.
 */
const providerOf = (stored: StoredSession, given: Provider): ResolvedProvider => {
	// A client that nobody has named has no secret of the application's.
	const own = given.clientId !== '' && isSameClient(stored.provider, given) ? given : undefined;
	const server = {...stored.server};
	importKeys(server, stored.keys);
	return {
		...stored.provider,
		clientSecret: stored.registration?.clientSecret ?? own?.clientSecret,
		clientKey: own?.clientKey,
		workloadIdentity: own?.workloadIdentity,
		server,
		flows: everyFlow,
		requestedScope: stored.requestedScope ?? stored.tokens.scope,
	};
};

/** What a request on behalf of a session takes. */
export const contextOf = async (
	stored: StoredSession,
	given: Provider,
	more: Omit<RequestContext, 'provider' | 'authentication'>,
): Promise<RequestContext> => asClientOf(stored.flow, {...more, provider: providerOf(stored, given)});

/** What a request about the tokens that a flow brought takes: its client may be proved by the workload's identity. */
export const asClientOf = async (flow: StoredSession['flow'], context: RequestContext): Promise<RequestContext> => {
	if (flow !== 'workload-identity') return context;
	const {authenticationByIdentity} = await import('./own-tokens.js');
	return {...context, ...authenticationByIdentity(context)};
};

/** One request, and one more where no response came to a refresh: it may have been lost after the server acted. */
export const requestNextTokens = async (
	context: RequestContext,
	{flow, tokens}: Pick<StoredSession, 'flow' | 'tokens'>,
): Promise<TokenSet> => {
	if (isOwnFlow(flow)) return (await import('./own-tokens.js')).requestOwnTokens(context, flow);
	try {
		return await refreshTokens(context, tokens);
	} catch (error) {
		if (!hasCode(error, 'network_error')) throw error;
		return refreshTokens(context, tokens);
	}
};

/** Asks the session's server who it is; a token that it no longer takes is renewed once (RFC 6750 §3.1). */
export const requestUserInfo = async (sessions: Sessions, signal: AbortSignal): Promise<UserInfo> => {
	const stored = await sessions.fresh({signal});
	try {
		return await fetchUserInfo(await sessions.context(stored, signal), stored.tokens);
	} catch (error) {
		if (!hasCode(error, 'token_rejected') || !canRenew(stored)) throw error;
		const renewed = await sessions.fresh({rejected: stored.tokens.accessToken, signal});
		return fetchUserInfo(await sessions.context(renewed, signal), renewed.tokens);
	}
};

/** @param contextFor - for a token that comes without a session */
export const requestExchange = async (
	sessions: Sessions,
	request: ExchangeRequest,
	contextFor: (signal: AbortSignal) => Promise<RequestContext>,
): Promise<ExchangedToken> => {
	const {signal = new AbortController().signal, subjectToken} = request;
	if (subjectToken !== undefined) return exchangeToken(await contextFor(signal), subjectToken, request);
	const stored = await sessions.fresh({signal});
	return exchangeToken(await sessions.context(stored, signal), stored.tokens.accessToken, request);
};
