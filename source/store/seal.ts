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
