import {defaultHints, sayHint, type Hint, type Hints} from './hints.js';

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
	override readonly name = 'LoginError';
	readonly code: LoginErrorCode;
	/** What to do next, in one sentence. */
	readonly hint: string;
	/** Origin and path of the endpoint that was asked, where one was. */
	readonly endpoint?: string;
	readonly status?: number;
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

/** The same error if it is ours; else one that tells its kind and nothing of its content. */
export const toLoginError = (error: unknown): LoginError => {
	if (error instanceof LoginError) return error;
	if (error instanceof DOMException && error.name === 'AbortError') return cancelled();
	const kind = error instanceof Error ? error.name : typeof error;
	return new LoginError('internal_error', `Something went wrong inside the sign-in (${kind}).`, {
		hint: 'Try again; if it happens again, report it as a defect.',
	});
};

/** The person, or the program on their behalf, ended it. */
export const cancelled = (message = 'Sign-in cancelled.'): LoginError =>
	new LoginError('cancelled', message, {hint: 'Start it again whenever you like.'});
