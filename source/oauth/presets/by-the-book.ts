import {shownUrl} from '../../core/safe-url.js';
import {clientPorts} from '../client-metadata.js';
import {type Endpoints, type Provider, checkIssuer} from '../provider.js';
import {type PresetOptions, misconfigured, required, commonSettings, checkEndpoints} from './shared.js';

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
		throw misconfigured(
			'The token endpoint is missing.',
			'Give its endpoints, or its issuer if the server publishes metadata.',
		);
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
