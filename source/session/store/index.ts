export {createFileStore, type FileStoreOptions} from './file-store.js';
export type {Keyring} from '../types.js';
export {createMemoryStore} from './memory-store.js';
export {openStore, type OpenStoreOptions} from './open-store.js';
export type {KeyValueStore} from './custom-store.js';
export {stateDirectory} from './session-file.js';
