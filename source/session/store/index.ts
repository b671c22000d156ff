export {createFileStore, type FileStoreOptions} from './file-store.js';
export {createKeyringStore, type KeyringStoreOptions} from './encryption.js';
export {type Keyring} from './keyring/keyring.js';
export {createMemoryStore} from './memory-store.js';
export {openStore, type OpenStoreOptions} from './open-store.js';
export {stateDirectory} from './open-store.js';
