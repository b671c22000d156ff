import {systemClock, type Clock} from '../../core/clock.js';
import {displayText} from '../../core/safe-text.js';
import {errorCode, LoginError} from '../../core/errors.js';
import type {ProfilePreferences, RecordStore, StoredSession, StoreLock, TokenStore} from '../types.js';
import {claimFolder, removeIfThere, removeOwn, replaceFile, saveText, sweep} from './atomic-file.js';
import {
	checkFolder,
	fileInfoIfThere,
	nodeFileSystem,
	readOwnFile,
	storeError,
	toStoreError,
	UnusableFileError,
	type FileSystem,
	type OwnFile,
} from './file-system.js';
import type {LockOptions} from './lock.js';
import type {Processes} from './lock-holder.js';
import {
	profileFileName,
	profileOfFileName,
	profilePath,
	readPreferencesFile,
	parseSession,
	parseSessionFile,
	type SessionFile,
} from './session-file.js';

/** Encrypts sessions with a key that lies elsewhere. */
export type Encryption = {
	/** Takes the lock where it has to make the key first. */
	readonly encrypt: (profile: string, text: string, takeLock: () => Promise<StoreLock | undefined>) => Promise<string>;
	/** Undefined where no key opens it. */
	readonly decrypt: (profile: string, encrypted: string) => Promise<string | undefined>;
};

/** What `createFileStore` takes. */
export type FileStoreOptions = {
	/** The folder of the sessions, or what finds it when it is first needed; made at the first write. */
	readonly directory: string | (() => string);
	/** Loads what opens encrypted sessions, and encrypts new ones where `kind` is `keyring`. */
	readonly encryption?: () => Promise<Encryption>;
	/** How a session without a file yet is kept. @default 'file' */
	readonly kind?: 'file' | 'keyring' | (() => 'file' | 'keyring');
	/**
	 * Chooses `kind` when someone begins to sign in, with a sentence for them where there is something to say. Until then
	 * a session keeps the form of the file that it replaces, so that a refresh never moves one out of the keyring.
	 */
	readonly choose?: () => Promise<{readonly kind: 'file' | 'keyring'; readonly notice?: string}>;
	/** What it stands on, keyring included. */
	readonly basis?: TokenStore['basis'];
	/** Reads and writes, for tests. @default the computer's own */
	readonly fileSystem?: FileSystem;
	/** Says which holder of a lock still lives, for tests. @default by process id, host and boot */
	readonly processes?: Processes;
	/** Time, for tests. @default the real time */
	readonly clock?: Clock;
};

const extension = '.json';
const preferencesExtension = '.preferences.json';

/** Keeps each profile's session in a file that only its user can read (0600 in a 0700 folder). */
export const createFileStore = (options: FileStoreOptions): TokenStore => new FileStore(options);

class FileStore implements TokenStore {
	readonly notices: string[] = [];
	readonly basis: TokenStore['basis'];
	#place: string | (() => string);
	readonly #loadEncryption: FileStoreOptions['encryption'];
	#encryption: Promise<Encryption> | undefined;
	#newKind: 'file' | 'keyring' | (() => 'file' | 'keyring');
	/** Undefined once it has chosen, or where there is no choice. */
	#choose: FileStoreOptions['choose'];
	#choosing: Promise<void> | undefined;
	readonly #fileSystem: FileSystem;
	readonly #processes: Processes | undefined;
	readonly #clock: Clock;
	/** How the sessions that were read are kept. */
	readonly #forms = new Map<string, 'file' | 'keyring'>();
	#lastForm: 'file' | 'keyring' | undefined;

	constructor(options: FileStoreOptions) {
		this.#place = options.directory;
		this.#loadEncryption = options.encryption;
		this.#newKind = options.kind ?? 'file';
		this.#choose = options.choose;
		this.basis = options.basis;
		this.#fileSystem = options.fileSystem ?? nodeFileSystem;
		this.#processes = options.processes;
		this.#clock = options.clock ?? systemClock;
	}

	/** Where the session lies that was last read or written; before that, where a new one would. */
	get kind(): 'file' | 'keyring' {
		return this.#lastForm ?? this.#kind;
	}

