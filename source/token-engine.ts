import {systemClock, systemRandom, type Clock, type Random} from './core/clock.js';
import type {LoginOptions, LoginRun} from './login/flow.js';
import type {ExchangedToken, ExchangeRequest} from './oauth/token-exchange.js';
import {canRenew, renewsItself} from './session/freshness.js';
import {loadFlow} from './login/flows/index.js';
import {type Hints, LoginError, toLoginError} from './core/errors.js';
import type {Provider, ResolvedProvider} from './oauth/provider.js';
import {withSessionRequest} from './oauth/request-parameters.js';
import {startLogin} from './login/login.js';
import {SessionManager} from './session/session-manager.js';
import type {
	AccessTokenOptions,
	Session,
	TokenOptions,
	ClientSecretSource,
	StoredSession,
	TokenStore,
} from './session/types.js';
import type {TokenSet} from './oauth/token-set.js';
import type {UserInfo} from './oauth/userinfo.js';
import type {LogoutResult} from './oauth/revocation.js';

/** What an engine is made of. */
export type TokenEngineOptions = {
	/** Where people sign in, and as which client: made by a preset. */
	readonly provider: Provider;
	/** Keeps the session, as from `openStore({app: 'acme'})`. */
	readonly store: TokenStore;
	/**
	 * Where `fetch` may send the token, as in `https://api.acme.dev`: https, or http on loopback. Each `resource` of the
	 * provider adds its own.
	 *
	 * @default none
	 */
	readonly origins?: readonly string[];
	/** The name that the session is kept by: one for each account or server. @default 'default' */
	readonly profile?: string;
	/** Reaches the network. @default through `HTTPS_PROXY` and `HTTP_PROXY`, but for `NO_PROXY` and loopback */
	readonly fetch?: typeof fetch;
	/** A file of certificates (PEM) that the default `fetch` trusts besides the usual ones; kept with the session. */
	readonly caFile?: string;
	/** Time, for tests. @default the real time */
	readonly clock?: Clock;
	/** Where state, verifiers and the short link come from. @default the system's */
	readonly random?: Random;
	/** Where the client secret can be found again; kept with the session. */
	readonly clientSecretSource?: ClientSecretSource;
	/** What people of this application do to sign in, as in `Run: acme login`. @default 'Sign in again.' */
	readonly signInHint?: string;
	/**
	 * Shows a login that a request turned out to need, as `login` does: it resolves once the session is saved.
	 *
	 * @default none is shown: such a request fails with `person_required`
	 */
	readonly show?: (engine: TokenEngine, options: LoginOptions) => Promise<Session>;
	/** Takes a sentence for the person where something went wrong although there is a token. @default nobody hears it */
	readonly warn?: (sentence: string) => void;
	/** What people of this application do about other failures. @default sentences that name no command and no option */
	readonly hints?: Partial<Hints>;
};

/**
 * Gets tokens and keeps them alive. Its requests follow the proxy variables of the environment and trust `caFile`, unless
 * a `fetch` is handed in. Every method throws `LoginError`s only, but for `fetch`.
 */
export class TokenEngine {
	/** Where people sign in, and as which client. */
	readonly provider: Provider;
	/** Keeps the session. */
	readonly store: TokenStore;
	/** The name that the session is kept by. */
	readonly profile: string;
	/** The clock that all times are by. */
	readonly clock: Clock;
	/**
	 * The global `fetch` with the session's token, for `origins` alone. A redirect to another origin is followed without
	 * the token; a request that has an Authorization header of its own is sent as it is.
	 *
	 * A token that is rejected (401) is refreshed, once for all who heard of it; a 403 or 401 that asks for more scope or a
	 * stronger sign-in (RFC 6750, RFC 9470) leads to a login by `show`. Then the request is sent again, unless its body is a
	 * stream: its response is handed out as it came.
	 *
	 * @throws LoginError `config_error` for another origin, before anything is sent; `person_required`, and whatever keeps a
	 * token from coming; otherwise what the fetch below throws, and the signal's reason
	 */
	readonly fetch: typeof fetch;
	readonly #options: TokenEngineOptions;
	readonly #sessions: SessionManager;
	#reach: Promise<typeof fetch> | undefined;
	#hardenedFetch: Promise<typeof fetch> | undefined;
	#authorizedFetch: Promise<typeof fetch> | undefined;
	/** What was asked ahead of the next login. */
	#ahead: {readonly provider: Promise<ResolvedProvider>; readonly abort: () => void} | undefined;

