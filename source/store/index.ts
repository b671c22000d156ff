export {createFileStore, type FileStoreOptions} from './file-store.js';
export {createKeyringStore, type KeyringStoreOptions} from './keyring-store.js';
export {type Keyring} from './keyring.js';
export {createMemoryStore} from './memory-store.js';
export {openStore, type OpenStoreOptions} from './open-store.js';
export {stateDirectory} from './store-home.js';
