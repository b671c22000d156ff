import {systemClock, type Clock} from '../engine/clock.js';
import {displayText} from '../engine/display-text.js';
import {LoginError} from '../engine/login-error.js';
import type {ProfilePreferences, StoredSession, StoreLock, TokenStore} from '../engine/token-store.js';
import {checkFolder, claimFolder, ForeignFile, readOwnFile, removeIfThere, replaceFile, sweep} from './atomic-file.js';
import {errorCode, nodeFileSystem, type FileSystem} from './file-system.js';
import {takeLock, type LockOptions} from './lock.js';
import type {Processes} from './lock-record.js';
import {nodeProcesses} from './processes.js';
import {profileOfFileName} from './profile-file-name.js';
import {profilePath, readPreferencesFile} from './read-profile.js';
import {parseSession, parseSessionFile, type SessionFile} from './session-file.js';
import {storeError, toStoreError} from './store-error.js';

/** Encrypts sessions with a key that lies elsewhere. */
export type Vault = {
	readonly seal: (profile: string, text: string) => Promise<string>;
	/** Undefined where no key opens it. */
	readonly unseal: (profile: string, sealed: string) => Promise<string | undefined>;
};

/** What `createFileStore` takes. */
export type FileStoreOptions = {
	/** The folder of the sessions; made at the first write. */
	readonly directory: string;
	/** Opens sealed sessions, and seals new ones where `kind` is `keyring`. */
	readonly vault?: Vault;
	/** How a session without a file yet is kept. @default 'file' */
	readonly kind?: 'file' | 'keyring';
	/**
	 * Whether a session keeps the form of the file that it replaces, so that a refresh never moves one out of the keyring.
	 * @default false
	 */
	readonly keepsForm?: boolean;
	/** What had to be done to open the store. @default [] */
	readonly notices?: readonly string[];
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
	readonly notices: string[];
	readonly #directory: string;
	readonly #vault: Vault | undefined;
	readonly #kind: 'file' | 'keyring';
	readonly #keepsForm: boolean;
	readonly #fileSystem: FileSystem;
	readonly #processes: Processes;
	readonly #clock: Clock;
	/** How the sessions that were read are kept. */
	readonly #forms = new Map<string, 'file' | 'keyring'>();
	#lastForm: 'file' | 'keyring' | undefined;

	constructor(options: FileStoreOptions) {
		this.#directory = options.directory;
		this.#vault = options.vault;
		this.#kind = options.kind ?? 'file';
		this.#keepsForm = options.keepsForm ?? false;
		this.#fileSystem = options.fileSystem ?? nodeFileSystem;
		this.#processes = options.processes ?? nodeProcesses;
		this.#clock = options.clock ?? systemClock;
		this.notices = [...(options.notices ?? [])];
	}

	/** Where the session lies that was last read or written; before that, where a new one would. */
	get kind(): 'file' | 'keyring' {
		return this.#lastForm ?? this.#kind;
	}

	get description(): string {
		return this.kind === 'keyring' ? 'the system keyring' : displayText(this.#directory, 500);
	}

	async read(profile: string): Promise<StoredSession | undefined> {
		return this.#guard(async () => {
			if (checkFolder(this.#fileSystem, this.#directory) === undefined) return undefined;
			const path = this.#path(profile, extension);
			let data: Buffer | undefined;
			try {
				data = readOwnFile(this.#fileSystem, path);
				if (data === undefined) return undefined;
				const file = parseSessionFile(data.toString('utf8'), profile);
				this.#noteForm(profile, 'sealed' in file ? 'keyring' : 'file');
				return 'sealed' in file ? await this.#readSealed(profile, file.sealed) : file.session;
			} catch (error) {
				if (!(error instanceof ForeignFile)) throw error;
				// Another process may have put a good one there meanwhile.
				if (data !== undefined && readOwnFile(this.#fileSystem, path)?.equals(data) === false)
					return this.read(profile);
				this.#setAside(path, profile, error);
				return undefined;
			}
		});
	}

	async write(profile: string, session: StoredSession): Promise<void> {
		await this.#guard(async () => {
			const form = (this.#keepsForm ? this.#forms.get(profile) : undefined) ?? this.#kind;
			const file: SessionFile =
				form === 'file'
					? {version: 1, profile, session}
					: {version: 1, profile, sealed: await this.#needVault().seal(profile, JSON.stringify(session))};
			claimFolder(this.#fileSystem, this.#directory);
			sweep(this.#fileSystem, this.#directory, this.#clock.now());
			replaceFile(this.#fileSystem, this.#path(profile, extension), Buffer.from(JSON.stringify(file)));
			this.#noteForm(profile, form);
		});
	}

	async remove(profile: string): Promise<boolean> {
		return this.#guard(async () => {
			if (checkFolder(this.#fileSystem, this.#directory) === undefined) return false;
			return removeIfThere(this.#fileSystem, this.#path(profile, extension));
		});
	}

	async list(): Promise<readonly string[]> {
		return this.#guard(async () => {
			if (checkFolder(this.#fileSystem, this.#directory) === undefined) return [];
			return this.#fileSystem
				.list(this.#directory)
				.filter(name => /^profile-[^.]*\.json$/.test(name))
				.map(name => this.#profileOf(name))
				.filter(profile => profile !== undefined)
				.sort();
		});
	}

	async readPreferences(profile: string): Promise<ProfilePreferences> {
		return readPreferencesFile(this.#fileSystem, this.#directory, profile);
	}

	async writePreferences(profile: string, preferences: ProfilePreferences): Promise<void> {
		await this.#guard(async () => {
			claimFolder(this.#fileSystem, this.#directory);
			replaceFile(
				this.#fileSystem,
				this.#path(profile, preferencesExtension),
				Buffer.from(JSON.stringify({version: 1, ...preferences})),
			);
		});
	}

	async lock(profile: string, purpose: 'refresh' | 'login', options: LockOptions): Promise<StoreLock | undefined> {
		return this.#guard(async () => {
			claimFolder(this.#fileSystem, this.#directory);
			const path = this.#path(profile, `.${purpose}.lock`);
			return takeLock(path, {fileSystem: this.#fileSystem, processes: this.#processes, clock: this.#clock}, options);
		});
	}

	#path(profile: string, suffix: string): string {
		return profilePath(this.#directory, profile, suffix);
	}

	#noteForm(profile: string, form: 'file' | 'keyring'): void {
		this.#forms.set(profile, form);
		this.#lastForm = form;
	}

	#profileOf(fileName: string): string | undefined {
		const profile = profileOfFileName(fileName.slice(0, -extension.length));
		if (profile !== undefined) return profile;
		try {
			const data = readOwnFile(this.#fileSystem, `${this.#directory}/${fileName}`);
			const file = JSON.parse(data?.toString('utf8') ?? '{}') as Partial<SessionFile>;
			return typeof file.profile === 'string' ? file.profile : undefined;
		} catch {
			return undefined;
		}
	}

	/**
	 * A key that is missing or another's does not make the session worthless: the keyring may be locked, or another
	 * computer's. So the file stays, and nobody but who signs in may replace it.
	 */
	async #readSealed(profile: string, sealed: string): Promise<StoredSession | undefined> {
		const vault = this.#needVault();
		let failure: LoginError;
		try {
			const text = await vault.unseal(profile, sealed);
			if (text !== undefined) return parseSession(text);
			failure = storeError(
				'The system keyring has no key that opens this session.',
				'Unlock the keyring that it was saved with, or sign in again.',
			);
		} catch (error) {
			// A keyring that fails keeps nobody from signing in who has been given a file instead of it.
			if (this.#kind === 'keyring' || !(error instanceof LoginError)) throw error;
			failure = error;
		}

		if (this.#keepsForm) throw failure;
		const notice = `${failure.message} The session of profile "${displayText(profile)}" cannot be read; signing in replaces it.`;
		if (!this.notices.includes(notice)) this.notices.push(notice);
		return undefined;
	}

	#needVault(): Vault {
		if (this.#vault !== undefined) return this.#vault;
		throw storeError('The session is encrypted with a key in the system keyring.', 'Open the store with the keyring.');
	}

	/** Nothing is deleted: the person may know what it was. */
	#setAside(path: string, profile: string, {reason}: ForeignFile): void {
		const where = displayText(path, 500);
		const what = `The session file of profile "${displayText(profile)}" ${reason}`;
		const aside = `${path}.set-aside-${this.#clock.now()}`;
		try {
			this.#fileSystem.rename(path, aside);
			this.notices.push(`${what}; it is now ${displayText(aside, 500)}.`);
		} catch (error) {
			// Another process set it aside first.
			if (errorCode(error) !== 'ENOENT') this.notices.push(`${what}, and could not be set aside: ${where}`);
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