	constructor(options: TokenEngineOptions) {
		const {provider, store, profile = 'default', clock = systemClock, signInHint = 'Sign in again.', warn} = options;
		this.provider = provider;
		this.store = store;
		this.profile = profile;
		this.clock = clock;
		this.#options = options;
		const loadFetch = async () => this.#loadFetch();
		this.#sessions = new SessionManager({provider, store, profile, clock, signInHint, warn, loadFetch});
		this.fetch = async (input, init) => {
			try {
				return await (
					await (this.#authorizedFetch ??= this.#makeAuthorizedFetch(signInHint))
				)(input, init);
			} catch (error) {
				(init?.signal ?? (input instanceof Request ? input.signal : undefined))?.throwIfAborted();
				throw error instanceof LoginError ? error.withHints(options.hints ?? {}) : error;
			}
		};
	}

	/**
	 * Begins to ask what the provider can do, for the next login to take: while a screen is loaded, say. What went wrong by
	 * then is forgotten, and that login asks itself.
	 */
	prepare(): void {
		if (this.#ahead !== undefined) return;
		const controller = new AbortController();
		const ahead = {provider: this.#discover(controller.signal, this.provider), abort: () => controller.abort()};
		this.#ahead = ahead;
		ahead.provider.catch(() => {
			if (this.#ahead === ahead) this.#ahead = undefined;
		});
	}

	/** Starts a login; nothing is shown. It begins its work one macrotask later. */
	login(options: LoginOptions = {}): LoginRun {
		const {store, profile, clock} = this;
		const provider = withSessionRequest(this.provider, options);
		const {random = systemRandom, hints = {}, clientSecretSource, caFile} = this.#options;
		return startLogin(
			{
				provider,
				store,
				profile,
				clock,
				random,
				hints,
				loadFlow,
				keeper: this.#sessions,
				loadFetch: async () => this.#loadFetch(),
				discover: async signal => this.#takeProvider(signal, provider),
				toSession: stored => this.#session(stored),
				remembered: {clientSecretSource, caFile},
			},
			options,
		);
	}

	/** The stored session, if it is the one that the provider's settings ask for and the server has not called it over. */
	async session(): Promise<Session | undefined> {
		return this.#guard(async () => {
			const stored = await this.#sessions.read();
			return stored === undefined || stored.dead === true ? undefined : this.#session(stored);
		});
	}

	/** The session's tokens, refreshed when needed, once across all processes. */
	async tokens(options: TokenOptions = {}): Promise<TokenSet> {
		return this.#guard(async () => (await this.#sessions.fresh(options)).tokens);
	}

	/** A fresh access token of the session, which must cover what is asked for. */
	async token(options: AccessTokenOptions = {}): Promise<string> {
		const {accessToken} = await this.tokens(options);
		return accessToken;
	}

	/** Asks the server who it is; a token that it no longer takes is renewed once (RFC 6750 §3.1). */
	async userInfo({signal = new AbortController().signal}: {readonly signal?: AbortSignal} = {}): Promise<UserInfo> {
		return this.#guard(async () => {
			const {fetchUserInfo} = await import('./oauth/userinfo.js');
			const stored = await this.#sessions.fresh({signal});
			try {
				return await fetchUserInfo(await this.#sessions.context(stored, signal), stored.tokens);
			} catch (error) {
				if (!(error instanceof LoginError) || error.code !== 'token_rejected' || !canRenew(stored)) throw error;
				const renewed = await this.#sessions.fresh({rejected: stored.tokens.accessToken, signal});
				return fetchUserInfo(await this.#sessions.context(renewed, signal), renewed.tokens);
			}
		});
	}

	/** Exchanges the session's access token for another (RFC 8693). */
	async exchange(request: ExchangeRequest): Promise<ExchangedToken> {
		return this.#guard(async () => {
			const {signal = new AbortController().signal} = request;
			const {exchangeToken} = await import('./oauth/token-exchange.js');
			const stored = await this.#sessions.fresh({signal});
			return exchangeToken(await this.#sessions.context(stored, signal), stored.tokens.accessToken, request);
		});
	}

	/** Revokes the tokens, then forgets them, whatever the network says. */
	async logout({signal = new AbortController().signal}: {readonly signal?: AbortSignal} = {}): Promise<LogoutResult> {
		return this.#guard(async () => this.#sessions.end(signal));
	}

	/**
	 * Resolves once no refresh is under way, and no replaced session is being revoked; never rejects. A process that ends
	 * during a refresh loses the session where the server rotates refresh tokens: the response is then the only copy of
	 * the next one.
	 */
	async settled(): Promise<void> {
		await this.#sessions.settled();
	}

	/** What the provider can do: as asked ahead, which serves one login without a scope or an organization of its own, or asked now. */
	async #takeProvider(signal: AbortSignal, provider: Provider): Promise<ResolvedProvider> {
		const ahead = this.#ahead;
		if (ahead === undefined || provider !== this.provider) return this.#discover(signal, provider);
		this.#ahead = undefined;
		signal.addEventListener('abort', ahead.abort, {once: true});
		return ahead.provider;
	}

