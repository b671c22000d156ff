import type {Clock} from '../core/clock.js';
import {LoginError} from '../core/errors.js';
import {differenceOf, type AskedSession} from '../session/session-difference.js';
import type {StoredSession, StoreLock, TokenStore} from '../session/types.js';

/** A day, in milliseconds: the other login ends long before, or its process dies and its lock with it. */
const longestLogin = 86_400_000;

/** Milliseconds by which a session may be older than a wait that it ends: the other login stored it, and still had its lock. */
const justNow = 2000;

type Profile = {
	readonly store: TokenStore;
	readonly profile: string;
	readonly clock: Clock;
	/** What the session has to be for. */
	readonly provider: AskedSession;
	/** When this login began: someone may have signed in while it asked the server what it can do. */
	readonly since: number;
	/** Whether this login goes on where the other one was given up. */
	readonly takesOver: boolean;
};

/**
 * Lets one process at a time show the login of a profile. The others wait for its session instead of opening windows of
 * their own. Where it was given up they give up too, unless a person is there to sign in (`takesOver`). Where it left a
 * session that is not the one asked for here, this login goes on.
 *
 * @returns the lock, or the session that the other login left
 * @throws LoginError `person_required` where the other login was given up
 */
export const lockLogin = async (
	{store, profile, clock, provider, since, takesOver}: Profile,
	onWait: () => void,
	signal: AbortSignal,
): Promise<StoreLock | StoredSession> => {
	const arrived = clock.now();
	const before = (await store.read(profile))?.signedInAt;
	// A refresh of the session that was there is no sign-in: what counts is when someone signed in to it.
	const newSession = async () => {
		const stored = await store.read(profile);
		if (stored?.signedInAt === undefined || stored.dead === true) return undefined;
		return stored.signedInAt !== before || stored.signedInAt >= arrived - justNow ? stored : undefined;
	};

	const isWanted = (stored: StoredSession | undefined) =>
		stored !== undefined && differenceOf(stored, provider) === undefined;

	const wait = {hadTo: false};
	const lock = await store.lock(profile, 'login', {
		signal,
		timeout: longestLogin,
		until: async () => isWanted(await newSession()),
		onWait: () => {
			wait.hadTo = true;
			onWait();
		},
	});
	const session = await newSession().catch(async (error: unknown) => {
		await lock?.release();
		throw error;
	});
	if (!wait.hadTo && lock !== undefined && (session === undefined || (session.signedInAt ?? 0) <= since)) return lock;
	if (lock !== undefined && (session === undefined ? takesOver : !isWanted(session))) return lock;
	await lock?.release();
	if (session !== undefined && isWanted(session)) return session;
	throw new LoginError('person_required', "The other terminal's sign-in ended without a session.", {
		hint: 'Start it again here.',
	});
};
