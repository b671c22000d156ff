import {displayText} from '../display-text.js';
import {LoginError} from '../login-error.js';
import type {ProviderSettings} from '../provider.js';

/** The protocol's own parameters: a value of somebody else's would undo a protection, or name a secret. */
const ours = new Set([
	'state',
	'nonce',
	'redirect_uri',
	'client_id',
	'client_secret',
	'client_assertion',
	'client_assertion_type',
	'code',
	'code_challenge',
	'code_challenge_method',
	'code_verifier',
	'device_code',
	'grant_type',
	'refresh_token',
	'request',
	'request_uri',
	'response_mode',
	'response_type',
	'username',
	'password',
]);

/**
 * Refuses extra parameters that are ours.
 *
 * @throws LoginError `config_error`
 */
export const checkRequestParameters = (parameters: ProviderSettings['parameters'] = {}): void => {
	for (const [request, values] of Object.entries(parameters)) {
		for (const name of Object.keys(values)) {
			if (!ours.has(name)) continue;
			throw new LoginError(
				'config_error',
				`The ${request} parameter ${name} cannot be set: the login itself sets it.`,
				{
					hint: 'Leave it out of the extra parameters.',
				},
			);
		}
	}
};

/**
 * Refuses resources that RFC 8707 §2 does not allow: each is an absolute URI without a fragment.
 *
 * @throws LoginError `config_error`
 */
export const checkResources = (resources: readonly string[] = []): void => {
	for (const resource of resources) {
		if (URL.canParse(resource) && !resource.includes('#')) continue;
		throw new LoginError('config_error', `The resource ${displayText(resource, 80)} cannot be asked for.`, {
			hint: 'A resource is an absolute address without a fragment, as in https://api.example.com.',
		});
	}
};

/** The scope as the provider wants it written. */
const scopeFor = (provider: ProviderSettings, scope: string): string =>
	scope
		.split(/\s+/)
		.filter(Boolean)
		.join(provider.scopeSeparator ?? ' ');

/**
 * What goes into a request besides the grant's own parameters: the provider's extra ones, the resources (the same in
 * every request, RFC 8707 §2.1 and §2.2), and where given the audience and the scope. Empty values are left out.
 */
export const requestParameters = (
	provider: ProviderSettings,
	request: 'authorize' | 'device' | 'token' | 'refresh',
	{audience, scope}: {readonly audience?: string; readonly scope?: string} = {},
): URLSearchParams => {
	checkRequestParameters(provider.parameters);
	checkResources(provider.resource);
	const parameters = new URLSearchParams(provider.parameters?.[request]);
	const set = (name: string, value = '') => {
		if (value !== '') parameters.set(name, value);
	};
	set('audience', audience);
	set('scope', scope === undefined ? '' : scopeFor(provider, scope));
	if (provider.resource !== undefined && provider.resource.length > 0) parameters.delete('resource');
	for (const resource of provider.resource ?? []) parameters.append('resource', resource);
	return parameters;
};
