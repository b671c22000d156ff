import {omitUndefined} from '../../core/clock.js';
import {checkUrl, resourceName, shownUrl} from '../../core/safe-url.js';
import {type ProtectedResource, type Provider, beforeDiscovery, checkIssuer} from '../provider.js';
import {type PresetOptions, misconfigured} from './shared.js';

/** What `resource` takes. */
export type ResourceOptions = Partial<PresetOptions> &
	Pick<ProtectedResource, 'issuer' | 'clientMetadataUrl' | 'trustedIssuers'>;

/**
 * Whatever a URL leads to, as with an MCP server: the server that signs people in, and often the client ID too, are found
 * at the login and read back from the session afterwards.
 *
 * - The resource names its authorization server (RFC 9728, or MCP's older rules), which describes itself.
 * - Without `clientId` the client is the one that was registered there before; otherwise the `clientMetadataUrl`, where
 *   the server takes it; otherwise one that is registered now (RFC 7591), under the name `application`.
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