	async #discover(signal: AbortSignal, provider: Provider): Promise<ResolvedProvider> {
		const {discover} = await import('./oauth/discovery.js');
		return discover(provider, {fetch: await this.#loadFetch(), clock: this.clock, signal});
	}

	#session(stored: StoredSession): Session {
		const {tokens, flow} = stored;
		const {identity, scope, expiresAt} = tokens;
		return {
			profile: this.profile,
			flow,
			...(identity !== undefined && {identity}),
			scope,
			...(expiresAt !== undefined && {expiresAt}),
			refreshable: renewsItself(stored),
			store: this.store.kind,
			getToken: async options => this.token(options),
			logout: async options => this.logout(options),
		};
	}

	/** Loaded with the first request: a token that is fresh needs none. */
	async #loadFetch(): Promise<typeof fetch> {
		return (this.#hardenedFetch ??= this.#makeFetch());
	}

	async #makeFetch(): Promise<typeof fetch> {
		const {hardenedFetch} = await import('./oauth/hardened-fetch.js');
		return hardenedFetch({fetch: await this.#loadReach(), clock: this.clock});
	}

	/** The fetch that both go through. */
	async #loadReach(): Promise<typeof fetch> {
		const {fetch: given, caFile} = this.#options;
		return (this.#reach ??= given === undefined ? environmentFetch(caFile) : Promise.resolve(given));
	}

	async #makeAuthorizedFetch(signInHint: string): Promise<typeof fetch> {
		const {origins = [], show} = this.#options;
		const {authorizedFetch} = await import('./session/authorized-fetch.js');
		return authorizedFetch({
			sessions: this.#sessions,
			fetch: await this.#loadReach(),
			origins,
			resource: this.provider.resource ?? [],
			signInHint,
			show: show && (async login => show(this, login)),
		});
	}

	async #guard<Value>(work: () => Promise<Value>): Promise<Value> {
		try {
			return await work();
		} catch (error) {
			throw toLoginError(error).withHints(this.#options.hints ?? {});
		}
	}
}

/** The fetch of this process's environment. */
const environmentFetch = async (caFile: string | undefined): Promise<typeof fetch> => {
	const {createFetch} = await import('./terminal/proxy-fetch.js');
	return createFetch(process, {...(caFile !== undefined && {caFile})});
};
