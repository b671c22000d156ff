import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {omitUndefined} from '../core/clock.js';
import {clientPorts} from './client-metadata.js';
import {
	type Endpoints,
	type ProtectedResource,
	type Provider,
	type ClientSecret,
	beforeDiscovery,
	checkIssuer,
	isTenantId,
} from './provider.js';
import {checkUrl, resourceName, shownUrl} from '../core/safe-url.js';

const commonNames = [
	'clientId',
	'clientSecret',
	'clientKey',
	'application',
	'scope',
	'audience',
	'resource',
	'parameters',
	'prompt',
	'loginHint',
	'redirect',
	'pushedAuthorization',
	'flow',
	'workloadIdentity',
] as const;

/** What every preset takes. */
export type PresetOptions = Pick<Provider, (typeof commonNames)[number]>;

const misconfigured = (message: string, hint: string) => new LoginError('config_error', message, {hint});

/** A preset may be called by a program without types, or with whatever a command line had. */
const required = (value: string | undefined, what: string, hint: string): string => {
	if (typeof value === 'string' && value.trim() !== '') return value;
	throw misconfigured(`The ${what} is missing.`, hint);
};

/** The options that every preset hands on as they are. */
const commonSettings = (options: PresetOptions): PresetOptions => ({
	...Object.fromEntries(
		commonNames.flatMap(name => (options[name] === undefined ? [] : [[name, options[name]] as const])),
	),
	clientId: required(options.clientId, 'client ID', 'Use the one your provider shows for your app.'),
});

/** @throws LoginError `config_error` for a client that would prove itself by a key */
const refuseKey = ({clientKey}: PresetOptions, name: string, hint: string): void => {
	if (clientKey !== undefined) throw misconfigured(`${name} doesn't accept client keys.`, hint);
};

/** A host, with a port or without. */
const checkHost = (host: string, what: string, example: string): string => {
	const hint = `Give it without https:// and without a path, as in ${example}.`;
	const isHost =
		/^[a-z\d](?:[a-z\d.-]*[a-z\d])?(?::\d{1,5})?$/i.test(required(host, what, hint)) && URL.canParse(`https://${host}`);
	if (isHost) return host.toLowerCase();
	throw misconfigured(`The ${what} isn't a host name (${displayText(host, 80)}).`, hint);
};

/**
 * Endpoints by hand: each an https URL without a fragment (RFC 6749 §3.1, §3.2).
 *
 * @throws LoginError `config_error` that names the endpoint
 */
export const checkEndpoints = (endpoints: Endpoints | undefined = {}): Endpoints => {
	for (const [name, address] of Object.entries(endpoints)) {
		const url = checkUrl(address);
		const problem = typeof url === 'string' ? url : url.hash === '' ? undefined : 'it has a fragment';
		if (problem === undefined) continue;
		throw misconfigured(
			`The ${name} endpoint can't be used because ${problem} (${shownUrl(address)}).`,
			"Copy it from the provider's documentation.",
		);
	}

	return endpoints;
};

/** What `auth0` takes. */
export type Auth0Options = PresetOptions & {
	/** The tenant's domain, or the custom one: `acme.eu.auth0.com`. */
	readonly domain: string;
};

/**
 * Auth0: a "Native" application with the grants Authorization Code, Device Code and Refresh Token.
 *
 * - Its allowed callback URLs must hold `http://127.0.0.1:8484/callback`, and 8485 and 8486 for a port that is taken, or
 *   those of `redirect`: Auth0 matches them exactly.
 * - `audience` names the API whose access token is wanted; without one the token opens nothing but userinfo.
 * - A refresh token needs "Allow Offline Access" at the API. It rotates, with a short overlap.
 * - While polling it answers 403 for pending and 429 for slow_down, and says `expired_token` once only, then
 *   `invalid_grant`.
 * - The issuer ends in a slash.
 * - Passwords of a database connection or of AD (`allowPassword`, `realm`) and codes by e-mail or SMS (`allowOneTimeCode`)
 *   need the grants "Password" and "Passwordless OTP". Spread the result to allow them.
 *
 * @throws LoginError `config_error`
 */
export const auth0 = ({domain, ...options}: Auth0Options): Provider => {
	const issuer = `https://${checkHost(domain, 'Auth0 domain', 'acme.eu.auth0.com')}/`;
	return {
		name: 'auth0',
		issuer,
		endpoints: {oneTimeCode: `${issuer}passwordless/start`},
		redirect: {ports: clientPorts},
		...commonSettings(options),
	};
};

