import {
	type AuthorizationServer,
	discoveryRequest,
	JSON_ATTRIBUTE_COMPARISON,
	OperationProcessingError,
	processDiscoveryResponse,
} from 'oauth4webapi';
import {hasCode, type Hint, LoginError} from '../core/errors.js';
import {deviceGrant} from './client-metadata.js';
import {type Provider, type Endpoints, type ResolvedProvider, checkIssuer, metadataIssuer} from './provider.js';
import {checkRequestParameters, checkResources} from './request-parameters.js';
import {omitUndefined, type Clock} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import type {ResponseInfo} from './error-codes.js';
import {callServer} from './request.js';
import {checkServerUrl} from './server-url.js';
import {unusableResponse} from './errors.js';
import type {FlowAvailability} from '../core/types.js';

/** The endpoints that a client comes into touch with, as the provider's settings and the metadata call them. */
const endpointNames = [
	['authorization', 'authorization_endpoint'],
	['token', 'token_endpoint'],
	['deviceAuthorization', 'device_authorization_endpoint'],
	['userInfo', 'userinfo_endpoint'],
	['revocation', 'revocation_endpoint'],
	['pushedAuthorization', 'pushed_authorization_request_endpoint'],
	['jwks', 'jwks_uri'],
] as const satisfies readonly (readonly [keyof Endpoints, keyof AuthorizationServer])[];

/**
 * Checks every endpoint before the first is used.
 *
 * @param chosen - endpoints that were given by hand: the person who gave them may point into a private network
 * @throws LoginError `config_error` that names the endpoint
 */
const checkMetadata = (server: AuthorizationServer, chosen: Partial<AuthorizationServer>): void => {
	for (const [, name] of endpointNames) {
		const address = server[name];
		if (address === undefined) continue;
		const isChosen = chosen[name] !== undefined;
		const url = checkServerUrl(address, isChosen ? address : server.issuer, `The ${name}`);
		if (url.hash !== '') {
			throw new LoginError('config_error', `The ${name} can't be used because it has a fragment (RFC 6749 §3.1).`, {
				hint: "Check the provider's endpoints.",
			});
		}
	}
};

/** Which flows are possible with this provider, or in plain words why not. */
const availableFlows = (provider: Provider, server: AuthorizationServer): FlowAvailability => {
	const {unsupportedFlows = {}, clientSecret, clientKey, workloadIdentity, endpoints = {}} = provider;
	const {allowPassword, allowOneTimeCode} = provider;
	const {token_endpoint: token, authorization_endpoint: page, device_authorization_endpoint: codes} = server;
	const needs = (isThere: boolean, why: string): true | string =>
		token === undefined ? 'The provider has no token endpoint.' : isThere || why;
	return {
		browser: needs(page !== undefined, "The provider doesn't offer browser sign-in."),
		device: needs(codes !== undefined, "The provider doesn't offer codes."),
		'client-credentials': needs(
			(clientSecret ?? clientKey) !== undefined,
			"It needs a client secret or key, and there isn't one.",
		),
		'workload-identity': needs(workloadIdentity !== undefined, "It needs a workload identity, and there isn't one."),
		password: needs(allowPassword === true, 'Signing in with a password is turned off.'),
		'one-time-code':
			allowOneTimeCode === true
				? needs(endpoints.oneTimeCode !== undefined, "The provider doesn't send one-time codes.")
				: 'Signing in with a one-time code is turned off.',
		...omitUndefined(unsupportedFlows),
	};
};

const defaultScopes = ['openid', 'profile', 'email', 'offline_access'];

/**
 * The scope to ask for: the configured one, otherwise the usual four as far as the server lists them. Without OpenID Connect
 * none of them means anything (OIDC Core §3.1.2.1).
 */
export const requestedScope = (provider: Provider, server: AuthorizationServer, isOpenId: boolean): string => {
	if (provider.scope !== undefined) return provider.scope.split(/\s+/).filter(Boolean).join(' ');
	if (!isOpenId) return '';
	const listed = server.scopes_supported;
	return defaultScopes.filter(scope => scope === 'openid' || listed === undefined || listed.includes(scope)).join(' ');
};

export type DiscoveryIo = {readonly fetch: typeof fetch; readonly clock: Clock; readonly signal: AbortSignal};
export type Metadata = {-readonly [Name in keyof AuthorizationServer]: AuthorizationServer[Name]};

