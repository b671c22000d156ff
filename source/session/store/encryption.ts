import {type Clock, systemClock} from '../../core/clock.js';
import {claimFolder} from './atomic-file.js';
import {type Encryption, createFileStore, type FileStoreOptions} from './file-store.js';
import {type FileSystem, nodeFileSystem} from './file-system.js';
import {type Keyring, systemKeyring} from './keyring/keyring.js';
import {takeLock, type Processes, nodeProcesses} from './lock.js';
import type {TokenStore} from '../types.js';

const algorithm = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

/**
 * Base64 of nonce, ciphertext and tag. The profile is authenticated with it, so that no profile's file serves as
 * another's.
 */
export const encrypt = async (key: Buffer, profile: string, text: string): Promise<string> => {
	const {createCipheriv} = await import('node:crypto');
	const nonce = crypto.getRandomValues(new Uint8Array(nonceLength));
	const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(profile));
	return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
};

/** Undefined where the key is another one, or the text is not what was encrypted. */
export const decrypt = async (key: Buffer, profile: string, encrypted: string): Promise<string | undefined> => {
	const {createDecipheriv} = await import('node:crypto');
	const bytes = Buffer.from(encrypted, 'base64');
	try {
		const end = bytes.length - tagLength;
		const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceLength), {authTagLength: tagLength});
		decipher.setAAD(Buffer.from(profile)).setAuthTag(bytes.subarray(end));
		return Buffer.concat([decipher.update(bytes.subarray(nonceLength, end)), decipher.final()]).toString('utf8');
	} catch {
		return undefined;
	}
};

type EncryptionOptions = {
	readonly directory: string;
	readonly keyring: Keyring;
	readonly fileSystem: FileSystem;
	readonly processes: Processes;
	readonly clock: Clock;
};

/**
 * Encrypts sessions with one key (AES-256-GCM) that lies in the keyring. A session may be of any size, where keyrings
 * end at 2,560 bytes.
 */
export const createEncryption = (options: EncryptionOptions): Encryption => {
	const {keyring} = options;
	let known: Promise<Buffer | undefined> | undefined;

	const recall = async (): Promise<Buffer | undefined> => {
		known ??= keyring.get().then(secret => (secret === undefined ? undefined : Buffer.from(secret, 'base64')));
		try {
			const key = await known;
			if (key === undefined) known = undefined;
			return key;
		} catch (error) {
			known = undefined;
			throw error;
		}
	};

	/** Under a lock: two keys would make one of two sessions unreadable. */
	const makeKey = async (): Promise<Buffer> => {
		const {directory, ...context} = options;
		claimFolder(context.fileSystem, directory);
		const signal = new AbortController().signal;
		const lock = await takeLock(`${directory}/keyring.lock`, context, {signal});
		try {
			const present = await recall();
			if (present !== undefined) return present;
			const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32)));
			await keyring.set(key.toString('base64'));
			known = Promise.resolve(key);
			return key;
		} finally {
			await lock?.release();
		}
	};

	return {
		async encrypt(profile, text) {
			return encrypt((await recall()) ?? (await makeKey()), profile, text);
		},
		async decrypt(profile, encrypted) {
			const key = await recall();
			const session = key && (await decrypt(key, profile, encrypted));
			if (key === undefined || session !== undefined) return session;
			// Another process may have made a new key since this one was read.
			known = undefined;
			const newer = await recall();
			return newer && decrypt(newer, profile, encrypted);
		},
	};
};

/** What `createKeyringStore` takes. */
export type KeyringStoreOptions = Omit<FileStoreOptions, 'encryption'> & {
	/** @default the operating system's */
	readonly keyring?: Keyring;
};

/** Keeps sessions in files that are encrypted with a key in the system keyring. The keyring is asked on first use. */
export const createKeyringStore = (options: KeyringStoreOptions): TokenStore => {
	const {directory, keyring = systemKeyring({account: directory})} = options;
	const {fileSystem = nodeFileSystem, processes = nodeProcesses, clock = systemClock} = options;
	const encryption = createEncryption({directory, keyring, fileSystem, processes, clock});
	return createFileStore({kind: 'keyring', ...options, encryption});
};
