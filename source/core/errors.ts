/**
 * What people can do about a failure, where that depends on the application. Each is a sentence, except those that end
 * another; the defaults name no command and no option.
 */
export type Hints = {
	/** A login's time limit is over. */
	readonly moreTime: string;
	/** The ports of the redirect are taken. */
	readonly otherPort: string;
	/** The redirect's port may not be one that is registered: the end of a sentence. */
	readonly registeredPort: string;
	/** Someone else is signed in. */
	readonly switchAccount: string;
	/** The certificate of a server is not trusted. */
	readonly trustCertificate: string;
	/** The file of certificates to trust cannot be used. */
	readonly caFile: string;
	/** The client secret is not there. */
	readonly clientSecret: string;
	/** The server does not grant the scope. */
	readonly scope: string;
	/** The server has something to ask, and could not. */
	readonly prompt: string;
	/** The server wants sign-in requests pushed (RFC 9126). */
	readonly pushRequest: string;
	/** The provider does not say where its endpoints are: the end of a sentence. */
	readonly endpoints: string;
	/** There is no such host. */
	readonly unknownHost: string;
	/** A sign-in server has another name than its URL: the beginning of a sentence, before that name. */
	readonly trustIssuer: string;
	/** A resource has people sign in at another server than before: the middle of a sentence, before its URL. */
	readonly issuer: string;
	/** Someone has to register a client: the end of a sentence. */
	readonly clientId: string;
	/** A person has to sign in, and nobody is there. @default a sentence that names no option */
	readonly person?: string;
	/** It isn't known in which form the server takes the identity of a workload. @default a sentence that names no option */
	readonly identityForm?: string;
	/** A workload has no identity token. @default a sentence that names no option */
	readonly identitySource?: string;
	/** The system keyring is locked, or cannot be reached. @default a sentence that names no option */
	readonly keyring?: string;
	/** A program cannot use the system keyring at all. @default a sentence that names no option */
	readonly otherStore?: string;
};

/** For an application that has none of its own. */
export const defaultHints: Hints = {
	moreTime: "Start again when you're ready.",
	otherPort: 'Close the program that uses it (perhaps another sign-in), then try again.',
	registeredPort: 'or use a registered port',
	switchAccount: 'To replace the session, sign out, then sign in again.',
	trustCertificate: 'Behind a company proxy, trust its certificate with NODE_EXTRA_CA_CERTS.',
	caFile: 'Choose a PEM file. It has lines such as -----BEGIN CERTIFICATE-----.',
	clientSecret: 'Give it again.',
	scope: 'Ask for scopes that this app may have.',
	prompt: 'Sign in again in your browser, and let the server ask.',
	pushRequest: 'Turn on pushed authorization requests (PAR): the server requires them.',
	endpoints: 'or give its endpoints by hand',
	unknownHost: 'Is its URL spelled correctly? If it is, check your network and proxy settings (HTTPS_PROXY).',
	trustIssuer: 'If you know that both are the same server, trust the issuer',
	issuer: 'give the issuer',
	clientId: 'and give its client ID',
};

/** What to do next: a sentence, or one that is made in the words of an application. */
export type Hint = string | ((words: Hints) => string);

export const sayHint = (hint: Hint, words: Hints): string => (typeof hint === 'string' ? hint : hint(words));

/** Why a browser may never come back: mistakes in a registration that only the browser shows. */
export const redirectAdvice = (redirectUri: string, {registeredPort}: Hints): string =>
	`If the browser showed an error about the redirect URI, register ${redirectUri} with the provider, ${registeredPort}. If it was about the client, check the client ID.`;

/** Every way in which the engine can fail; nothing else ever leaves it. */
export const loginErrorCodes = [
	'access_denied',
	'expired_token',
	'invalid_grant',
	'invalid_client',
	'invalid_scope',
	'invalid_target',
	'unsupported_grant',
	'device_unsupported',
	'interaction_required',
	'server_rejected',
	'server_unavailable',
	'network_error',
	'tls_error',
	'timeout',
	'bad_response',
	'config_error',
	'identity_check_failed',
	'token_rejected',
	'port_in_use',
	'store_error',
	'lock_timeout',
	'person_required',
	'login_pending',
	'cancelled',
	'internal_error',
] as const;

