import {omitUndefined, systemClock, systemRandom, type Clock, type Random} from './core/clock.js';
import type {BeginOptions, LoginOptions, LoginRun, PendingOptions} from './login/flow.js';
import type {ExchangedToken, ExchangeRequest} from './oauth/token-exchange.js';
import type {ShowLogin} from './login.js';
import type {AdoptedTokens} from './session/adopt.js';
import {renewsItself, signInDue} from './session/freshness.js';
import {askedScopeOf, differenceOf} from './session/session-difference.js';
import type {FetchedRequest} from './session/authorized-fetch.js';
import {isLive, SessionWatch, type SessionState} from './session/session-state.js';
import {SharedLogins} from './session/shared-logins.js';
import type {KeyValueStore} from './session/store/custom-store.js';
import {openCustomStore, openStore, type OpenStoreOptions} from './session/store/open-store.js';
import {loadFlow} from './login/flows/index.js';
import {cancelled, hasCode, type Hints, LoginError, type PendingDetails, toLoginError} from './core/errors.js';
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
import type {SignInContext} from './sign-in.js';

/** What an engine is made of: a provider, and an `app` or a `store`. A store of strings needs an `app` too, unless it has locks of its own and no encryption. */
export type TokenEngineOptions = EngineSettings &
	({readonly app: string} | {readonly store: TokenStore | LockingStore});

type LockingStore = KeyValueStore & Required<Pick<KeyValueStore, 'lock'>> & {readonly encrypt?: false};

type EngineSettings = {
	/** Where people sign in, and as which client: made by a preset. */
	readonly provider: Provider;
	/**
	 * The name of your program, as in `acme`: lower-case letters, digits, `.`, `_` and `-`. Its sessions lie in a folder of
	 * that name, and its entry in the system keyring bears it; programs that give the same name share their sessions.
	 */
	readonly app?: string;
	/**
	 * Keeps the sessions, as from `openStore()`, or as strings in a store of your own.
	 *
	 * @default the system keyring where there is one that works, else files that only the user can read
	 */
	readonly store?: TokenStore | KeyValueStore;
	/**
	 * Where `fetch` may send the token, as in `https://api.acme.dev`: https, or http on loopback. Each `resource` of the
	 * provider adds its own.
	 *
	 * @default none
	 */
	readonly origins?: readonly string[];
	/** The name that the session is kept by: one for each account or server. @default 'default', or the URL of a `resource()` */
	readonly profile?: string;
	/** Reaches the network. @default through `HTTPS_PROXY` and `HTTP_PROXY`, but for `NO_PROXY` and loopback */
	readonly fetch?: typeof fetch;
	/** A file of certificates (PEM) that the default `fetch` trusts besides the usual ones; saved with the session. */
	readonly caFile?: string;
	/** Time, for tests. @default the real time */
	readonly clock?: Clock;
	/** Where state, verifiers and the short link come from. @default the system's */
	readonly random?: Random;
	/** Where the client secret or key can be found again; saved with the session. */
	readonly clientSecretSource?: ClientSecretSource;
	/** What people of this application do to sign in, as in `Run: acme login`. @default 'Sign in again.' */
	readonly signInHint?: string;
	/**
	 * How a login is shown that `ensure()` or a request of `fetch` turns out to need: `screen` from `ink-login`, say. While
	 * a `<LoginGate>` of this engine is mounted, it is shown there.
	 *
	 * @default 'plain'
	 */
	readonly show?: ShowLogin;
	/** Takes a sentence for the person where something went wrong although there is a token. @default nobody hears it */
	readonly warn?: (sentence: string) => void;
	/** What people of this application do about other failures. @default sentences that name no command and no option */
	readonly hints?: Partial<Hints>;
};

/** How the logins go that a fetch of `createFetch()` turns out to need. */
export type CreateFetchOptions = Omit<LoginOptions, 'signal'> & {
	/**
	 * Whether a request may lead to a login. One that may not throws `person_required`, or gets the response that asks for
	 * more scope.
	 *
	 * @default each may
	 */
	readonly isInteractive?: (request: FetchedRequest) => boolean;
};

