import path from 'node:path';
import {systemClock, type Clock} from '../engine/clock.js';
import {displayText} from '../engine/display-text.js';
import {LoginError} from '../engine/login-error.js';
import type {TokenStore} from '../engine/token-store.js';
import {claimFolder, readOwnFile, replaceFile} from './atomic-file.js';
import {nodeFileSystem, type FileSystem} from './file-system.js';
import {createKeyringStore} from './keyring-store.js';
import {systemKeyring, type Keyring} from './keyring.js';
import {createMemoryStore} from './memory-store.js';
import {storeHome} from './store-home.js';
import {toStoreError} from './store-error.js';

/** What `openStore` takes. */
export type OpenStoreOptions = {
	/** `auto` takes the keyring where there is one that works, and files elsewhere. @default 'auto' */
	readonly kind?: 'auto' | 'keyring' | 'file' | 'memory';
	/** The folder to keep everything in. @default {@link storeHome} */
	readonly home?: string;
	/**
	 * Whether somebody is about to sign in. Only then is the keyring tried out, and the choice remembered; otherwise each
	 * session stays in the form that it has. @default false
	 */
	readonly forLogin?: boolean;
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
 * Opens the place where sessions are kept.
 *
 * @throws LoginError `store_error` where the keyring was asked for by name and does not work here
 */
export const openStore = async (options: OpenStoreOptions = {}): Promise<TokenStore> => {
	const {kind = 'auto', forLogin = false, environment = process.env, platform = process.platform, say} = options;
	const {fileSystem = nodeFileSystem, clock = systemClock} = options;
	if (kind === 'memory') return createMemoryStore({clock});

	const directory = path.resolve(options.home ?? storeHome(environment, platform));
	const keyring =
		options.keyring ?? systemKeyring({account: directory, environment, platform, ...(say !== undefined && {say})});
	const base = {directory, keyring, fileSystem, clock};
	if (!forLogin) {
		const chosen = kind === 'auto' ? (recallKind(fileSystem, directory) ?? 'file') : kind;
		return createKeyringStore({...base, kind: chosen, keepsForm: true});
	}

	const {chosen, notices} = await choose(kind, keyring, directory);
	rememberKind(fileSystem, directory, chosen);
	return createKeyringStore({...base, kind: chosen, notices});
};

type Choice = {readonly chosen: 'keyring' | 'file'; readonly notices: readonly string[]};

const choose = async (kind: 'auto' | 'keyring' | 'file', keyring: Keyring, directory: string): Promise<Choice> => {
	if (kind === 'file') return {chosen: 'file', notices: []};
	try {
		await keyring.probe();
		return {chosen: 'keyring', notices: []};
	} catch (error) {
		if (kind === 'keyring' || !(error instanceof LoginError)) throw error;
		const where = displayText(directory, 500);
		return {
			chosen: 'file',
			notices: [`${error.message} The session is kept in a file that only you can read, in ${where}.`],
		};
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
