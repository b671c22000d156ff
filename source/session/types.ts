import type {JWKS, AuthorizationServer} from 'oauth4webapi';
import type {ClientRegistration, ProviderSettings, ResolvedProvider} from '../oauth/provider.js';
import type {TokenSet} from '../oauth/token-set.js';
import type {FlowName, Identity, StoreKind} from '../core/types.js';
import type {FileSystem} from './store/file-system.js';
import type {LogoutResult} from '../oauth/revocation.js';

/** How fresh a token must be. */
export type AccessTokenOptions = {
	/** What the session must have been asked for or granted, space separated, besides what the provider's settings say. */
	readonly scope?: string;
	/** The resources that the session must be for. @default those of the provider's settings */
	readonly resource?: readonly string[];
	/** Seconds that the token must at least remain valid; capped at 10 % of its lifetime. @default 60 */
	readonly minimumValidity?: number;
	/** The access token that a server refused (HTTP 401): another one is handed out, renewed once for all who heard of it. */
	readonly rejected?: string;
	/** Ends the wait, not a refresh that is under way. */
	readonly signal?: AbortSignal;
};

/** Which of a session's tokens. */
export type TokenKind = 'access' | 'id';

/** How fresh the tokens of a session must be. */
export type TokenOptions = AccessTokenOptions & {
	/** The one that must be fresh: an ID token has a lifetime of its own. @default 'access' */
	readonly type?: TokenKind;
};

/** A signed-in session: what a program holds on to. */
export interface Session {
	/** The name that it is kept by. */
	readonly profile: string;
	readonly flow: FlowName;
	/** Who it is, by the verified ID token; none where the server has no OpenID Connect. */
	readonly identity?: Identity;
	/** Granted scope, space separated. */
	readonly scope: string;
	/** When the access token expires. */
	readonly expiresAt?: number;
	/** When signing in again is due, in epoch milliseconds, where the server says so; a refresh may move it. */
	readonly sessionExpiresAt?: number;
	readonly refreshable: boolean;
	readonly store: StoreKind;
	/** Where a store of the app's own says that it keeps things. */
	readonly savedIn?: string;
	/** A fresh access token; refreshed when needed, once across all processes. */
	readonly getToken: (options?: AccessTokenOptions) => Promise<string>;
	/** Revokes the tokens, then forgets them. */
	readonly logout: (options?: {readonly signal?: AbortSignal}) => Promise<LogoutResult>;
}

/** Where the command finds the client secret or key again; never the secret itself. */
export type ClientSecretSource =
	| {
			readonly env: string;
	  }
	| {
			readonly file: string;
	  }
	| {
			/** The file of the client's private key. */
			readonly keyFile: string;
	  }
	| {
			/** Nobody finds it again: it came by stdin, once, or what named its place was open to others. */
			readonly stdin: true;
	  };

/** What is saved of a login: all that a later process needs to get a token, with one request or none. */
export type StoredSession = {
	readonly version: 1;
	readonly tokens: TokenSet;
	readonly flow: FlowName;
	/** When the login ended that began it, in epoch milliseconds: a refresh leaves it as it is. */
	readonly signedInAt?: number;
	/** What the login asked for, space separated; sessions of earlier versions lack it. */
	readonly requestedScope?: string;
	/** The server and the client, without its secret or key. */
	readonly provider: ProviderSettings;
	/** The checked metadata: endpoints are not looked up again (RFC 9700 §4.4.2). */
	readonly server: AuthorizationServer;
	/** The server's keys as last seen, so that a refreshed ID token needs no further request. */
	readonly keys?: {readonly jwks: JWKS; readonly fetchedAt: number};
	readonly clientSecretSource?: ClientSecretSource;
	/** The file of certificates that the login trusted besides the usual ones. */
	readonly caFile?: string;
	/** How this program registered the client; the secret in it is the server's own, made for this computer. */
	readonly registration?: ClientRegistration;
	/** Set once the server refused the refresh token, so that sibling processes need not ask again. */
	readonly dead?: true;
};

/** Tokens that are no session yet, and what brought them. */
export type IssuedTokens = Pick<StoredSession, 'tokens' | 'flow'> & {
	/** With the client that they were issued to. */
	readonly provider: ResolvedProvider;
};

/** Where a profile signed in, and as which client: enough to sign in there again. */
export type KnownServer = Pick<StoredSession, 'provider' | 'clientSecretSource' | 'caFile'>;

/** The person's own choices for a profile; they outlive its sessions. */
export type ProfilePreferences = {
	/** "Always the code here". */
	readonly flow?: 'browser' | 'device';
	/** The server of the session that was signed out of. */
	readonly server?: KnownServer;
};

