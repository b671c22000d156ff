import type {AuthorizationServer} from 'oauth4webapi';
import type {FlowAvailability} from '../login-event.js';
import type {Provider} from '../provider.js';

/** Which flows are possible with this provider, or in plain words why not. */
export const availableFlows = (provider: Provider, server: AuthorizationServer): FlowAvailability => {
	const {unsupportedFlows = {}} = provider;
	const noTokens = server.token_endpoint === undefined ? 'The provider has no token endpoint.' : undefined;
	const needs = (isThere: boolean, why: string): true | string => noTokens ?? (isThere || why);
	return {
		browser:
			unsupportedFlows.browser ??
			needs(server.authorization_endpoint !== undefined, 'The provider has no sign-in in the browser.'),
		device:
			unsupportedFlows.device ??
			needs(server.device_authorization_endpoint !== undefined, 'The provider has no sign-in with a code.'),
		'client-credentials':
			unsupportedFlows['client-credentials'] ??
			needs(provider.clientSecret !== undefined, 'It needs a client secret, and none is given.'),
		password: needs(provider.allowPassword === true, 'Signing in with a password is switched off.'),
	};
};

const defaultScopes = ['openid', 'profile', 'email', 'offline_access'];

/**
 * The scope to ask for: the configured one, else the usual four as far as the server lists them. Without OpenID Connect
 * none of them means anything (OIDC Core §3.1.2.1).
 */
export const requestedScope = (provider: Provider, server: AuthorizationServer, isOpenId: boolean): string => {
	if (provider.scope !== undefined) return provider.scope.split(/\s+/).filter(Boolean).join(' ');
	if (!isOpenId) return '';
	const listed = server.scopes_supported;
	return defaultScopes.filter(scope => scope === 'openid' || listed === undefined || listed.includes(scope)).join(' ');
};
