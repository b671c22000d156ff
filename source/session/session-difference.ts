import {displayText} from '../core/safe-text.js';
import type {ProviderSettings} from '../oauth/provider.js';
import type {StoredSession} from './types.js';

/** What a session has to be for. Members that are missing are not asked about; no `resource` at all is an empty list. */
export type AskedSession = Pick<
	ProviderSettings,
	'protectedResource' | 'issuer' | 'clientId' | 'parameters' | 'audience' | 'resource' | 'scope'
>;

const words = (text = ''): readonly string[] => text.split(/\s+/).filter(Boolean);

/** All of several scopes, each once. */
export const joinScopes = (...scopes: readonly (string | undefined)[]): string =>
	[...new Set(scopes.flatMap(words))].join(' ');

/** What a session was asked for; one of an earlier version has only what was granted. */
export const askedScopeOf = (stored: StoredSession | undefined): string | undefined =>
	stored?.requestedScope ?? stored?.tokens.scope;

const organizationOf = ({parameters: {authorize, device, token} = {}}: Pick<AskedSession, 'parameters'>) =>
	[authorize, device, token].find(request => request?.['organization'] !== undefined)?.['organization'];

/** Several resources are asked for in no particular order. */
const listOf = (resources: readonly string[] = []): string => [...new Set(resources)].sort().join(' and ');

/**
 * How a stored session differs from the one that is asked for, as a sentence; undefined where it does not. A token that
 * was issued for one server, client, organization or service is not to be seen by another. A scope is covered where it
 * was granted, or where the login asked for it: what the server then withheld, another login would not bring either.
 */
export const differenceOf = (
	{provider, tokens, requestedScope}: StoredSession,
	asked: AskedSession,
): string | undefined => {
	const itself = (name: string) => name;
	const compared: readonly (readonly [(name: string) => string, string | undefined, string | undefined])[] = [
		[itself, provider.protectedResource?.url, asked.protectedResource?.url],
		[itself, provider.issuer, asked.issuer],
		[name => `the client ${name}`, provider.clientId, asked.clientId],
		[name => `the organization ${name}`, organizationOf(provider), organizationOf(asked)],
		[name => `the audience ${name}`, provider.audience, asked.audience],
		[name => `the resource ${name}`, listOf(provider.resource), listOf(asked.resource)],
	];
	for (const [what, present = '', wanted = ''] of compared) {
		if (wanted === '' || wanted === present) continue;
		const other = what(displayText(wanted, 200));
		return present === '' ? `It isn't for ${other}.` : `It's for ${what(displayText(present, 200))}, not ${other}.`;
	}

	if (asked.resource?.length === 0 && provider.resource?.length) {
		return `It's for the resource ${displayText(listOf(provider.resource), 200)}, and you asked for none.`;
	}

	const covered = new Set([...words(tokens.scope), ...words(requestedScope)]);
	const missing = words(asked.scope).filter(scope => !covered.has(scope));
	return missing.length === 0 ? undefined : `It lacks the scope ${displayText(missing.join(' '), 200)}.`;
};

export const anotherSession = (profile: string, difference: string): string =>
	`The session of "${displayText(profile, 60)}" isn't the one you asked for. ${difference}`;
