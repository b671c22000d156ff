import type {Readable} from 'node:stream';
import type {TokenEngine, TokenEngineOptions} from '../token-engine.js';
import type {TokenStore} from '../session/types.js';
import type {TerminalEnvironment} from '../terminal/environment.js';
import type {CommandLine} from './parse-args.js';
import type {SessionTokens} from './session.js';
import {hasNoMeaning, optionTable, type CommandOption, type OptionValues} from './options.js';
import type {Picker} from './picker/open-picker.js';
import type {StoreKind} from '../core/types.js';

/** What stdin is read from. */
export type Input = AsyncIterable<string | Uint8Array>;

/** Where text goes. */
export type Output = {readonly write: (text: string) => unknown};

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

/** Runs one command; resolves to its exit code, or to the signal that this process shall end by. */
export type Command = (line: CommandLine, context: CommandContext) => Promise<number | NodeJS.Signals>;

/** What `token`, `helper` and `exec` do with a session. */
export type SessionUse = (
	line: CommandLine,
	context: TokenContext,
	session: SessionTokens,
) => Promise<number | NodeJS.Signals>;

/** What can be typed into any shell as one word: PowerShell makes a list of commas, and has a meaning for a leading @. */
const shellWord = (text: string): string =>
	/^[\w%+=:./-][\w@%+=:./-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Where npm has it, a shell doesn't find it by its name alone. */
const isFoundByNpx = /[\\/](_npx|node_modules[\\/]\.bin)[\\/]/.test(process.argv[1] ?? '');

/** A line to type, as in `ink-login login work`. */
export const commandText = (...words: readonly string[]): string =>
	[...(isFoundByNpx ? ['npx'] : []), 'ink-login', ...words].map(shellWord).join(' ');

/** How a login looks, and how long it waits, are for that one login. */
const isNotRepeated = (group: CommandOption['group']): boolean => group === 'looks' || group === 'pending';

/** The line that signs in to a profile, with those of the options given that a login needs. */
export const loginText = (profile: string, values: OptionValues = {}): string =>
	commandText(
		'login',
		...(profile === 'default' ? [] : [profile]),
		...Object.entries(values).flatMap(([name, value]) => {
			const option = optionTable[name];
			if (option?.commands.includes('login') !== true || isNotRepeated(option.group)) return [];
			if (hasNoMeaning(option, values.flow)) return [];
			return value === true ? [`--${name}`] : [value].flat().flatMap(text => [`--${name}`, text]);
		}),
	);
