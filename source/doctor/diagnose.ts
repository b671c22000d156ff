import type {TerminalEnvironment} from '../terminal/environment.js';
import type {TokenEngine, TokenEngineOptions} from '../token-engine.js';

/** What `diagnose()` looks at. */
export type CheckName =
	'terminal' | 'browser' | 'clipboard' | 'folder' | 'keyring' | 'network' | 'server' | 'client' | 'clock' | 'session';

/** One thing that `diagnose()` found out. No token and no secret is in it. */
export type Finding = {
	/** What was looked at. */
	readonly check: CheckName;
	/**
	 * `warning`: signing in works, with less comfort or safety, or once someone can be asked to; `problem`: it fails, or a
	 * session doesn't work.
	 */
	readonly status: 'ok' | 'warning' | 'problem';
	/** What is so, in one or two sentences. */
	readonly message: string;
	/** What to do about it; missing where there is nothing to do. */
	readonly remedy?: string;
};

/** What is looked at: a `TokenEngine`, or as much of one as there is where no server is known yet. */
export type DiagnosedEngine = Pick<TokenEngine, 'store' | 'profile' | 'clock'> & {
	readonly options: Partial<Pick<TokenEngineOptions, 'provider' | 'fetch' | 'caFile' | 'signInHint' | 'hints'>>;
};

/** What `diagnose()` takes besides the engine. */
export type DiagnoseOptions = {
	readonly signal?: AbortSignal;
	/** @default the process's own */
	readonly environment?: TerminalEnvironment;
};

/**
 * Finds out what a login and its session need here, and what of it is missing: the terminal, the state directory, the
 * keyring, proxies and certificates, the server and the client, the clock, the session. Nothing is opened,
 * copied or refreshed. A file is written to the state directory, which is made for that, and removed; the server is asked
 * for its metadata, and whether it knows the client. Takes ten seconds or so at most.
 *
 * @returns the worst first; what follows from something worse is left out
 * @throws the signal's reason, and nothing else
 *
 * @example
 * ```ts
 * for (const {status, message, remedy = ''} of await diagnose(engine)) console.log(status, message, remedy);
 * ```
 */
export const diagnose = async (engine: DiagnosedEngine, options: DiagnoseOptions = {}): Promise<readonly Finding[]> => {
	const {runChecks} = await import('./checks.js');
	return runChecks(engine, options);
};
