import type {AuthorizationServer, PrivateKey} from 'oauth4webapi';
import {LoginError} from '../core/errors.js';
import type {DisplayText} from '../core/safe-text.js';
import {checkUrl, shownUrl} from '../core/safe-url.js';
import type {FlowAvailability, OwnFlow} from '../core/types.js';

/** How a client proves who it is at the token endpoint (RFC 6749 §2.3). `basic-raw` skips the form encoding of §2.3.1. */
export type ClientAuthentication = 'none' | 'post' | 'basic' | 'basic-raw';

/** The addresses of an authorization server, for one without discovery or to replace what discovery says. */
export type Endpoints = {
	/** RFC 6749 §3.1: the page that the browser flow opens. */
	readonly authorization?: string;
	/** RFC 6749 §3.2. */
	readonly token?: string;
	/** RFC 8628 §3.1: where codes come from. */
	readonly deviceAuthorization?: string;
	/** OIDC Core §5.3. */
	readonly userInfo?: string;
	/** RFC 7009 §2. */
	readonly revocation?: string;
	/** RFC 9126 §2. */
	readonly pushedAuthorization?: string;
	/** RFC 7517 §5: the keys that ID tokens are signed with. */
	readonly jwks?: string;
	/** Where one-time codes are asked for, in Auth0's dialect: its `/passwordless/start`. No metadata names it. */
	readonly oneTimeCode?: string;
};

/** How a provider's responses differ from the standards; each is undone before the protocol library sees the response. */
export type Dialect = {
	/**
	 * A response with status 200 may hold an `error` of the provider's own: GitHub, Slack. On for all while polling, and
	 * for the codes of the standards.
	 */
	readonly errorsIn200?: boolean;
	/** Requests to the token and device endpoints are JSON instead of forms: better-auth <= 1.4. */
	readonly requestFormat?: 'form' | 'json';
	/** Whom assertions of the client's key are for: Okta and Entra want the endpoint that is asked. @default 'issuer' */
	readonly assertionAudience?: 'issuer' | 'endpoint';
	/** JSON may come as text/plain or without a type. */
	readonly acceptTextJson?: boolean;
	/** Where `expires_in` is missing, the access token is a JWT that says how long it lives: WorkOS User Management. */
	readonly expiryFromToken?: boolean;
	/** Where the tokens stand in the response, as in `['authed_user']`: Slack. */
	readonly tokenPath?: readonly string[];
	/** The response's scopes are separated by commas: GitHub. */
	readonly scopeIsCommaList?: boolean;
	/** The provider's own error codes, by the standard ones that they mean. */
	readonly errorAliases?: Readonly<Record<string, string>>;
};

/** Where the identity comes from when there is no ID token, and how its fields are called there. */
export type IdentityMapping = {
	/** An address to ask with the access token, or the member of the token response. */
	readonly from: {readonly url: string} | {readonly tokenResponse: string};
	/** The field that never changes, such as `id`. */
	readonly subject: string;
	readonly name?: string;
	readonly email?: string;
};

/**
 * A protected resource (RFC 9728), with what is known before it is asked. The provider's own `issuer`, `clientId` and
 * `resource` are filled in by discovery at each login.
 */
export type ProtectedResource = {
	/** As a person typed it. */
	readonly url: string;
	/** The one server that may sign people in there. @default the one that the resource names */
	readonly issuer?: string;
	/** A client that someone registered with that server. @default found as `resource()` says */
	readonly clientId?: string;
	/** What it asked for when it refused a request, space separated. @default what it asks for when a login begins */
	readonly challengedScope?: string | undefined;
	/** Where it described itself when it refused a request. @default where it says when a login begins */
	readonly challengedMetadata?: string | undefined;
	/** What is sent as `resource` (RFC 8707); an empty list sends none. @default what the resource calls itself */
	readonly resource?: readonly string[];
	/** Where the app's Client ID Metadata Document is; the URL is the client ID where the server takes such. @default none */
	readonly clientMetadataUrl?: string;
	/** Issuers whose metadata is used although another URL led to it, exactly as they name themselves. @default none */
	readonly trustedIssuers?: readonly string[];
};

