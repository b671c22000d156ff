import {
	calculatePKCECodeChallenge,
	authorizationCodeGrantRequest,
	expectNoState,
	processAuthorizationCodeResponse,
	processPushedAuthorizationResponse,
	pushedAuthorizationRequest,
	validateAuthResponse,
} from 'oauth4webapi';
import type {Random} from '../core/clock.js';
import {LoginError} from '../core/errors.js';
import {base64url, type TokenSet} from './token-set.js';
import {requestParameters} from './request-parameters.js';
import {isIssuer, type ResolvedProvider} from './provider.js';
import {standardError} from './quirks.js';
import {escapeHref, safeUrl, type SafeUrl} from '../core/safe-url.js';
import {oauthError} from './error-codes.js';
import {unusableResponse} from './errors.js';
import {callServer, type RequestContext} from './request.js';
import {requestTokens} from './token-endpoint.js';

/** What one authorization request binds its response to; new for each request, and in memory only (RFC 7636 §7.1, RFC 9700 §2.1.1). */
export type AuthorizationTransaction = {
	readonly state: string;
	/** Sent where an ID token is expected, which is then required (OIDC Core §15.5.2). */
	readonly nonce?: string;
	readonly codeVerifier: string;
};

const scopesOf = (provider: ResolvedProvider): readonly string[] => provider.requestedScope.split(' ').filter(Boolean);

/** 256 random bits each, which make a verifier of 43 characters (RFC 7636 §4.1). */
export const createTransaction = (provider: ResolvedProvider, random: Random): AuthorizationTransaction => ({
	state: base64url(random(32)),
	nonce: scopesOf(provider).includes('openid') ? base64url(random(32)) : undefined,
	codeVerifier: base64url(random(32)),
});

/** The `max_age` that the request will carry; the ID token's `auth_time` is compared with it (OIDC Core §3.1.3.7-13). */
export const maxAgeOf = ({parameters}: ResolvedProvider): number | undefined => {
	const maxAge = parameters?.authorize?.['max_age'];
	return maxAge !== undefined && /^\d+$/.test(maxAge) ? Number(maxAge) : undefined;
};

/**
 * OIDC Core §11: `offline_access` is granted only with the person's consent, and some servers drop it silently without
 * this prompt. An empty `prompt` asks for none.
 */
const promptOf = (provider: ResolvedProvider): string | undefined => {
	const prompt = provider.prompt ?? provider.parameters?.authorize?.['prompt'];
	return prompt ?? (scopesOf(provider).includes('offline_access') ? 'consent' : undefined);
};

/** The parameters of the authorization request (RFC 6749 §4.1.1; RFC 7636 §4.3, always S256). */
export const authorizationParameters = async (
	provider: ResolvedProvider,
	{state, nonce, codeVerifier}: AuthorizationTransaction,
	redirectUri: string,
): Promise<URLSearchParams> => {
	const {requestedScope, audience, clientId, loginHint} = provider;
	const parameters = requestParameters(provider, 'authorize', {audience, scope: requestedScope});
	const ours = {
		response_type: 'code',
		client_id: clientId,
		redirect_uri: redirectUri,
		state,
		nonce,
		code_challenge: await calculatePKCECodeChallenge(codeVerifier),
		code_challenge_method: 'S256',
		prompt: promptOf(provider),
		login_hint: loginHint,
	};
	for (const [name, value] of Object.entries(ours)) {
		if (value !== undefined) parameters.set(name, value);
	}

	if (parameters.get('prompt') === '') parameters.delete('prompt');
	return parameters;
};

/** Whether the request goes to the server directly, and the browser carries only a reference to it (RFC 9126 §5). */
export const usesPushedAuthorization = ({pushedAuthorization, server}: ResolvedProvider): boolean =>
	pushedAuthorization === true || server.require_pushed_authorization_requests === true;

/**
 * The address at the authorization server. Its own query is kept (RFC 6749 §3.1); ours wins.
 *
 * @throws LoginError `config_error` where the server has no authorization endpoint, or one that is not safe
 */
export const authorizationUrl = ({server}: ResolvedProvider, parameters: URLSearchParams): SafeUrl => {
	const endpoint = server.authorization_endpoint;
	if (endpoint === undefined) {
		throw new LoginError('config_error', "This server doesn't offer browser sign-in.", {
			hint: 'Use another flow, or check the provider URL.',
		});
	}

	const url = new URL(safeUrl(endpoint, "The URL of the server's sign-in page", 'config_error'));
	for (const name of parameters.keys()) url.searchParams.delete(name);
	for (const [name, value] of parameters) url.searchParams.append(name, value);
	return escapeHref(url.href);
};

/** Why a response is not the one that is awaited. */
export type Mismatch = 'no-state' | 'several-states' | 'other-state' | 'incomplete';

export type Judgement =
	| {readonly kind: 'accepted'; readonly code: string}
	/** Not ours: it says nothing about this login, which goes on. */
	| {readonly kind: 'ignored'; readonly mismatch: Mismatch}
	/** Ours, and the end of this attempt. */
	| {readonly kind: 'refused'; readonly error: LoginError};

/** Parameters that must not occur twice (RFC 6749 §3.1). */
const single = ['code', 'error', 'error_description', 'error_uri', 'scope', 'session_state'];

/** What has no place in the response to `response_type=code` (RFC 9700 §2.1.2, §4.3.2). */
const misplaced = ['access_token', 'refresh_token', 'id_token', 'token', 'token_type', 'response'];

