import type {Identity, FlowName, StoreKind} from './login-event.js';

/** What became of a logout: the tokens are always forgotten here; whether the server took them back is said. */
export type LogoutResult = {
	/** `revoked`: the server confirmed. `not-revoked`: it could not be asked or refused. `not-supported`: it has no such endpoint. `no-session`: nobody was signed in. */
	readonly outcome: 'revoked' | 'not-revoked' | 'not-supported' | 'no-session';
	/** A sentence that says why, where `outcome` is `not-revoked`. */
	readonly reason?: string;
};

/** How fresh a token must be. */
export type AccessTokenOptions = {
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
	readonly refreshable: boolean;
	readonly store: StoreKind;
	/** A fresh access token; refreshed when needed, once across all processes. */
	getToken(options?: AccessTokenOptions): Promise<string>;
	/** Revokes the tokens, then forgets them. */
	logout(options?: {readonly signal?: AbortSignal}): Promise<LogoutResult>;
}
