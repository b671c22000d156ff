import {cancelled, LoginError} from './login-error.js';
import type {AccountSwitch, LoginOptions} from './login-options.js';
import {person, twoPeople} from './person.js';
import {differenceOf, type AskedSession} from './session-difference.js';
import type {TokenSet} from './token-set.js';
import type {StoredSession} from './token-store.js';

/**
 * What a login would replace that is not its own: another person's session (two people are the same if issuer and
 * subject are, OIDC Core §5.7), also where the new one names nobody, or one of another server, client,
 * organization or service. Other scopes replace nothing that is not their own.
 */
const switchOf = (
	stored: StoredSession | undefined,
	{identity: next}: TokenSet,
	{scope: _, ...asked}: AskedSession,
): AccountSwitch | undefined => {
	if (stored === undefined || stored.dead === true) return undefined;
	const present = stored.tokens.identity;
	const difference = differenceOf(stored, asked);
	const isSamePerson = present === undefined || (present.issuer === next?.issuer && present.subject === next.subject);
	if (difference === undefined && isSamePerson) return undefined;
	return {stored: present, next, difference};
};

const refusal = ({stored, next, difference}: AccountSwitch): string => {
	if (difference !== undefined) {
		return `Another session is there${stored ? `, of ${person(stored)}` : ''}. ${difference} Nothing was changed.`;
	}

	const [present, found] = twoPeople(stored, next);
	const outcome = next === undefined ? 'This sign-in names nobody' : `This is ${found}`;
	return `${outcome}, but ${present} is signed in; nothing was changed.`;
};

/**
 * Asks before another session is replaced: whoever was signed in must not lose it to a login that somebody else
 * finished.
 *
 * @throws LoginError where the session shall stay
 */
export const confirmAccount = async (
	stored: StoredSession | undefined,
	tokens: TokenSet,
	asked: AskedSession,
	switchAccount: NonNullable<LoginOptions['switchAccount']>,
	signal: AbortSignal,
): Promise<void> => {
	const replaced = switchOf(stored, tokens, asked);
	if (replaced === undefined || switchAccount === true) return;
	if (switchAccount === false) {
		throw new LoginError('identity_check_failed', refusal(replaced), {hint: words => words.switchAccount});
	}

	if (await switchAccount(replaced, signal)) return;
	throw cancelled(
		replaced.stored ? `You are still signed in as ${person(replaced.stored)}.` : 'You are still signed in.',
	);
};