/** What `workos` takes. */
export type WorkosOptions = PresetOptions & {
	/** Where the API is. @default 'https://api.workos.com' */
	readonly baseUrl?: string;
};

/**
 * WorkOS User Management, by its CLI Auth: a code to be approved on the AuthKit page. `clientId` is the environment's.
 *
 * - Nothing is discovered; tokens come from `/user_management/authenticate`.
 * - The response has no `token_type` and no `expires_in` (the access token is a JWT that says itself when it ends), and a
 *   `user` of WorkOS's own instead of an ID token.
 * - Codes live for five minutes; refresh tokens work once; there is no revocation endpoint.
 *
 * @throws LoginError `config_error`
 */
export const workos = ({baseUrl = 'https://api.workos.com', ...options}: WorkosOptions): Provider => {
	refuseKey(options, 'WorkOS User Management', 'Leave the key out.');
	const base = checkIssuer(baseUrl).replace(/\/$/, '');
	return {
		name: 'workos',
		issuer: base,
		discovery: 'none',
		endpoints: {
			deviceAuthorization: `${base}/user_management/authorize/device`,
			token: `${base}/user_management/authenticate`,
		},
		idToken: 'ignore',
		identity: {from: {tokenResponse: 'user'}, subject: 'id', name: 'first_name', email: 'email'},
		revocation: 'none',
		unsupportedFlows: {
			browser: 'WorkOS offers command-line programs only codes.',
			'client-credentials': 'WorkOS User Management is only for people. Machines use WorkOS Connect.',
		},
		dialect: {expiryFromToken: true},
		...commonSettings(options),
	};
};

/** What `workosConnect` takes. */
export type WorkosConnectOptions = PresetOptions & {
	/** The AuthKit domain: `acme.authkit.app`, or the custom one. */
	readonly domain: string;
};

/**
 * WorkOS Connect: an application of its own at an AuthKit domain, by the book. Its redirect URIs are registered with
 * the application; a refresh token needs the scope `offline_access`, and revoking one leaves the person's others alone.
 *
 * @throws LoginError `config_error`
 */
export const workosConnect = ({domain, ...options}: WorkosConnectOptions): Provider => ({
	name: 'workos-connect',
	issuer: `https://${checkHost(domain, 'AuthKit domain', 'acme.authkit.app')}`,
	revocation: 'single-login',
	...commonSettings(options),
});

/** What `github` takes. */
export type GithubOptions = PresetOptions & {
	/** A GitHub Enterprise Server, or a subdomain of ghe.com. @default 'github.com' */
	readonly host?: string;
};

/** GitHub's own error codes, in the words of RFC 6749 and RFC 8628. */
const githubErrors = {
	token_expired: 'expired_token',
	incorrect_device_code: 'invalid_grant',
	bad_verification_code: 'invalid_grant',
	bad_refresh_token: 'invalid_grant',
	incorrect_client_credentials: 'invalid_client',
	unverified_user_email: 'access_denied',
};

