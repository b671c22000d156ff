import type {BrowserOpener, LocalSockets} from './flow.js';
import type {Identity, Route, RouteAvailability} from './login-event.js';

/** The route to take, and a sentence that says why: "You are connected over SSH: a browser opened here would not reach you". */
export type Recommendation = {
	/** The route to take. */
	readonly route: Route;
	/** The sentence. */
	readonly reason: string;
};

/** A login that would replace a session which is not its own. */
export type AccountSwitch = {
	/** Whose session there is, as far as it names somebody. */
	readonly stored?: Identity;
	/** Who has just signed in; none for a program's own login. */
	readonly next?: Identity;
	/** How the session that is there differs besides: "It is for https://a.example, not https://b.example." */
	readonly difference?: string;
};

/** How a login is to go. */
export type LoginOptions = {
	/** A route to open at once; `auto` opens the recommended one after discovery; `ask` opens none until a command does. @default 'auto' */
	readonly route?: Route | 'auto' | 'ask';
	/**
	 * Whether a person looks on who can choose again: with no route left open an attended login waits for a command, an
	 * unattended one ends in `failed`. @default false
	 */
	readonly attended?: boolean;
	/** Cancels the login. */
	readonly signal?: AbortSignal;
	/** Seconds after which the login ends with `timeout`. @default none */
	readonly timeout?: number;
	/** Whether an expiring device code is followed by a new one by itself. @default false */
	readonly renew?: boolean;
	/** Whether the browser route opens a browser by itself. @default true */
	readonly open?: boolean;
	/** Opens the person's browser, where the engine was given no way to. @default none is opened: the address is shown */
	readonly openBrowser?: BrowserOpener;
	/**
	 * Tells who comes to the redirect's port: other users of this computer are turned away. `login()` and `<Login>` bring
	 * it along; with `engine.login()` hand in `createLocalSockets(gatherFacts())`.
	 *
	 * @default every connection counts
	 */
	readonly sockets?: LocalSockets;
	/** Says which of the possible routes fits where the terminal is. @default browser, device, client-credentials, in this order */
	readonly recommend?: (routes: RouteAvailability) => Recommendation;
	/**
	 * Asked before another person's session is replaced, or one of another server, client or organization; `true` replaces
	 * without asking, `false` refuses. @default false
	 */
	readonly switchAccount?: boolean | ((replaced: AccountSwitch, signal: AbortSignal) => Promise<boolean>);
	/** Asks for, or reads, the user name and password of the password route. */
	readonly credentials?: (signal: AbortSignal) => Promise<{readonly username: string; readonly password: string}>;
};
