import type {Identity} from './login-event.js';

/** The verified claims of an ID token that matter after the login (OIDC Core §12.2 compares them at a refresh). */
export type IdTokenClaims = {
	readonly iss: string;
	readonly sub: string;
	readonly aud: string | readonly string[];
	readonly exp: number;
	readonly iat: number;
	readonly azp?: string;
	readonly auth_time?: number;
	readonly nonce?: string;
};

/** What a flow returns: plain data, all of it secret. */
export type TokenSet = {
	readonly accessToken: string;
	/** As the server wrote it, lower-cased: usually `bearer`. */
	readonly tokenType: string;
	/** Epoch milliseconds by our own clock, when the answer arrived. */
	readonly issuedAt: number;
	/** Epoch milliseconds; missing where the server does not say (RFC 6749 §5.1). */
	readonly expiresAt?: number;
	readonly refreshToken?: string;
	readonly idToken?: string;
	/** The verified claims of `idToken`. */
	readonly claims?: IdTokenClaims;
	/** Granted scope, space separated; the requested one where the answer has none (RFC 6749 §5.1). */
	readonly scope: string;
	readonly identity?: Identity;
};