/** Whether the server promises to name itself in its responses (RFC 9207 §3). */
export const namesItself = ({server}: ResolvedProvider): boolean =>
	server.authorization_response_iss_parameter_supported === true;

/** It quotes nothing of the response, whose author is what is in doubt (RFC 9207 §2.4). */
const notTheIssuer = () =>
	new LoginError(
		'identity_check_failed',
		"The response came from a different server than the one you're signing in to.",
		{
			hint: 'Start again. If it happens again, check the provider URL before you sign in.',
		},
	);

const malformed = (what: string) =>
	new LoginError('bad_response', `The server's response to the sign-in request isn't valid because ${what}.`, {
		hint: "Check the app's settings at the provider. It needs the authorization code flow.",
	});

const serverError = (parameters: URLSearchParams, {dialect, server, requestedScope}: ResolvedProvider): LoginError => {
	return oauthError(
		{
			error: standardError(parameters.get('error') ?? '', dialect),
			error_description: parameters.get('error_description'),
			error_uri: parameters.get('error_uri'),
		},
		{server, scope: requestedScope},
	);
};

/**
 * Judges an authorization response, however it arrived; nothing judges it again. `state` comes first: without ours, a
 * response is ignored, even an `error` (RFC 8252 §8.9). Then comes the issuer, before any of the text counts (RFC 9207 §2.4).
 */
export const judgeAuthorizationResponse = (
	parameters: URLSearchParams,
	state: string,
	provider: ResolvedProvider,
): Judgement => {
	const ignored = (mismatch: Mismatch): Judgement => ({kind: 'ignored', mismatch});
	const refused = (error: LoginError): Judgement => ({kind: 'refused', error});

	const [theirs, ...moreStates] = parameters.getAll('state');
	if (theirs === undefined) return ignored('no-state');
	if (moreStates.length > 0) return ignored('several-states');
	if (theirs !== state) return ignored('other-state');

	const [iss, ...moreIssuers] = parameters.getAll('iss');
	if (iss === undefined ? namesItself(provider) : !isIssuer(provider.server.issuer, iss))
		return refused(notTheIssuer());
	if (moreIssuers.length > 0) return refused(notTheIssuer());

	const stray = misplaced.find(name => parameters.has(name));
	if (stray !== undefined) return refused(malformed(`it has ${stray} in it`));
	const repeated = single.find(name => parameters.getAll(name).length > 1);
	if (repeated !== undefined) return refused(malformed(`it has ${repeated} twice`));
	if (parameters.has('error')) return refused(serverError(parameters, provider));
	const code = parameters.get('code');
	return code ? {kind: 'accepted', code} : ignored('incomplete');
};

/** The code of a response that was judged, and what the request had said. */
type AuthorizationCode = Omit<AuthorizationTransaction, 'state'> & {
	readonly code: string;
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
	const expectedNonce = provider.idToken !== 'ignore' && scopesOf(provider).includes('openid') ? nonce : undefined;
	return requestTokens(context, {
		async send({client, authentication, options}) {
			const {issuer} = server;
			// The library takes a code from its own validation only; the response was judged when it came.
			const parameters = validateAuthResponse({issuer}, client, new URLSearchParams({code}), expectNoState);
			return authorizationCodeGrantRequest(server, client, authentication, parameters, redirectUri, codeVerifier, {
				...options,
				additionalParameters: requestParameters(provider, 'token'),
			});
		},
		async process(issuer, client, response) {
			// Without an ID token nothing tells when the person signed in.
			const limits = expectedNonce === undefined ? {} : {expectedNonce, maxAge};
			return processAuthorizationCodeResponse(issuer, client, response, limits);
		},
		scope: provider.requestedScope,
		idToken: {nonce: expectedNonce},
	});
};

/** OpenID Connect Core §6.2 says 512 characters; some servers put the whole request in. */
const longestRequestUri = 2000;

/**
 * Hands the authorization request to the server directly (RFC 9126); the address for the browser then needs only the
 * `client_id` and the `request_uri`, which this returns. Extra parameters are the caller's to put in.
 */
export const pushAuthorizationRequest = async (
	context: RequestContext,
	parameters: URLSearchParams,
): Promise<string> => {
	const {server} = context.provider;
	if (parameters.has('request_uri')) {
		throw new LoginError('config_error', "A pushed request can't have a request_uri itself.", {
			hint: 'Leave request_uri out of the extra parameters (RFC 9126 §2.1).',
		});
	}

	if (server.pushed_authorization_request_endpoint === undefined) {
		throw server.require_pushed_authorization_requests === true
			? new LoginError(
					'config_error',
					"The server requires pushed authorization requests (PAR), but doesn't say where to send them.",
					{
						hint: 'Ask your administrator, or use another flow.',
					},
				)
			: new LoginError('config_error', "The server doesn't accept pushed authorization requests (PAR).", {
					hint: 'Sign in without pushing the request.',
				});
	}

	return callServer(context, 'pushed-authorization', async ({client, authentication, options, info}) => {
		const response = await pushedAuthorizationRequest(server, client, authentication, parameters, options);
		const body = await processPushedAuthorizationResponse(server, client, response);
		// A browser has to carry it, and a server to take it back.
		if (body.request_uri.length > longestRequestUri || !/^[\x21-\x7E]+$/.test(body.request_uri)) {
			throw unusableResponse("a browser can't carry its request_uri", 'pushed-authorization', info);
		}

		return body.request_uri;
	});
};
