import {displayText} from '../core/safe-text.js';
import {type Hints, type LoginError, toLoginError, type LoginErrorCode} from '../core/errors.js';
import type {CommandName} from './options.js';
import type {Output} from './write-now.js';

/** What the command's exit code tells a script. */
export const exitCodes = {
	done: 0,
	failed: 1,
	usage: 2,
	/** A person is needed, and none is there. */
	personRequired: 3,
	/** The login goes on without this process. */
	pending: 4,
	/** Try again later: the session is as it was. */
	tryAgain: 5,
	/** `exec` itself failed; any other code of it is the child's. */
	execFailed: 125,
	cancelled: 130,
} as const;

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

type Endings = Readonly<Partial<Record<LoginErrorCode, ExitCode>>>;

const endings: Endings = {
	login_pending: exitCodes.pending,
	cancelled: exitCodes.cancelled,
	person_required: exitCodes.personRequired,
	// The server was told not to ask (`prompt=none`), and has something to ask.
	interaction_required: exitCodes.personRequired,
};

const tokenEndings: Endings = {
	...endings,
	login_pending: exitCodes.personRequired,
	network_error: exitCodes.tryAgain,
	timeout: exitCodes.tryAgain,
	server_unavailable: exitCodes.tryAgain,
	// What a network answers that wants a sign-in of its own.
	bad_response: exitCodes.tryAgain,
	lock_timeout: exitCodes.tryAgain,
	// The session is over: only signing in again helps.
	invalid_grant: exitCodes.personRequired,
	expired_token: exitCodes.personRequired,
};

/** How a login, or a command about a session as a whole, ends that failed so. */
export const exitCodeOf = (code: LoginErrorCode): ExitCode => endings[code] ?? exitCodes.failed;

/** How a command ends that wanted a token of a stored session and failed so. */
export const tokenExitCodeOf = (code: LoginErrorCode): ExitCode => tokenEndings[code] ?? exitCodes.failed;

const execExitCodeOf = (code: LoginErrorCode): ExitCode => tokenEndings[code] ?? exitCodes.execFailed;

/** How a command ends that failed so. */
export const exitCodesOf = (command: CommandName): ((code: LoginErrorCode) => ExitCode) => {
	if (command === 'exec') return execExitCodeOf;
	return ['token', 'helper', 'exchange'].includes(command) ? tokenExitCodeOf : exitCodeOf;
};

/** The command line cannot be understood: exit code 2, one sentence and the next step. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
	readonly hint: string;

	constructor(message: string, hint = 'See: ink-login help') {
		super(message);
		this.hint = hint;
	}
}

const codeFor = (failure: UsageError | LoginError, exitCodeOf: (code: LoginErrorCode) => number): number =>
	failure instanceof UsageError ? exitCodes.usage : exitCodeOf(failure.code);

/** Prints a failure before a login began as the event that ends it. */
export const tellAsJson = async (
	error: unknown,
	stdout: Output,
	exitCodeOf: (code: LoginErrorCode) => number,
): Promise<number> => {
	const failure = error instanceof UsageError ? error : toLoginError(error);
	const {message, hint} = failure;
	const code = failure instanceof UsageError ? 'config_error' : failure.code;
	const {createNdjsonReporter} = await import('../text/ndjson.js');
	createNdjsonReporter(text => stdout.write(text))({type: 'failed', code, message, hint});
	return codeFor(failure, exitCodeOf);
};

/** Says on stderr what went wrong and what to do next; returns the exit code. */
export const tellFailure = (error: unknown, stderr: Output, exitCodeOf: (code: LoginErrorCode) => number): number => {
	const failure = error instanceof UsageError ? error : toLoginError(error);
	stderr.write(`ink-login: ${displayText(failure.message, 1000)}\n`);
	for (const line of failure.hint.split('\n').filter(Boolean)) stderr.write(`${displayText(line, 1000)}\n`);
	return codeFor(failure, exitCodeOf);
};

/** What people of this command do about a failure: with its options. */
export const hints: Hints = {
	moreTime: 'Start again, or allow more time with --timeout.',
	otherPort: 'Close the program that uses it (perhaps another sign-in), or choose another registered port with --port.',
	registeredPort: 'or use a registered port (--port)',
	switchAccount: 'To replace the session, sign in again with --switch-account. To keep it, use another profile.',
	trustCertificate: 'Behind a company proxy, trust its certificate with --ca-file F or NODE_EXTRA_CA_CERTS.',
	caFile: 'Choose a PEM file with --ca-file F. It has lines such as -----BEGIN CERTIFICATE-----.',
	endpoints: 'or give its endpoints with --endpoint NAME=URL',
	unknownHost:
		'Is the URL, --issuer or --domain spelled correctly? If it is, check your network and proxy settings (HTTPS_PROXY).',
	clientSecret: 'Give it again, with --client-key-file F, --client-secret-file F or --client-secret-env NAME.',
	person:
		'Run it in a terminal, or sign in with --no-wait to get a link you can open elsewhere.\nA program signs in by itself with --flow client-credentials or --flow workload-identity.',
	identityForm: 'If it does, choose the form with --as grant, exchange or client.',
	identitySource: 'Elsewhere, say where the platform puts the token, with --id-token-env NAME or --id-token-file F.',
	scope: 'Use --scope to ask for scopes that this app may have.',
	prompt: 'Sign in again in your browser. If you gave --prompt none, leave it out.',
	pushRequest: 'Add --par: the server requires pushed authorization requests.',
	trustIssuer: 'If you know that both are the same server, add --trust-issuer',
	issuer: 'add --issuer',
	clientId: 'and add --client-id ID',
	keyring: 'Unlock it, or sign in with --store file.',
	otherStore: 'Sign in with --store file.',
};
