import type {DisplayText} from './display-text.js';
import type {LoginErrorCode} from './login-error.js';
import type {SafeUrl} from './safe-url.js';

/** The ways to sign in. */
export const routes = ['browser', 'device', 'client-credentials', 'password'] as const;
/** A way to sign in. */
export type Route = (typeof routes)[number];

/** Who signed in: (issuer, subject) is the key, the rest is for display only (OIDC Core §5.7). */
export type Identity = {
	readonly issuer: string;
	readonly subject: string;
	readonly name?: DisplayText;
	readonly email?: DisplayText;
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
			readonly issuer: string;
			readonly application?: DisplayText;
			readonly requestedScope: string;
			readonly routes: RouteAvailability;
	  }
	| {readonly type: 'route-opened'; readonly route: Route; readonly reason: string}
	/** A route ended without tokens; `code` is missing where another route won. */
	| {readonly type: 'route-closed'; readonly route: Route; readonly reason: string; readonly code?: LoginErrorCode}
	| {
			readonly type: 'authorization-url';
			/** The address at the authorization server. */
			readonly url: SafeUrl;
			/** A short loopback address that redirects to it; works on this computer only. */
			readonly shortUrl: SafeUrl;
			readonly redirectUri: string;
			readonly expiresAt: number;
	  }
	| {
			readonly type: 'browser';
			readonly status: 'opening' | 'opened' | 'failed' | 'skipped';
			readonly detail?: string;
	  }
	| {
			readonly type: 'device-code';
			readonly userCode: DisplayText;
			readonly verificationUri: SafeUrl;
			readonly verificationUriComplete?: SafeUrl;
			/** The address is on a host that neither the issuer's name nor the preset connects with the issuer. */
			readonly onForeignHost?: boolean;
			readonly expiresAt: number;
			/** Seconds. */
			readonly interval: number;
			readonly nextPollAt: number;
			/** How many codes of this login came before this one. */
			readonly renewal: number;
	  }
	/** The server answered that nobody has approved yet. */
	| {readonly type: 'poll'; readonly attempt: number; readonly interval: number; readonly nextPollAt: number}
	/** The server asked for longer waits, from now on (RFC 8628 §3.5). */
	| {readonly type: 'slow-down'; readonly interval: number; readonly nextPollAt: number}
	/** No usable answer came; the same is tried again. */
	| {readonly type: 'backoff'; readonly reason: string; readonly retryAt: number}
	/** The computer slept for `sleptFor` milliseconds. */
	| {readonly type: 'resumed'; readonly sleptFor: number}
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
			readonly scope: string;
			readonly expiresAt?: number;
			readonly refreshable: boolean;
			readonly store: StoreKind;
			readonly profile: string;
			readonly route: Route;
	  }
	| {readonly type: 'failed'; readonly code: LoginErrorCode; readonly message: string; readonly hint: string};

/** The event of one type. */
export type EventOf<Type extends LoginEvent['type']> = Extract<LoginEvent, {readonly type: Type}>;