	get description(): string {
		return this.kind === 'keyring' ? 'the system keyring' : displayText(this.#directory, 500);
	}

	get #directory(): string {
		if (typeof this.#place === 'function') this.#place = this.#place();
		return this.#place;
	}

	get #kind(): 'file' | 'keyring' {
		if (typeof this.#newKind === 'function') this.#newKind = this.#newKind();
		return this.#newKind;
	}

	async prepare(): Promise<void> {
		this.#choosing ??= this.#chooseKind().finally(() => {
			this.#choosing = undefined;
		});
		await this.#choosing;
	}

	/** Each write makes a new file, with a time of its own; nothing is opened. */
	async stamp(profile: string): Promise<string | undefined> {
		return this.#guard(async () => {
			const info = fileInfoIfThere(this.#fileSystem, this.#path(profile, extension));
			return info && `${info.modifiedAt} ${info.size}`;
		});
	}

	async read(profile: string): Promise<StoredSession | undefined> {
		return this.#guard(async () => {
			if (checkFolder(this.#fileSystem, this.#directory) === undefined) return undefined;
			const path = this.#path(profile, extension);
			let own: OwnFile | undefined;
			try {
				own = readOwnFile(this.#fileSystem, path);
				if (own === undefined) return undefined;
				const file = parseSessionFile(own, profile);
				this.#noteForm(profile, 'encrypted' in file ? 'keyring' : 'file');
				return 'encrypted' in file ? await this.#readEncrypted(profile, file.encrypted) : file.session;
			} catch (error) {
				if (!(error instanceof UnusableFileError)) throw error;
				// Another process may have put a good one there meanwhile.
				if (own !== undefined && readOwnFile(this.#fileSystem, path)?.data.equals(own.data) === false)
					return this.read(profile);
				this.#setAside(path, profile, error);
				return undefined;
			}
		});
	}

	async write(profile: string, session: StoredSession, {isOnlyCopy = false} = {}): Promise<void> {
		await this.#guard(async () => {
			const form = (this.#choose && this.#forms.get(profile)) ?? this.#kind;
			const file: SessionFile =
				form === 'file'
					? {version: 1, profile, session}
					: {version: 1, profile, encrypted: await this.#encrypt(profile, JSON.stringify(session))};
			const path = this.#path(profile, extension);
			const text = JSON.stringify(file);
			claimFolder(this.#fileSystem, this.#directory);
			// The only copy is written before anything else is done; the write before the request has swept.
			if (!isOnlyCopy) sweep(this.#fileSystem, this.#directory, this.#clock.now());
			saveText(this.#fileSystem, path, text, isOnlyCopy);
			this.#noteForm(profile, form);
		});
	}

	async remove(profile: string): Promise<boolean> {
		return this.#guard(async () => {
			if (checkFolder(this.#fileSystem, this.#directory) === undefined) return false;
			const hasRemoved = removeIfThere(this.#fileSystem, this.#path(profile, extension));
			this.#removeRemains(profile);
			return hasRemoved;
		});
	}

	async removeRemains(profile?: string): Promise<boolean> {
		return this.#guard(async () => {
			if (checkFolder(this.#fileSystem, this.#directory) === undefined) return false;
			return this.#removeRemains(profile);
		});
	}

	async list(what: 'sessions' | 'preferences' = 'sessions'): Promise<readonly string[]> {
		const suffix = what === 'sessions' ? extension : preferencesExtension;
		return this.#guard(async () => {
			if (checkFolder(this.#fileSystem, this.#directory) === undefined) return [];
			return this.#fileSystem
				.list(this.#directory)
				.filter(name => name.startsWith('profile-') && name.slice(name.indexOf('.')) === suffix)
				.map(name => this.#profileOf(name, suffix))
				.filter(profile => profile !== undefined)
				.sort();
		});
	}

	async readPreferences(profile: string): Promise<ProfilePreferences> {
		return readPreferencesFile(this.#fileSystem, this.#directory, profile);
	}

	async writePreferences(profile: string, preferences: ProfilePreferences): Promise<void> {
		await this.#guard(async () => {
			const path = this.#path(profile, preferencesExtension);
			if (Object.keys(preferences).length === 0) {
				if (checkFolder(this.#fileSystem, this.#directory) !== undefined) removeIfThere(this.#fileSystem, path);
				return;
			}

			claimFolder(this.#fileSystem, this.#directory);
			const text = JSON.stringify({version: 1, profile, ...preferences});
			replaceFile(this.#fileSystem, path, Buffer.from(text));
		});
	}

	async records(): Promise<RecordStore> {
		const {createRecordStore, recordFiles} = await import('./records.js');
		const store = createRecordStore(recordFiles(this.#fileSystem, this.#directory), {
			clock: this.#clock,
			encrypt: async (name, text) => {
				await this.#chosen();
				return this.#kind === 'keyring' ? this.#encrypt(name, text) : undefined;
			},
			decrypt: async (name, encrypted) => (await this.#needEncryption()).decrypt(name, encrypted),
		});
		return {
			read: async name => this.#guard(async () => store.read(name)),
			write: async (...call) => this.#guard(async () => store.write(...call)),
			remove: async name => this.#guard(async () => store.remove(name)),
			list: async () => this.#guard(async () => store.list()),
		};
	}

	async lock(profile: string, endpointKind: 'refresh' | 'login', options: LockOptions): Promise<StoreLock | undefined> {
		return this.#guard(async () => this.#takeLock(this.#path(profile, `.${endpointKind}.lock`), options));
	}

	async #takeLock(path: string, options: LockOptions): Promise<StoreLock | undefined> {
		claimFolder(this.#fileSystem, this.#directory);
		// Only a refresh or a login needs one.
		const [{takeLock}, {nodeProcesses}] = await Promise.all([import('./lock.js'), import('./lock-holder.js')]);
		const processes = this.#processes ?? nodeProcesses;
		return takeLock(path, {fileSystem: this.#fileSystem, processes, clock: this.#clock}, options);
	}

	async #chooseKind(): Promise<void> {
		const chosen = await this.#choose?.();
		if (chosen === undefined) return;
		this.#newKind = chosen.kind;
		this.#choose = undefined;
		if (chosen.notice !== undefined) this.notices.push(chosen.notice);
	}

	/** Where someone is signing in, it is known in a moment where sessions are kept from now on. */
	async #chosen(): Promise<void> {
		await this.#choosing?.catch(() => undefined);
	}

	#path(profile: string, suffix: string): string {
		return profilePath(this.#directory, profile, suffix);
	}

	#removeRemains(profile: string | undefined): boolean {
		const wanted = profile === undefined ? undefined : profileFileName(profile);
		return removeOwn(this.#fileSystem, this.#directory, name => {
			const [, of] = /^(profile-[^.]*)\.json\.(?:[\w-]{16}\.new|set-aside-\d+)$/.exec(name) ?? [];
			return of !== undefined && of === (wanted ?? of);
		});
	}

	#noteForm(profile: string, form: 'file' | 'keyring'): void {
		this.#forms.set(profile, form);
		this.#lastForm = form;
	}

	#profileOf(fileName: string, suffix: string): string | undefined {
		const profile = profileOfFileName(fileName.slice(0, -suffix.length));
		if (profile !== undefined) return profile;
		try {
			const own = readOwnFile(this.#fileSystem, `${this.#directory}/${fileName}`);
			const file = JSON.parse(own?.data.toString('utf8') ?? '{}') as Partial<SessionFile>;
			return typeof file.profile === 'string' ? file.profile : undefined;
		} catch {
			return undefined;
		}
	}

	/**
	 * A missing or different key doesn't make the session worthless: the keyring may be locked, or belong to another
	 * computer. So the file stays until someone signs in and replaces it.
	 */
	async #readEncrypted(profile: string, encrypted: string): Promise<StoredSession | undefined> {
		const encryption = await this.#needEncryption();
		let failure: LoginError;
		try {
			const text = await encryption.decrypt(profile, encrypted);
			if (text !== undefined) return parseSession(text);
			failure = storeError(
				'The system keyring has no key that opens this session.',
				'Unlock the keyring that it was saved with, or sign in again.',
			);
		} catch (error) {
			await this.#chosen();
			// Someone who was given a file instead of the failing keyring can still sign in.
			if (this.#kind === 'keyring' || !(error instanceof LoginError)) throw error;
			failure = error;
		}

		await this.#chosen();
		if (this.#choose !== undefined) throw failure;
		const notice = `${failure.message} The session of profile "${displayText(profile)}" can't be read; signing in replaces it.`;
		if (!this.notices.includes(notice)) this.notices.push(notice);
		return undefined;
	}

	async #encrypt(profile: string, text: string): Promise<string> {
		const {signal} = new AbortController();
		const encryption = await this.#needEncryption();
		return encryption.encrypt(profile, text, async () => this.#takeLock(`${this.#directory}/keyring.lock`, {signal}));
	}

	async #needEncryption(): Promise<Encryption> {
		this.#encryption ??= this.#loadEncryption?.();
		if (this.#encryption !== undefined) return this.#encryption;
		throw storeError('The session is encrypted with a key in the system keyring.', 'Open the store with the keyring.');
	}

	/** Nothing is deleted: the person may know what it was. */
	#setAside(path: string, profile: string, {reason}: UnusableFileError): void {
		const where = displayText(path, 500);
		const what = `The session file of profile "${displayText(profile)}" ${reason}`;
		const aside = `${path}.set-aside-${this.#clock.now()}`;
		try {
			this.#fileSystem.rename(path, aside);
			this.notices.push(
				`${what}; it was moved to ${displayText(aside, 500)}. Any tokens left in it are deleted when you sign out.`,
			);
		} catch (error) {
			// Another process set it aside first.
			if (errorCode(error) !== 'ENOENT') this.notices.push(`${what}, and couldn't be set aside: ${where}`);
		}
	}

	async #guard<T>(action: () => Promise<T>): Promise<T> {
		try {
			return await action();
		} catch (error) {
			throw toStoreError(error, this.#directory);
		}
	}
}
