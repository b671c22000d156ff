import type {Clock} from '../engine/clock.js';
import {ForeignFile, claimFolder} from './atomic-file.js';
import type {Vault} from './file-store.js';
import type {FileSystem} from './file-system.js';
import type {Keyring} from './keyring.js';
import {takeLock} from './lock.js';
import type {Processes} from './lock-record.js';
import {seal, unseal} from './seal.js';
import {storeError} from './store-error.js';

export type VaultOptions = {
	readonly directory: string;
	readonly keyring: Keyring;
	readonly fileSystem: FileSystem;
	readonly processes: Processes;
	readonly clock: Clock;
};

/**
 * Encrypts sessions with one key (AES-256-GCM) that lies in the keyring. A session may be of any size, where keyrings
 * end at 2,560 bytes (demand 45).
 */
export const createVault = (options: VaultOptions): Vault => {
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
		async seal(profile, text) {
			return seal((await recall()) ?? (await makeKey()), profile, text);
		},
		async unseal(profile, sealed) {
			const key = await recall();
			// Locked and missing look alike in some keyrings: the session stays where it is.
			if (key === undefined) {
				throw storeError(
					'The key to the session is not in the system keyring, or the keyring is locked.',
					'Unlock the keyring, or sign in again.',
				);
			}

			const session = unseal(key, profile, sealed);
			if (session !== undefined) return session;
			// Another process may have made a new key since this one was read.
			known = undefined;
			const newer = await recall();
			const again = newer === undefined ? undefined : unseal(newer, profile, sealed);
			if (again !== undefined) return again;
			throw new ForeignFile('cannot be decrypted with the key in the system keyring');
		},
	};
};
