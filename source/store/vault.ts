import type {Clock} from '../engine/clock.js';
import {claimFolder} from './atomic-file.js';
import type {Encryption} from './file-store.js';
import type {FileSystem} from './file-system.js';
import type {Keyring} from './keyring.js';
import {takeLock} from './lock.js';
import type {Processes} from './lock-record.js';
import {encrypt, decrypt} from './seal.js';

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