const listNames = [
	'scopes_supported',
	'grant_types_supported',
	'response_types_supported',
	'prompt_values_supported',
	'token_endpoint_auth_methods_supported',
	'token_endpoint_auth_signing_alg_values_supported',
	'code_challenge_methods_supported',
	'id_token_signing_alg_values_supported',
	'userinfo_signing_alg_values_supported',
] as const;
const flagNames = [
	'authorization_response_iss_parameter_supported',
	'require_pushed_authorization_requests',
	'client_id_metadata_document_supported',
] as const;

const fromEndpoints = (endpoints: Endpoints = {}): Partial<AuthorizationServer> =>
	Object.fromEntries(
		endpointNames.flatMap(([ours, theirs]) => (endpoints[ours] === undefined ? [] : [[theirs, endpoints[ours]]])),
	);

/** Takes the members that we know, if they are what they should be (a `__proto__` is copied nowhere). */
export const pickMembers = (document: AuthorizationServer): Metadata => {
	const server: Metadata = {issuer: document.issuer};
	// The last is checked when a client is to be registered there, which few logins need.
	for (const name of [...endpointNames.map(([, name]) => name), 'registration_endpoint'] as const) {
		if (typeof document[name] === 'string' && document[name] !== '') server[name] = document[name];
	}

	for (const name of listNames) {
		const list: unknown = document[name];
		if (Array.isArray(list)) server[name] = list.filter(item => typeof item === 'string');
	}

	for (const name of flagNames) {
		if (typeof document[name] === 'boolean') server[name] = document[name];
	}

	const codes = unlistedDeviceEndpoint(server);
	return codes === undefined ? server : {...server, device_authorization_endpoint: codes};
};

/**
 * Doorkeeper, as in GitLab, says that it grants tokens for device codes and leaves out where codes come from: its flows
 * have that beside the token endpoint. No server that names the endpoint, or has not this grant, is concerned.
 */
const unlistedDeviceEndpoint = (server: Metadata): string | undefined => {
	const {token_endpoint: token = '', device_authorization_endpoint: named, grant_types_supported: grants} = server;
	const isUnlisted = named === undefined && grants?.includes(deviceGrant) === true && token.endsWith('/oauth/token');
	return isUnlisted ? token.replace(/token$/, 'authorize_device') : undefined;
};

const issuerMismatch = (configured: string, found: string): LoginError => {
	const isSlash = configured.replace(/\/$/, '') === found.replace(/\/$/, '');
	const shown = displayText(found, 120);
	return new LoginError(
		'config_error',
		isSlash
			? `The server spells its issuer differently. Did you mean ${shown}?`
			: `The server at ${displayText(configured, 120)} says that it is ${shown}.`,
		{
			hint: isSlash
				? `Use ${shown} as the issuer.`
				: 'Check the issuer URL. Metadata of a different issuer is never used (RFC 8414 §3.3).',
		},
	);
};

const checkTheIssuer: Hint = ({endpoints}) => `Check the issuer URL, ${endpoints}.`;

/** The document of another issuer is not this one's (RFC 8414 §3.3): a person has to choose that issuer. */
const redirected = ({issuer}: Provider, info: ResponseInfo): LoginError => {
	const {code, message} = unusableResponse('', 'discovery', info);
	const [, other] = /^(.+)\/\.well-known\/openid-configuration\/?$/.exec(info.location ?? '') ?? [];
	const isOther = other !== undefined && other !== issuer.replace(/\/$/, '');
	const hint = isOther ? `Use ${displayText(other)} as the issuer.` : checkTheIssuer;
	return new LoginError(code, message, {...info, hint});
};

const fetchDocument = async (provider: Provider, io: DiscoveryIo, algorithm: 'oidc' | 'oauth2'): Promise<Metadata> =>
	callServer({provider, ...io}, 'discovery', async ({options, info, get}) => {
		let response = await discoveryRequest(new URL(metadataIssuer(provider.issuer)), {...options, algorithm});
		// Django's APPEND_SLASH: the same document, under the same name.
		if (info.location === `${info.endpoint}/`) response = await get(info.location);
		if (response.status >= 300 && response.status < 400) throw redirected(provider, info);
		try {
			return pickMembers(await processDiscoveryResponse(new URL(provider.issuer), response));
		} catch (error) {
			// The library parses what should be an address.
			if (error instanceof TypeError) throw unusableResponse("its issuer isn't a URL", 'discovery', info);
			const isMismatch = error instanceof OperationProcessingError && error.code === JSON_ATTRIBUTE_COMPARISON;
			if (!isMismatch) throw error;
			const {issuer} = (error.cause as {body: AuthorizationServer}).body;
			throw issuerMismatch(provider.issuer, issuer);
		}
	});

/** Whether the response only means that no document is there, so that the other place may have one. */
const isAbsent = (error: unknown): error is LoginError => hasCode(error, 'bad_response');

