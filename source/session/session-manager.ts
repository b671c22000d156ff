import {abortable, omitUndefined, type Clock} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import {canRenew, defaultMinimumValidity, isFresh, isSameTokens, isValid} from './freshness.js';
import {hasCode, LoginError, toLoginError} from '../core/errors.js';
import type {Provider} from '../oauth/provider.js';
import {anotherSession, differenceOf} from './session-difference.js';
import type {IssuedTokens, TokenOptions, StoredSession, StoreLock, TokenStore} from './types.js';
import type {EndingContext} from './ending.js';
import type {SessionWatch} from './session-state.js';
import type {RequestContext} from '../oauth/request.js';
import type {LogoutResult} from '../oauth/revocation.js';

type SessionManagerOptions = {
	readonly provider: Provider;
	readonly store: TokenStore;
	readonly profile: string;
	readonly clock: Clock;
	readonly signInHint: string;
	/** Takes a sentence for the person about what went wrong although there is a token. */
	readonly warn: ((sentence: string) => void) | undefined;
	/** Reads the session, and is told what becomes of it. */
	readonly watch: Pick<SessionWatch, 'read' | 'tell'>;
	/** Whether a pending login is of a client. */
	readonly isPending: EndingContext['isPending'];
	/** Loads the hardened fetch; a token that is fresh needs none. */
	readonly loadFetch: () => Promise<typeof fetch>;
};

type Need = Required<Pick<TokenOptions, 'minimumValidity' | 'type'>> & {readonly rejected: string | undefined};

/**
 * Keeps one session alive: one refresh at a time across all processes, and never a sign-out by our own fault
 * (RFC 9700 §4.14.2).
 *
 * A session can still be lost: if the server has rotated the refresh token, its response never reached the disk (the
 * connection broke, or the process was killed just before storing it), and the server allows no second use of the old one.
 */
export class SessionManager {
	readonly #options: SessionManagerOptions;
	/** The refresh that is under way in this process. */
	#refreshing: Promise<StoredSession> | undefined;
	/** The revocation of a replaced session that is under way in this process. */
	#revoking: Promise<unknown> | undefined;

	constructor(options: SessionManagerOptions) {
		this.#options = options;
	}

	/** The stored session, if it is the one that the provider's settings ask for; another one counts as none. */
	async read(): Promise<StoredSession | undefined> {
		const {watch, provider} = this.#options;
		const stored = await watch.read();
		return stored === undefined || differenceOf(stored, provider) !== undefined ? undefined : stored;
	}

	async fresh({
		minimumValidity = defaultMinimumValidity,
		type = 'access',
		rejected,
		signal,
		...asked
	}: TokenOptions): Promise<StoredSession> {
		signal?.throwIfAborted();
		const need: Need = {minimumValidity, type, rejected};
		const stored = await this.#alive(asked);
		if (this.#isFresh(stored, need)) return stored;
		if (!canRenew(stored)) return this.#asItIs(stored, need);
		signal?.throwIfAborted();
		try {
			// No caller's abort stops it: if nobody waits for the response, a rotated refresh token is lost, and the session with it.
			this.#refreshing ??= this.#refresh(stored, need).finally(() => {
				this.#refreshing = undefined;
			});
			const renewed = await abortable(this.#refreshing, signal);
			return canRenew(renewed) ? renewed : this.#asItIs(renewed, need);
		} catch (error) {
			const failure = toLoginError(error);
			// What is still valid is handed out, whatever made the refresh fail.
			if (failure.code === 'person_required' || signal?.aborted === true || !this.#isUsable(stored, need))
				throw failure;
			return stored;
		}
	}

	#isFresh({tokens}: StoredSession, {minimumValidity, type, rejected}: Need): boolean {
		return tokens.accessToken !== rejected && isFresh(tokens, this.#options.clock.now(), minimumValidity, type);
	}

	/** Whether a server may still accept what was asked for. */
	#isUsable({tokens}: StoredSession, {type, rejected}: Need): boolean {
		return tokens.accessToken !== rejected && isValid(tokens, this.#options.clock.now(), type);
	}

	/** A session that cannot renew itself is good until it ends. */
	#asItIs(session: StoredSession, need: Need): StoredSession {
		if (this.#isUsable(session, need)) return session;
		const {rejected} = need;
		throw this.#sessionEnded(
			session.tokens.accessToken === rejected
				? "The session can't renew itself."
				: "The session has expired and can't renew itself.",
		);
	}

