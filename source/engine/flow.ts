import type {Clock, Random} from './clock.js';
import type {LoginEvent, Route} from './login-event.js';
import type {ResolvedProvider} from './provider.js';
import type {SafeUrl} from './safe-url.js';
import type {TokenSet} from './token-set.js';

/** What a person, or a screen on their behalf, may ask of a running route. */
export type RouteCommand =
	| {
			readonly type: 'paste';
			/** The redirect's address, its query, or a bare code. */
			readonly text: string;
	  }
	| {readonly type: 'open-browser'}
	| {readonly type: 'renew-code'};

/** What may be asked of a running login. */
export type LoginCommand =
	| RouteCommand
	| {
			/** `open` and `close` are about a route; the rest goes to the routes that are open. */
			readonly type: 'open' | 'close';
			/** The route to open beside the others, or to end. */
			readonly route: Route;
	  };

/** The commands that wait for a route. */
export type Inbox = {
	/** The next command; rejects with the signal's reason once it aborts. */
	next(signal: AbortSignal): Promise<RouteCommand>;
};

/** How opening a browser went. It never throws and never blocks for longer than a few seconds. */
export type BrowserOutcome =
	| {readonly status: 'opened'}
	| {
			/** `skipped`: none was tried, since none could be there or reach the person. */
			readonly status: 'failed' | 'skipped';
			/** A sentence that says why. */
			readonly detail: string;
	  };
/** A TCP connection, as the end that accepted it sees it. */
export type Connection = {
	/** The IP address of our own end. */
	readonly localAddress: string;
	/** The port of our own end. */
	readonly localPort: number;
	/** The IP address of the peer. */
	readonly remoteAddress: string;
	/** The port of the peer. */
	readonly remotePort: number;
};

/** What the system knows of this computer's sockets. Neither function rejects. */
export type LocalSockets = {
	/** Names the program that holds a port, as in `node (process 1234)`, where the system tells. */
	readonly portHolder: (port: number) => Promise<string | undefined>;
	/** Whether a program of this user, or of root, is at the other end of a connection; `true` where that cannot be known. */
	readonly isOurs: (connection: Connection) => Promise<boolean>;
};

/** Opens an address in the person's browser; never rejects. */
export type BrowserOpener = (url: SafeUrl, signal: AbortSignal) => Promise<BrowserOutcome>;

/** What a protocol request needs. */
export type RequestContext = {
	/** The server and the client, checked. */
	readonly provider: ResolvedProvider;
	/** The hardened fetch; nothing else of the engine reaches the network. */
	readonly fetch: typeof fetch;
	/** The only time there is. */
	readonly clock: Clock;
	/** The only way to stop what was begun. */
	readonly signal: AbortSignal;
};

/** Everything that a flow may touch. */
export type FlowContext = RequestContext & {
	/** Where state, verifiers and nonces come from. */
	readonly random: Random;
	/** Tells what happened; never waits for a reader. */
	readonly emit: (event: LoginEvent) => void;
	/** What the person asks of this route. */
	readonly inbox: Inbox;
	/**
	 * Says that a code or tokens are in hand: until it is disposed the other routes start no request, so that no second
	 * set of tokens comes into being.
	 */
	readonly claim: () => Disposable;
	/** Opens the person's browser. */
	readonly openBrowser: BrowserOpener;
	/** Tells whose the connections to the redirect's port are, and who holds a port that is taken. */
	readonly sockets?: LocalSockets;
	/** Whether the browser route opens a browser by itself, or only shows the address. */
	readonly autoOpen: boolean;
	/** Whether an expiring device code is followed by a new one by itself. */
	readonly autoRenew: boolean;
	/** Asks for, or reads, the person's user name and password; only the password route calls it. */
	readonly credentials?: (signal: AbortSignal) => Promise<{readonly username: string; readonly password: string}>;
};

/** A route to tokens: a plain function that knows nothing of terminals or of other routes. */
export type Flow = (context: FlowContext) => Promise<TokenSet>;
