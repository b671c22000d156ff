import type {LoginErrorCode} from '../engine/login-error.js';

/** What the command's exit code tells a script. */
export const exitCodes = {
	done: 0,
	failed: 1,
	usage: 2,
	/** A person is needed, and none is there. */
	personRequired: 3,
	/** Try again later: the session is as it was. */
	tryAgain: 5,
	/** `exec` itself failed; any other code of it is the child's. */
	execFailed: 125,
	cancelled: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** How a login, or a command about a session as a whole, ends that failed so. */
export const exitCodeOf = (code: LoginErrorCode): ExitCode => {
	switch (code) {
		case 'cancelled': {
			return exitCodes.cancelled;
		}

		// The server was told not to ask (`prompt=none`), and has something to ask.
		case 'interaction_required':
		case 'person_required': {
			return exitCodes.personRequired;
		}

		default: {
			return exitCodes.failed;
		}
	}
};

/** How a command ends that wanted a token of a stored session and failed so. */
export const tokenExitCodeOf = (code: LoginErrorCode): ExitCode => {
	switch (code) {
		// `bad_response` is what a network answers that wants a sign-in of its own.
		case 'network_error':
		case 'timeout':
		case 'server_unavailable':
		case 'bad_response':
		case 'lock_timeout': {
			return exitCodes.tryAgain;
		}

		// The session is over: only signing in again helps.
		case 'invalid_grant':
		case 'expired_token': {
			return exitCodes.personRequired;
		}

		default: {
			return exitCodeOf(code);
		}
	}
};
