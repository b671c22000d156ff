import type {Clock, Random} from '../core/clock.js';
import type {DisplayText} from '../core/safe-text.js';
import type {EventOf, LoginEvent} from './events.js';
import type {LoginState, CredentialsState} from './state.js';
import type {BrowserOutcome, LoginTerminal} from './terminal.js';
import type {SafeUrl} from '../core/safe-url.js';
import type {Session} from '../session/types.js';
import type {TokenSet} from '../oauth/token-set.js';
import type {AuthorizationTransaction} from '../oauth/authorization-code.js';
import type {DeviceAuthorization} from '../oauth/device-authorization.js';
import type {FlowName} from '../core/types.js';
import type {Provider, ResolvedProvider} from '../oauth/provider.js';
import type {RequestContext} from '../oauth/request.js';
import type {LoginRequest} from '../oauth/request-parameters.js';
import type {AccountSwitch} from '../session/account-switch.js';

/** What a person, or a screen on their behalf, may ask of a running flow. */
export type FlowCommand =
	| {
			readonly type: 'paste';
			/** The redirect's address, its query, or a bare code; undefined where nobody can paste any more. */
			readonly text: string | undefined;
	  }
	| {
			readonly type: 'open-browser';
			/** Whose link. @default the browser flow's, where that is open */
			readonly flow?: 'browser' | 'device';
	  }
	| {
			readonly type: 'renew-code';
			/** Whose code: a new one is shown, or sent. @default 'device' */
			readonly flow?: 'device' | 'one-time-code';
	  }
	| {
			readonly type: 'enter';
			/** The flow that asks. */
			readonly flow: CredentialsState['flow'];
			/** What was typed, for what it asks; undefined where nobody can type anything, which ends the flow. */
			readonly text: string | undefined;
	  };

/** What may be asked of a running login. */
export type LoginCommand =
	| FlowCommand
	| {
			/** `open` and `close` are about a flow; the rest goes to the flows that are open. */
			readonly type: 'open' | 'close';
			/** The flow to open beside the others, or to end. */
			readonly flow: FlowName;
	  }
	/** Signs in here instead of waiting for the login of another process. */
	| {readonly type: 'sign-in-here'};

/** The commands that wait for a flow. */
export type Commands = {
	/** The next command; rejects with the signal's reason once it aborts. */
	next(signal: AbortSignal): Promise<FlowCommand>;
};

/** A resource that has someone sign in on another host. Its name and scopes are a stranger's words. */
export type AskingResource = {
	/** The host of the URL that was typed. */
	readonly host: string;
	/** What the resource calls itself. */
	readonly name?: DisplayText;
	/** Where people sign in. */
	readonly issuer: string;
	/** The host of the sign-in page, where it has nothing to do with the issuer's. */
	readonly page?: DisplayText;
	/** Space separated; empty where the server is to choose. */
	readonly scope: string;
	/** As which client; undefined where none is known, which is told later. */
	readonly client?: EventOf<'client'>['how'] | undefined;
};

/** The servers of a resource, of which a person has to choose one. */
export type ServerChoice = {
	/** The host of the URL that was typed. */
	readonly host: string;
	/** Their issuers, as the resource orders them. */
	readonly servers: readonly string[];
};

/** How a login outlives its process. */
export type PendingOptions = {
	/** The one to continue. @default one that asks for the same and has not ended, otherwise a new one */
	readonly id?: string;
	/** Seconds to wait for the person: with 0 the server is asked once, where it may be asked. @default until it ends */
	readonly wait?: number;
	/** Why the person is asked, in a few words: they are shown as the words of the agent that asks. */
	readonly message?: string | undefined;
	/** The command that continues it, as in `acme login --resume k3f9x2ab`. @default 'Run the same command again.' */
	readonly resumeCommand?: (id: string) => string;
	/** The command in which a person pastes the URL of a page that their browser can't load. @default they paste it to the agent */
	readonly pasteCommand?: (id: string) => string;
};

/** How a login is to go. */
export type LoginOptions = LoginRequest & {
	/** A flow to open at once; `auto` opens the recommended one after discovery; `ask` opens none until a command does. @default 'auto' */
	readonly flow?: FlowName | 'auto' | 'ask';
	/**
	 * Whether a person looks on who can choose again: with no flow left open an attended login waits for a command, an
	 * unattended one ends in `failed`. @default false
	 */
	readonly attended?: boolean;
	/**
	 * Whether it goes on where it waited for another process's login of the profile, and that one was given up; otherwise
	 * it ends with `cancelled`. `login()` sets it where someone is at the keys.
	 *
	 * @default `attended`
	 */
	readonly takesOver?: boolean;
	/** Cancels the login. */
	readonly signal?: AbortSignal;
	/** Seconds after which the login ends with `timeout`. @default none */
	readonly timeout?: number;
	/** Whether an expiring device code is followed by a new one by itself. @default false */
	readonly renew?: boolean;
	/** Whether the browser flow opens a browser by itself. @default true */
	readonly open?: boolean;
	/** What the login needs of the terminal where it is shown; `login()` and `<Login>` bring what is missing. */
	readonly terminal?: LoginTerminal;
	/**
	 * Asked before another person's session is replaced, or one of another server, client or organization; `true` replaces
	 * without asking, `false` refuses. @default false
	 */
	readonly switchAccount?: boolean | ((replaced: AccountSwitch, signal: AbortSignal) => Promise<boolean>);
	/**
	 * Asked before the first login at a resource whose server is on another host; `false` ends the login.
	 *
	 * @default nobody is asked
	 */
	readonly confirmResource?: (asking: AskingResource, signal: AbortSignal) => Promise<boolean>;
	/**
	 * Asked where a resource lets people sign in at several servers, and none was used before; undefined ends the login.
	 *
	 * @default the first of them
	 */
	readonly chooseServer?: (choice: ServerChoice, signal: AbortSignal) => Promise<string | undefined>;
	/** Why someone is to sign in although there is a session, in one sentence: it is shown, as the event `step-up`. */
	readonly reason?: string;
	/**
	 * Lets the login outlive this process: it is saved before it is shown, and where the wait ends before someone has
	 * approved, `session` rejects with a `PendingError`. For the device and the browser flow; `false` for never.
	 *
	 * @default it ends with this process, but `login()` and `ensure()` let an agent wait for 45 seconds
	 */
	readonly pending?: PendingOptions | false | undefined;
	/** What to run once signed in, such as `acme deploy`: the browser's page and the screen show it. @default nothing is shown */
	readonly next?: string | undefined;
};

