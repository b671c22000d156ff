import {toLoginError} from '../core/errors.js';
import {serverTimeout, withTimeLimit} from '../oauth/hardened-fetch.js';
import {keyringTimeout} from '../session/store/keyring/keyring.js';
import type {TerminalEnvironment} from '../terminal/environment.js';
import type {CheckName, DiagnosedEngine, Finding} from './diagnose.js';

/** What every check may look at. */
export type Subject = DiagnosedEngine & {readonly environment: TerminalEnvironment};

export type Tell = (status: Finding['status'], message: string, remedy?: string, check?: CheckName) => void;

export type Check = {
	readonly name: CheckName;
	/** What it hangs on where it takes too long. @default 'server' */
	readonly waitsFor?: keyof typeof reasons;
	/** What it throws is a problem. What it has told by then stands. */
	readonly run: (subject: Subject, tell: Tell, signal: AbortSignal) => Promise<void> | void;
};

/** Milliseconds that a check may take. */
const patience = 10_000;

const reasons = {server: (ms: number) => serverTimeout(ms), keyring: keyringTimeout};

/** What went wrong, in the words of the application. */
export const tellError = (tell: Tell, error: unknown, {options}: Subject, status: Finding['status'] = 'problem') => {
	const {message, hint} = toLoginError(error).withHints(options.hints ?? {});
	tell(status, message, hint);
};

/** Runs one check within its time. */
export const runCheck = async (
	{name, waitsFor = 'server', run}: Check,
	subject: Subject,
	signal: AbortSignal,
): Promise<readonly Finding[]> => {
	const findings: Finding[] = [];
	const tell: Tell = (status, message, remedy, check = name) =>
		findings.push({check, status, message, ...(remedy !== undefined && {remedy})});
	try {
		await withTimeLimit(
			{clock: subject.clock, signal, limit: patience, reason: () => reasons[waitsFor](patience)},
			async limited => run(subject, tell, limited),
		);
	} catch (error) {
		tellError(tell, error, subject);
	}

	// What comes later than that is not waited for.
	return [...findings];
};
