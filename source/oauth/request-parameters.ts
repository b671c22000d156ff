import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import type {ProviderSettings} from './provider.js';

/** The protocol's own parameters, and all that may carry a secret: a value from elsewhere would undo a protection. */
const reserved =
	/^(state|nonce|redirect_uri|client_id|code|code_challenge.*|code_verifier|device_code|grant_type|request|request_uri|response_mode|response_type|username|.*(secret|password|assertion).*|(access|refresh|subject|actor)_token)$/i;

/** Whether the login itself sets a parameter, or it would carry a secret: no extra parameter may have its name. */
export const isReservedParameter = (name: string): boolean => reserved.test(name);

/** RFC 8707 §2: an absolute URI without a fragment. */
export const isResource = (resource: string): boolean => URL.canParse(resource) && !resource.includes('#');

/** @throws LoginError `config_error` for an extra parameter that is reserved */
export const checkRequestParameters = (parameters: ProviderSettings['parameters'] = {}): void => {
	for (const [request, values] of Object.entries(parameters)) {
		for (const name of Object.keys(values)) {
			if (!isReservedParameter(name)) continue;
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

/** @throws LoginError `config_error` for what is no resource */
export const checkResources = (resources: readonly string[] = []): void => {
	for (const resource of resources) {
		if (isResource(resource)) continue;
		throw new LoginError('config_error', `The resource ${displayText(resource, 80)} cannot be asked for.`, {
			hint: 'A resource is an absolute address without a fragment, as in https://api.example.com.',
		});
	}
};

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
