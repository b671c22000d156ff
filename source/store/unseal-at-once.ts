import {systemKeyring} from './keyring.js';
import {unseal} from './seal.js';

/**
 * The text of a sealed session, where the keyring gives its key without asking anybody.
 *
 * @returns undefined where it gives none, or not the right one: the store itself sees to that
 * @throws LoginError where it cannot be used, as when it is locked
 */
export const unsealAtOnce = async (directory: string, profile: string, sealed: string): Promise<string | undefined> => {
	const key = await systemKeyring({account: directory, mayWait: false}).get();
	return key === undefined ? undefined : unseal(Buffer.from(key, 'base64'), profile, sealed);
};
