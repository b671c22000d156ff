import {abortable} from './abortable.js';
import type {Clock} from './clock.js';
import {displayText} from './display-text.js';
import type {RequestContext} from './flow.js';
import {canRenew, defaultMinimumValidity, isFresh, isValid} from './freshness.js';
import {LoginError, toLoginError} from './login-error.js';
import type {Provider, ResolvedProvider} from './provider.js';
import type {AccessTokenOptions, LogoutResult} from './session.js';
import type {TokenSet} from './token-set.js';
import type {StoredSession, StoreLock, TokenStore} from './token-store.js';

export type SessionKeeperOptions = {
	readonly provider: Provider;
	readonly store: TokenStore;
	readonly profile: string;
	readonly clock: Clock;
	/** What to do where somebody has to sign in. */
	readonly signInHint: string;
	/** Takes a sentence for the person about what went wrong although there is a token. */
	readonly warn: ((sentence: string) => void) | undefined;
	/** Loads the hardened fetch; a token that is fresh needs none. */
	readonly loadFetch: () => Promise<typeof fetch>;
};

/** Failures after which the session is as it was, and the same may work later. */
const passing = new Set<LoginError['code']>([
	'network_error',
	'tls_error',
	'timeout',
	'server_unavailable',
	'bad_response',
	'lock_timeout',
	'store_error',
]);

/**
 * Keeps one session alive: one refresh at a time across all processes, and never a sign-out by our own fault (protocol
 * checklist B05, B15, S25-S27).
 *
 * One session can be lost all the same: where the server has rotated the refresh token, its answer reached no disk (the
 * connection broke, or the process was killed in the milliseconds before it was stored), and the server forgives no second
 * use of the old one.
 */
export class SessionKeeper {
	readonly #options: SessionKeeperOptions;
	/** The refresh that is under way in this process. */
	#refreshing: Promise<StoredSession> | undefined;

	constructor(options: SessionKeeperOptions) {
		this.#options = options;
	}

	/** The stored session of this provider and client; another one's is as good as none. */
	async read(): Promise<StoredSession | undefined> {
		const {store, profile, provider} = this.#options;
		const stored = await store.read(profile);
		if (stored === undefined) return undefined;
		const isOurs = stored.provider.issuer === provider.issuer && stored.provider.clientId === provider.clientId;
		return isOurs ? stored : undefined;
	}

