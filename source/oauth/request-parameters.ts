import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {omitUndefined} from '../core/clock.js';
import type {Provider, ProviderSettings} from './provider.js';

/** The protocol's own parameters, and all that may carry a secret: a value from elsewhere would undo a protection. */
const reserved =
	/^(state|nonce|redirect_uri|client_id|code|code_challenge.*|code_verifier|device_code|grant_type|request|request_uri|response_mode|response_type|username|otp|.*(secret|password|assertion).*|(access|refresh|subject|actor)_token)$/i;

/** Whether the login itself sets a parameter, or it would carry a secret: no extra parameter may have its name. */
export const isReservedParameter = (name: string): boolean => reserved.test(name);

/** RFC 8707 §2: an absolute URI without a fragment. */
export const isResource = (resource: string): boolean => URL.canParse(resource) && !resource.includes('#');

/** @throws LoginError `config_error` for an extra parameter that is reserved */
export const checkRequestParameters = (parameters: ProviderSettings['parameters'] = {}): void => {
	for (const [request, values] of Object.entries(parameters)) {
		for (const name of Object.keys(values)) {
			if (!isReservedParameter(name)) continue;
			throw new LoginError('config_error', `The ${request} parameter ${name} can't be set because the login sets it.`, {
				hint: 'Leave it out of the extra parameters.',
			});
		}
	}
};

/** What one login asks for instead of what its provider says. */
export type LoginRequest = {
	/** Space separated. */
	readonly scope?: string;
	/**
	 * What a protected resource asked for when it refused a request (RFC 6750 §3), space separated. It counts where the
	 * provider is a `resource()` without a `scope` that names none when it is asked again.
	 */
	readonly challengedScope?: string;
	/**
	 * Where a protected resource described itself when it refused a request (RFC 9728 §5.1). It counts where the provider
	 * is a `resource()`, by the rules for all that a resource names.
	 */
	readonly challengedMetadata?: string;
	/** The organization to sign in to, where the provider has a parameter of that name. */
	readonly organization?: string;
	/** OIDC Core §3.1.2.1, as in `login` for a person who is to sign in even where the browser knows them. */
	readonly prompt?: string;
	/** How strongly to sign in: authentication context classes, space separated, the preferred one first. */
	readonly acrValues?: string;
	/** Seconds since the person last signed in, at most. */
	readonly maxAge?: number;
	/** Who is going to sign in. */
	readonly loginHint?: string;
};

const addParameters = ({parameters}: ProviderSettings, extra: Readonly<Record<string, string | undefined>>) => {
	const more = omitUndefined(extra);
	return {
		...parameters,
		authorize: {...parameters?.authorize, ...more},
		device: {...parameters?.device, ...more},
	} as ProviderSettings['parameters'];
};

/** The provider with what a login asks of the session, which is saved with it. */
export const withSessionRequest = (
	provider: Provider,
	{scope, challengedScope, challengedMetadata, organization}: LoginRequest,
): Provider =>
	[scope, challengedScope, challengedMetadata, organization].every(asked => asked === undefined)
		? provider
		: {
				...provider,
				scope: scope ?? provider.scope,
				parameters: addParameters(provider, {organization}),
				...(provider.protectedResource && {
					protectedResource: {...provider.protectedResource, challengedScope, challengedMetadata},
				}),
			};

/** The provider with what a login asks of the person; the session's next login asks for none of it. */
export const withPersonRequest = <Given extends Provider>(
	provider: Given,
	{prompt = provider.prompt, loginHint = provider.loginHint, acrValues, maxAge}: LoginRequest,
): Given => ({
	...provider,
	prompt,
	loginHint,
	parameters: addParameters(provider, {acr_values: acrValues, max_age: maxAge?.toString()}),
});

/** @throws LoginError `config_error` for what is no resource */
export const checkResources = (resources: readonly string[] = []): void => {
	for (const resource of resources) {
		if (isResource(resource)) continue;
		throw new LoginError('config_error', `The resource ${displayText(resource, 80)} isn't valid.`, {
			hint: 'A resource is a full URL without #, as in https://api.example.com.',
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