/** Values for further parameters of a request, such as `organization` or `acr_values`; never the protocol's own ones. */
export type RequestParameters = Readonly<Record<string, string>>;

/** The identity that a workload has from the platform it runs on: a token that the server trusts instead of a secret. */
export type WorkloadIdentity = {
	/**
	 * Where the platform puts the token: GitLab in a variable that the job names, Kubernetes in a file. It is read again at
	 * each renewal.
	 *
	 * @default GitHub Actions is asked for one
	 */
	readonly source?: {readonly env: string} | {readonly file: string};
	/**
	 * How the token is presented: as a `grant` (RFC 7523 §2.1), in an `exchange` (RFC 8693), or to prove who the `client` is
	 * (RFC 7523 §2.2).
	 *
	 * @default the first of these that the server's metadata offers
	 */
	readonly as?: 'grant' | 'exchange' | 'client';
	/** Whom GitHub's token is to be for. @default the issuer */
	readonly audience?: string;
};

/**
 * A provider and a client registered there: plain data that is saved with the session. Presets make it, and so can you.
 */
export type ProviderSettings = {
	readonly name: string;
	/**
	 * The issuer identifier (OIDC Discovery §3, RFC 8414 §2). Entra's has `{tenantid}` in it where many tenants sign in. Empty
	 * where a protected resource says it.
	 */
	readonly issuer: string;
	/** The resource that names the server. @default none: `issuer` does */
	readonly protectedResource?: ProtectedResource;
	/** `auto` asks for OpenID Connect's document first and RFC 8414's second. @default 'auto' */
	readonly discovery?: 'auto' | 'none';
	/** Endpoints by hand; with `discovery: 'auto'` they win over discovered ones. */
	readonly endpoints?: Endpoints;
	/** Empty where it depends on the server that a protected resource names. */
	readonly clientId: string;
	/** With a secret; with a key it is always the key. @default 'post' or what the metadata offers; 'none' without a secret */
	readonly clientAuthentication?: ClientAuthentication;
	/** The name of the application that people sign in to, as they know it. */
	readonly application?: string;
	/** @default 'openid profile email offline_access' where the provider has OpenID Connect */
	readonly scope?: string;
	/** @default ' ' */
	readonly scopeSeparator?: string;
	/** Whether each refresh asks for the scope of the login again (RFC 6749 §6), which widens nothing: Entra. @default false */
	readonly scopeAtRefresh?: boolean;
	/** The service that the token is for, as the provider calls it. */
	readonly audience?: string;
	/** RFC 8707: absolute URIs without fragment. */
	readonly resource?: readonly string[];
	/** OIDC Core §3.1.2.1. `consent` is added by itself where `offline_access` needs it. */
	readonly prompt?: string;
	/** Who is going to sign in, as a name or an email address. */
	readonly loginHint?: string;
	/** Further parameters by the request they go into. Those that are ours are refused. */
	readonly parameters?: {
		readonly authorize?: RequestParameters;
		readonly device?: RequestParameters;
		readonly token?: RequestParameters;
		readonly refresh?: RequestParameters;
	};
	/** The loopback redirect (RFC 8252 §7.3). */
	readonly redirect?: {
		/** The host in the redirect URI; `localhost` only where the provider demands it. @default '127.0.0.1' */
		readonly host?: '127.0.0.1' | 'localhost';
		/** Registered ports, tried in order. @default one from the operating system */
		readonly ports?: readonly number[];
		/** @default '/callback' */
		readonly path?: string;
		/**
		 * A whole registered redirect URI instead of the above; on loopback it binds its own port where it has one. An https
		 * address is a page elsewhere whose response is pasted, unless `ports` are given too: then something forwards it to
		 * the first of them that is free.
		 */
		readonly uri?: string;
	};
	/** Use pushed authorization requests (RFC 9126) even where the server does not require them. */
	readonly pushedAuthorization?: boolean;
	/** What is done with ID tokens: `tls-only` checks the claims and not the signature (OIDC Core §3.1.3.7-6). @default 'verify' */
	readonly idToken?: 'verify' | 'tls-only' | 'ignore';
	/** Accepted signature algorithms. @default the server's asymmetric ones, else RS256 */
	readonly idTokenAlgorithms?: readonly string[];
	readonly identity?: IdentityMapping;
	/** Hosts besides the issuer's that its page for codes is known to be on; they are shown without a mark. */
	readonly crossDomainHosts?: readonly string[];
	/**
	 * Whether tokens can be revoked (RFC 7009). `single-login`: they can, and that ends one login only, so a new login
	 * revokes the session of the same person that it replaces. Keycloak, Google and others end every session that the
	 * person has at the client, the new one included. @default what the metadata says
	 */
	readonly revocation?: 'rfc7009' | 'single-login' | 'none';
	/** Why a flow is not possible with this provider, whatever its metadata says. */
	readonly unsupportedFlows?: Partial<Readonly<Record<'browser' | 'device' | 'client-credentials', string>>>;
	/** Says that the program signs in as itself, with a person there as well. @default by who is there */
	readonly flow?: OwnFlow;
	/** The identity of a workload; `{}` is GitHub Actions. With nobody there, the program signs in by it. @default none */
	readonly workloadIdentity?: WorkloadIdentity;
	/** Legacy: the application names it to allow the password grant (RFC 9700 §2.4). @default false */
	readonly allowPassword?: boolean;
	/** The user directory that checks the password, by Auth0's extension of that grant: a database connection, or AD. */
	readonly realm?: string;
	/** The application names it to allow codes by e-mail and SMS that are typed into it (RFC 8252 §8.12). @default false */
	readonly allowOneTimeCode?: boolean;
	readonly dialect?: Dialect;
};