	/** The session with fresh tokens. */
	async fresh({
		minimumValidity = defaultMinimumValidity,
		forceRefresh = false,
		signal,
	}: AccessTokenOptions): Promise<StoredSession> {
		signal?.throwIfAborted();
		const {clock} = this.#options;
		const stored = await this.#alive();
		const now = clock.now();
		if (!forceRefresh && isFresh(stored.tokens, now, minimumValidity)) return stored;
		if (!canRenew(stored)) {
			if (!isValid(stored.tokens, now)) throw this.#sessionEnded('The session has expired and cannot renew itself.');
			if (!forceRefresh) return stored;
			throw this.#sessionEnded('The session cannot renew itself.');
		}

		try {
			// Nobody's abort stops it: a rotated refresh token whose answer is not awaited is a lost session.
			this.#refreshing ??= this.#refresh(stored, forceRefresh ? undefined : minimumValidity).finally(() => {
				this.#refreshing = undefined;
			});
			return await abortable(this.#refreshing, signal);
		} catch (error) {
			const failure = toLoginError(error);
			// What is still valid is handed out while the server cannot be reached.
			if (passing.has(failure.code) && !forceRefresh && isValid(stored.tokens, clock.now())) return stored;
			throw failure;
		}
	}

	/** Resolves once no refresh is under way in this process. */
	async settled(): Promise<void> {
		await this.#refreshing?.catch(() => undefined);
	}

	/** Replaces the session; waits for a refresh that is under way, whose result must not come after it. */
	async write(session: StoredSession, signal: AbortSignal): Promise<void> {
		const {store, profile} = this.#options;
		const lock = await this.#lockAnyway(signal);
		try {
			await store.write(profile, session);
		} finally {
			await lock?.release();
		}
	}

	/** Revokes the tokens, then forgets them, whatever the network says (protocol checklist V05). */
	async end(signal: AbortSignal): Promise<LogoutResult> {
		const {store, profile} = this.#options;
		const lock = await this.#lockAnyway(signal);
		try {
			const stored = await store.read(profile);
			// Forgotten first: nothing that the network does can bring it back.
			await store.remove(profile);
			if (stored === undefined) return {outcome: 'no-session'};
			return await this.#revoke(stored, signal);
		} finally {
			await lock?.release();
		}
	}

	/** Never rejects: an abort, too, comes after the session was forgotten, and what became of it is to be told. */
	async #revoke(stored: StoredSession, signal: AbortSignal): Promise<LogoutResult> {
		try {
			const {revokeTokens} = await import('./protocol/index.js');
			return await revokeTokens(await this.context(stored, signal), stored.tokens);
		} catch (error) {
			return {outcome: 'not-revoked', reason: toLoginError(error).message};
		}
	}

	/** What a request on behalf of the session needs: the endpoints that it began with (RFC 9700 §4.4.2). */
	async context(stored: StoredSession, signal: AbortSignal): Promise<RequestContext> {
		const {clock, loadFetch, provider} = this.#options;
		const {importKeys} = await import('./protocol/index.js');
		const server = {...stored.server};
		if (stored.keys !== undefined) importKeys(server, stored.keys);
		const resolved: ResolvedProvider = {
			...stored.provider,
			...(provider.clientSecret !== undefined && {clientSecret: provider.clientSecret}),
			server,
			routes: {browser: true, device: true, 'client-credentials': true, password: true},
			requestedScope: stored.tokens.scope,
			foreignHosts: [],
		};
		return {provider: resolved, fetch: await loadFetch(), clock, signal};
	}

	async #alive(): Promise<StoredSession> {
		const stored = await this.read();
		if (stored === undefined) {
			throw new LoginError(
				'person_required',
				`Nobody is signed in (profile "${displayText(this.#options.profile, 60)}").`,
				{hint: this.#options.signInHint},
			);
		}

		if (stored.dead === true) throw this.#sessionEnded();
		return stored;
	}

	/** @param minimumValidity - undefined to renew whatever is left */
	async #refresh(seen: StoredSession, minimumValidity: number | undefined): Promise<StoredSession> {
		const {store, profile, clock} = this.#options;
		const asked = clock.now();
		const hasChanged = async () => {
			const now = await store.read(profile);
			return now === undefined || now.dead === true || now.tokens.accessToken !== seen.tokens.accessToken;
		};

		const lock = await store.lock(profile, 'refresh', {signal: neverAborted, until: hasChanged});
		try {
			const stored = await this.#alive();
			const isNew = stored.tokens.accessToken !== seen.tokens.accessToken;
			const {issuedAt} = stored.tokens;
			if (
				isNew &&
				(issuedAt >= asked || minimumValidity === undefined || isFresh(stored.tokens, clock.now(), minimumValidity))
			) {
				return stored;
			}

			// Another's tokens that are not fresh either: only the holder of the lock may go on.
			if (lock === undefined) return await this.#refresh(stored, minimumValidity);
			return await this.#renew(stored);
		} finally {
			await lock?.release();
		}
	}

	/** With the lock held: asks the server and keeps its answer before anybody uses it. */
	async #renew(stored: StoredSession): Promise<StoredSession> {
		const {store, profile} = this.#options;
		// A disk that is full or read-only says so now, while the refresh token is not yet spent.
		await store.write(profile, stored);
		const context = await this.context(stored, neverAborted);
		try {
			const tokens = await this.#ask(context, stored);
			const {exportKeys} = await import('./protocol/index.js');
			const keys = exportKeys(context.provider.server) ?? stored.keys;
			return await this.#keep({...stored, tokens, ...(keys !== undefined && {keys})}, stored, context);
		} catch (error) {
			const failure = toLoginError(error);
			if (stored.route === 'client-credentials') throw failure;
			if (failure.code === 'invalid_grant') return await this.#adoptOrEnd(stored, this.#sessionEnded());
			if (failure.code === 'identity_check_failed') return await this.#adoptOrEnd(stored, this.#notContinued(failure));
			throw failure;
		}
	}

	/** Stores what a refresh brought, unless somebody signed in or out meanwhile who did not wait any longer for the lock. */
	async #keep(next: StoredSession, used: StoredSession, context: RequestContext): Promise<StoredSession> {
		const {store, profile} = this.#options;
		// The answer is the only copy of a rotated refresh token: a store that cannot be read keeps it all the same.
		const present = await store.read(profile).catch(() => used);
		if (present?.tokens.accessToken === used.tokens.accessToken) {
			try {
				await store.write(profile, next, {isOnlyCopy: true});
			} catch (error) {
				this.#tellLost(next, used, error);
			}

			return next;
		}

		if (present === undefined) {
			const {revokeTokens} = await import('./protocol/index.js');
			await revokeTokens(context, next.tokens);
		}

		return this.#alive();
	}

	/** One request, and one more where no answer came: it may have been lost after the server acted (S27). */
	async #ask(context: RequestContext, {route, tokens}: StoredSession): Promise<TokenSet> {
		const {refreshTokens, requestClientCredentials} = await import('./protocol/index.js');
		if (route === 'client-credentials') return requestClientCredentials(context);
		try {
			return await refreshTokens(context, tokens);
		} catch (error) {
			if (!(error instanceof LoginError) || error.code !== 'network_error') throw error;
			return refreshTokens(context, tokens);
		}
	}

	/**
	 * The refresh token is refused, or spent on an answer that must not be believed: a sibling's newer session is taken over
	 * before anything is called over.
	 */
	async #adoptOrEnd(used: StoredSession, failure: LoginError): Promise<StoredSession> {
		const {store, profile} = this.#options;
		const stored = await this.#alive();
		if (stored.tokens.refreshToken !== used.tokens.refreshToken) return stored;
		await store.write(profile, {...stored, dead: true});
		throw failure;
	}

	/** The new token works although it could not be saved; only a refresh token that replaced another is lost. */
	#tellLost(next: StoredSession, used: StoredSession, error: unknown): void {
		if (next.tokens.refreshToken === used.tokens.refreshToken) return;
		const {message} = toLoginError(error);
		this.#options.warn?.(
			`${message} So the session could not be saved, and ends with this token. Make room, then sign in again.`,
		);
	}

	#sessionEnded(message = 'The session has ended: the server no longer accepts it.'): LoginError {
		return new LoginError('person_required', message, {hint: this.#options.signInHint});
	}

	/**
	 * What a refresh brought is not a continuation of this sign-in (OIDC Core §12.2; O22). To send the same refresh token
	 * again would be to replay it, which ends the session at the server as well (RFC 9700 §4.14.2).
	 */
	#notContinued({code, message, endpoint, status}: LoginError): LoginError {
		return new LoginError(code, `${message} So the session has ended.`, {
			hint: this.#options.signInHint,
			endpoint,
			status,
		});
	}

	/**
	 * The refresh lock if it can be had soon: neither a hung process nor a full disk, which takes no lock file, keeps anybody
	 * from signing out. What cannot be written says so itself.
	 */
	async #lockAnyway(signal: AbortSignal): Promise<StoreLock | undefined> {
		const {store, profile} = this.#options;
		try {
			return await store.lock(profile, 'refresh', {signal, timeout: 5000});
		} catch (error) {
			if (error instanceof LoginError && (error.code === 'lock_timeout' || error.code === 'store_error'))
				return undefined;
			throw error;
		}
	}
}

const neverAborted = new AbortController().signal;
