import {displayText} from '../engine/display-text.js';
import {toLoginError, type LoginErrorCode} from '../engine/login-error.js';
import type {Output} from './command.js';
import {exitCodes} from './exit-codes.js';
import {UsageError} from './usage-error.js';

/** Says on stderr what went wrong and what to do next; returns the exit code. */
export const tellFailure = (error: unknown, stderr: Output, exitCodeOf: (code: LoginErrorCode) => number): number => {
	const failure = error instanceof UsageError ? error : toLoginError(error);
	stderr.write(`ink-login: ${displayText(failure.message, 1000)}\n`);
	if (failure.hint !== '') stderr.write(`${displayText(failure.hint, 1000)}\n`);
	return failure instanceof UsageError ? exitCodes.usage : exitCodeOf(failure.code);
};
