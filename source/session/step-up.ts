import {hasCode, LoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {tokenChallenges} from '../oauth/challenge.js';
import {askedScopeOf, joinScopes} from './session-difference.js';
import type {SessionManager} from './session-manager.js';
import type {SharedLogins} from './shared-logins.js';
import type {Session} from './types.js';

/** What a server asks for that the session does not have. */
type Need = {
	readonly scope?: string;
	readonly acrValues?: string;
	readonly maxAge?: number;
	/** Where the resource that refused says it describes itself. */
	readonly challengedMetadata?: string;
};

/** A login that a server asked for; `scope` is all that the session is to have afterwards. */
type StepUpLogin = Need & {
	/** Why, in one sentence. */
	readonly reason: string;
	readonly signal: AbortSignal;
};

export type StepUpOptions = {
	readonly sessions: Pick<SessionManager, 'read'>;
	/** Shows the login to the person, and resolves once the session is saved; `rejected` is the token that was refused. */
	readonly show: (login: StepUpLogin, rejected: string) => Promise<Session>;
	readonly logins: SharedLogins;
	readonly signInHint: string;
};

type RefusedRequest = {
	readonly host: string;
	readonly sent: number;
	readonly signal: AbortSignal | undefined;
	readonly rejected: string;
};

/**
 * What a refusal asks for (RFC 6750 §3.1, RFC 9470 §3); undefined where it asks for nothing that a login could bring.
 *
 * @param isResource - whether what refused may say where it describes itself
 */
export const needOf = ({status, headers}: Response, isResource: boolean): Need | undefined => {
	if (status !== 401 && status !== 403) return undefined;
	const error = status === 403 ? 'insufficient_scope' : 'insufficient_user_authentication';
	const challenge = tokenChallenges(headers).find(challenge => challenge.error === error);
	if (challenge === undefined) return undefined;
	const {scope, acrValues, maxAge, resourceMetadata} = challenge;
	const challengedMetadata = isResource ? resourceMetadata : undefined;
	if (status === 401) return {scope, acrValues, maxAge, challengedMetadata};
	return scope === undefined ? undefined : {scope, challengedMetadata};
};

/**
 * Has someone sign in as a server asks for.
 *
 * @param host - who asks
 * @param sent - the turn at which the request was sent
 * @param rejected - the token that it was sent with
 * @throws LoginError `person_required` where nobody can be shown a login, or what ended it
 */
export const stepUp = async (
	need: Need,
	{host, sent, signal, rejected}: RefusedRequest,
	{sessions, show, logins, signInHint: hint}: StepUpOptions,
): Promise<void> => {
	const {scope, ...others} = need;
	const {acrValues, maxAge} = others;
	const reason =
		acrValues === undefined && maxAge === undefined && scope !== undefined
			? `${displayText(host, 80)} needs more permissions: ${displayText(scope)}.`
			: `${displayText(host, 80)} needs a stronger or more recent sign-in.`;
	try {
		await logins.join(`step-up ${JSON.stringify(need)}`, sent, signal, async signal => {
			// What was granted may lack scopes that are never listed, such as offline_access, which the session lives on.
			const all = joinScopes(askedScopeOf(await sessions.read()), scope);
			return show({...(all !== '' && {scope: all}), ...others, reason, signal}, rejected);
		});
	} catch (error) {
		throw hasCode(error, 'person_required') ? new LoginError('person_required', reason, {hint}) : error;
	}
};
