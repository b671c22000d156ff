import {
	clientCredentialsGrantRequest,
	genericTokenEndpointRequest,
	JWT_TIMESTAMP_CHECK,
	KEY_SELECTION,
	OperationProcessingError,
	processGenericTokenEndpointResponse,
	type AuthorizationServer,
	type Client,
	type TokenEndpointResponse,
	refreshTokenGrantRequest,
} from 'oauth4webapi';
import {displayText, isTokenText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {type IdTokenClaims, type TokenSet, decodeJwtPart} from './token-set.js';
import {anotherPerson, resolveIssuer, verifyIdToken, type IdTokenExpectation} from './id-token.js';
import {identityError, unusableType} from './errors.js';
import {omitUndefined} from '../core/clock.js';
import type {Provider} from './provider.js';
import {requestParameters} from './request-parameters.js';
import {callServer, type ServerCall, type RequestContext} from './request.js';
import {findIdentity, isNamed} from './userinfo.js';

type Grant = {
	readonly send: (call: ServerCall) => Promise<Response>;
	/** @default the library's checks that hold for every grant */
	readonly process?: (
		server: AuthorizationServer,
		client: Client,
		response: Response,
	) => Promise<TokenEndpointResponse>;
	/** Granted where the response has no scope (RFC 6749 §5.1). */
	readonly scope: string;
	readonly idToken?: IdTokenExpectation;
	/**
	 * The tokens that a refresh replaces: who it is is known, and an ID token that cannot be judged at the moment is left
	 * out, since the refresh token is spent by now (OIDC Core §12.2 lets it be absent).
	 */
	readonly refreshes?: TokenSet;
};

/** @throws LoginError `bad_response` for what no token can be */
export const checkToken = (token: string, name: string, endpoint?: string): string => {
	if (isTokenText(token)) return token;
	throw new LoginError('bad_response', `The server's ${name} has characters that no token can have.`, {
		hint: 'Ask your administrator.',
		endpoint,
	});
};

/** When the refresh token ends, if anything was said of the one that is kept; zero stands for no limit (quirks.ts). */
const refreshTokenEnd = (
	{refresh_token: token, refresh_token_expires_in: seconds}: TokenEndpointResponse,
	issuedAt: number,
	before: TokenSet | undefined,
): number | undefined => {
	if (typeof seconds === 'number') return seconds === 0 ? undefined : issuedAt + seconds * 1000;
	return token === undefined || token === before?.refreshToken ? before?.sessionExpiresAt : undefined;
};

const readResponse = async (
	context: RequestContext,
	call: ServerCall,
	grant: Grant,
	response: Response,
): Promise<TokenSet> => {
	const process = grant.process ?? processGenericTokenEndpointResponse;
	const issuedAt = context.clock.now();
	const server = await resolveIssuer(context.provider.server, response);
	const body = await process(server, call.client, response);
	const {endpoint} = call.info;
	// No proof of a key was sent, so whatever is bound to one cannot be used (RFC 9449 §5).
	if (body.token_type === 'dpop') throw unusableType('DPoP', call.info);
	const accessToken = checkToken(body.access_token, 'access token', endpoint);
	const idToken = await verifyIdToken(context, body, response, grant.idToken ?? {}, call.info);
	const {refresh_token: refreshToken, expires_in: expiresIn} = body;
	const tokens = omitUndefined<TokenSet>({
		accessToken,
		tokenType: body.token_type,
		issuedAt,
		expiresAt: expiresIn === undefined ? undefined : issuedAt + expiresIn * 1000,
		refreshToken: refreshToken === undefined ? undefined : checkToken(refreshToken, 'refresh token', endpoint),
		sessionExpiresAt: refreshTokenEnd(body, issuedAt, grant.refreshes),
		idToken: idToken === undefined ? undefined : body.id_token,
		claims: idToken?.claims,
		scope: body.scope === undefined ? grant.scope : displayText(body.scope, 2000),
		identity: idToken?.identity,
	});
	// A refresh asks for no name: that of the login stays where the new ID token has none.
	const isKnown = grant.refreshes !== undefined && (tokens.identity === undefined || !isNamed(tokens.identity));
	const identity = isKnown ? (grant.refreshes.identity ?? tokens.identity) : await findIdentity(context, tokens, body);
	return omitUndefined({...tokens, identity});
};

/** Sends one grant, checks everything that comes back, and makes plain data of it: named members, never `__proto__`. */
export const completeGrant = async (context: RequestContext, call: ServerCall, grant: Grant): Promise<TokenSet> => {
	const response = await grant.send(call);
	// The rules of resources ask for the scope openid where one lists it, and know nothing of ID tokens.
	const isOptional = context.provider.protectedResource !== undefined && grant.idToken?.previous === undefined;
	if ((grant.refreshes === undefined && !isOptional) || !response.ok)
		return readResponse(context, call, grant, response);
	const copy = response.clone();
	try {
		return await readResponse(context, call, grant, response);
	} catch (error) {
		if (isOptional) return readResponse(context, call, {...grant, process: undefined}, await withoutIdToken(copy));
		// What is wrong with the identity itself stays wrong; keys out of reach and a clock that is off do not.
		const mayPass = error instanceof OperationProcessingError && passing.has(error.code);
		const failure = call.fail(error);
		if (failure.code === 'identity_check_failed' && !mayPass) throw failure;
		const {id_token: idToken} = (await copy
			.clone()
			.json()
			.catch(() => ({}))) as {id_token?: unknown};
		if (typeof idToken !== 'string') throw failure;
		if (namesAnother(idToken, grant.idToken?.previous)) throw identityError(anotherPerson, call.info);
		return readResponse(context, call, grant, await withoutIdToken(copy));
	}
};

const withoutIdToken = async (response: Response): Promise<Response> => {
	const {id_token: _, ...rest} = (await response.json().catch(() => ({}))) as {id_token?: unknown};
	return Response.json(rest, {status: response.status});
};

/** What keeps an ID token from being judged for the time being: a clock that is off, and a key that is not known yet. */
const passing = new Set<string | undefined>([JWT_TIMESTAMP_CHECK, KEY_SELECTION]);

const namesAnother = (idToken: string, previous: IdTokenClaims | undefined): boolean => {
	const {iss, sub} = decodeJwtPart(idToken, 1) ?? {};
	return previous !== undefined && (iss !== previous.iss || sub !== previous.sub);
};

export const requestTokens = async (context: RequestContext, grant: Grant): Promise<TokenSet> =>
	callServer(context, 'token', async call => completeGrant(context, call, grant));

/** Scopes that are about a person, where there is none. */
const personalScopes = new Set(['openid', 'profile', 'email', 'offline_access']);

/** What a program asks for itself; without a scope in the settings that is none. */
export const ownScope = ({scope = ''}: Pick<Provider, 'scope'>): string =>
	scope
		.split(' ')
		.filter(name => !personalScopes.has(name))
		.join(' ');

/** RFC 6749 §4.4: the program itself signs in. */
export const requestClientCredentials = async (context: RequestContext): Promise<TokenSet> => {
	const {provider} = context;
	const {clientSecret, clientKey, clientAuthentication} = provider;
	// It is never saved with a session, so a later process may not have it.
	if (clientSecret === undefined && clientKey === undefined && clientAuthentication !== 'none') {
		throw new LoginError('config_error', "The program can't sign in without its client secret or key.", {
			hint: words => words.clientSecret,
		});
	}

	const scope = ownScope(provider);
	return requestTokens(context, {
		async send({client, authentication, options}) {
			const parameters = requestParameters(provider, 'token', {audience: provider.audience, scope});
			return clientCredentialsGrantRequest(provider.server, client, authentication, parameters, options);
		},
		scope,
	});
};

/** RFC 6749 §4.3, which RFC 9700 §2.4 forbids: only where the application has allowed it by name. A realm is Auth0's. */
export const requestPassword = async (
	context: RequestContext,
	{username, password}: {readonly username: string; readonly password: string},
): Promise<TokenSet> => {
	const {provider} = context;
	if (provider.allowPassword !== true) {
		throw new LoginError('config_error', 'Signing in with a password is turned off.', {
			hint: 'Use another flow. Only the app itself can allow passwords.',
		});
	}

	return requestTokens(context, {
		async send({client, authentication, options}) {
			const scope = provider.requestedScope;
			const parameters = requestParameters(provider, 'token', {audience: provider.audience, scope});
			parameters.set('username', username);
			parameters.set('password', password);
			if (provider.realm !== undefined) parameters.set('realm', provider.realm);
			const grant = provider.realm === undefined ? 'password' : 'http://auth0.com/oauth/grant-type/password-realm';
			return genericTokenEndpointRequest(provider.server, client, authentication, grant, parameters, options);
		},
		scope: provider.requestedScope,
	});
};

/** No server has given it to anyone, so that nothing is spent. */
const noToken: TokenSet = {accessToken: 'none', refreshToken: 'none', tokenType: 'bearer', issuedAt: 0, scope: ''};

/**
 * Has the server judge the client by a refresh token that never was.
 *
 * @throws LoginError `invalid_client` from a server that doesn't know the client; most that do say `invalid_grant`
 */
export const tryClient = async (context: RequestContext): Promise<void> => {
	await refreshTokens(context, noToken);
};

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
		throw new LoginError('invalid_grant', "This session can't renew itself.", {hint: 'Sign in again.'});
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
		refreshes: previous,
	});
	return omitUndefined({
		...next,
		refreshToken: next.refreshToken ?? refreshToken,
		idToken: next.idToken ?? previous.idToken,
		claims: next.claims ?? previous.claims,
	});
};
