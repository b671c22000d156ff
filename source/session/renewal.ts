import type {LoginError} from '../core/errors.js';
import {toLoginError} from '../core/errors.js';
import {isOwnFlow} from '../core/types.js';
import {exportKeys} from '../oauth/id-token.js';
import type {RequestContext} from '../oauth/request.js';
import {revokeTokens} from '../oauth/revocation.js';
import {forgetClient} from './client-store.js';
import {requestNextTokens} from './server-requests.js';
import {isSameTokens} from './freshness.js';
import type {StoredSession, TokenStore} from './types.js';

/** What a renewal takes of the session manager. */
type RenewalContext = {
	readonly store: TokenStore;
	readonly profile: string;
	/** Takes a sentence for the person about what went wrong although there is a token. */
	readonly warn: ((sentence: string) => void) | undefined;
	/** What a request on behalf of the session needs. */
	readonly request: RequestContext;
	/** The session as it is stored by now; rejects where there is none that lives. */
	readonly alive: () => Promise<StoredSession>;
	readonly write: (session: StoredSession, options?: {readonly isOnlyCopy: boolean}) => Promise<void>;
	/** Whether the access token outlives the refresh token. */
	readonly livesOn: () => boolean;
	readonly ended: (message?: string) => LoginError;
};

/** With the lock held: asks the server, and stores its response before it is used. */
export const renewSession = async (context: RenewalContext, stored: StoredSession): Promise<StoredSession> => {
	const {store, request, ended} = context;
	try {
		const tokens = await requestNextTokens(request, stored);
		const keys = exportKeys(request.provider.server) ?? stored.keys;
		return await keep(context, {...stored, tokens, keys}, stored);
	} catch (error) {
		const failure = toLoginError(error);
		if (isOwnFlow(stored.flow)) throw failure;
		// The access token may outlive the refresh token, and is used until it ends.
		if (failure.code === 'invalid_grant') return adoptOrEnd(context, stored, context.livesOn() ? undefined : ended());

		// The server has forgotten a client that this program registered: the next login registers another.
		if (failure.code === 'invalid_client' && stored.registration !== undefined) {
			await forgetClient(store, stored.registration, stored.provider.issuer);
			return adoptOrEnd(context, stored, ended());
		}

		// To send the same refresh token again would be to replay it, which ends the session at the server as well
		// (RFC 9700 §4.14.2).
		if (failure.code === 'identity_check_failed') {
			return adoptOrEnd(context, stored, ended(`${failure.message} So the session has ended.`));
		}

		throw failure;
	}
};

/** Stores what a refresh brought, unless someone gave up waiting for the lock and signed in or out meanwhile. */
const keep = async (context: RenewalContext, next: StoredSession, used: StoredSession): Promise<StoredSession> => {
	const {store, profile, request, alive, write} = context;
	// The response is the only copy of a rotated refresh token, so it is stored even if the store can't be read.
	const present = await store.read(profile).catch(() => used);
	if (present !== undefined && isSameTokens(present, used)) {
		try {
			await write(next, {isOnlyCopy: true});
		} catch (error) {
			tellLost(context, next, used, error);
		}

		return next;
	}

	if (present === undefined) await revokeTokens(request, next.tokens);
	return alive();
};

/**
 * The refresh token is refused, or spent on a response that must not be believed: a sibling's newer session is taken over
 * before the session is said to have ended.
 *
 * @param end - undefined to go on without the refresh token
 */
const adoptOrEnd = async (
	{alive, write}: RenewalContext,
	used: StoredSession,
	end: LoginError | undefined,
): Promise<StoredSession> => {
	const stored = await alive();
	const {refreshToken, ...tokens} = stored.tokens;
	if (refreshToken !== used.tokens.refreshToken) return stored;
	const next: StoredSession = end === undefined ? {...stored, tokens} : {...stored, dead: true};
	await write(next);
	if (end !== undefined) throw end;
	return next;
};

/** The new token works although it could not be saved; only a refresh token that replaced another is lost. */
const tellLost = ({warn}: RenewalContext, next: StoredSession, used: StoredSession, error: unknown): void => {
	if (next.tokens.refreshToken === used.tokens.refreshToken) return;
	const {message} = toLoginError(error);
	warn?.(`${message} So the session couldn't be saved, and ends with this token. Fix that, then sign in again.`);
};
