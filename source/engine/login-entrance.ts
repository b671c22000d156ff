import type {Clock} from './clock.js';
import {LoginError} from './login-error.js';
import {differenceOf, type AskedSession} from './session-difference.js';
import type {StoredSession, StoreLock, TokenStore} from './token-store.js';

/** A day, in milliseconds: the other login ends long before, or its process dies and its lock with it. */
const patience = 86_400_000;

/** Milliseconds by which a session may be older than a wait that it ends: the other login stored it, and still had its lock. */
const justNow = 2000;

/**
 * Lets one process at a time show the login of a profile. The others wait for its result instead of opening windows of
 * their own, and give up when it ended without one.
 */
export class LoginEntrance {
	readonly #store: TokenStore;
	readonly #profile: string;
	readonly #clock: Clock;
	readonly #asked: AskedSession;

	constructor(store: TokenStore, profile: string, clock: Clock, asked: AskedSession) {
		this.#store = store;
		this.#profile = profile;
		this.#clock = clock;
		this.#asked = asked;
	}

	/**
	 * Where the other login left a session that is not the one asked for here, this one goes on.
	 *
	 * @throws LoginError `cancelled` where the other login was given up
	 */
	async enter(onWait: () => void, signal: AbortSignal): Promise<StoreLock | StoredSession> {
		const arrived = this.#clock.now();
		const before = (await this.#store.read(this.#profile))?.signedInAt;
		// A refresh of the session that was there is no sign-in: what counts is when somebody signed in to it.
		const newSession = async () => {
			const stored = await this.#store.read(this.#profile);
			if (stored?.signedInAt === undefined || stored.dead === true) return undefined;
			return stored.signedInAt !== before || stored.signedInAt >= arrived - justNow ? stored : undefined;
		};

		const isWanted = (stored: StoredSession | undefined) =>
			stored !== undefined && differenceOf(stored, this.#asked) === undefined;

		const wait = {hadTo: false};
		const lock = await this.#store.lock(this.#profile, 'login', {
			signal,
			timeout: patience,
			until: async () => isWanted(await newSession()),
			onWait: () => {
				wait.hadTo = true;
				onWait();
			},
		});
		if (!wait.hadTo && lock !== undefined) return lock;
		const session = await newSession();
		if (lock !== undefined && session !== undefined && !isWanted(session)) return lock;
		await lock?.release();
		if (session !== undefined && isWanted(session)) return session;
		throw new LoginError('cancelled', 'The sign-in in another window ended without a session.', {
			hint: 'Start it again here.',
		});
	}
}
