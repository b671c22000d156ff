import type {Readable} from 'node:stream';
import type {TokenEngine, TokenEngineOptions} from '../token-engine.js';
import type {TokenStore} from '../session/types.js';
import type {TerminalEnvironment} from '../terminal/environment.js';
import type {CommandLine} from './parse-args.js';
import type {Picker} from './picker/open-picker.js';
import type {Input, Output} from './write-now.js';
import type {StoreKind} from '../core/types.js';

/** The engine, as far as the commands use it. */
export type Engine = Pick<
	TokenEngine,
	'provider' | 'clock' | 'prepare' | 'login' | 'session' | 'tokens' | 'userInfo' | 'exchange' | 'logout'
>;

/** What the signals of the operating system lead to. */
export type Signals = {
	/** Aborts with the first SIGINT, SIGTERM or SIGHUP. */
	readonly signal: AbortSignal;
	/** From now on `listener` gets the signals instead, until it is disposed. */
	handOver(listener: (name: NodeJS.Signals) => void): Disposable;
};

/** All that a command touches of the process that it runs in. */
export type CommandContext = {
	readonly environment: TerminalEnvironment;
	readonly stdin: Readable;
	readonly stdout: Output;
	readonly stderr: Output;
	/** Stands on the terminal already. */
	readonly picker?: Picker | undefined;
	readonly signals: Signals;
	readonly openStore: (kind: 'auto' | Exclude<StoreKind, 'custom'>) => Promise<TokenStore>;
	readonly createEngine: (options: TokenEngineOptions) => Engine;
	/** Epoch milliseconds. */
	readonly now: () => number;
};

/** What `token`, `helper` and `exec` use of the process: little enough to be had in a moment. */
export type TokenContext = Pick<CommandContext, 'stdout' | 'stderr' | 'signals' | 'now'> & {
	readonly stdin: Input;
	readonly environment: Pick<TerminalEnvironment, 'env' | 'tty'>;
};

/** Runs one command; resolves to its exit code, or to the signal that is to end this process. */
export type Command = (line: CommandLine, context: CommandContext) => Promise<number | NodeJS.Signals>;
