/**
 * What `ink-login/engine` exports: everything that needs no React. The token engine, the presets, the session stores,
 * and the reporters for programs without a screen.
 */
export * from './engine/index.js';
export * from './engine/presets/index.js';
export {login, type ScreenLogin, type ShowLoginOptions} from './login.js';
export {messages, type Messages} from './sinks/messages.js';
export {createNdjsonReporter, showNdjson} from './sinks/ndjson.js';
export {createPlainReporter, showPlain, type PlainOptions, type PlainReporter} from './sinks/plain.js';
export * from './store/index.js';
export {detectEnvironment, type TerminalEnvironment} from './terminal/facts.js';
export {createLoginTerminal, type LoginTerminalOptions} from './terminal/login-terminal.js';
export {locateTerminal, recommend, type TerminalLocation} from './terminal/situation.js';
export {TokenEngine, type TokenEngineOptions} from './token-engine.js';
