import {defaultHints} from './hints.js';
import {cancelled, LoginError} from './login-error.js';
import type {Identity} from './login-event.js';
import type {LoginOptions} from './login-options.js';
import type {TokenSet} from './token-set.js';
import type {StoredSession} from './token-store.js';

const nameOf = ({name, email, subject}: Identity): string => name ?? email ?? subject;

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
	if (switchAccount !== false) throw cancelled(`You are still signed in as ${nameOf(present)}.`);
	throw new LoginError(
		'identity_check_failed',
		`This is ${nameOf(next)}, but ${nameOf(present)} is signed in; nothing was changed.`,
		{hint: defaultHints.switchAccount},
	);
};
