import type {Clock} from '../core/clock.js';
import {toLoginError} from '../core/errors.js';
import {isOwnFlow, isSamePerson} from '../core/types.js';
import type {RequestContext} from '../oauth/request.js';
import {revokeTokens, type LogoutResult} from '../oauth/revocation.js';
import {deleteClient} from './client-store.js';
import {asClientOf} from './server-requests.js';
import type {SessionWatch} from './session-state.js';
import type {IssuedTokens, StoredSession, TokenStore} from './types.js';

/** What the end of a session takes. */
export type EndingContext = {
	readonly store: TokenStore;
	readonly profile: string;
	readonly clock: Clock;
	readonly watch: Pick<SessionWatch, 'tell'>;
	readonly loadFetch: () => Promise<typeof fetch>;
	readonly isPending: (client: {readonly issuer: string; readonly clientId: string}) => Promise<boolean>;
	/** What a request on behalf of a session needs. */
	readonly contextOf: (stored: StoredSession, signal: AbortSignal) => Promise<RequestContext>;
};

/** Milliseconds that a replaced session may take to be revoked. */
const longestFarewell = 5000;

type Grant = Pick<StoredSession, 'tokens' | 'flow'> & {
	readonly provider: Pick<StoredSession['provider'], 'issuer' | 'clientId'>;
};

/** Whether both may live on one grant of one person: many servers end both when either is revoked. */
const mayShareGrant = (a: Grant, b: Grant): boolean => {
	const [one, other] = [a.tokens.identity, b.tokens.identity];
	const isSameClient = a.provider.issuer === b.provider.issuer && a.provider.clientId === b.provider.clientId;
	const isSameKind = isOwnFlow(a.flow) === isOwnFlow(b.flow);
	return isSameClient && isSameKind && (!one || !other || isSamePerson(one, other));
};

/** Never rejects: even an abort comes after the session was forgotten, and the outcome has to be told. */
const revoke = async (
	{contextOf}: EndingContext,
	stored: StoredSession,
	signal: AbortSignal,
): Promise<LogoutResult> => {
	try {
		return await revokeTokens(await contextOf(stored, signal), stored.tokens);
	} catch (error) {
		return {outcome: 'not-revoked', reason: toLoginError(error).message};
	}
};

/** Revokes a session that another has replaced, unless that could end the new one. */
export const revokeReplaced = async (
	context: EndingContext,
	replaced: StoredSession,
	session: StoredSession,
): Promise<void> => {
	if (mayShareGrant(replaced, session) && session.provider.revocation !== 'single-login') return;
	const [before, now] = [replaced.tokens, session.tokens];
	const isRepeated = before.refreshToken !== undefined && before.refreshToken === now.refreshToken;
	if (isRepeated || before.accessToken === now.accessToken) return;
	const limit = new AbortController();
	const done = new AbortController();
	void context.clock.sleep(longestFarewell, done.signal).then(
		() => limit.abort(),
		() => undefined,
	);
	await revoke(context, replaced, limit.signal);
	done.abort();
};

/** Revokes tokens that nobody will use, unless that could end the session that there is. */
export const discardTokens = async (
	{store, profile, clock, loadFetch}: EndingContext,
	unwanted: IssuedTokens,
): Promise<void> => {
	const {provider, tokens, flow} = unwanted;
	const stored = await store.read(profile).catch(() => undefined);
	const isLive = stored !== undefined && stored.dead !== true;
	if (isLive && provider.revocation !== 'single-login' && mayShareGrant(stored, unwanted)) return;
	const {signal} = new AbortController();
	const context = {provider, fetch: await loadFetch(), clock, signal};
	await revokeTokens(await asClientOf(flow, context), tokens);
};

/**
 * Revokes the tokens, then forgets them, whatever the network says. The caller has the lock.
 *
 * @param forget - forgets how this program registered itself, too
 */
export const endSession = async (
	context: EndingContext,
	signal: AbortSignal,
	forget: boolean,
): Promise<LogoutResult> => {
	const {store, profile, watch, contextOf, isPending} = context;
	const stored = await store.read(profile);
	// Forgotten first: nothing that the network does can bring it back.
	await store.remove(profile);
	watch.tell(undefined);
	if (stored === undefined) return {outcome: 'no-session'};
	const result = await revoke(context, stored, signal);
	if (forget) await deleteClient(store, stored, await contextOf(stored, signal), isPending);
	return result;
};
