import {omitUndefined, tellAll, type Clock} from '../core/clock.js';
import {toLoginError, type LoginError} from '../core/errors.js';
import type {Identity} from '../core/types.js';
import type {Provider} from '../oauth/provider.js';
import {canRenew, isValid, signInDue} from './freshness.js';
import {differenceOf} from './session-difference.js';
import type {StoredSession, TokenStore} from './types.js';

/** What is known of the session. */
export type SessionState =
	/** Until the session was first read. */
	| {readonly status: 'loading'}
	| {
			readonly status: 'signed-out';
			/** Whether there was a session, and it has ended; otherwise nobody has signed in, or someone signed out. */
			readonly ended: boolean;
	  }
	| {
			readonly status: 'signed-in';
			/** Who it is; none where the server has no OpenID Connect. */
			readonly identity?: Identity;
			/** When the access token expires, in epoch milliseconds. */
			readonly expiresAt?: number;
			/** When signing in again is due, in epoch milliseconds, where the server says so; a refresh may move it. */
			readonly sessionExpiresAt?: number;
	  }
	/** The session could not be read. */
	| {readonly status: 'failed'; readonly error: LoginError};

type Watched = {
	readonly store: TokenStore;
	readonly profile: string;
	readonly provider: Provider;
	readonly clock: Clock;
};

/** Milliseconds between two looks for what other processes did. */
const interval = 1000;

/** Whether a session can still give a token, as far as is known here. */
export const isLive = (stored: StoredSession, now: number): boolean =>
	stored.dead !== true && (canRenew(stored) || isValid(stored.tokens, now));

/** Reads the session, and tells listeners what becomes of it: here, and while there are any, in other processes. */
export class SessionWatch {
	readonly #watched: Watched;
	readonly #listeners = new Set<() => void>();
	#state: SessionState = {status: 'loading'};
	/** As last seen: a session that cannot renew itself ends by the clock alone. */
	#seen: StoredSession | undefined;
	/** What is read counts only if nothing has been read or written since it was asked for. */
	#turn = 0;
	/** What the next look is compared with, to tell a change; null makes it read in any case. */
	#stamp: string | undefined | null = null;
	#watching: AbortController | undefined;

	constructor(watched: Watched) {
		this.#watched = watched;
	}

	get state(): SessionState {
		return this.#state;
	}

	subscribe(listener: () => void): () => void {
		// The same function may subscribe more than once.
		const own = () => listener();
		this.#listeners.add(own);
		if (this.#watching === undefined) {
			this.#watching = new AbortController();
			this.#stamp = null;
			this.#watch(this.#watching.signal).catch(() => undefined);
		}

		return () => {
			this.#listeners.delete(own);
			if (this.#listeners.size > 0) return;
			this.#watching?.abort();
			this.#watching = undefined;
		};
	}

	/** The stored session, whatever it is for. */
	async read(): Promise<StoredSession | undefined> {
		const {store, profile} = this.#watched;
		const turn = ++this.#turn;
		try {
			const stored = await store.read(profile);
			this.#stamp = null;
			if (turn === this.#turn) this.#show(stored);
			return stored;
		} catch (error) {
			if (turn === this.#turn) this.#set({status: 'failed', error: toLoginError(error)});
			throw error;
		}
	}

	/** The session was written, or removed, in this process. */
	tell(stored: StoredSession | undefined): void {
		this.#turn += 1;
		this.#stamp = null;
		this.#show(stored);
	}

	async #watch(signal: AbortSignal): Promise<void> {
		const {store, profile, clock} = this.#watched;
		for (;;) {
			try {
				const stamp = await store.stamp?.(profile);
				if (stamp === this.#stamp) {
					if (this.#state.status === 'signed-in') this.#show(this.#seen);
				} else {
					// If it can't be read, it isn't tried again until it has changed: a try may ask the person to unlock a keyring.
					await this.read().finally(() => {
						this.#stamp = stamp;
					});
				}
			} catch (error) {
				if (!signal.aborted) this.#set({status: 'failed', error: toLoginError(error)});
			}

			await clock.sleep(interval, signal, {keepsAlive: false});
		}
	}

	#show(stored: StoredSession | undefined): void {
		const {provider, clock} = this.#watched;
		this.#seen = stored;
		const isOurs = stored !== undefined && differenceOf(stored, provider) === undefined;
		if (!isOurs || !isLive(stored, clock.now())) {
			this.#set({status: 'signed-out', ended: isOurs});
			return;
		}

		const {identity, expiresAt} = stored.tokens;
		const sessionExpiresAt = signInDue(stored);
		this.#set(omitUndefined<SessionState>({status: 'signed-in', identity, expiresAt, sessionExpiresAt}));
	}

	#set(next: SessionState): void {
		if (signOf(next) === signOf(this.#state)) return;
		this.#state = next;
		tellAll(this.#listeners);
	}
}

/** The same for states that say the same, so that nothing is drawn again for them. */
const signOf = (state: SessionState): string =>
	JSON.stringify(state.status === 'failed' ? [state.error.code, state.error.message] : state);
