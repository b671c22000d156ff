import type {DisplayText} from '../core/safe-text.js';
import type {LoginErrorCode, PendingDetails} from '../core/errors.js';
import type {SafeUrl} from '../core/safe-url.js';
import type {FlowName, FlowAvailability, Identity, StoreKind} from '../core/types.js';

/** Epoch milliseconds. */
type Time = number;

/**
 * Seconds between two polls.
 *
 * @exclusiveMinimum 0
 */
type Interval = number;

/**
 * What happens during a login, in order: serialisable, and free of secrets (no device_code, code, verifier or token
 * ever; `authorization-url` carries `state` by nature). Exactly one of `signed-in`, `failed` and
 * `pending` ends a run.
 */
export type LoginEvent =
	/** What the provider can do; the first event of every run that reaches a server. */
	| {
			readonly type: 'discovery';
			/** @format uri */
			readonly issuer: string;
			/** What people sign in to, as they know it. */
			readonly application?: DisplayText;
			/** Space separated. */
			readonly requestedScope: string;
			readonly flows: FlowAvailability;
			/** What is signed in to, where its URL is all that was known. */
			readonly resource?: {
				/**
				 * As it was typed.
				 *
				 * @format uri
				 */
				readonly url: string;
				/** What it calls itself, which nobody has checked. */
				readonly name?: DisplayText;
				/** The sign-in is on another host. */
				readonly onForeignHost?: boolean;
				/** The host of the sign-in page, where it has nothing to do with the issuer's. */
				readonly page?: DisplayText;
			};
	  }
	/** As which client the login signs in, where a resource's server is to say. */
	| {
			readonly type: 'client';
			/** `stored`: registered by an earlier login. `metadata-document`: the ID is the URL of one. `registered`: by this login. */
			readonly how: 'given' | 'stored' | 'metadata-document' | 'registered';
			readonly clientId: DisplayText;
	  }
	/** A server asks for more than the session has: someone is to sign in for it. */
	| {
			readonly type: 'step-up';
			/** All that is asked for, space separated. */
			readonly scope: string;
			/** Space separated. */
			readonly acrValues?: string;
			/** One sentence. */
			readonly reason: DisplayText;
	  }
	/** A flow was opened, and why. */
	| {
			readonly type: 'flow-opened';
			readonly flow: FlowName;
			readonly reason: string;
	  }
	/** A flow ended without tokens. */
	| {
			readonly type: 'flow-closed';
			readonly flow: FlowName;
			readonly reason: string;
			/** What went wrong; missing where another flow won. */
			readonly code?: LoginErrorCode;
			/** What to do next, in one sentence; there where `code` is. */
			readonly hint?: string;
	  }
	/** To be opened in a browser. */
	| {
			readonly type: 'authorization-url';
			/** The sign-in page at the authorization server; with pushed requests (RFC 9126) the short link. */
			readonly url: SafeUrl;
			/** The link that the browser is started with: it redirects to `url`, and works on this computer only. The same as `url` where the redirect leads elsewhere. */
			readonly shortUrl: SafeUrl;
			/**
			 * Where the browser ends.
			 *
			 * @format uri
			 */
			readonly redirectUri: string;
			/** When the wait for the browser ends. */
			readonly expiresAt: Time;
			/** Where the login outlives its process: how to continue it. `url` and `shortUrl` are the same then. */
			readonly pending?: PendingDetails;
	  }
	/** How opening a browser went. */
	| {
			readonly type: 'browser';
			/** `skipped`: none was tried, since none could be there or reach the person. */
			readonly status: 'opening' | 'opened' | 'failed' | 'skipped';
			readonly detail?: string;
	  }
	/** A code for a person to approve (RFC 8628). */
	| {
			readonly type: 'device-code';
			/** To be typed exactly so. */
			readonly userCode: DisplayText;
			/** Where to type it. */
			readonly verificationUri: SafeUrl;
			/** The same with the code in it, as for a QR code. */
			readonly verificationUriComplete?: SafeUrl;
			/** The address is on a host that neither the issuer's name nor the preset connects with the issuer. */
			readonly onForeignHost?: boolean;
			/** When the code expires. */
			readonly expiresAt: Time;
			readonly interval: Interval;
			/** When the server is asked next. */
			readonly nextPollAt: Time;
			/**
			 * How many codes of this login came before this one.
			 *
			 * @type integer
			 * @minimum 0
			 */
			readonly renewal: number;
			/** Where the login outlives its process: how to continue it. */
			readonly pending?: PendingDetails;
	  }
	/** The server answered that nobody has approved yet. */
	| {
			readonly type: 'poll';
			/**
			 * @type integer
			 * @minimum 1
			 */
			readonly attempt: number;
			readonly interval: Interval;
			/** When the server is asked next. */
			readonly nextPollAt: Time;
	  }
	/** The server asked for longer waits, from now on (RFC 8628 §3.5). */
	| {
			readonly type: 'slow-down';
			readonly interval: Interval;
			/** When the server is asked next. */
			readonly nextPollAt: Time;
	  }
	/** No usable response came; the same is tried again. */
	| {
			readonly type: 'backoff';
			readonly reason: string;
			/** When it is tried again. */
			readonly retryAt: Time;
	  }
	/** The computer slept, and is awake again. */
	| {
			readonly type: 'resumed';
			/**
			 * Milliseconds.
			 *
			 * @minimum 0
			 */
			readonly sleptFor: number;
	  }
	/** A request to the loopback server was not the callback that is awaited. */
	| {readonly type: 'callback-ignored'; readonly reason: string}
	/** What was pasted could not be used. */
	| {readonly type: 'paste-rejected'; readonly reason: string}
	/** Something is to be typed: the command `enter` brings it. */
	| {
			readonly type: 'question';
			readonly flow: 'password' | 'one-time-code';
			/** `recipient`: where a code is to be sent, an e-mail address or a phone number with `+`. */
			readonly asks: 'username' | 'password' | 'recipient' | 'code';
			/** Why it is asked again, in one sentence. */
			readonly reason?: string;
	  }
	/** A one-time code was sent. */
	| {
			readonly type: 'code-sent';
			readonly channel: 'email' | 'sms';
			/** The recipient, most of it masked, as in `a***@example.com` and `+49***67`. */
			readonly to: DisplayText;
	  }
	/** The one-time code that was typed could not be used. */
	| {
			readonly type: 'code-rejected';
			/** One sentence; it says how many tries are left, where there are some. */
			readonly reason: string;
	  }
	/** Another process shows the login for this profile; its result is awaited. */
	| {readonly type: 'waiting'; readonly for: 'other-login'}
	/** The authorization code arrived and is being exchanged for tokens. */
	| {readonly type: 'exchange'; readonly flow: FlowName}
	/** The login has ended well: the last event. */
	| {
			readonly type: 'signed-in';
			/** By the verified ID token or what the provider says instead; none without either. */
			readonly identity?: Identity;
			/** Granted scope, space separated. */
			readonly scope: string;
			/** When the access token expires. */
			readonly expiresAt?: Time;
			/** When signing in again is due, where the server says so; a refresh may move it. */
			readonly sessionExpiresAt?: Time;
			/** Whether the session renews itself. */
			readonly refreshable: boolean;
			readonly store: StoreKind;
			/** Where a store of the app's own says that it keeps things. */
			readonly savedIn?: string;
			/** The name that the session is saved under. */
			readonly profile: string;
			readonly flow: FlowName;
	  }
	/** The login has ended without a session: the last event. */
	| {
			readonly type: 'failed';
			readonly code: LoginErrorCode;
			/** One sentence. */
			readonly message: string;
			/** What to do next, in one sentence. */
			readonly hint: string;
	  }
	/** Nobody has approved yet, and the login goes on when it is resumed: the last event. */
	| {
			readonly type: 'pending';
			/** Names it, for `--resume`. */
			readonly id: string;
			/** When it ends unless someone approves it. */
			readonly expiresAt: Time;
			/** What the person has to be told: the link, the code, and what to do with them. */
			readonly tell: string;
			/** What to run next, to continue it. */
			readonly next: string;
	  };

/** The event of one type. */
export type EventOf<Type extends LoginEvent['type']> = Extract<LoginEvent, {readonly type: Type}>;
