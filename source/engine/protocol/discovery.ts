import {
	discoveryRequest,
	JSON_ATTRIBUTE_COMPARISON,
	OperationProcessingError,
	processDiscoveryResponse,
	type AuthorizationServer,
} from 'oauth4webapi';
import type {Clock} from '../clock.js';
import {displayText} from '../display-text.js';
import type {Hint} from '../hints.js';
import {LoginError} from '../login-error.js';
import type {Endpoints, Provider, ResolvedProvider} from '../provider.js';
import type {ResponseInfo} from './answer-facts.js';
import {checkMetadata, endpointNames} from './check-metadata.js';
import {unusableResponse} from './error-mapping.js';
import {checkIssuer, metadataIssuer} from './issuer.js';
import {checkRequestParameters, checkResources} from './request-parameters.js';
import {availableFlows, requestedScope} from './routes.js';
import {callServer} from './server-call.js';

type DiscoveryIo = {readonly fetch: typeof fetch; readonly clock: Clock; readonly signal: AbortSignal};
type Metadata = {-readonly [Name in keyof AuthorizationServer]: AuthorizationServer[Name]};

const listNames = [
	'scopes_supported',
	'grant_types_supported',
	'response_types_supported',
	'prompt_values_supported',
	'token_endpoint_auth_methods_supported',
	'code_challenge_methods_supported',
	'id_token_signing_alg_values_supported',
	'userinfo_signing_alg_values_supported',
] as const;
const flagNames = ['authorization_response_iss_parameter_supported', 'require_pushed_authorization_requests'] as const;

const fromEndpoints = ({
	authorization,
	token,
	deviceAuthorization,
	userInfo,
	revocation,
	pushedAuthorization,
	jwks,
}: Endpoints): Partial<AuthorizationServer> => {
	const chosen = {
		authorization_endpoint: authorization,
		token_endpoint: token,
		device_authorization_endpoint: deviceAuthorization,
		userinfo_endpoint: userInfo,
		revocation_endpoint: revocation,
		pushed_authorization_request_endpoint: pushedAuthorization,
		jwks_uri: jwks,
	};
	return Object.fromEntries(Object.entries(chosen).filter(([, address]) => address !== undefined));
};

/** Takes the members that we know, if they are what they should be (a `__proto__` is copied nowhere). */
const pickMembers = (document: AuthorizationServer): Metadata => {
	const server: Metadata = {issuer: document.issuer};
	for (const name of endpointNames) {
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

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

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
			? `The server names its issuer differently: did you mean ${shown}?`
			: `The server at ${displayText(configured, 120)} says that it is ${shown}.`,
		{hint: isSlash ? `Use ${shown} as the issuer.` : 'Check the issuer; its metadata is not used (RFC 8414 §3.3).'},
	);
};

const checkTheIssuer: Hint = ({endpoints}) => `Check the issuer, ${endpoints}.`;

/** The document of another issuer is not this one's (RFC 8414 §3.3): a person has to choose that issuer. */
const redirected = ({issuer}: Provider, info: ResponseInfo): LoginError => {
	const {code, message, endpoint, status} = unusableResponse('', 'discovery', info);
	const [, other] = /^(.+)\/\.well-known\/openid-configuration\/?$/.exec(info.location ?? '') ?? [];
	const isOther = other !== undefined && other !== issuer.replace(/\/$/, '');
	const hint = isOther ? `Use ${displayText(other)} as the issuer.` : checkTheIssuer;
	return new LoginError(code, message, {hint, endpoint, status});
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
			if (error instanceof TypeError) throw unusableResponse('its issuer is not an address', 'discovery', info);
			const isMismatch = error instanceof OperationProcessingError && error.code === JSON_ATTRIBUTE_COMPARISON;
			if (!isMismatch) throw error;
			const {issuer} = (error.cause as {body: AuthorizationServer}).body;
			throw issuerMismatch(provider.issuer, issuer);
		}
	});

/** Whether the response only means that no document is there, so that the other place may have one. */
const isAbsent = (error: unknown): error is LoginError => error instanceof LoginError && error.code === 'bad_response';

type Found = {readonly server: Metadata; readonly isOpenId: boolean; readonly idToken?: 'ignore'};

/** @param errors - why there is no document in either place */
const noDocument = ({issuer}: Provider, errors: readonly LoginError[]): LoginError => {
	const redirect = errors.find(({status = 0}) => status >= 300 && status < 400);
	const {endpoint, status} = redirect ?? errors.at(-1) ?? {};
	return new LoginError(
		'config_error',
		redirect?.message ?? `No provider describes itself at ${displayText(issuer, 120)}.`,
		{hint: redirect === undefined ? checkTheIssuer : words => redirect.withHints(words).hint, endpoint, status},
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
 * `discovery: 'none'`, nothing goes over the network.
 *
 * @throws LoginError `config_error`, or what kept the document from being read
 */
export const discover = async (given: Provider, io: DiscoveryIo): Promise<ResolvedProvider> => {
	checkIssuer(given.issuer);
	checkRequestParameters(given.parameters);
	checkResources(given.resource);
	const chosen = fromEndpoints(given.endpoints ?? {});
	const isComplete = endpointNames.every(name => chosen[name] !== undefined);
	const found = given.discovery === 'none' || isComplete ? byHand(given) : await fetchMetadata(given, io);
	const {idToken = found.idToken} = given;
	const provider: Provider = {...given, idToken};
	const metadata: Metadata = {...found.server, ...chosen};
	const server: AuthorizationServer = {
		...metadata,
		id_token_signing_alg_values_supported: acceptedAlgorithms(provider, metadata.id_token_signing_alg_values_supported),
		userinfo_signing_alg_values_supported: acceptedAlgorithms(
			{...provider, idTokenAlgorithms: undefined, idToken: 'verify'},
			metadata.userinfo_signing_alg_values_supported,
		),
	};
	checkMetadata(server, chosen);
	const isOpenId = idToken !== 'ignore' && (found.isOpenId || idToken !== undefined);
	return {
		...provider,
		server,
		flows: availableFlows(provider, server),
		requestedScope: requestedScope(provider, server, isOpenId),
	};
};
