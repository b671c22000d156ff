import path from 'node:path';
import {systemClock, type Clock} from '../../core/clock.js';
import {LoginError} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import type {Keyring, TokenStore} from '../types.js';
import {claimFolder, replaceFile} from './atomic-file.js';
import {createCustomStore, type KeyValueStore} from './custom-store.js';
import {createFileStore} from './file-store.js';
import {nodeFileSystem, readOwnFile, toStoreError, type FileSystem} from './file-system.js';
import type {KeyringOptions} from './keyring/keyring.js';
import {ownName, stateDirectory} from './session-file.js';

/** What `openStore` takes: `app` or `home`. */
export type OpenStoreOptions = Settings & ({readonly app: string} | {readonly home: string});

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
	readonly kind?: 'auto' | 'keyring' | 'file';
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
 * Opens the place where sessions are kept. Nothing is looked for or tried out yet: the store finds its folder when it is
 * first used, and tries the keyring once someone begins to sign in. It rejects then with `store_error` where the keyring
 * was asked for by name and does not work here.
 *
 * @throws LoginError `config_error` for an `app` that cannot be a name
 */
export const openStore = (options: OpenStoreOptions): TokenStore => {
	const {kind = 'auto', fileSystem = nodeFileSystem, clock = systemClock} = options;
	const {directory, keyring} = placeOf(options);
	return createFileStore({
		...{directory, fileSystem, clock},
		basis: () => ({directory: directory(), fileSystem, keyring: kind === 'file' ? undefined : keyring}),
		encryption: async () => loadEncryption(await keyring()),
		kind: () => (kind === 'auto' ? (recallKind(fileSystem, directory()) ?? 'file') : kind),
		async choose() {
			const chosen = await choose(kind, keyring);
			rememberKind(fileSystem, directory(), chosen.kind);
			return chosen;
		},
	});
};

/** The folder and the keyring's entry of an app; nothing is looked for until they are called. */
const placeOf = (options: Settings) => {
	const {app, home, environment = process.env, platform = process.platform, say} = options;
	const service = app === undefined && home !== undefined ? ownName : checkApp(app);
	const directory = () => path.resolve(home ?? path.join(stateDirectory(environment, platform), 'apps', service));
	const keyring = async () =>
		options.keyring ?? loadKeyring({account: directory(), service, environment, platform, say});
	return {directory, keyring};
};

/**
 * Makes a store of an app's own one. Its locks, unless it has some, are files in the app's folder.
 *
 * @throws LoginError `config_error` without an `app` where one is needed
 */
export const openCustomStore = (
	store: KeyValueStore,
	options: Omit<Settings, 'home' | 'kind' | 'fileSystem'>,
): TokenStore => {
	const {clock = systemClock, ...place} = options;
	const isEncrypted = store.encrypt === true;
	if (store.lock !== undefined && !isEncrypted) return createCustomStore(store, {clock});
	const app = checkApp(options.app);
	const {keyring} = placeOf({...place, app});
	return createCustomStore(store, {
		clock,
		locks: store.lock === undefined ? openStore({...place, app, clock, kind: 'file'}) : undefined,
		...(isEncrypted && {
			encryption: async () => loadEncryption(await keyring()),
			prepare: async () => (await keyring()).probe(),
		}),
	});
};

/** Both are loaded on first use: most sessions lie in plain files. */
const loadKeyring = async (options: KeyringOptions) => (await import('./keyring/keyring.js')).systemKeyring(options);
const loadEncryption = async (keyring: Keyring) => (await import('./encryption.js')).createEncryption(keyring);

/** A folder of any file system: Windows has its devices in each, with any extension, and drops a dot at the end. */
const appName = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z\d][a-z\d._-]*(?<!\.)$/;

const checkApp = (app: string | undefined): string => {
	if (app !== undefined && appName.test(app)) return app;
	const problem =
		app === undefined ? 'The name of the app is missing.' : `The app can't be named ${displayText(app, 60)}.`;
	throw new LoginError('config_error', problem, {
		hint: "Give it a short name of lower-case letters, digits, '.', '_' and '-', as in app: 'acme'.",
	});
};

type Choice = {readonly kind: 'keyring' | 'file'; readonly notice?: string};

const choose = async (kind: 'auto' | 'keyring' | 'file', keyring: () => Promise<Keyring>): Promise<Choice> => {
	if (kind === 'file') return {kind};
	try {
		await (await keyring()).probe();
		return {kind: 'keyring'};
	} catch (error) {
		if (kind === 'keyring' || !(error instanceof LoginError)) throw error;
		return {kind: 'file', notice: `${error.message.replace(/\.$/, '')}, so the session is in a private file.`};
	}
};

const memory = (directory: string): string => `${directory}/store.json`;

const recallKind = (fileSystem: FileSystem, directory: string): 'keyring' | 'file' | undefined => {
	try {
		const file = readOwnFile(fileSystem, memory(directory));
		const {kind} = JSON.parse(file?.data.toString('utf8') ?? '{}') as {kind?: unknown};
		return kind === 'keyring' || kind === 'file' ? kind : undefined;
	} catch {
		// Each session's file says how it is kept; this is only for new ones.
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