const githubApi = (host: string): string => {
	if (host === 'github.com') return 'https://api.github.com';
	return host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`;
};

/**
 * GitHub, an OAuth app or a GitHub App. "Device Flow" must be enabled in its settings.
 *
 * - Errors come with HTTP 200 and codes of GitHub's own; `slow_down` brings the new interval; scopes come with commas.
 * - The browser flow needs the client secret, PKCE or not. Any port of `http://127.0.0.1` is accepted, and a path at or
 *   below that of the registered callback.
 * - There is no OpenID Connect, so the name comes from the API's `/user`; the redirect names the issuer
 *   `https://github.com/login/oauth` (RFC 9207).
 * - Tokens of OAuth apps do not expire; GitHub Apps may issue refresh tokens. Only the owner of the client secret can
 *   revoke, and not by RFC 7009.
 *
 * @throws LoginError `config_error`
 */
export const github = ({host: named = 'github.com', ...options}: GithubOptions): Provider => {
	refuseKey(options, 'GitHub', 'Use a client secret instead.');
	const host = checkHost(named, 'GitHub host', 'github.example.com');
	const needsSecret = 'GitHub requires a client secret for signing in with the browser.';
	return {
		name: 'github',
		issuer: `https://${host}/login/oauth`,
		discovery: 'none',
		endpoints: {
			authorization: `https://${host}/login/oauth/authorize`,
			token: `https://${host}/login/oauth/access_token`,
			deviceAuthorization: `https://${host}/login/device/code`,
		},
		idToken: 'ignore',
		identity: {from: {url: `${githubApi(host)}/user`}, subject: 'id', name: 'login', email: 'email'},
		revocation: 'none',
		unsupportedFlows: {
			'client-credentials': 'GitHub gives programs no tokens of their own. A GitHub App signs a JWT instead.',
			...(options.clientSecret === undefined && {browser: needsSecret}),
		},
		dialect: {errorsIn200: true, scopeIsCommaList: true, errorAliases: githubErrors},
		...commonSettings(options),
	};
};

/** What `google` takes. */
export type GoogleOptions = PresetOptions & {
	/** Google gives one to every client and wants it even with PKCE and while polling; in a shipped program it is no secret (RFC 8252 §8.5). */
	readonly clientSecret: ClientSecret;
};

/**
 * Google. The browser flow needs a client of the type "Desktop app" (any port of `http://127.0.0.1` is accepted), the
 * device flow one of the type "TVs and Limited Input devices": no client has both.
 *
 * - The device response says `verification_url`, and pending comes with 428; only a few scopes are allowed there.
 * - `offline_access` is no scope here: `access_type=offline` asks for the refresh token.
 * - The token, key and userinfo endpoints are on hosts of googleapis.com.
 *
 * @throws LoginError `config_error`
 */
export const google = ({parameters, ...options}: GoogleOptions): Provider => {
	// A program without types may well have left it out.
	if ((options.clientSecret as ClientSecret | undefined) === undefined || options.clientSecret === '') {
		throw new LoginError('config_error', 'The client secret is missing. Google requires one from every app.', {
			hint: 'Copy it from https://console.cloud.google.com/auth/clients.',
		});
	}

	return {
		name: 'google',
		issuer: 'https://accounts.google.com',
		scope: 'openid profile email',
		clientAuthentication: 'post',
		crossDomainHosts: ['www.google.com'],
		unsupportedFlows: {'client-credentials': 'Google has service accounts for that. They sign a JWT instead.'},
		parameters: {...parameters, authorize: {access_type: 'offline', ...parameters?.authorize}},
		...commonSettings(options),
	};
};

/** What `entra` takes. */
export type EntraOptions = PresetOptions & {
	/**
	 * The id of one tenant (a GUID), or whose accounts may sign in: `organizations`, `consumers`, or both.
	 *
	 * @default 'common', which is both
	 */
	readonly tenant?: string;
};

const entraAuthority = 'https://login.microsoftonline.com';

/** The tenant that all personal accounts are in. */
const entraConsumers = '9188040d-6c67-4c5b-b112-36a304b66dad';

/** Where each tenant has an issuer of its own, the document says `{tenantid}`, and the token's `tid` says which it is. */
const entraTenant = (tenant: string): Pick<Provider, 'issuer' | 'endpoints'> => {
	if (tenant === 'consumers') return {issuer: `${entraAuthority}/${entraConsumers}/v2.0`};
	if (isTenantId(tenant)) return {issuer: `${entraAuthority}/${tenant.toLowerCase()}/v2.0`};
	const issuer = `${entraAuthority}/{tenantid}/v2.0`;
	if (tenant === 'common') return {issuer};
	if (tenant !== 'organizations') {
		throw new LoginError('config_error', `That isn't a tenant ID (${displayText(tenant, 80)}).`, {
			hint: "Give the tenant ID (a GUID on Entra's overview page), common, organizations or consumers.",
		});
	}

	const base = `${entraAuthority}/organizations/oauth2/v2.0`;
	return {
		issuer,
		endpoints: {authorization: `${base}/authorize`, token: `${base}/token`, deviceAuthorization: `${base}/devicecode`},
	};
};

/**
 * Microsoft Entra ID, a public client: under "Mobile and desktop applications" with the redirect URI
 * `http://localhost` (any port is accepted; 127.0.0.1 can be entered in the manifest only), and with "Allow public client
 * flows" for the device flow.
 *
 * - The device response has no `verification_uri_complete`; a refusal is called `authorization_declined`, an unknown code
 *   `bad_verification_code`.
 * - Many tenants share one address: the issuer of a token is checked with the tenant that the token names.
 * - There is no revocation endpoint.
 * - A refresh without a scope is one for the client itself, and refused where the API is the same application. What the
 *   login asked for is sent, not what was granted: that lacks `offline_access`, and may have `.default` beside the scopes
 *   that it stands for.
 *
 * @throws LoginError `config_error`
 */
export const entra = ({tenant = 'common', ...options}: EntraOptions): Provider => ({
	name: 'entra',
	...entraTenant(tenant),
	crossDomainHosts: ['microsoft.com', 'www.microsoft.com', 'login.microsoft.com'],
	redirect: {uri: 'http://localhost'},
	scopeAtRefresh: true,
	revocation: 'none',
	dialect: {
		assertionAudience: 'endpoint',
		errorAliases: {authorization_declined: 'access_denied', bad_verification_code: 'invalid_grant'},
	},
	...commonSettings(options),
});

/** What `oidc` takes. */
export type OidcOptions = PresetOptions & {
	/** To the letter as the provider writes it, the slash at its end included. */
	readonly issuer: string;
	/** Addresses that the provider's document lacks, or has wrong. */
	readonly endpoints?: Endpoints;
};

/**
 * Any server with metadata (OpenID Connect Discovery, RFC 8414): Hugging Face, Zitadel, authentik, Dex and most others.
 * One that compares redirect URIs exactly needs `redirect: {ports: [...]}` with the registered ports.
 *
 * @throws LoginError `config_error`
 */
export const oidc = ({issuer, endpoints, ...options}: OidcOptions): Provider => ({
	name: 'oidc',
	issuer: checkIssuer(issuer),
	...(endpoints !== undefined && {endpoints: checkEndpoints(endpoints)}),
	...commonSettings(options),
});

/** An issuer from what people know of it: its host, with a path or without, or the whole URL. */
const issuerAt = (domain: string, what: string, example: string): string => {
	const place = required(domain, what, `Give it as in ${example}.`).trim().replace(/\/+$/, '');
	return checkIssuer(place.includes('://') ? place : `https://${place}`);
};

/** What `okta` takes. */
export type OktaOptions = PresetOptions & {
	/** The org's domain, `acme.okta.com`, or an authorization server of it: `acme.okta.com/oauth2/default`. */
	readonly domain: string;
};

/**
 * Okta: a "Native Application" with the grants Authorization Code, Refresh Token and Device Authorization. Register
 * `http://127.0.0.1:8484/callback`, and 8485 and 8486 for when that port is taken: Okta compares redirect URIs exactly.
 *
 * @throws LoginError `config_error`
 */
export const okta = ({domain, ...options}: OktaOptions): Provider => ({
	...oidc({issuer: issuerAt(domain, 'Okta domain', 'acme.okta.com'), redirect: {ports: clientPorts}, ...options}),
	name: 'okta',
	dialect: {assertionAudience: 'endpoint'},
});

/** What `keycloak` takes. */
export type KeycloakOptions = PresetOptions & {
	/** The realm with its host, `sso.example.com/realms/NAME`, or its whole URL. */
	readonly domain: string;
};

/**
 * Keycloak: a public client ("Client authentication" off) with "Standard flow" and "OAuth 2.0 Device Authorization
 * Grant". Any port of the registered `http://127.0.0.1/callback` is accepted.
 *
 * @throws LoginError `config_error`, also without a realm
 */
export const keycloak = ({domain, ...options}: KeycloakOptions): Provider => {
	const example = 'sso.example.com/realms/NAME';
	const issuer = issuerAt(domain, 'Keycloak realm', example);
	if (/\/realms\/[^/]+$/.test(issuer)) return {...oidc({issuer, ...options}), name: 'keycloak'};
	throw misconfigured(
		`The Keycloak realm is missing (${shownUrl(issuer)}).`,
		`Give it with its host, as in ${example}.`,
	);
};

/** What `gitlab` takes. */
export type GitlabOptions = PresetOptions & {
	/** Your own GitLab's host. @default 'gitlab.com' */
	readonly domain?: string;
};

/**
 * GitLab: an application that isn't confidential, with the scopes `openid`, `profile` and `email`. Any port of the
 * registered `http://127.0.0.1/callback` is accepted; codes work from GitLab 17.1 on.
 *
 * @throws LoginError `config_error`
 */
export const gitlab = ({domain = 'gitlab.com', ...options}: GitlabOptions): Provider => ({
	...oidc({issuer: issuerAt(domain, 'GitLab host', 'gitlab.example.com'), ...options}),
	name: 'gitlab',
});

/** What `oauth` takes. */
export type OAuthOptions = PresetOptions & {
	/** `token` at least. ID tokens are looked at only where `jwks` is there to verify them. */
	readonly endpoints: Endpoints;
	/** What the server calls itself in its responses (RFC 9207) and ID tokens. @default the token endpoint's origin */
	readonly issuer?: string;
};

/**
 * An authorization server that does not describe itself: its endpoints come by hand, nothing is discovered. Spread the
 * result to add what else is special about it, such as a `dialect` or where its `identity` is found.
 *
 * @throws LoginError `config_error`
 */
export const oauth = ({endpoints: given, issuer, ...options}: OAuthOptions): Provider => {
	const endpoints = checkEndpoints(given);
	const {token, jwks} = endpoints;
	if (token === undefined) {
		throw new LoginError('config_error', 'The token endpoint is missing.', {
			hint: 'Give its endpoints, or its issuer if the server publishes metadata.',
		});
	}

	return {
		name: 'oauth',
		issuer: checkIssuer(issuer ?? new URL(token).origin),
		discovery: 'none',
		endpoints,
		// The author of the URLs knows whose hosts they are.
		crossDomainHosts: [...new Set(Object.values(endpoints).map(address => new URL(address).hostname))],
		...(jwks === undefined && {idToken: 'ignore' as const}),
		...commonSettings(options),
	};
};

/** What `resource` takes. */
export type ResourceOptions = Partial<PresetOptions> &
	Pick<ProtectedResource, 'issuer' | 'clientMetadataUrl' | 'trustedIssuers'>;

/**
 * Whatever a URL leads to, as with an MCP server: the server that signs people in, and often the client ID too, are found
 * at the login and read back from the session afterwards.
 *
 * - The resource names its authorization server (RFC 9728, or MCP's older rules), which describes itself.
 * - Without `clientId` the client is the one that was registered there before, else the `clientMetadataUrl` where the
 *   server takes it, else one that is registered now (RFC 7591), under the name `application`.
 * - Scopes are those that the resource asks for; ID tokens are used where they come, and never demanded.
 * - Give `issuer` beside a `clientSecret`: the secret then goes to that server alone, whatever the resource says.
 *
 * @throws LoginError `config_error`
 */
export const resource = (url: string, options: ResourceOptions = {}): Provider => {
	const {issuer, clientId, clientMetadataUrl, trustedIssuers, resource: named, ...others} = options;
	const checked = checkUrl(url);
	if (typeof checked === 'string') {
		throw misconfigured(
			`You can't sign in to ${shownUrl(url)} because ${checked}.`,
			'Give it as in https://mcp.example.com/mcp.',
		);
	}

	if (clientMetadataUrl !== undefined && !isClientMetadataUrl(clientMetadataUrl)) {
		throw misconfigured(
			`The client metadata URL can't be used (${shownUrl(clientMetadataUrl)}).`,
			'It must begin with https:// and have a path, without #, as in https://example.com/client.json.',
		);
	}

	for (const trusted of trustedIssuers ?? []) checkIssuer(trusted);
	return {
		name: 'resource',
		...omitUndefined(others),
		...beforeDiscovery({
			url: resourceName(url),
			...omitUndefined({issuer: issuer && checkIssuer(issuer), clientId, clientMetadataUrl, trustedIssuers}),
			...(named !== undefined && {resource: named}),
		}),
	};
};

/** Client ID Metadata Document, draft 02 §3: https, a path, no fragment, no user name, no dot segments (which a URL has not). */
const isClientMetadataUrl = (text: string): boolean => {
	const url = checkUrl(text);
	return (
		typeof url !== 'string' && url.protocol === 'https:' && url.pathname !== '/' && url.href === text && url.hash === ''
	);
};

/** The options of all presets together, for a caller who learns the preset's name only while it runs. */
export type AnyPresetOptions = Partial<
	Auth0Options &
		EntraOptions &
		GithubOptions &
		GitlabOptions &
		GoogleOptions &
		KeycloakOptions &
		OAuthOptions &
		OidcOptions &
		OktaOptions &
		WorkosConnectOptions &
		WorkosOptions
>;

/** Takes the options of any preset, by a method's laxer rule, since each checks what it is given. */
type PresetFactory = {make(options: AnyPresetOptions): Provider}['make'];

/** The presets by name, as the command knows them. */
export type PresetName =
	| 'auth0'
	| 'workos'
	| 'workos-connect'
	| 'github'
	| 'google'
	| 'entra'
	| 'okta'
	| 'keycloak'
	| 'gitlab'
	| 'oidc'
	| 'oauth';

/** The presets by the names under which the command knows them. */
export const presets: Readonly<Record<PresetName, PresetFactory>> = {
	auth0,
	workos,
	'workos-connect': workosConnect,
	github,
	google,
	entra,
	okta,
	keycloak,
	gitlab,
	oidc,
	oauth,
};