type Found = {readonly server: Metadata; readonly isOpenId: boolean; readonly idToken?: 'ignore' | undefined};

/** @param errors - why there is no document in either place */
const noDocument = ({issuer}: Provider, errors: readonly LoginError[]): LoginError => {
	const redirect = errors.find(({status = 0}) => status >= 300 && status < 400);
	const {endpoint, status} = redirect ?? errors.at(-1) ?? {};
	const hint: Hint = redirect === undefined ? checkTheIssuer : words => redirect.withHints(words).hint;
	return new LoginError(
		'config_error',
		redirect?.message ?? `Found no sign-in server at ${displayText(issuer, 120)}.`,
		{hint, endpoint, status},
	);
};

const byHand = ({issuer, endpoints}: Provider): Found => ({server: {issuer}, isOpenId: endpoints?.jwks !== undefined});

const fetchMetadata = async (provider: Provider, io: DiscoveryIo): Promise<Found> => {
	const errors: LoginError[] = [];
	for (const algorithm of ['oidc', 'oauth2'] as const) {
		try {
			const server = await fetchDocument(provider, io, algorithm);
			return {server, isOpenId: algorithm === 'oidc' || server.scopes_supported?.includes('openid') === true};
		} catch (error) {
			if (!isAbsent(error)) throw error;
			errors.push(error);
		}
	}

	// With the token endpoint by hand, a server that does not describe itself is expected.
	const {token, jwks} = provider.endpoints ?? {};
	if (token === undefined) throw noDocument(provider, errors);
	return {...byHand(provider), idToken: jwks === undefined ? 'ignore' : undefined};
};

/** Never `none`, nor a shared secret's HS256 where the signature is verified (OIDC Core §3.1.3.7). */
const acceptedAlgorithms = ({idTokenAlgorithms, idToken}: Provider, listed: readonly string[] = ['RS256']): string[] =>
	(idTokenAlgorithms ?? listed).filter(
		algorithm => algorithm !== 'none' && (idToken === 'tls-only' || !algorithm.startsWith('HS')),
	);

/**
 * Finds out what the provider can do, and checks every address before any is used. OpenID Connect's document is asked
 * for first, RFC 8414's second; endpoints given by hand win over both, and with all of them, or with
 * `discovery: 'none'`, nothing goes over the network. A protected resource is asked for its server first.
 *
 * @throws LoginError `config_error`, or what kept the document from being read
 */
export const discover = async (given: Provider, io: DiscoveryIo): Promise<ResolvedProvider> => {
	checkRequestParameters(given.parameters);
	checkResources(given.resource);
	if (given.protectedResource !== undefined) {
		const {discoverResource} = await import('./resource.js');
		return discoverResource(given, given.protectedResource, io);
	}

	checkIssuer(given.issuer);
	const chosen = fromEndpoints(given.endpoints);
	const isComplete = endpointNames.every(([, name]) => chosen[name] !== undefined);
	const found = given.discovery === 'none' || isComplete ? byHand(given) : await fetchMetadata(given, io);
	const {idToken = found.idToken} = given;
	const isOpenId = idToken !== 'ignore' && (found.isOpenId || idToken !== undefined);
	return resolveProvider({...given, idToken}, found.server, isOpenId);
};

/** A client that proves itself by a key, as metadata calls it (OIDC Core §9). */
const keyMethod = 'private_key_jwt';

/** Puts a provider and what its server says of itself together, and checks every address. */
export const resolveProvider = (provider: Provider, found: Metadata, isOpenId: boolean): ResolvedProvider => {
	const chosen = fromEndpoints(provider.endpoints);
	const metadata: Metadata = {...found, ...chosen};
	const server: AuthorizationServer = {
		...metadata,
		id_token_signing_alg_values_supported: acceptedAlgorithms(provider, metadata.id_token_signing_alg_values_supported),
		userinfo_signing_alg_values_supported: acceptedAlgorithms(
			{...provider, idTokenAlgorithms: undefined, idToken: 'verify'},
			metadata.userinfo_signing_alg_values_supported,
		),
	};
	checkMetadata(server, chosen);
	if (provider.clientKey !== undefined && server.token_endpoint_auth_methods_supported?.includes(keyMethod) === false) {
		throw new LoginError('config_error', `The server doesn't accept client keys (${keyMethod}).`, {
			hint: 'Use a client secret instead.',
		});
	}

	return {
		...provider,
		server,
		flows: availableFlows(provider, server),
		requestedScope: requestedScope(provider, server, isOpenId),
	};
};
