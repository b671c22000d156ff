import {confirmAccount} from './account-switch.js';
import {systemClock, systemRandom, type Clock, type Random} from './clock.js';
import type {BrowserOpener} from './flow.js';
import type {ExchangedToken, ExchangeRequest} from './exchanged-token.js';
import {canRenew, renewsItself} from './freshness.js';
import {loadFlow} from './flows/index.js';
import type {Hints} from './hints.js';
import {LoginEntrance} from './login-entrance.js';
import {LoginError, toLoginError} from './login-error.js';
import type {Route} from './login-event.js';
import type {LoginResult} from './login-host.js';
import type {LoginOptions} from './login-options.js';
import type {LoginRun} from './login-run.js';
import type {Provider, ResolvedProvider} from './provider.js';
import {ProviderResolver} from './provider-resolver.js';
import {RunningLogin} from './running-login.js';
import {SessionKeeper} from './session-keeper.js';
import type {AccessTokenOptions, LogoutResult, Session, TokenOptions} from './session.js';
import type {TokenSet} from './token-set.js';
import type {ClientSecretSource, StoredSession, TokenStore} from './token-store.js';
import type {UserInfo} from './user-info.js';

/** What an engine is made of. */
export type TokenEngineOptions = {
	/** Where people sign in, and as which client: made by a preset. */
	readonly provider: Provider;
	/** Keeps the session, as from `openStore({app: 'acme'})`. */
	readonly store: TokenStore;
	/** The name that the session is kept by: one for each account or server. @default 'default' */
	readonly profile?: string;
	/** Reaches the network. @default through `HTTPS_PROXY` and `HTTP_PROXY`, but for `NO_PROXY` and loopback */
	readonly fetch?: typeof fetch;
	/** A file of certificates (PEM) that the default `fetch` trusts besides the usual ones; kept with the session. */
	readonly caFile?: string;
	/** Time, for tests. @default the real time */
	readonly clock?: Clock;
	/** Where state, verifiers and the short address come from. @default the system's */
	readonly random?: Random;
	/** Opens the person's browser. @default what the login's options say */
	readonly openBrowser?: BrowserOpener;
	/** Where the client secret can be found again; kept with the session. */
	readonly clientSecretSource?: ClientSecretSource;
	/** What people of this application do to sign in, as in `Run: acme login`. @default 'Sign in again.' */
	readonly signInHint?: string;
	/** Takes a sentence for the person where something went wrong although there is a token. @default nobody hears it */
	readonly warn?: (sentence: string) => void;
	/** What people of this application do about other failures. @default sentences that name no command and no option */
	readonly hints?: Partial<Hints>;
};

