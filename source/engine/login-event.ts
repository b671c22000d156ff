import type {DisplayText} from './display-text.js';
import type {LoginErrorCode} from './login-error.js';
import type {SafeUrl} from './safe-url.js';

/** The ways to sign in. */
export const routes = ['browser', 'device', 'client-credentials', 'password'] as const;
/** A way to sign in. */
export type Route = (typeof routes)[number];

/** Who signed in: (issuer, subject) is the key, the rest is for display only (OIDC Core §5.7). */
export type Identity = {
	/** The issuer identifier. */
	readonly issuer: string;
	/** The `sub` claim: unique and never reassigned there. */
	readonly subject: string;
	/** What they are called. */
	readonly name?: DisplayText;
	/** Their e-mail address. */
	readonly email?: DisplayText;
	/** Only where the server says that it has not verified the e-mail address. */
	readonly emailVerified?: false;
};

/** Where sessions are kept. */
export type StoreKind = 'keyring' | 'file' | 'memory';

/** For each route: `true`, or why it is not possible here. */
export type RouteAvailability = Readonly<Record<Route, true | string>>;

/**
 * What happens during a login, in order: serialisable, and free of secrets (no device_code, code, verifier or token
 * ever; `authorization-url` carries `state` by nature). Times are epoch milliseconds. Exactly one of `signed-in` and
 * `failed` ends a run.
 */
export type LoginEvent =
	/** What the provider can do; the first event of every run that reaches a server. */
	| {
			readonly type: 'discovery';
			/** The issuer identifier. */
			readonly issuer: string;
			/** What people sign in to, as they know it. */
			readonly application?: DisplayText;
			/** Space separated. */
			readonly requestedScope: string;
			/** Which routes are possible, and why the others are not. */
			readonly routes: RouteAvailability;
	  }
	| {
			readonly type: 'route-opened';
			/** The route that the event is about. */
			readonly route: Route;
			/** A sentence that says why. */
			readonly reason: string;
	  }
	/** A route ended without tokens. */
	| {
			readonly type: 'route-closed';
			readonly route: Route;
			readonly reason: string;
			/** What went wrong; missing where another route won. */
			readonly code?: LoginErrorCode;
			/** What to do next, in one sentence; there where `code` is. */
			readonly hint?: string;
	  }
	| {
			readonly type: 'authorization-url';
			/** The sign-in page at the authorization server; with pushed requests (RFC 9126) the short link. */
			readonly url: SafeUrl;
			/** The link that the browser is started with: it redirects to `url`, and works on this computer only. The same as `url` where the redirect leads elsewhere. */
			readonly shortUrl: SafeUrl;
			/** Where the answer is awaited. */
			readonly redirectUri: string;
			/** When what the event names is over. */
			readonly expiresAt: number;
	  }
	| {
			readonly type: 'browser';
			/** `skipped`: none was tried, since none could be there or reach the person. */
			readonly status: 'opening' | 'opened' | 'failed' | 'skipped';
			/** A sentence that says why. */
			readonly detail?: string;
	  }
	| {
			readonly type: 'device-code';
			/** What the person types. */
			readonly userCode: DisplayText;
			/** Where they type it. */
			readonly verificationUri: SafeUrl;
			/** The same with the code in it, as for a QR code. */
			readonly verificationUriComplete?: SafeUrl;
			/** The address is on a host that neither the issuer's name nor the preset connects with the issuer. */
			readonly onForeignHost?: boolean;
			readonly expiresAt: number;
			/** Seconds. */
			readonly interval: number;
			/** When the server is asked next. */
			readonly nextPollAt: number;
			/** How many codes of this login came before this one. */
			readonly renewal: number;
	  }
	/** The server answered that nobody has approved yet. */
	| {
			readonly type: 'poll';
			/** 1 for the first answer, and so on. */
			readonly attempt: number;
			readonly interval: number;
			readonly nextPollAt: number;
	  }
	/** The server asked for longer waits, from now on (RFC 8628 §3.5). */
	| {readonly type: 'slow-down'; readonly interval: number; readonly nextPollAt: number}
	/** No usable answer came; the same is tried again. */
	| {
			readonly type: 'backoff';
			readonly reason: string;
			/** When it is tried again. */
			readonly retryAt: number;
	  }
	/** The computer slept, and is awake again. */
	| {
			readonly type: 'resumed';
			/** Milliseconds. */
			readonly sleptFor: number;
	  }
	| {readonly type: 'callback-ignored'; readonly reason: string}
	| {readonly type: 'paste-rejected'; readonly reason: string}
	/** Another process shows the login for this profile; its result is awaited. */
	| {readonly type: 'waiting'; readonly for: 'other-login'}
	/** The authorization code arrived and is being exchanged for tokens. */
	| {readonly type: 'exchange'; readonly route: Route}
	| {
			readonly type: 'signed-in';
			/** None without an ID token. */
			readonly identity?: Identity;
			/** Granted scope, space separated. */
			readonly scope: string;
			readonly expiresAt?: number;
			/** Whether the session renews itself. */
			readonly refreshable: boolean;
			/** Where it is kept. */
			readonly store: StoreKind;
			/** The name that it is kept by. */
			readonly profile: string;
			readonly route: Route;
	  }
	| {
			readonly type: 'failed';
			readonly code: LoginErrorCode;
			/** What went wrong, in one sentence. */
			readonly message: string;
			/** What to do next, in one sentence. */
			readonly hint: string;
	  };

/** The event of one type. */
export type EventOf<Type extends LoginEvent['type']> = Extract<LoginEvent, {readonly type: Type}>;