/** A lock that is held until disposed. */
export type StoreLock = {
	release(): Promise<void>;
};

/** One secret in the operating system's keyring. */
export type Keyring = {
	/** Undefined where there is none, or where the keyring does not tell. */
	readonly get: () => Promise<string | undefined>;
	/** Stores it and reads it back. */
	readonly set: (secret: string) => Promise<void>;
	/** Stores, reads back and removes another secret: whether the keyring does here what it is for. */
	readonly probe: () => Promise<void>;
};

/** What a store of files stands on. */
export type StoreBasis = {
	/** The folder of the files. */
	readonly directory: string;
	readonly fileSystem: FileSystem;
	/** The keyring that has their key, where it may be one. */
	readonly keyring?: (() => Promise<Keyring>) | undefined;
};

/**
 * Keeps what is no session, encrypted where sessions are, a text by its name: logins that wait for someone while no
 * process does, and how this program is registered with an issuer.
 */
export type RecordStore = {
	/**
	 * Undefined where there is none, or where others could have written it.
	 *
	 * @throws LoginError `store_error` that says where it was saved, for one that cannot be read here
	 */
	read(name: string): Promise<string | undefined>;
	/**
	 * Resolves once the text is on disk.
	 *
	 * @param options - `expiresAt`: when it may be removed, in epoch milliseconds; `isOnlyCopy`: it holds what is nowhere
	 * else, and is worth more than a write in one step
	 */
	write(
		name: string,
		text: string,
		options?: {readonly expiresAt?: number; readonly isOnlyCopy?: boolean},
	): Promise<void>;
	remove(name: string): Promise<void>;
	/** The names of those that have not expired; what has is removed. */
	list(): Promise<readonly string[]>;
};

/**
 * Keeps sessions by profile. Its errors are `LoginError`s with the code `store_error`; a missing session is `undefined`.
 */
export interface TokenStore {
	readonly kind: StoreKind;
	/** Where sessions are kept, for a sentence such as "Kept in the system keyring". */
	readonly description: string;
	/**
	 * Someone is about to sign in: finds the best place for a new session, where that has to be tried out. A second call
	 * waits for the first.
	 */
	prepare?(): Promise<void>;
	/** What it stands on, for `diagnose()` to try out. */
	readonly basis?: (() => StoreBasis) | undefined;
	/** Sentences for the person about what this store had to do: a fallback taken, a corrupt file set aside. */
	readonly notices: readonly string[];
	/** What differs once another session, or none, is in its place; asked every second while someone listens. */
	stamp?(profile: string): Promise<string | undefined>;
	read(profile: string): Promise<StoredSession | undefined>;
	/**
	 * Resolves once the session is on disk.
	 *
	 * @param options - `isOnlyCopy` where its refresh token is nowhere else: it is worth more than a write in one step.
	 */
	write(profile: string, session: StoredSession, options?: {readonly isOnlyCopy?: boolean}): Promise<void>;
	/** Removes the session, and what earlier ones left behind; resolves to whether there was one. */
	remove(profile: string): Promise<boolean>;
	/**
	 * Removes what sessions that are gone left behind, for one profile or for all: damaged files that were set aside, and
	 * half-written ones. Resolves to whether there was anything. Missing where nothing is ever left.
	 */
	removeRemains?(profile?: string): Promise<boolean>;
	/** The profiles that have a session, or preferences. @param what - default: `sessions` */
	list(what?: 'sessions' | 'preferences'): Promise<readonly string[]>;
	/** An empty object where there are none. */
	readPreferences(profile: string): Promise<ProfilePreferences>;
	/** Replaces all of them; without any, nothing of them is left. */
	writePreferences(profile: string, preferences: ProfilePreferences): Promise<void>;
	/** What is kept beside the sessions; missing where nothing can be. */
	records?(): Promise<RecordStore>;
	/**
	 * Takes a lock of the profile across processes; a dead holder's lock is taken over.
	 *
	 * @param until - asked whenever the wait may be over for another reason: once it resolves to true the wait ends.
	 * @returns the lock, or undefined where `until` ended the wait
	 * @throws LoginError `lock_timeout` after `timeout` milliseconds
	 */
	lock(
		profile: string,
		endpointKind: 'refresh' | 'login',
		options: {
			readonly signal: AbortSignal;
			/** Milliseconds. @default 30 000 */
			readonly timeout?: number;
			readonly until?: () => Promise<boolean>;
			/** Called once if the lock was not free at once. */
			readonly onWait?: () => void;
		},
	): Promise<StoreLock | undefined>;
}
