export {createFileStore, type FileStoreOptions} from './file-store.js';
export {type Keyring} from './keyring/keyring.js';
export {createMemoryStore} from './memory-store.js';
export {createKeyringStore, openStore, type KeyringStoreOptions, type OpenStoreOptions} from './open-store.js';
export {stateDirectory} from './session-file.js';
