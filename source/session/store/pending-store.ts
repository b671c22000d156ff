import {hostname} from 'node:os';
import type {Clock} from '../../core/clock.js';
import {LoginError} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import type {PendingStore} from '../types.js';
import {claimFolder, overwriteFile, removeIfThere, replaceFile, withRoom} from './atomic-file.js';
import {checkFolder, readOwnFile, storeError, UnusableFileError, type FileSystem} from './file-system.js';

/** Where the files of pending logins lie: as files, or in a store of the app's own. */
type PendingFiles = {
	readonly get: (id: string) => Promise<string | undefined>;
	readonly set: (id: string, text: string, isOnlyCopy: boolean) => Promise<void>;
	readonly remove: (id: string) => Promise<void>;
	readonly ids: () => Promise<readonly string[]>;
};

/** The file of a pending login: what is not encrypted says what to do with one that cannot be read. */
type PendingFile = {
	readonly version: 1;
	readonly id: string;
	/** The computer that wrote it. */
	readonly host: string;
	/** Epoch milliseconds. */
	readonly expiresAt: number;
} & ({readonly login: string} | {readonly encrypted: string});

const parse = (text: string, id: string): PendingFile | undefined => {
	try {
		const file = JSON.parse(text) as Partial<Record<string, unknown>>;
		const {login, encrypted, host, expiresAt} = file;
		const isWhole = file['version'] === 1 && file['id'] === id && typeof host === 'string';
		return isWhole && typeof expiresAt === 'number' && typeof (login ?? encrypted) === 'string'
			? (file as PendingFile)
			: undefined;
	} catch {
		return undefined;
	}
};

type PendingStoreOptions = {
	readonly clock: Clock;
	/** Undefined where nothing is encrypted. The name is authenticated with the text. */
	readonly encrypt: (name: string, text: string) => Promise<string | undefined>;
	readonly decrypt: (name: string, encrypted: string) => Promise<string | undefined>;
};

/** No profile's session is encrypted under such a name. */
const nameOf = (id: string) => `\0pending ${id}`;

/** Keeps pending logins, encrypted where sessions are. */
export const createPendingStore = (
	files: PendingFiles,
	{clock, encrypt, decrypt}: PendingStoreOptions,
): PendingStore => {
	const open = async (id: string, encrypted: string, host: string): Promise<string> => {
		let failure = storeError('The system keyring has no key that opens this sign-in.', 'Start a new sign-in.');
		try {
			const login = await decrypt(nameOf(id), encrypted);
			if (login !== undefined) return login;
		} catch (error) {
			if (!(error instanceof LoginError)) throw error;
			failure = error;
		}

		if (host === hostname()) throw failure;
		throw storeError(
			`This sign-in was started on ${displayText(host, 100)}, and only the keyring there can open it.`,
			'Continue it on that computer, or start a new sign-in here.',
		);
	};

	return {
		async read(id) {
			const file = parse((await files.get(id)) ?? '', id);
			if (file === undefined) return undefined;
			return 'encrypted' in file ? open(id, file.encrypted, file.host) : file.login;
		},
		async write(id, login, {expiresAt, isOnlyCopy = false}) {
			const encrypted = await encrypt(nameOf(id), login);
			const content = encrypted === undefined ? {login} : {encrypted};
			const file: PendingFile = {version: 1, id, host: hostname(), expiresAt, ...content};
			await files.set(id, JSON.stringify(file), isOnlyCopy);
		},
		async list() {
			const present: string[] = [];
			for (const id of await files.ids()) {
				const text = await files.get(id);
				const file = text === undefined ? undefined : parse(text, id);
				if (file !== undefined && file.expiresAt > clock.now()) present.push(id);
				else await files.remove(id);
			}

			return present;
		},
	};
};

const prefix = 'pending-';
const extension = '.json';

/** Files beside those of the sessions. */
export const pendingFiles = (fileSystem: FileSystem, directory: string): PendingFiles => {
	const pathOf = (id: string) => `${directory}/${prefix}${id}${extension}`;
	const isThere = () => checkFolder(fileSystem, directory) !== undefined;
	return {
		async get(id) {
			if (!isThere()) return undefined;
			try {
				const own = readOwnFile(fileSystem, pathOf(id));
				// Others may have written it: someone would sign in to what they began.
				return own === undefined || own.wasOpen ? undefined : own.data.toString('utf8');
			} catch (error) {
				if (error instanceof UnusableFileError) return undefined;
				throw error;
			}
		},
		async set(id, text, isOnlyCopy) {
			claimFolder(fileSystem, directory);
			try {
				replaceFile(fileSystem, pathOf(id), withRoom(text));
			} catch (error) {
				if (!isOnlyCopy || !overwriteFile(fileSystem, pathOf(id), text)) throw error;
			}
		},
		async remove(id) {
			removeIfThere(fileSystem, pathOf(id));
		},
		async ids() {
			if (!isThere()) return [];
			const names = fileSystem.list(directory).filter(name => name.startsWith(prefix) && name.endsWith(extension));
			return names.map(name => name.slice(prefix.length, -extension.length)).sort();
		},
	};
};

/** Where the custom store notes their ids. */
const indexKey = 'pending';

/** Values of a store that keeps strings. */
export const pendingValues = (values: {
	readonly get: (key: string) => Promise<string | undefined>;
	/** Takes what can be JSON. */
	readonly set: (key: string, value: unknown) => Promise<void>;
	readonly remove: (key: string) => Promise<unknown>;
}): PendingFiles => {
	const keyOf = (id: string) => `${prefix}${id}`;
	const ids = async (): Promise<readonly string[]> => {
		const noted: unknown = JSON.parse((await values.get(indexKey)) ?? '[]');
		return Array.isArray(noted) ? noted.filter(id => typeof id === 'string') : [];
	};

	return {
		get: async id => values.get(keyOf(id)),
		async set(id, text) {
			await values.set(keyOf(id), JSON.parse(text));
			const noted = await ids();
			if (!noted.includes(id)) await values.set(indexKey, [...noted, id]);
		},
		async remove(id) {
			await values.remove(keyOf(id));
			await values.set(
				indexKey,
				(await ids()).filter(noted => noted !== id),
			);
		},
		ids,
	};
};
