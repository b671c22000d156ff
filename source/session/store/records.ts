import {hostname} from 'node:os';
import type {Clock} from '../../core/clock.js';
import {LoginError} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import type {RecordStore} from '../types.js';
import {claimFolder, removeIfThere, saveText} from './atomic-file.js';
import {checkFolder, readOwnFile, storeError, UnusableFileError, type FileSystem} from './file-system.js';
import {profileFileName, profilePath} from './session-file.js';

/** Where records lie: as files, or in a store of the app's own. */
type Place = {
	readonly get: (name: string) => Promise<string | undefined>;
	readonly set: (name: string, text: string, isOnlyCopy: boolean) => Promise<void>;
	readonly remove: (name: string) => Promise<void>;
	/** Without names: one that is too long for a file name is only in the text. */
	readonly all: () => Promise<readonly {readonly text: string; readonly remove: () => Promise<void>}[]>;
};

/** A record as it is saved: the part that isn't encrypted says what to do with one that can't be read. */
type SavedRecord = {
	readonly version: 1;
	readonly name: string;
	/** The computer that wrote it. */
	readonly host: string;
	/** Epoch milliseconds. */
	readonly expiresAt?: number;
} & ({readonly text: string} | {readonly encrypted: string});

const parse = (saved: string): SavedRecord | undefined => {
	try {
		const record = JSON.parse(saved) as Partial<Record<string, unknown>>;
		const {version, name, text, encrypted, host, expiresAt = 0} = record;
		const isWhole = [name, host, text ?? encrypted].every(value => typeof value === 'string');
		return version === 1 && isWhole && typeof expiresAt === 'number' ? (record as SavedRecord) : undefined;
	} catch {
		return undefined;
	}
};

type RecordStoreOptions = {
	readonly clock: Clock;
	/** Undefined where nothing is encrypted. The name is authenticated with the text. */
	readonly encrypt: (name: string, text: string) => Promise<string | undefined>;
	readonly decrypt: (name: string, encrypted: string) => Promise<string | undefined>;
};

/** No profile's session is encrypted under such a name. */
const encryptedName = (name: string) => `\0${name}`;

/** Keeps records, encrypted where sessions are. */
export const createRecordStore = (place: Place, {clock, encrypt, decrypt}: RecordStoreOptions): RecordStore => {
	const open = async (name: string, encrypted: string, host: string): Promise<string> => {
		let failure = storeError('The system keyring has no key that opens this sign-in.', 'Start a new sign-in.');
		try {
			const text = await decrypt(encryptedName(name), encrypted);
			if (text !== undefined) return text;
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
		async read(name) {
			const record = parse((await place.get(name)) ?? '');
			if (record?.name !== name) return undefined;
			return 'encrypted' in record ? open(name, record.encrypted, record.host) : record.text;
		},
		async write(name, text, {expiresAt, isOnlyCopy = false} = {}) {
			const encrypted = await encrypt(encryptedName(name), text);
			const content = encrypted === undefined ? {text} : {encrypted};
			const record: SavedRecord = {
				version: 1,
				name,
				host: hostname(),
				...(expiresAt !== undefined && {expiresAt}),
				...content,
			};
			await place.set(name, JSON.stringify(record), isOnlyCopy);
		},
		remove: async name => place.remove(name),
		async list() {
			const names: string[] = [];
			for (const {text, remove} of await place.all()) {
				const record = parse(text);
				if (record !== undefined && (record.expiresAt ?? Infinity) > clock.now()) names.push(record.name);
				else await remove();
			}

			return names;
		},
	};
};

const extension = '.record.json';

/** Files beside those of the sessions. */
export const recordFiles = (fileSystem: FileSystem, directory: string): Place => {
	const pathOf = (name: string) => profilePath(directory, name, extension);
	const isThere = () => checkFolder(fileSystem, directory) !== undefined;
	const read = (path: string): string | undefined => {
		try {
			const own = readOwnFile(fileSystem, path);
			// Others may have written it: someone would sign in to what they began.
			return own === undefined || own.wasOpen ? undefined : own.data.toString('utf8');
		} catch (error) {
			if (error instanceof UnusableFileError) return undefined;
			throw error;
		}
	};

	return {
		get: async name => (isThere() ? read(pathOf(name)) : undefined),
		async set(name, text, isOnlyCopy) {
			claimFolder(fileSystem, directory);
			saveText(fileSystem, pathOf(name), text, isOnlyCopy);
		},
		async remove(name) {
			if (isThere()) removeIfThere(fileSystem, pathOf(name));
		},
		async all() {
			if (!isThere()) return [];
			const files = fileSystem.list(directory).filter(file => file.startsWith('profile-') && file.endsWith(extension));
			const paths = files.map(file => `${directory}/${file}`);
			return paths.map(path => ({
				text: read(path) ?? '',
				remove: async () => void removeIfThere(fileSystem, path),
			}));
		},
	};
};

/** Where a store of the app's own has the names of its records. */
const indexKey = 'records';

/** Values of a store that keeps strings. */
export const recordValues = (values: {
	readonly get: (key: string) => Promise<string | undefined>;
	/** Takes what can be JSON. */
	readonly set: (key: string, value: unknown) => Promise<void>;
	readonly remove: (key: string) => Promise<unknown>;
	/** The names in an index. */
	readonly noted: (key: string) => Promise<readonly string[]>;
}): Place => {
	const keyOf = (name: string) => `${profileFileName(name)}.record`;
	const get = async (name: string) => values.get(keyOf(name));
	const remove = async (name: string): Promise<void> => {
		await values.remove(keyOf(name));
		const noted = await values.noted(indexKey);
		await values.set(
			indexKey,
			noted.filter(other => other !== name),
		);
	};

	return {
		get,
		async set(name, text) {
			await values.set(keyOf(name), JSON.parse(text));
			const noted = await values.noted(indexKey);
			if (!noted.includes(name)) await values.set(indexKey, [...noted, name]);
		},
		remove,
		async all() {
			const names = await values.noted(indexKey);
			return Promise.all(names.map(async name => ({text: (await get(name)) ?? '', remove: async () => remove(name)})));
		},
	};
};