/**
 * Gets tokens and keeps them alive; knows nothing of terminals, and of the network only its `fetch`. Every method throws
 * `LoginError`s only.
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
	readonly #options: TokenEngineOptions;
	readonly #keeper: SessionKeeper;
	readonly #resolver: ProviderResolver;
	#fetch: typeof fetch | undefined;

	constructor(options: TokenEngineOptions) {
		const {provider, store, profile = 'default', clock = systemClock, signInHint = 'Sign in again.', warn} = options;
		this.provider = provider;
		this.store = store;
		this.profile = profile;
		this.clock = clock;
		this.#options = options;
		const loadFetch = async () => this.#hardenedFetch();
		this.#keeper = new SessionKeeper({provider, store, profile, clock, signInHint, warn, loadFetch});
		this.#resolver = new ProviderResolver({provider, clock, loadFetch});
	}

	/**
	 * Begins to ask what the provider can do, for the next login to take: while a screen is loaded, say. What went wrong by
	 * then is forgotten, and that login asks itself.
	 */
	prepare(): void {
		this.#resolver.prepare();
	}

	/** Starts a login; nothing is shown. It begins its work one macrotask later. */
	login(options: LoginOptions = {}): LoginRun {
		const {clock} = this;
		const {random = systemRandom, openBrowser = options.openBrowser ?? noBrowser, hints = {}} = this.#options;
		const {sockets} = options;
		const entrance = new LoginEntrance(this.store, this.profile, clock, this.provider);
		return new RunningLogin(
			{
				clock,
				random,
				openBrowser,
				sockets,
				loadFlow,
				hints,
				fetch: async (input, init) => (await this.#hardenedFetch())(input, init),
				discover: async signal => {
					// Tried out beside the first request: a session is read or written only once its place is known.
					const [provider] = await Promise.all([this.#resolver.resolve(signal), this.store.prepare?.()]);
					return provider;
				},
				prefetchKeys: async (provider, signal) => {
					const {prefetchKeys} = await import('./protocol/index.js');
					await prefetchKeys({provider, fetch: await this.#hardenedFetch(), clock, signal});
				},
				keep: async (tokens, route, provider, signal) => this.#keep(tokens, route, provider, options, signal),
				revoke: async (tokens, provider) => this.#keeper.discard(tokens, provider),
				enter: async (onWait, signal) => {
					const entered = await entrance.enter(onWait, signal);
					return 'release' in entered ? entered : this.#result(entered);
				},
			},
			options,
		);
	}

	/** The stored session, if it is the one that the provider's settings ask for and the server has not called it over. */
	async session(): Promise<Session | undefined> {
		return this.#guard(async () => {
			const stored = await this.#keeper.read();
			return stored === undefined || stored.dead === true ? undefined : this.#session(stored);
		});
	}

	/** The session's tokens, refreshed when needed, once across all processes. */
	async tokens(options: TokenOptions = {}): Promise<TokenSet> {
		return this.#guard(async () => (await this.#keeper.fresh(options)).tokens);
	}

	/** A fresh access token. */
	async accessToken(options: AccessTokenOptions = {}): Promise<string> {
		const {accessToken} = await this.tokens(options);
		return accessToken;
	}

	/** Asks the server who it is; a token that it no longer takes is renewed once (RFC 6750 §3.1). */
	async userInfo({signal = new AbortController().signal}: {readonly signal?: AbortSignal} = {}): Promise<UserInfo> {
		return this.#guard(async () => {
			const {fetchUserInfo} = await import('./protocol/index.js');
			const stored = await this.#keeper.fresh({signal});
			try {
				return await fetchUserInfo(await this.#keeper.context(stored, signal), stored.tokens);
			} catch (error) {
				if (!(error instanceof LoginError) || error.code !== 'token_rejected' || !canRenew(stored)) throw error;
				const renewed = await this.#keeper.fresh({rejected: stored.tokens.accessToken, signal});
				return fetchUserInfo(await this.#keeper.context(renewed, signal), renewed.tokens);
			}
		});
	}

	/** Exchanges the session's access token for another (RFC 8693). */
	async exchange(request: ExchangeRequest): Promise<ExchangedToken> {
		return this.#guard(async () => {
			const {signal = new AbortController().signal} = request;
			const {exchangeToken} = await import('./protocol/index.js');
			const stored = await this.#keeper.fresh({signal});
			return exchangeToken(await this.#keeper.context(stored, signal), stored.tokens.accessToken, request);
		});
	}

	/** Revokes the tokens, then forgets them, whatever the network says. */
	async logout({signal = new AbortController().signal}: {readonly signal?: AbortSignal} = {}): Promise<LogoutResult> {
		return this.#guard(async () => this.#keeper.end(signal));
	}

	/**
	 * Resolves once no refresh is under way, and no replaced session is being revoked; never rejects. A process that ends
	 * during a refresh loses the session where the server rotates refresh tokens: the response is then the only copy of
	 * the next one.
	 */
	async settled(): Promise<void> {
		await this.#keeper.settled();
	}

	async #keep(
		tokens: TokenSet,
		route: Route,
		provider: ResolvedProvider,
		{switchAccount = false}: LoginOptions,
		signal: AbortSignal,
	): Promise<LoginResult> {
		await confirmAccount(await this.store.read(this.profile), tokens, this.provider, switchAccount, signal);
		const {exportKeys} = await import('./protocol/index.js');
		const keys = exportKeys(provider.server);
		const {clientSecretSource, caFile} = this.#options;
		const {clientSecret: _, server, routes: __, requestedScope, ...settings} = provider;
		const stored: StoredSession = {
			version: 1,
			tokens,
			route,
			signedInAt: this.clock.now(),
			requestedScope,
			provider: settings,
			server,
			keys,
			clientSecretSource,
			caFile,
		};
		await this.#keeper.write(stored, signal);
		return this.#result(stored);
	}

	#result(stored: StoredSession): LoginResult {
		const session = this.#session(stored);
		const {identity, scope, expiresAt, refreshable, store, profile, route} = session;
		return {
			session,
			event: {
				type: 'signed-in',
				identity,
				scope,
				expiresAt,
				refreshable,
				store,
				profile,
				route,
			},
		};
	}

	#session(stored: StoredSession): Session {
		const {tokens, route} = stored;
		const {identity, scope, expiresAt} = tokens;
		return {
			profile: this.profile,
			route,
			identity,
			scope,
			expiresAt,
			refreshable: renewsItself(stored),
			store: this.store.kind,
			getToken: async options => this.accessToken(options),
			logout: async options => this.logout(options),
		};
	}

	/** Loaded with the first request: a token that is fresh needs none. */
	async #hardenedFetch(): Promise<typeof fetch> {
		const {hardenedFetch} = await import('./hardened-fetch.js');
		this.#fetch ??= hardenedFetch({fetch: this.#options.fetch ?? fetch, clock: this.clock});
		return this.#fetch;
	}

	async #guard<Value>(work: () => Promise<Value>): Promise<Value> {
		try {
			return await work();
		} catch (error) {
			throw toLoginError(error).withHints(this.#options.hints ?? {});
		}
	}
}

const noBrowser: BrowserOpener = async () => ({
	status: 'skipped',
	detail: 'This program opens no browser by itself.',
});
