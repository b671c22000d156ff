import {cancelled, LoginError} from '../core/errors.js';
import {person, twoPeople} from '../core/safe-text.js';
import {isSamePerson, type Identity} from '../core/types.js';
import type {TokenSet} from '../oauth/token-set.js';
import {differenceOf, type AskedSession} from './session-difference.js';
import type {StoredSession} from './types.js';

/** A login that would replace a session which is not its own. */
export type AccountSwitch = {
	/** Whose session there is, as far as it names someone. */
	readonly stored?: Identity;
	/** Who has just signed in; none for a program's own login. */
	readonly next?: Identity;
	/** How the session that is there differs besides: "It is for https://a.example, not https://b.example." */
	readonly difference?: string;
};

/**
 * What new tokens would replace that is not their own: another person's session, also where the new one names nobody, or
 * one of another server, client, organization or service. Other scopes replace nothing that is not their own.
 */
const replacedBy = (
	tokens: TokenSet | undefined,
	stored: StoredSession,
	{scope: _, ...asked}: AskedSession,
): AccountSwitch | undefined => {
	if (stored.dead === true) return undefined;
	const present = stored.tokens.identity;
	const difference = differenceOf(stored, asked);
	const next = tokens?.identity;
	const isOwn = tokens === undefined || present === undefined || isSamePerson(present, next);
	return difference === undefined && isOwn ? undefined : {stored: present, next, difference};
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
 * @param tokens - of the person who signed in; without them, only what is known before that
 * @returns whether there was something to ask
 * @throws LoginError where the session is to stay
 */
export const confirmAccount = async (
	stored: StoredSession,
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