/** What `engine.begin` takes. */
export type BeginOptions = Omit<LoginOptions, 'pending' | 'attended' | 'timeout'> & Omit<PendingOptions, 'id' | 'wait'>;

/**
 * A running login. It runs one or more flows side by side, takes the person's commands, and ends with the first flow
 * that returns tokens. Iterating it yields all its events from the first, for any number of readers; `break` stops
 * reading, not the login.
 */
export interface LoginRun extends AsyncIterable<LoginEvent> {
	/** The result, or a `LoginError`; never an unhandled rejection. */
	readonly session: Promise<Session>;
	/** What it was asked to open at once. */
	readonly flow: NonNullable<LoginOptions['flow']>;
	/** All events so far, folded. A new object for each event, the same one in between. */
	readonly state: LoginState;
	/** The clock that its times are by. */
	readonly clock: Clock;
	/** Calls `listener` after each event; returns the way to stop that. With `state`, all that `useSyncExternalStore` needs. */
	subscribe(listener: () => void): () => void;
	/** Asks for something; its outcome comes back as an event. After the end it does nothing. */
	command(command: LoginCommand): void;
	/** Ends the login with `failed` (`cancelled`); resolves when ports, timers and requests are gone. */
	cancel(): Promise<void>;
}

/** What logins are started by: a `TokenEngine`, or whatever stands in for one. */
export type LoginEngine = {
	readonly provider: Provider;
	readonly clock: Clock;
	login(options?: LoginOptions): LoginRun;
	session(): Promise<Session | undefined>;
};

/** How the polling of a device code stands. */
export type SavedPolling = {
	/** Seconds. */
	readonly interval: number;
	readonly slowedDown: boolean;
	readonly attempts: number;
	readonly sawPending: boolean;
	/** Epoch milliseconds. */
	readonly nextPollAt: number;
	/** The server is being asked: the rest is what holds if its response never comes. */
	readonly isUnderWay?: true;
};

/** All that another process needs to continue a flow. It holds secrets. */
export type SavedFlow = {
	/** Epoch milliseconds. */
	readonly expiresAt: number;
} & (
	| {
			readonly flow: 'device';
			readonly authorization: DeviceAuthorization;
			readonly polling: SavedPolling;
	  }
	| {
			readonly flow: 'browser';
			readonly transaction: AuthorizationTransaction;
			readonly redirectUri: string;
			readonly url: SafeUrl;
			/** The authorization code, once it is here. */
			readonly code?: string;
	  }
);

/** Everything that a flow may touch. */
export type FlowContext = RequestContext & {
	/** Where state, verifiers and nonces come from. */
	readonly random: Random;
	/** Tells what happened; never waits for a reader. */
	readonly emit: (event: LoginEvent) => void;
	/** What the person asks of this flow. */
	readonly commands: Commands;
	/** Settles as which client a flow with a redirect signs in, once it listens. @default the provider's own */
	readonly settleClient?: (redirectUri: string) => Promise<ResolvedProvider>;
	/**
	 * Says that a code or tokens are in hand: until it is disposed the other flows start no request, so that no second
	 * set of tokens comes into being.
	 */
	readonly claim: () => Disposable;
	/** Where the login is shown. */
	readonly terminal: LoginTerminal;
	/** Whether the browser flow opens a browser by itself, or only shows the address. */
	readonly autoOpen: boolean;
	/** Whether an expiring device code is followed by a new one by itself. */
	readonly autoRenew: boolean;
	/** What the app says to run once signed in. */
	readonly next?: string | undefined;
	/** Where an earlier process got with this flow. */
	readonly saved?: SavedFlow | undefined;
	/** Saves where the flow is, so that another process can go on: before it is shown, and before a secret is spent. */
	readonly save?: (saved: SavedFlow) => Promise<void>;
};

/** A flow to tokens: a plain function that knows nothing of terminals or of other flows. */
export type Flow = (context: FlowContext) => Promise<TokenSet>;

/** Opens an address in the person's browser, and tells how that went. */
export const openInBrowser = async (
	{terminal: {openBrowser}, emit}: Pick<FlowContext, 'terminal' | 'emit'>,
	url: SafeUrl,
	signal: AbortSignal,
): Promise<void> => {
	emit({type: 'browser', status: 'opening'});
	// An opener of the app's own may throw before it returns a promise.
	const open = async (): Promise<BrowserOutcome> =>
		openBrowser?.(url, signal) ?? {status: 'skipped', detail: "This program doesn't open a browser itself."};
	const outcome = await open().catch(() => ({status: 'failed' as const, detail: "The browser couldn't be opened."}));
	if (!signal.aborted) emit({type: 'browser', ...outcome});
};
