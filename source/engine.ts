/**
 * What `ink-login/engine` exports: everything that needs no React. The token engine, the presets, the session stores,
 * and the reporters for programs without a screen.
 */

export {checkEndpoints, type PresetOptions} from './oauth/presets/shared.js';
export * from './oauth/presets/auth0.js';
export * from './oauth/presets/workos.js';
export * from './oauth/presets/github.js';
export * from './oauth/presets/google.js';
export * from './oauth/presets/entra.js';
export * from './oauth/presets/by-the-book.js';
export * from './oauth/presets/resource.js';
export * from './oauth/presets/index.js';
export {registrations, type Registration} from './oauth/registration.js';
export {login, type ScreenLogin, type ShowLogin, type ShowLoginOptions, type TerminalStreams} from './login.js';
export * from './session/store/index.js';
export type {TerminalEnvironment, TerminalLocation} from './terminal/environment.js';
export type {View} from './terminal/capabilities.js';
export type {Messages, SomeMessages} from './text/messages.js';
export type {Sentences} from './text/sentences.js';
export {TokenEngine, type CreateFetchOptions, type TokenEngineOptions} from './token-engine.js';
export {diagnose, type CheckName, type DiagnosedEngine, type DiagnoseOptions, type Finding} from './doctor/diagnose.js';
export type {SessionState} from './session/session-state.js';
export type {FetchedRequest} from './session/authorized-fetch.js';
export type {AdoptedTokens} from './session/adopt.js';

export {systemClock, systemRandom, type Clock, type Random} from './core/clock.js';
export {displayText, type DisplayText} from './core/safe-text.js';
export type {
	AskingResource,
	ServerChoice,
	BeginOptions,
	LoginCommand,
	LoginEngine,
	LoginOptions,
	LoginRun,
	PendingOptions,
	FlowCommand,
} from './login/flow.js';
export type {
	BrowserOpener,
	BrowserOutcome,
	Clipboard,
	ClipboardOutcome,
	Connection,
	LocalSockets,
	LoginTerminal,
	Recommendation,
} from './login/terminal.js';
export type {Hints} from './core/errors.js';
export {LoginError, PendingError, loginErrorCodes} from './core/errors.js';
export type {LoginErrorCode, LoginErrorDetails, PendingDetails} from './core/errors.js';
export type {EventOf, LoginEvent} from './login/events.js';
export {
	initialLoginState,
	isOpen,
	openFlows,
	reduceLogin,
	type BrowserState,
	type CredentialsState,
	type DeviceState,
	type LoginState,
	type MachineState,
	type PollingState,
	type FlowState,
} from './login/state.js';
export type {
	ClientAuthentication,
	ClientRegistration,
	ClientKey,
	ClientSecret,
	Dialect,
	Endpoints,
	IdentityMapping,
	ProtectedResource,
	Provider,
	ProviderSettings,
	RequestParameters,
	SigningKey,
	WorkloadIdentity,
} from './oauth/provider.js';
export {clientKeyFile} from './oauth/provider.js';
export {checkUrl, isLoopbackHost, safeUrl, type SafeUrl} from './core/safe-url.js';
export type {AccessTokenOptions, Session, TokenOptions} from './session/types.js';
export type {ExchangedToken, ExchangeRequest} from './oauth/token-exchange.js';
export type {UserInfo} from './oauth/userinfo.js';
export type {IdTokenClaims, TokenSet} from './oauth/token-set.js';
export type {
	ClientSecretSource,
	KnownServer,
	ProfilePreferences,
	RecordStore,
	StoredSession,
	StoreBasis,
	StoreLock,
	TokenStore,
} from './session/types.js';
export {
	flows,
	type FlowAvailability,
	type FlowName,
	type Identity,
	type OwnFlow,
	type StoreKind,
} from './core/types.js';
export type {LogoutResult} from './oauth/revocation.js';
export type {LoginRequest} from './oauth/request-parameters.js';
export type {AccountSwitch} from './session/account-switch.js';
