import type {Endpoints, Provider} from '../provider.js';
import {checkIssuer} from '../protocol/issuer.js';
import {checkEndpoints, commonSettings, type PresetOptions} from './preset-options.js';

/** What `oidc` takes. */
export type OidcOptions = PresetOptions & {
	/** To the letter as the provider writes it, the slash at its end included. */
	readonly issuer: string;
	/** Addresses that the provider's document lacks, or has wrong. */
	readonly endpoints?: Endpoints;
};

/**
 * Anything that describes itself (OpenID Connect Discovery, RFC 8414): Keycloak, Okta, GitLab, Hugging Face, Zitadel,
 * authentik, Dex and most others.
 *
 * Okta, and whatever else compares redirect addresses to the letter, needs `redirect: {ports: [...]}` with the ports that
 * are registered.
 *
 * @throws LoginError `config_error`
 */
export const oidc = ({issuer, endpoints, ...options}: OidcOptions): Provider => ({
	name: 'oidc',
	issuer: checkIssuer(issuer),
	...(endpoints !== undefined && {endpoints: checkEndpoints(endpoints)}),
	...commonSettings(options),
});
