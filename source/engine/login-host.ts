import type {Clock, Random} from './clock.js';
import type {BrowserOpener, Flow, LocalSockets} from './flow.js';
import type {Hints} from './hints.js';
import type {EventOf, Route} from './login-event.js';
import type {ResolvedProvider} from './provider.js';
import type {Session} from './session.js';
import type {TokenSet} from './token-set.js';
import type {StoreLock} from './token-store.js';

/** What a login needs from its engine. */
export type LoginHost = {
	readonly clock: Clock;
	readonly random: Random;
	/** Hardened. */
	readonly fetch: typeof fetch;
	readonly openBrowser: BrowserOpener;
	readonly sockets?: LocalSockets;
	/** What the application says where what people do depends on it. */
	readonly hints: Partial<Hints>;
	readonly loadFlow: Readonly<Record<Route, () => Promise<Flow>>>;
	discover(signal: AbortSignal): Promise<ResolvedProvider>;
	/** Fetches the server's keys while the person is away; never fails. */
	prefetchKeys(provider: ResolvedProvider, signal: AbortSignal): Promise<void>;
	/** Keeps the tokens, unless they are another person's and that is not wanted. */
	keep(tokens: TokenSet, route: Route, provider: ResolvedProvider, signal: AbortSignal): Promise<LoginResult>;
	/** Takes back tokens that nobody will use; never fails. */
	revoke(tokens: TokenSet, provider: ResolvedProvider): Promise<void>;
	/**
	 * Waits for the only login of the profile across processes. Resolves to the lock, or to the session that another
	 * process's login left meanwhile.
	 */
	enter(onWait: () => void, signal: AbortSignal): Promise<StoreLock | LoginResult>;
};

export type LoginResult = {readonly session: Session; readonly event: EventOf<'signed-in'>};
