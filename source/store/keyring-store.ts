import {systemClock} from '../engine/clock.js';
import type {TokenStore} from '../engine/token-store.js';
import {createFileStore, type FileStoreOptions} from './file-store.js';
import {nodeFileSystem} from './file-system.js';
import {systemKeyring, type Keyring} from './keyring.js';
import {nodeProcesses} from './processes.js';
import {createEncryption} from './vault.js';

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
