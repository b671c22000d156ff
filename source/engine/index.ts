export {systemClock, systemRandom, type Clock, type Random} from './clock.js';
export {displayText, type DisplayText} from './display-text.js';
export type {
	AccountSwitch,
	BrowserOpener,
	BrowserOutcome,
	Clipboard,
	ClipboardOutcome,
	Connection,
	LocalSockets,
	LoginCommand,
	LoginOptions,
	LoginRun,
	LoginTerminal,
	Recommendation,
	FlowCommand,
} from './flow.js';
export type {Hints} from './hints.js';
export {LoginError, loginErrorCodes, type LoginErrorCode, type LoginErrorDetails} from './login-error.js';
export {
	flows,
	type EventOf,
	type Identity,
	type LoginEvent,
	type FlowName,
	type FlowAvailability,
	type StoreKind,
} from './login-event.js';
export {
	initialLoginState,
	isOpen,
	openFlows,
	reduceLogin,
	type BrowserState,
	type DeviceState,
	type LoginState,
	type MachineState,
	type PollingState,
	type FlowState,
} from './login-state.js';
export type {
	ClientAuthentication,
	ClientSecret,
	Dialect,
	Endpoints,
	IdentityMapping,
	Provider,
	ProviderSettings,
	RequestParameters,
} from './provider.js';
export {checkUrl, isLoopbackHost, safeUrl, type SafeUrl} from './safe-url.js';
export type {AccessTokenOptions, LogoutResult, Session, TokenOptions} from './session.js';
export type {ExchangedToken, ExchangeRequest} from './exchanged-token.js';
export type {UserInfo} from './user-info.js';
export type {IdTokenClaims, TokenSet} from './token-set.js';
export type {ClientSecretSource, ProfilePreferences, StoredSession, StoreLock, TokenStore} from './token-store.js';