/**
 * Signs people in, gets tokens and keeps them alive. Making one touches no disk, no network and no keyring: the store is
 * found when it is first needed. Its requests follow the proxy variables of the environment and trust `caFile`, unless a
 * `fetch` is handed in. Every method throws `LoginError`s only, but for `fetch`.
 *
 * @example
 * ```ts
 * const engine = new TokenEngine({app: 'acme', provider, origins: ['https://api.acme.dev']});
 * await engine.ensure();
 * const response = await engine.fetch('https://api.acme.dev/me');
 * ```
 */
export class TokenEngine {
	/** Where people sign in, and as which client. */
	readonly provider: Provider;
	/** Keeps the sessions. */
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
	 * stream: its 401 or 403 is handed out, and the caller sends it again.
	 *
	 * @throws LoginError `config_error` for another origin, before anything is sent; `person_required`, and whatever keeps a
	 * token from coming; otherwise what the fetch below throws, and the signal's reason
	 */
	readonly fetch: typeof fetch;
	/**
	 * Calls `listener` when `state` has changed, until the function that it returns is called. While there are listeners,
	 * what other processes do to the session is seen within a second or so; none keeps the process alive. With `state`, all
	 * that `useSyncExternalStore` needs.
	 */
	readonly subscribe: (listener: () => void) => () => void;
	readonly #options: TokenEngineOptions;
	readonly #watch: SessionWatch;
	readonly #sessions: SessionManager;
	readonly #logins = new SharedLogins();
	/** The engines of all profiles that were asked for. */
	#byProfile = new Map<string, TokenEngine>();
	/** What shows logins instead of `show`, for all profiles; the one that came last does. */
	#screens = new Set<ShowLogin>();
	#reach: Promise<typeof fetch> | undefined;
	#hardenedFetch: Promise<typeof fetch> | undefined;
	/** What was asked ahead of the next login. */
	#ahead: {readonly provider: Promise<ResolvedProvider>; readonly abort: () => void} | undefined;

