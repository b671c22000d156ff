import type {Identity} from '../core/types.js';

/** The verified claims of an ID token that matter after the login (OIDC Core §12.2 compares them at a refresh). */
export type IdTokenClaims = {
	readonly iss: string;
	readonly sub: string;
	/** Audience: our client id is in it. */
	readonly aud: string | readonly string[];
	/** When the ID token expires, in seconds since the epoch. */
	readonly exp: number;
	/** When it was issued, in seconds since the epoch. */
	readonly iat: number;
	/** Authorized party: our client id, where it is there. */
	readonly azp?: string;
	/** When the person proved who they are, in seconds since the epoch. */
	readonly auth_time?: number;
	readonly nonce?: string;
};

/** What a flow returns: plain data, all of it secret. */
export type TokenSet = {
	readonly accessToken: string;
	/** As the server wrote it, lower-cased: usually `bearer`. */
	readonly tokenType: string;
	/** Epoch milliseconds by our own clock, when the response arrived. */
	readonly issuedAt: number;
	/** Epoch milliseconds; missing where the server does not say (RFC 6749 §5.1). */
	readonly expiresAt?: number;
	/** Missing where the session cannot renew itself by one. */
	readonly refreshToken?: string;
	readonly idToken?: string;
	readonly claims?: IdTokenClaims;
	/** Granted scope, space separated; the requested one where the response has none (RFC 6749 §5.1). */
	readonly scope: string;
	/** Who it is: by the ID token, or by what the preset asks instead. */
	readonly identity?: Identity;
};
