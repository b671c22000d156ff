import {genericTokenEndpointRequest, processGenericTokenEndpointResponse} from 'oauth4webapi';
import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {decodeJwtPart} from './token-set.js';
import {isObject} from '../core/types.js';
import {omitUndefined} from '../core/clock.js';
import {checkResources} from './request-parameters.js';
import {callServer, type RequestContext} from './request.js';
import {checkToken} from './token-endpoint.js';

/** An RFC 8693 request. */
export type ExchangeRequest = {
	/**
	 * The access token of the person to act for, as a service gets it from its caller. No session is needed then.
	 *
	 * @default the session's access token
	 */
	readonly subjectToken?: string;
	/** The service that the token is for, as the server calls it. */
	readonly audience?: string | readonly string[];
	/** RFC 8707: its address. */
	readonly resource?: string | readonly string[];
	/** Space separated. */
	readonly scope?: string;
	/** @default the server's own choice */
	readonly requestedTokenType?: string;
	/** Delegation: who acts for the subject. */
	readonly actorToken?: {readonly token: string; readonly type: string};
	readonly signal?: AbortSignal;
};

/** The response to a token exchange (RFC 8693 §2.2.1). */
export type ExchangedToken = {
	readonly token: string;
	/** Its type, a URN (RFC 8693 §3). */
	readonly issuedTokenType: string;
	/** Lower-cased; `n_a` is not a bearer token (RFC 8693 §2.2.1). */
	readonly tokenType: string;
	/** Epoch milliseconds; missing where the server does not say. */
	readonly expiresAt?: number;
	/** Granted scope, space separated. */
	readonly scope: string;
	/** Who acts, by the token's own `act` claim: for display only. */
	readonly actingParty?: string;
};

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

const list = (values: string | readonly string[] = []): readonly string[] =>
	typeof values === 'string' ? [values] : values;

const exchangeParameters = (subjectToken: string, request: ExchangeRequest): URLSearchParams => {
	const {actorToken, scope, requestedTokenType} = request;
	const parameters = new URLSearchParams({subject_token: subjectToken, subject_token_type: accessTokenType});
	checkResources(list(request.resource));
	for (const resource of list(request.resource)) parameters.append('resource', resource);
	for (const audience of list(request.audience)) parameters.append('audience', audience);
	if (scope !== undefined && scope !== '') parameters.set('scope', scope);
	if (requestedTokenType !== undefined) parameters.set('requested_token_type', requestedTokenType);
	if (actorToken === undefined) return parameters;
	// Each of the two demands the other (RFC 8693 §2.1).
	if (actorToken.token === '' || actorToken.type === '') {
		throw new LoginError('config_error', 'An actor token needs both its value and its type.', {
			hint: "Give the actor token's type, one of those in RFC 8693 §3.",
		});
	}

	parameters.set('actor_token', actorToken.token);
	parameters.set('actor_token_type', actorToken.type);
	return parameters;
};

/** The `act` claim, if the token is a JWT that lets itself be read: for display only (RFC 8693 §4.1). */
const readActor = (token: string): string | undefined => {
	const actor = decodeJwtPart(token, 1)?.['act'];
	return isObject(actor) && typeof actor['sub'] === 'string' ? displayText(actor['sub'], 100) : undefined;
};

/**
 * Exchanges a token for another one (RFC 8693).
 *
 * @throws LoginError `invalid_target` where the server does not know the audience or resource; `unsupported_grant`
 */
export const exchangeToken = async (
	context: RequestContext,
	subjectToken: string,
	request: ExchangeRequest,
): Promise<ExchangedToken> => {
	try {
		return await requestExchange(context, subjectToken, request);
	} catch (error) {
		if (!(error instanceof LoginError)) throw error;
		const {code, endpoint, status} = error;
		// The general sentences are about a sign-in.
		if (code === 'invalid_grant') {
			throw new LoginError('invalid_grant', "The server doesn't accept the token you want to exchange.", {
				hint: 'Sign in again, or check the token you passed.',
				endpoint,
				status,
			});
		}

		if (code !== 'unsupported_grant') throw error;
		throw new LoginError('unsupported_grant', "This server doesn't exchange tokens (RFC 8693) for this app.", {
			hint: 'Ask your administrator to allow token exchange for this app.',
			endpoint,
			status,
		});
	}
};

const requestExchange = async (
	context: RequestContext,
	subjectToken: string,
	request: ExchangeRequest,
): Promise<ExchangedToken> => {
	const {server} = context.provider;
	const parameters = exchangeParameters(subjectToken, request);
	return callServer(context, 'token-exchange', async ({client, authentication, options, info}) => {
		const response = await genericTokenEndpointRequest(server, client, authentication, grantType, parameters, options);
		const body = await processGenericTokenEndpointResponse(server, client, response, {
			recognizedTokenTypes: {n_a: () => undefined},
		});
		const issued = body['issued_token_type'];
		const {requestedTokenType} = request;
		if (typeof issued !== 'string' || (requestedTokenType !== undefined && issued !== requestedTokenType)) {
			throw new LoginError(
				'bad_response',
				typeof issued === 'string'
					? `The server issued a different type of token than you asked for (${displayText(issued, 80)}).`
					: "The server doesn't say what type of token it issued.",
				{...info, hint: 'Ask for a token type that the server can issue.'},
			);
		}

		return omitUndefined({
			token: checkToken(body.access_token, 'token', info.endpoint),
			issuedTokenType: issued,
			tokenType: body.token_type,
			expiresAt: body.expires_in === undefined ? undefined : context.clock.now() + body.expires_in * 1000,
			scope: displayText(body.scope ?? request.scope ?? '', 2000),
			actingParty: readActor(body.access_token),
		});
	});
};
