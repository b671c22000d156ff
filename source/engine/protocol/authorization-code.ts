import {
	authorizationCodeGrantRequest,
	expectNoState,
	processAuthorizationCodeResponse,
	processPushedAuthorizationResponse,
	pushedAuthorizationRequest,
	validateAuthResponse,
} from 'oauth4webapi';
import type {RequestContext} from '../flow.js';
import {LoginError} from '../login-error.js';
import type {TokenSet} from '../token-set.js';
import {unusableResponse} from './error-mapping.js';
import {requestParameters} from './request-parameters.js';
import {callServer, openCall} from './server-call.js';
import {completeGrant} from './token-endpoint.js';

/** The code of a response that was judged, and what the request had said. */
type AuthorizationCode = {
	readonly code: string;
	/** Sent where an ID token is expected, which is then required. */
	readonly nonce?: string;
	readonly codeVerifier: string;
	/** Byte for byte as in the request (RFC 6749 §4.1.3). */
	readonly redirectUri: string;
	/** Seconds; where the request had it, the ID token must say when the person signed in (OIDC Core §3.1.2.1). */
	readonly maxAge?: number;
};

/**
 * Exchanges the code for tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).
 *
 * @throws LoginError
 */
export const exchangeAuthorizationCode = async (
	context: RequestContext,
	{code, nonce, codeVerifier, redirectUri, maxAge}: AuthorizationCode,
): Promise<TokenSet> => {
	const {provider} = context;
	const {server} = provider;
	// Without openid no ID token comes, and where they are ignored none is looked at.
	const expectedNonce =
		provider.idToken !== 'ignore' && provider.requestedScope.split(' ').includes('openid') ? nonce : undefined;
	const call = openCall(context, 'token');
	try {
		context.signal.throwIfAborted();
		// The library takes a code from its own validation only; the response was judged when it came.
		const parameters = validateAuthResponse(
			{issuer: server.issuer},
			call.client,
			new URLSearchParams({code}),
			expectNoState,
		);
		return await completeGrant(context, call, {
			async send({client, authentication, options}) {
				return authorizationCodeGrantRequest(server, client, authentication, parameters, redirectUri, codeVerifier, {
					...options,
					additionalParameters: requestParameters(provider, 'token'),
				});
			},
			async process(issuer, client, response) {
				return processAuthorizationCodeResponse(issuer, client, response, {expectedNonce, maxAge});
			},
			scope: provider.requestedScope,
			idToken: {nonce: expectedNonce},
		});
	} catch (error) {
		throw call.fail(error);
	}
};

/** OpenID Connect Core §6.2 says 512 characters; some servers put the whole request in. */
const longestRequestUri = 2000;

/**
 * Hands the authorization request to the server directly (RFC 9126); the address for the browser then needs only the
 * `client_id` and the `request_uri`. Extra parameters are the caller's to put in.
 */
export const pushAuthorizationRequest = async (
	context: RequestContext,
	parameters: URLSearchParams,
): Promise<{readonly requestUri: string; readonly expiresIn: number}> => {
	const {server} = context.provider;
	if (parameters.has('request_uri')) {
		throw new LoginError('config_error', 'A pushed request cannot have a request_uri itself.', {
			hint: 'Leave request_uri out of the extra parameters (RFC 9126 §2.1).',
		});
	}

	if (server.pushed_authorization_request_endpoint === undefined) {
		throw server.require_pushed_authorization_requests === true
			? new LoginError('config_error', 'The server wants sign-in requests pushed (PAR), and does not say where to.', {
					hint: 'Ask your administrator, or sign in another way.',
				})
			: new LoginError('config_error', 'The server takes no pushed sign-in requests (PAR).', {
					hint: 'Sign in without pushing the request.',
				});
	}

	return callServer(context, 'pushed-authorization', async ({client, authentication, options, info}) => {
		const response = await pushedAuthorizationRequest(server, client, authentication, parameters, options);
		const body = await processPushedAuthorizationResponse(server, client, response);
		// A browser has to carry it, and a server to take it back.
		if (body.request_uri.length > longestRequestUri || !/^[\x21-\x7E]+$/.test(body.request_uri)) {
			throw unusableResponse('its request_uri is not one that a browser could carry', 'pushed-authorization', info);
		}

		return {requestUri: body.request_uri, expiresIn: body.expires_in};
	});
};
