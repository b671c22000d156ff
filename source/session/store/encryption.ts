import type {StoreLock} from '../types.js';
import type {Encryption} from './file-store.js';
import type {Keyring} from '../types.js';

const algorithm = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

/**
 * Base64 of nonce, ciphertext and tag. The profile is authenticated with it, so that no profile's file serves as
 * another's.
 */
const encrypt = (key: Buffer, profile: string, text: string): string => {
	const {createCipheriv} = process.getBuiltinModule('node:crypto');
	const nonce = crypto.getRandomValues(new Uint8Array(nonceLength));
	const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(profile));
	return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
};

/** Undefined where the key is another one, or the text is not what was encrypted. */
const decrypt = (key: Buffer, profile: string, encrypted: string): string | undefined => {
	const {createDecipheriv} = process.getBuiltinModule('node:crypto');
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

/**
 * Encrypts sessions with one key (AES-256-GCM) that is in the keyring: a session may be of any size, and keyrings hold
 * only 2,560 bytes.
 */
export const createEncryption = (keyring: Keyring): Encryption => {
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
	const makeKey = async (takeLock: () => Promise<StoreLock | undefined>): Promise<Buffer> => {
		const lock = await takeLock();
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
		async encrypt(profile, text, takeLock) {
			return encrypt((await recall()) ?? (await makeKey(takeLock)), profile, text);
		},
		async decrypt(profile, encrypted) {
			const key = await recall();
			const session = key && decrypt(key, profile, encrypted);
			if (key === undefined || session !== undefined) return session;
			// Another process may have made a new key since this one was read.
			known = undefined;
			const newer = await recall();
			return newer && decrypt(newer, profile, encrypted);
		},
	};
};
