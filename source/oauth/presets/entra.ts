import {displayText} from '../../core/safe-text.js';
import {type Provider, isTenantId} from '../provider.js';
import {type PresetOptions, misconfigured, commonSettings} from './shared.js';

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
		throw misconfigured(
			`That isn't a tenant ID (${displayText(tenant, 80)}).`,
			"Give the tenant ID (a GUID on Entra's overview page), common, organizations or consumers.",
		);
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
