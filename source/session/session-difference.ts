import {displayText, person, twoPeople} from '../core/safe-text.js';
import {cancelled, LoginError} from '../core/errors.js';
import type {ProviderSettings} from '../oauth/provider.js';
import type {TokenSet} from '../oauth/token-set.js';
import type {StoredSession} from './types.js';
import type {Identity} from '../core/types.js';

/** What a session has to be for. Members that are missing are not asked about; no `resource` at all is an empty list. */
export type AskedSession = Pick<
	ProviderSettings,
	'protectedResource' | 'issuer' | 'clientId' | 'parameters' | 'audience' | 'resource' | 'scope'
>;

const words = (text = ''): readonly string[] => text.split(/\s+/).filter(Boolean);

/** All of several scopes, each once. */
export const joinScopes = (...scopes: readonly (string | undefined)[]): string =>
	[...new Set(scopes.flatMap(words))].join(' ');

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

/** The session that is there is not the one that is asked for. */
export const anotherSession = (profile: string, difference: string): string =>
	`The session of "${displayText(profile, 60)}" isn't the one you asked for. ${difference}`;

/**
 * What new tokens would replace that is not their own: another person's session (two people are the same if issuer and
 * subject are, OIDC Core §5.7), also where the new one names nobody, or one of another server, client,
 * organization or service. Other scopes replace nothing that is not their own.
 */
const replacedBy = (
	tokens: TokenSet | undefined,
	stored: StoredSession | undefined,
	{scope: _, ...asked}: AskedSession,
): AccountSwitch | undefined => {
	if (stored === undefined || stored.dead === true) return undefined;
	const present = stored.tokens.identity;
	const difference = differenceOf(stored, asked);
	const next = tokens?.identity;
	const isSamePerson =
		tokens === undefined ||
		present === undefined ||
		(present.issuer === next?.issuer && present.subject === next.subject);
	return difference === undefined && isSamePerson ? undefined : {stored: present, next, difference};
};

const refusal = ({stored, next, difference}: AccountSwitch): string => {
	if (difference !== undefined) {
		return stored
			? `There's already another session here, for ${person(stored)}. ${difference} Nothing was changed.`
			: `There's already another session here. ${difference} Nothing was changed.`;
	}

	const [present, found] = twoPeople(stored, next);
	const outcome = next === undefined ? "This sign-in doesn't say who you are" : `This is ${found}`;
	return `${outcome}, but ${present} is signed in already. Nothing was changed.`;
};

/**
 * Asks before another session is replaced: the person who was signed in must not lose it to a login that someone else
 * finished.
 *
 * @param tokens - of whoever signed in; without them only what is known before anyone has
 * @returns whether there was something to ask
 * @throws LoginError where the session shall stay
 */
export const confirmAccount = async (
	stored: StoredSession | undefined,
	tokens: TokenSet | undefined,
	asked: AskedSession,
	switchAccount: boolean | ((replaced: AccountSwitch, signal: AbortSignal) => Promise<boolean>) | undefined,
	signal: AbortSignal,
): Promise<boolean> => {
	const replaced = replacedBy(tokens, stored, asked);
	if (replaced === undefined || switchAccount === true) return false;
	if (typeof switchAccount !== 'function') {
		throw new LoginError('identity_check_failed', refusal(replaced), {hint: words => words.switchAccount});
	}

	if (await switchAccount(replaced, signal)) return true;
	throw cancelled(
		replaced.stored ? `You're still signed in as ${person(replaced.stored)}.` : "You're still signed in.",
	);
};

/** A login that would replace a session which is not its own. */
export type AccountSwitch = {
	/** Whose session there is, as far as it names someone. */
	readonly stored?: Identity;
	/** Who has just signed in; none for a program's own login. */
	readonly next?: Identity;
	/** How the session that is there differs besides: "It is for https://a.example, not https://b.example." */
	readonly difference?: string;
};