/** A client secret, or where to get it when it is needed. It is never kept with a session. */
export type ClientSecret = string | (() => string | Promise<string>);

/** A private key for signing, with the `kid` that the server knows it by. */
export type SigningKey = PrivateKey;

/**
 * The private key that a client proves itself by (`private_key_jwt`, RFC 7523 §2.2), or what gets it when it is needed, for
 * one of the algorithms that the server takes. It is never kept with a session.
 */
export type ClientKey = SigningKey | ((algorithms?: readonly string[]) => SigningKey | Promise<SigningKey>);

/** What a login needs to know of a provider. */
export type Provider = ProviderSettings & {
	/** Only for a confidential client: what ships in a program for everybody is no secret. */
	readonly clientSecret?: ClientSecret;
	/** Instead of a secret, as from `clientKeyFile()`. */
	readonly clientKey?: ClientKey;
};

/**
 * A client's key in a file that is read each time the key is needed: PEM, a JWK or a set of them. An RSA key signs with
 * PS256 or RS256, as its JWK or the server says; an EC key with ES256, an Ed25519 key with EdDSA.
 */
export const clientKeyFile =
	(file: string): Extract<ClientKey, (...parameters: never) => unknown> =>
	async algorithms =>
		(await import('./client-key.js')).readClientKey(file, algorithms);

/** A provider whose metadata was fetched, or was given by hand, and checked. */
export type ResolvedProvider = Provider & {
	/** The checked metadata, in the protocol library's form. One object per login: it is the key of the library's JWKS cache. */
	readonly server: AuthorizationServer;
	/** Which flows are possible, and why the others are not. */
	readonly flows: FlowAvailability;
	/** The scope that will be asked for; space separated. */
	readonly requestedScope: string;
	/** What a protected resource calls itself, which nobody has checked. */
	readonly resourceName?: DisplayText;
	/** The issuers of other servers that may sign people in at the resource, and that describe themselves. */
	readonly otherServers?: readonly string[];
	/** How this program registered the client, once it has. */
	readonly registration?: ClientRegistration;
};