/** What went wrong, as one word for programs. */
export type LoginErrorCode = (typeof loginErrorCodes)[number];

/** What a {@link LoginError} says beside its code and message. */
export type LoginErrorDetails = {
	/** What to do next, in one sentence. */
	readonly hint: Hint;
	/** Origin and path of the endpoint that was asked; never its query. */
	readonly endpoint?: string;
	readonly status?: number;
};

/**
 * The one error of the engine. It has a fixed list of fields and no `cause`: a library's error may hold the tokens of
 * the response that it complains about.
 */
export class LoginError extends Error {
	/** Node prints it for an uncaught error, and a bundler renames classes. */
	static override readonly name = 'LoginError';
	override readonly name = 'LoginError';
	readonly code: LoginErrorCode;
	/** What to do next, in one sentence. */
	readonly hint: string;
	/** Origin and path of the endpoint that was asked, where one was. */
	declare readonly endpoint?: string;
	declare readonly status?: number;
	/**
	 * Whether the person has been told: `login()` in lines, NDJSON or a screen, or `<Login>`, has shown it. A catch prints only
	 * what was not.
	 */
	shown = false;
	readonly #hint: Hint;

	/** `message` and `hint` are shown as they are: text from elsewhere goes through `displayText` first. */
	constructor(code: LoginErrorCode, message: string, {hint, endpoint, status}: LoginErrorDetails) {
		super(message);
		this.code = code;
		this.#hint = hint;
		this.hint = sayHint(hint, defaultHints);
		if (endpoint !== undefined) this.endpoint = endpoint;
		if (status !== undefined) this.status = status;
	}

	/** The same error, with its hint in an application's words. */
	withHints(hints: Partial<Hints>): LoginError {
		const {code, message, endpoint, status} = this;
		const hint = sayHint(this.#hint, {...defaultHints, ...hints});
		return hint === this.hint ? this : new LoginError(code, message, {hint, endpoint, status});
	}
}

/** A login that outlives its process. */
export type PendingDetails = {
	/** Names it, for the process that continues it. */
	readonly id: string;
	/** When it ends unless someone approves it, in epoch milliseconds. */
	readonly expiresAt: number;
	/** What the person has to be told: the link, the code, and what to do with them. */
	readonly tell: string;
	/** What to run next, to continue it. */
	readonly next: string;
};

/** The wait for a person is over, and the login is not: it is saved, and goes on whenever it is resumed. */
export class PendingError extends LoginError implements PendingDetails {
	readonly id: string;
	readonly expiresAt: number;
	readonly tell: string;
	readonly next: string;

	constructor({id, expiresAt, tell, next}: PendingDetails) {
		super('login_pending', 'Nobody has approved this sign-in yet.', {hint: next});
		this.id = id;
		this.expiresAt = expiresAt;
		this.tell = tell;
		this.next = next;
	}
}

/** Whether it is one of these failures. */
export const hasCode = (error: unknown, ...codes: readonly LoginErrorCode[]): error is LoginError =>
	error instanceof LoginError && codes.includes(error.code);

/** The same error if it is ours; otherwise one that tells its kind and nothing of its content. */
export const toLoginError = (error: unknown): LoginError => {
	if (error instanceof LoginError) return error;
	if (error instanceof DOMException && error.name === 'AbortError') return cancelled();
	const kind = error instanceof Error ? error.name : typeof error;
	return new LoginError('internal_error', `Something went wrong in this program (${kind}).`, {
		hint: 'Try again. If it happens again, please report it.',
	});
};

/** The person, or the program on their behalf, ended it. */
export const cancelled = (message = 'Sign-in cancelled.'): LoginError =>
	new LoginError('cancelled', message, {hint: 'Start again whenever you like.'});

/** The system's name for what went wrong, such as ENOENT. */
export const errorCode = (error: unknown): string | undefined =>
	error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
