import {systemClock} from '../engine/clock.js';
import {nodeFileSystem} from './file-system.js';
import {systemKeyring} from './keyring.js';
import {nodeProcesses} from './processes.js';
import {createVault} from './vault.js';

/**
 * The text of a sealed session, where the keyring gives its key without asking anybody.
 *
 * @throws StoreError where it does not, as when it is locked
 */
export const unsealAtOnce = async (directory: string, profile: string, sealed: string): Promise<string> => {
	const keyring = systemKeyring({account: directory, mayWait: false});
	const context = {directory, keyring, fileSystem: nodeFileSystem, processes: nodeProcesses, clock: systemClock};
	return createVault(context).unseal(profile, sealed);
};
