/** What a login needs of the terminal where it is shown; `terminal/` has what there is. */
import type {SafeUrl} from '../core/safe-url.js';
import type {FlowAvailability, FlowName} from '../core/types.js';

/**
 * Where the person's browser is: on this computer; on another one, from where the ports of this computer are reached; or
 * out of reach.
 */
export type BrowserPlace = 'here' | 'forwarded' | 'elsewhere';

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
	readonly findPortOwner: (port: number) => Promise<string | undefined>;
	/** Whether a program of this user, or of root, is at the other end of a connection; `true` where that cannot be known. */
	readonly isOurs: (connection: Connection) => Promise<boolean>;
};

/** Opens an address in the person's browser; never rejects. */
export type BrowserOpener = (url: SafeUrl, signal: AbortSignal) => Promise<BrowserOutcome>;

/** The flow to take, and a sentence that says why: "You are connected over SSH: a browser opened here would not reach you". */
export type Recommendation = {
	/** The flow to take. */
	readonly flow: FlowName;
	/** The sentence. */
	readonly reason: string;
};

/** What became of a copy. */
export type ClipboardOutcome = {
	/**
	 * `copied`: the system's clipboard has it. `sent`: it went to the terminal, which gives no response. `unavailable`:
	 * there is no way to copy here.
	 */
	readonly status: 'copied' | 'sent' | 'unavailable';
	/** A sentence for the person. */
	readonly detail?: string;
};

/** Copies a text; never throws, and takes at most a few seconds. */
export type Clipboard = (text: string) => Promise<ClipboardOutcome>;

/**
 * What a login needs of the terminal where it is shown. `createLoginTerminal()` makes one for where the terminal is; to
 * `login()` and `<Login>` pass only what should differ from that.
 */
export type LoginTerminal = {
	/** Where the person's browser is. @default 'here' */
	readonly browser?: BrowserPlace;
	/** Opens the person's browser. @default none is opened: the address is shown */
	readonly openBrowser?: BrowserOpener;
	/** Copies. @default nothing can be copied */
	readonly clipboard?: Clipboard;
	/**
	 * Tells who comes to the redirect's port: other users of this computer are turned away.
	 *
	 * @default every connection counts
	 */
	readonly sockets?: LocalSockets;
	/**
	 * Says which of the possible flows fits where the terminal is. What is `unlisted` may work, though the server's
	 * metadata doesn't list it.
	 *
	 * @default browser, device, workload-identity, client-credentials, in this order
	 */
	readonly recommend?: (flows: FlowAvailability, unlisted?: readonly FlowName[]) => Recommendation;
	/** What to type on the computer with the browser, so that a port there leads here. @default both are the same computer */
	readonly forwardLine?: (port: number) => string | undefined;
	/**
	 * The address under which the platform itself brings a port of this computer to the person's browser.
	 *
	 * @default none
	 */
	readonly forwardedAddress?: (port: number) => string | undefined;
};
