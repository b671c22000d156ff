import {defaultHints} from './hints.js';
import {cancelled, LoginError} from './login-error.js';
import type {LoginOptions} from './login-options.js';
import {twoPeople} from './person.js';
import type {TokenSet} from './token-set.js';
import type {StoredSession} from './token-store.js';

/**
 * Asks before another person's session is replaced: whoever was signed in must not lose it to a login that somebody
 * else finished (protocol checklist S12). Two people are the same if issuer and subject are (OIDC Core §5.7).
 *
 * @throws LoginError where the session shall stay
 */
export const confirmAccount = async (
	stored: StoredSession | undefined,
	{identity: next}: TokenSet,
	switchAccount: NonNullable<LoginOptions['switchAccount']>,
	signal: AbortSignal,
): Promise<void> => {
	const present = stored?.dead === true ? undefined : stored?.tokens.identity;
	if (present === undefined || next === undefined) return;
	if (present.issuer === next.issuer && present.subject === next.subject) return;
	if (switchAccount === true) return;
	if (switchAccount !== false && (await switchAccount(present, next, signal))) return;
	const [kept, refused] = twoPeople(present, next);
	if (switchAccount !== false) throw cancelled(`You are still signed in as ${kept}.`);
	throw new LoginError('identity_check_failed', `This is ${refused}, but ${kept} is signed in; nothing was changed.`, {
		hint: defaultHints.switchAccount,
	});
};
