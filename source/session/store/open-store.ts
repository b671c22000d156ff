import os from 'node:os';
import path from 'node:path';
import {displayText} from '../../core/safe-text.js';
import {storeError, toStoreError} from './store-error.js';
import {systemClock, type Clock} from '../../core/clock.js';
import {LoginError} from '../../core/errors.js';
import type {TokenStore} from '../types.js';
import {claimFolder, readOwnFile, replaceFile} from './atomic-file.js';
import {nodeFileSystem, type FileSystem} from './file-system.js';
import {createKeyringStore} from './encryption.js';
import {defaultService, systemKeyring, type Keyring} from './keyring/keyring.js';
import {createMemoryStore} from './memory-store.js';

type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

const name = 'ink-login';

/**
 * The user's home directory. Node.js takes HOME for it as it is: one that is empty or relative would be another folder
 * wherever a command is run, with whatever lies there.
 *
 * @throws LoginError `store_error` for a user without one, as in a container that runs under any number
 */
export const homeDirectory = (): string => {
	for (const read of [os.homedir, () => os.userInfo().homedir]) {
		try {
			const home = read();
			if (path.isAbsolute(home)) return home;
		} catch {
			// The system knows no such user.
		}
	}

	throw storeError('You have no home directory to save anything in.', 'Set INK_LOGIN_HOME to a folder of your own.');
};

/**
 * The folder that everything is kept in: `INK_LOGIN_HOME`, else the platform's place for a program's own state.
 *
 * @throws LoginError `store_error` for a relative `INK_LOGIN_HOME`: its sessions would be those of any folder that a
 * command is run in, and so would the compiled code (code-cache.ts)
 * @param findHome - finds the user's home directory, where that is needed
 */
export const stateDirectory = (
	environment: EnvironmentVariables,
	platform: NodeJS.Platform,
	findHome: () => string = homeDirectory,
): string => {
	const paths = platform === 'win32' ? path.win32 : path.posix;
	const own = environment['INK_LOGIN_HOME'];
	if (own !== undefined && own !== '') {
		if (paths.isAbsolute(own)) return paths.resolve(own);
		throw storeError(
			`INK_LOGIN_HOME is a relative path (${displayText(own)}), which means another folder wherever you run a command.`,
			'Set it to an absolute path.',
		);
	}

	if (platform === 'win32') {
		const local = environment['LOCALAPPDATA'] ?? '';
		return paths.join(paths.isAbsolute(local) ? local : paths.join(findHome(), 'AppData', 'Local'), name);
	}

	if (platform === 'darwin') return paths.join(findHome(), 'Library', 'Application Support', name);
	// XDG Base Directory Specification: a relative path is invalid, and ignored.
	const state = environment['XDG_STATE_HOME'] ?? '';
	return paths.join(paths.isAbsolute(state) ? state : paths.join(findHome(), '.local', 'state'), name);
};

/** What `openStore` takes: `app`, or `home`, or the kind `memory`. */
export type OpenStoreOptions = Settings &
	({readonly app: string} | {readonly home: string} | {readonly kind: 'memory'});

type Settings = {
	/**
	 * The name of your program, as in `acme`: lower-case letters, digits, `.`, `_` and `-`. Its sessions lie in a folder of
	 * that name, and its entry in the keyring bears it; programs that give the same name share their sessions.
	 */
	readonly app?: string;
	/** The folder to keep everything in. @default `apps/APP` in {@link stateDirectory} */
	readonly home?: string;
	/**
	 * `auto` takes the keyring where there is one that works, and files elsewhere; it is tried out when someone signs in.
	 * @default 'auto'
	 */
	readonly kind?: 'auto' | 'keyring' | 'file' | 'memory';
	/** @default process.env */
	readonly environment?: Readonly<Record<string, string | undefined>>;
	/** @default process.platform */
	readonly platform?: NodeJS.Platform;
	/** Shows a sentence while the keyring may be waiting for the person. */
	readonly say?: (sentence: string) => void;
	/** @default the operating system's */
	readonly keyring?: Keyring;
	/** Reads and writes, for tests. @default the computer's own */
	readonly fileSystem?: FileSystem;
	/** Time, for tests. @default the real time */
	readonly clock?: Clock;
};

/**
 * Opens the place where sessions are kept. Nothing is tried out for that: the store itself does so once someone begins
 * to sign in, and rejects then with `store_error` where the keyring was asked for by name and does not work here.
 *
 * @throws LoginError `config_error` for an `app` that cannot be a name
 */
export const openStore = async (options: OpenStoreOptions): Promise<TokenStore> => {
	const {kind = 'auto', app, home, environment = process.env, platform = process.platform, say} = options;
	const {fileSystem = nodeFileSystem, clock = systemClock} = options;
	if (kind === 'memory') return createMemoryStore({clock});

	const service = app === undefined && home !== undefined ? defaultService : checkApp(app);
	const directory = path.resolve(home ?? path.join(stateDirectory(environment, platform), 'apps', service));
	const keyring = options.keyring ?? systemKeyring({account: directory, service, environment, platform, say});
	return createKeyringStore({
		...{directory, keyring, fileSystem, clock},
		kind: kind === 'auto' ? (recallKind(fileSystem, directory) ?? 'file') : kind,
		async choose() {
			const chosen = await choose(kind, keyring);
			rememberKind(fileSystem, directory, chosen.kind);
			return chosen;
		},
	});
};

/** A folder of any file system: Windows has its devices in each, with any extension, and drops a dot at the end. */
const appName = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z\d][a-z\d._-]*(?<!\.)$/;

const checkApp = (app: string | undefined): string => {
	if (app !== undefined && appName.test(app)) return app;
	const problem =
		app === undefined ? 'The name of the app is missing.' : `The app cannot be named ${displayText(app, 60)}.`;
	throw new LoginError('config_error', problem, {
		hint: "Give a short name of lower-case letters, digits, '.', '_' and '-', as in openStore({app: 'acme'}).",
	});
};

type Choice = {readonly kind: 'keyring' | 'file'; readonly notice?: string};

const choose = async (kind: 'auto' | 'keyring' | 'file', keyring: Keyring): Promise<Choice> => {
	if (kind === 'file') return {kind};
	try {
		await keyring.probe();
		return {kind: 'keyring'};
	} catch (error) {
		if (kind === 'keyring' || !(error instanceof LoginError)) throw error;
		return {kind: 'file', notice: `${error.message} The session is saved in a file that only you can read.`};
	}
};

const memory = (directory: string): string => `${directory}/store.json`;

const recallKind = (fileSystem: FileSystem, directory: string): 'keyring' | 'file' | undefined => {
	try {
		const file = readOwnFile(fileSystem, memory(directory));
		const {kind} = JSON.parse(file?.data.toString('utf8') ?? '{}') as {kind?: unknown};
		return kind === 'keyring' || kind === 'file' ? kind : undefined;
	} catch {
		// Each session's file tells its own form; this is for new ones alone.
		return undefined;
	}
};

const rememberKind = (fileSystem: FileSystem, directory: string, kind: 'keyring' | 'file'): void => {
	if (recallKind(fileSystem, directory) === kind) return;
	try {
		claimFolder(fileSystem, directory);
		replaceFile(fileSystem, memory(directory), Buffer.from(JSON.stringify({version: 1, kind})));
	} catch (error) {
		throw toStoreError(error, directory);
	}
};