	/** @throws LoginError `config_error` for an `app` that cannot be a name, and without `app` and `store` */
	constructor(options: TokenEngineOptions) {
		const {provider, app, clock = systemClock, signInHint = 'Sign in again.', warn} = options;
		const {profile = provider.protectedResource?.url ?? 'default'} = options;
		const place = omitUndefined({app, clock});
		const {store} = options;
		this.provider = provider;
		this.store =
			// A program without types may give neither.
			store === undefined
				? openStore(place as OpenStoreOptions)
				: 'read' in store
					? store
					: openCustomStore(store, place);
		this.profile = profile;
		this.clock = clock;
		this.#options = options;
		this.#byProfile.set(profile, this);
		this.#watch = new SessionWatch({provider, store: this.store, profile, clock});
		this.subscribe = listener => this.#watch.subscribe(listener);
		const loadFetch = async () => this.#loadFetch();
		const {store: sessions} = this;
		this.#sessions = new SessionManager({
			...{provider, store: sessions, profile, clock, signInHint, warn, loadFetch},
			watch: this.#watch,
			isPending: async client =>
				(await import('./login/pending-record.js')).isClientPending(sessions, clock.now(), client),
		});
		this.fetch = this.createFetch();
	}

	/** What it was made of. */
	get options(): TokenEngineOptions {
		return this.#options;
	}

	/** What is known of the session; the same object until something changes. It is `loading` until something has read it. */
	get state(): SessionState {
		return this.#watch.state;
	}

	/** The engine of another profile, with the same options; the same one each time. */
	as(profile: string): TokenEngine {
		const known = this.#byProfile.get(profile);
		if (known !== undefined) return known;
		const engine = new TokenEngine({...this.#options, store: this.store, profile});
		engine.#byProfile = this.#byProfile;
		engine.#screens = this.#screens;
		this.#byProfile.set(profile, engine);
		return engine;
	}

	/**
	 * Has `show` show the logins that `ensure()` and `fetch` turn out to need, of every profile, until the function that it
	 * returns is called: for an app whose screen plain lines would spoil. A mounted `<LoginGate>` does this by itself.
	 */
	showBy(show: Exclude<ShowLogin, string>): () => void {
		this.#screens.add(show);
		return () => this.#screens.delete(show);
	}

	/**
	 * A `fetch` as the one above, which with options has someone sign in, too, as `ensure(login)` does: where a request that
	 * went without a token is rejected (401), and where neither the session's token nor a refreshed one is accepted. While
	 * nobody is signed in, requests go without a token: many servers have something for strangers.
	 *
	 * @throws LoginError as `fetch`; `token_rejected` where a server rejects the token of a sign-in it has just asked for
	 */
	createFetch(options?: CreateFetchOptions): typeof fetch {
		let made: Promise<typeof fetch> | undefined;
		return async (input, init) => {
			try {
				return await (
					await (made ??= this.#makeFetch(options))
				)(input, init);
			} catch (error) {
				(init?.signal ?? (input instanceof Request ? input.signal : undefined))?.throwIfAborted();
				throw error instanceof LoginError ? error.withHints(this.#options.hints ?? {}) : error;
			}
		};
	}

	/** The sessions of all profiles that are for the provider and the client of this engine. */
	async accounts(): Promise<readonly Session[]> {
		return this.#guard(async () => {
			const profiles = await this.store.list();
			const sessions = await Promise.all(profiles.map(async profile => this.as(profile).session()));
			return sessions.filter(session => session !== undefined);
		});
	}

	/**
	 * The session, and where there is none that gives a token for what is asked, a login: the program's own where its
	 * provider says so, or has a secret, a key or a workload identity while nobody is there; otherwise one by `show`, for a
	 * person or for an agent whose transcript a person reads. Calls at the same time share one login.
	 *
	 * @param options - `scope` and `organization` are asked of the session, everything else of a login, which keeps the
	 * scopes that the session has; a session that still has the access token `rejected`, which a server has refused, counts
	 * as none
	 * @throws LoginError `person_required`, at once, where nobody is there; `cancelled` where the person left
	 */
	async ensure({rejected, ...options}: LoginOptions & Pick<TokenOptions, 'rejected'> = {}): Promise<Session> {
		return this.#guard(async () => {
			const since = this.#logins.turn;
			return (await this.#covering(options, rejected)) ?? this.#share(options, since, rejected);
		}, options.signal);
	}

	/**
	 * Makes a session of tokens that an earlier version of the app has stored. The server has its say: a refresh token is
	 * traded for new ones. Where there is a session already, that one stays.
	 *
	 * @throws LoginError `person_required` where the server no longer accepts them
	 */
	async adopt(tokens: AdoptedTokens, {signal = new AbortController().signal}: Abortable = {}): Promise<Session> {
		return this.#guard(async () => {
			const present = await this.session();
			if (present !== undefined) return present;
			const {signInHint = 'Sign in again.'} = this.#options;
			const {adoptTokens} = await import('./session/adopt.js');
			const stored = await adoptTokens(await this.#context(signal), tokens, signInHint, this.#remembered);
			await this.store.prepare?.();
			await this.#sessions.write(stored, signal);
			return this.#session(stored);
		}, signal);
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
		const {random = systemRandom, hints = {}} = this.#options;
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
				discover: async (signal, asked = provider) => this.#takeProvider(signal, asked),
				toSession: stored => {
					// Another process may have left it.
					this.#watch.tell(stored);
					return this.#session(stored);
				},
				remembered: this.#remembered,
			},
			options,
		);
	}

	/**
	 * Begins a login that outlives this process, and leaves it; one that asks for the same and is still pending is
	 * continued. `tell` is for the person, `id` for `resume`.
	 */
	async begin(options: BeginOptions = {}): Promise<PendingDetails> {
		return this.#guard(async () => (await import('./login/pending.js')).beginLogin(this, options));
	}

	/**
	 * Continues a login that was begun, in this process or another, until someone has approved it. `login` with
	 * `pending: {id}` does the same with events and commands.
	 *
	 * @param options - `wait`: seconds. @default until the login ends; the commands are for what a `PendingError` says
	 * @returns the session, also where another process has finished the login
	 * @throws PendingError where nobody has approved by then; LoginError `expired_token` for one that is not there any more
	 */
	async resume(
		id: string,
		{signal, ...pending}: Omit<PendingOptions, 'id' | 'message'> & Abortable = {},
	): Promise<Session> {
		return this.login({pending: {id, ...pending}, signal}).session;
	}

	/** The stored session, if it is the one that the provider's settings ask for and is not known to be over. */
	async session(): Promise<Session | undefined> {
		return this.#guard(async () => {
			const stored = await this.#sessions.read();
			return stored !== undefined && isLive(stored, this.clock.now()) ? this.#session(stored) : undefined;
		});
	}

	/** The session's tokens, refreshed when needed, once across all processes. */
	async tokens(options: TokenOptions = {}): Promise<TokenSet> {
		return this.#guard(async () => (await this.#sessions.fresh(options)).tokens, options.signal);
	}

	/** A fresh access token of the session, which must cover what is asked for. */
	async token(options: AccessTokenOptions = {}): Promise<string> {
		const {accessToken} = await this.tokens(options);
		return accessToken;
	}

	/** Asks the server who it is; a token that it no longer takes is renewed once (RFC 6750 §3.1). */
	async userInfo({signal = new AbortController().signal}: Abortable = {}): Promise<UserInfo> {
		return this.#guard(async () => {
			const {requestUserInfo} = await import('./session/server-requests.js');
			return requestUserInfo(this.#sessions, signal);
		}, signal);
	}

	/** Exchanges the session's access token, or one that is given, for another (RFC 8693). */
	async exchange(request: ExchangeRequest): Promise<ExchangedToken> {
		return this.#guard(async () => {
			const {requestExchange} = await import('./session/server-requests.js');
			return requestExchange(this.#sessions, request, async signal => this.#context(signal));
		}, request.signal);
	}

	/**
	 * Revokes the tokens, then forgets them, whatever the network says.
	 *
	 * @param options - `forget` also takes back the registration of a client that this program registered itself, unless
	 * another session or a pending login is that client's; default: it stays for the next login
	 */
	async logout({
		signal = new AbortController().signal,
		forget = false,
	}: Abortable & {readonly forget?: boolean} = {}): Promise<LogoutResult> {
		return this.#guard(async () => this.#sessions.end(signal, forget), signal);
	}

	/**
	 * Resolves once no refresh is under way, and no replaced session is being revoked; never rejects. A process that ends
	 * during a refresh loses the session where the server rotates refresh tokens: the response is then the only copy of
	 * the next one.
	 */
	async settled(): Promise<void> {
		await this.#sessions.settled();
	}

	/** One login for all who need the same. */
	async #share({signal, ...asked}: LoginOptions, since: number, rejected?: string): Promise<Session> {
		return this.#logins.join(`ensure ${JSON.stringify(asked)}`, since, signal, async signal => {
			const login = {...asked, signal};
			const {signIn} = await import('./sign-in.js');
			// The login before this one may have brought it.
			const present = await this.#covering(login, rejected);
			if (present !== undefined) return present;
			return signIn(this.#signInContext(rejected), login);
		});
	}

	/** The session with a token that is good now, if it is for what a login is asked for. */
	async #covering(options: LoginOptions, rejected?: string): Promise<Session | undefined> {
		const stored = await this.#sessions.read();
		if (
			stored === undefined ||
			stored.tokens.accessToken === rejected ||
			differenceOf(stored, withSessionRequest(this.provider, options)) !== undefined
		)
			return undefined;
		const {signal} = options;
		try {
			return this.#session(await this.#sessions.fresh(omitUndefined({signal})));
		} catch (error) {
			if (hasCode(error, 'person_required')) return undefined;
			throw error;
		}
	}

	/** What a login is shown with by the functions of `sign-in.ts`, which an application with a session never loads. */
	#signInContext(rejected?: string): SignInContext {
		const {show, signInHint} = this.#options;
		const screen = [...this.#screens].at(-1);
		return {
			engine: this,
			show: screen ?? show,
			hasScreen: screen !== undefined,
			signInHint,
			covering: async options => this.#covering(options, rejected),
			presentScope: async () => askedScopeOf(await this.#sessions.read()),
		};
	}

	/** What the provider can do: as asked ahead, which serves one login without a scope or an organization of its own, or asked now. */
	async #takeProvider(signal: AbortSignal, provider: Provider): Promise<ResolvedProvider> {
		const ahead = this.#ahead;
		if (ahead === undefined || provider !== this.provider) return this.#discover(signal, provider);
		this.#ahead = undefined;
		signal.addEventListener('abort', ahead.abort, {once: true});
		return ahead.provider;
	}

	/** What a request needs that no session makes. */
	async #context(signal: AbortSignal) {
		const provider = await this.#takeProvider(signal, this.provider);
		return {provider, fetch: await this.#loadFetch(), clock: this.clock, signal};
	}

	async #discover(signal: AbortSignal, provider: Provider): Promise<ResolvedProvider> {
		const {discover} = await import('./oauth/discovery.js');
		return discover(provider, {fetch: await this.#loadFetch(), clock: this.clock, signal});
	}

	#session(stored: StoredSession): Session {
		const {tokens, flow} = stored;
		const {identity, scope, expiresAt} = tokens;
		const {kind, description} = this.store;
		return omitUndefined<Session>({
			identity,
			scope,
			expiresAt,
			sessionExpiresAt: signInDue(stored),
			refreshable: renewsItself(stored),
			store: kind,
			savedIn: kind === 'custom' ? description : undefined,
			profile: this.profile,
			flow,
			getToken: async options => this.token(options),
			logout: async options => this.logout(options),
		});
	}

	/** What a session has to know of these options when another process refreshes it. */
	get #remembered(): Pick<StoredSession, 'clientSecretSource' | 'caFile'> {
		const {clientSecretSource, caFile} = this.#options;
		return omitUndefined({clientSecretSource, caFile});
	}

	/** Loaded with the first request: a token that is fresh needs none. */
	async #loadFetch(): Promise<typeof fetch> {
		const {clock} = this;
		return (this.#hardenedFetch ??= import('./oauth/hardened-fetch.js').then(async ({hardenedFetch}) =>
			hardenedFetch({fetch: await this.#loadReach(), clock}),
		));
	}

	/** The fetch that both go through: the one handed in, or that of this process's environment. */
	async #loadReach(): Promise<typeof fetch> {
		const {fetch: given, caFile} = this.#options;
		return (
			given ??
			(this.#reach ??= import('./terminal/proxy-fetch.js').then(async ({createFetch}) =>
				createFetch(process, {...(caFile !== undefined && {caFile})}),
			))
		);
	}

	async #makeFetch(options?: CreateFetchOptions): Promise<typeof fetch> {
		const {origins = [], signInHint = 'Sign in again.'} = this.#options;
		const {isInteractive, ...login} = options ?? {};
		const {authorizedFetch} = await import('./session/authorized-fetch.js');
		return authorizedFetch({
			sessions: this.#sessions,
			fetch: await this.#loadReach(),
			origins,
			provider: this.provider,
			signInHint,
			show: async (need, rejected) => {
				const {showLogin} = await import('./sign-in.js');
				return showLogin(this.#signInContext(rejected), {...login, ...need});
			},
			logins: this.#logins,
			isInteractive,
			signIn:
				options &&
				(async ({since, rejected, ...asked}) => this.#share({...login, ...omitUndefined(asked)}, since, rejected)),
		});
	}

	async #guard<Value>(work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
		try {
			return await work();
		} catch (error) {
			const failure = toLoginError(error);
			// A signal's reason is whatever its program likes.
			const isLeft = signal?.aborted === true && failure.code === 'internal_error';
			throw (isLeft ? cancelled() : failure).withHints(this.#options.hints ?? {});
		}
	}
}

type Abortable = {readonly signal?: AbortSignal};