/** A client that this program registered itself (RFC 7591). */
export type ClientRegistration = {
	readonly clientId: string;
	readonly clientSecret?: string;
	/** When the secret expires. */
	readonly expiresAt?: number;
	readonly clientAuthentication?: ClientAuthentication;
	readonly redirectUris: readonly string[];
	/** Where, and with which token, the registration can be deleted (RFC 7592). */
	readonly management?: {readonly url: string; readonly token: string};
};

/** Where each Entra tenant has an issuer of its own, this stands in its place; the token's `tid` says which it is. */
const tenantPlaceholder = '{tenantid}';

export const isTenantId = (tenant: unknown): tenant is string =>
	typeof tenant === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(tenant);

export const hasTenants = (issuer: string): boolean => issuer.includes(tenantPlaceholder);

/** The metadata of a server of many tenants is the same for all. */
export const metadataIssuer = (issuer: string): string => issuer.replace(tenantPlaceholder, 'common');

/** The issuer of one tenant; undefined where `tenant` is not the id of one. */
export const tenantIssuer = (issuer: string, tenant: unknown): string | undefined =>
	isTenantId(tenant) ? issuer.replace(tenantPlaceholder, tenant) : undefined;

/** Simple string comparison (RFC 9207 §2.4); for many tenants, with the id of any in its place. */
export const isIssuer = (issuer: string, iss: string): boolean => {
	if (!hasTenants(issuer)) return iss === issuer;
	const start = issuer.indexOf(tenantPlaceholder);
	const end = iss.length - (issuer.length - start - tenantPlaceholder.length);
	return iss === tenantIssuer(issuer, iss.slice(start, end));
};

/**
 * An issuer identifier: an https URL without query and fragment (RFC 8414 §2). It is compared byte by byte later, so it
 * stays as it was written.
 *
 * @throws LoginError `config_error`
 */
export const checkIssuer = (issuer: unknown): string => {
	const refuse = (problem: string) =>
		new LoginError('config_error', problem, {hint: 'An issuer is an https URL, as in https://login.example.com.'});
	// A program without types, or a stored provider, may have none.
	if (typeof issuer !== 'string' || issuer.trim() === '') throw refuse('The issuer is missing.');
	const url = checkUrl(issuer);
	const problem = typeof url === 'string' ? url : /[?#]/.test(issuer) ? 'it has a query or a fragment' : undefined;
	if (problem === undefined) return issuer;
	throw refuse(`The issuer can't be used because ${problem} (${shownUrl(issuer)}).`);
};

/** What a provider says of itself while nobody has asked the resource. */
export const beforeDiscovery = (
	protectedResource: ProtectedResource,
): Pick<Provider, 'issuer' | 'clientId' | 'resource' | 'clientAuthentication' | 'protectedResource'> => ({
	protectedResource,
	issuer: protectedResource.issuer ?? '',
	clientId: protectedResource.clientId ?? '',
	resource: protectedResource.resource,
	clientAuthentication: undefined,
});

/**
 * Whether settings are for a client that is known, at the same server and resource. What is empty in them is known only once
 * the resource was asked.
 */
export const isSameClient = (
	known: Pick<ProviderSettings, 'issuer' | 'clientId' | 'protectedResource'>,
	{issuer, clientId, protectedResource}: Pick<ProviderSettings, 'issuer' | 'clientId' | 'protectedResource'>,
): boolean =>
	known.protectedResource?.url === protectedResource?.url &&
	(issuer === '' || issuer === known.issuer) &&
	(clientId === '' || clientId === known.clientId);

/** What people sign in to. A resource goes by its host: its own words may claim anything, and the application is who asks. */
export const applicationOf = ({
	application,
	protectedResource,
}: Pick<ProviderSettings, 'application' | 'protectedResource'>): string | undefined =>
	protectedResource === undefined ? application : new URL(protectedResource.url).host;

/** The same, or the issuer's host where nothing else is known. */
export const applicationOrHost = (
	provider: Pick<ProviderSettings, 'application' | 'protectedResource' | 'issuer'>,
): string => applicationOf(provider) ?? new URL(provider.issuer).host;