	/** Resolves once no refresh, and no revocation of a replaced session, is under way in this process. */
	async settled(): Promise<void> {
		await Promise.allSettled([this.#refreshing, this.#revoking]);
	}

	/**
	 * Replaces the session; waits for a refresh that is under way, whose result must not come after it. The one that it
	 * replaces is revoked afterwards, where that cannot end the new one; nobody waits for that but `settled()`.
	 */
	async write(session: StoredSession, signal: AbortSignal): Promise<void> {
		const {store, profile} = this.#options;
		const lock = await this.#lockAnyway(signal);
		let replaced;
		try {
			replaced = await store.read(profile).catch(() => undefined);
			await this.#write(session);
		} finally {
			await lock?.release();
		}

		if (replaced !== undefined && replaced.dead !== true) this.#revoking = this.#revokeReplaced(replaced, session);
	}

	async #write(session: StoredSession, options?: {readonly isOnlyCopy: boolean}): Promise<void> {
		const {store, profile, watch} = this.#options;
		await store.write(profile, session, options);
		watch.tell(session);
	}

	async #revokeReplaced(replaced: StoredSession, session: StoredSession): Promise<void> {
		const {revokeReplaced} = await import('./ending.js');
		await revokeReplaced(this.#ending, replaced, session);
	}

	/** Revokes tokens that nobody will use, unless that could end the session that there is. */
	async discard(unwanted: IssuedTokens): Promise<void> {
		const {discardTokens} = await import('./ending.js');
		await discardTokens(this.#ending, unwanted);
	}

	/** Revokes the tokens, then forgets them, whatever the network says. */
	async end(signal: AbortSignal, forget = false): Promise<LogoutResult> {
		const lock = await this.#lockAnyway(signal);
		try {
			const {endSession} = await import('./ending.js');
			return await endSession(this.#ending, signal, forget);
		} finally {
			await lock?.release();
		}
	}

	get #ending(): EndingContext {
		return {...this.#options, contextOf: async (stored, signal) => this.context(stored, signal)};
	}

	/** What a request on behalf of the session needs: the endpoints that it began with (RFC 9700 §4.4.2). */
	async context(stored: StoredSession, signal: AbortSignal): Promise<RequestContext> {
		const {clock, loadFetch, provider} = this.#options;
		const {contextOf} = await import('./server-requests.js');
		return contextOf(stored, provider, {fetch: await loadFetch(), clock, signal});
	}

	async #alive(asked: Pick<TokenOptions, 'scope' | 'resource'> = {}): Promise<StoredSession> {
		const {watch, profile, provider, signInHint: hint} = this.#options;
		const stored = await watch.read();
		if (stored === undefined) {
			throw new LoginError('person_required', `Nobody is signed in (profile "${displayText(profile, 60)}").`, {hint});
		}

		const difference = differenceOf(stored, provider) ?? differenceOf(stored, {...provider, ...omitUndefined(asked)});
		if (difference !== undefined) {
			throw new LoginError('person_required', anotherSession(profile, difference), {hint});
		}

		if (stored.dead === true) throw this.#sessionEnded();
		return stored;
	}

	async #refresh(seen: StoredSession, need: Need): Promise<StoredSession> {
		const {store, profile, clock} = this.#options;
		const asked = clock.now();
		const hasChanged = async () => {
			const now = await store.read(profile);
			return now === undefined || now.dead === true || !isSameTokens(now, seen);
		};

		const lock = await store.lock(profile, 'refresh', {signal: neverAborted, until: hasChanged});
		try {
			const stored = await this.#alive();
			const isNew = !isSameTokens(stored, seen);
			if (isNew && (stored.tokens.issuedAt >= asked || this.#isFresh(stored, need))) return stored;
			// A refresh that the server refused to another process.
			if (!canRenew(stored)) return stored;
			// Another process's tokens that aren't fresh either: only the lock's holder may go on.
			if (lock === undefined) return await this.#refresh(stored, need);
			return await this.#renew(stored, need);
		} finally {
			await lock?.release();
		}
	}

	async #renew(stored: StoredSession, need: Need): Promise<StoredSession> {
		const {store, profile, warn} = this.#options;
		// A disk that is full or read-only says so now, while the refresh token is not yet spent.
		await store.write(profile, stored);
		const {renewSession} = await import('./renewal.js');
		return renewSession(
			{
				...{store, profile, warn},
				request: await this.context(stored, neverAborted),
				alive: async () => this.#alive(),
				write: async (...call) => this.#write(...call),
				livesOn: () => this.#isUsable(stored, {...need, type: 'access'}),
				ended: message => this.#sessionEnded(message),
			},
			stored,
		);
	}

	#sessionEnded(message = 'The session has ended: the server no longer accepts it.'): LoginError {
		return new LoginError('person_required', message, {hint: this.#options.signInHint});
	}

	/**
	 * The refresh lock, if it can be had soon: neither a hung process nor a disk too full for a lock file keeps people from
	 * signing out. What can't be written says so itself.
	 */
	async #lockAnyway(signal: AbortSignal): Promise<StoreLock | undefined> {
		const {store, profile} = this.#options;
		try {
			return await store.lock(profile, 'refresh', {signal, timeout: 5000});
		} catch (error) {
			if (hasCode(error, 'lock_timeout', 'store_error')) return undefined;
			throw error;
		}
	}
}

const neverAborted = new AbortController().signal;
