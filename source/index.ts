/**
 * What `ink-login` exports: the screens and hooks for Ink, `screen` for `login()`, and everything of `ink-login/engine`.
 */
export * from './engine.js';
export {BrowserScreen, type BrowserScreenProps} from './components/browser-screen.js';
export {CredentialsScreen, type CredentialsScreenProps} from './components/credentials-screen.js';
export {DeviceCodeScreen, type DeviceCodeScreenProps} from './components/device-code-screen.js';
export {FlowPicker, type FlowPickerProps} from './components/flow-picker.js';
export type {Choice} from './layout/picker.js';
export {Login} from './components/login.js';
export type {EngineLoginProps, LoginComponents, LoginProps, RunLoginProps} from './components/login.js';
export {LoginGate, type LoginGateProps} from './components/login-gate.js';
export {defaultTheme, type TerminalCapabilities, type DisplayProps, type Theme} from './layout/theme.js';
export {QrCode} from './components/qr-code.js';
export type {ScreenProps} from './hooks/screen-props.js';
export {screen, type ScreenFooter, type ScreenOptions} from './components/render-login.js';
export type {AccountPrompt, LoginStarter} from './hooks/use-login.js';
export {useClipboard, type ClipboardState} from './hooks/use-clipboard.js';
export {useCountdown, type CountdownOptions} from './hooks/use-countdown.js';
export {useLogin, type UseLogin, type UseLoginOptions} from './hooks/use-login.js';
export {useAuth, type UseAuth} from './hooks/use-auth.js';
export {type QrCodeProps} from './hooks/screen-props.js';
export {type SpinnerProps} from './hooks/screen-props.js';
export {type FrameParts} from './hooks/screen-props.js';
export {messages} from './text/messages.js';
export {createNdjsonReporter, showNdjson} from './text/ndjson.js';
export {createPlainReporter, showPlain, type PlainOptions, type PlainReporter} from './text/plain.js';
export {detectEnvironment, locateTerminal} from './terminal/environment.js';
export {createLoginTerminal, recommend, type LoginTerminalOptions} from './terminal/login-terminal.js';
export {whoIsThere, type Attendance} from './terminal/who-is-there.js';
