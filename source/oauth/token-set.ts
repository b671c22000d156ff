import {isObject, type Identity} from '../core/types.js';

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
	/** When the refresh token ends, in epoch milliseconds, where the server has said so. */
	readonly sessionExpiresAt?: number;
	readonly idToken?: string;
	readonly claims?: IdTokenClaims;
	/** Granted scope, space separated; the requested one where the response has none (RFC 6749 §5.1). */
	readonly scope: string;
	/** Who it is: by the ID token, or by what the preset asks instead. */
	readonly identity?: Identity;
};

/** Reads the header (0) or the payload (1) of a JWT without verifying anything; undefined where there is none. */
export const decodeJwtPart = (jwt: string, part: 0 | 1): Record<string, unknown> | undefined => {
	const parts = jwt.split('.');
	if (parts.length !== 3) return undefined;
	try {
		const base64 = (parts[part] ?? '').replaceAll('-', '+').replaceAll('_', '/');
		const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
		const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
};

/** RFC 7636 appendix A. */
export const base64url = (bytes: Uint8Array): string =>
	btoa(String.fromCharCode(...bytes))
		.replaceAll('+', '-')
		.replaceAll('/', '_')
		.replaceAll('=', '');

/** The hash of a token as an ID token with this `alg` carries it (OIDC Core §3.1.3.6); undefined for an unknown one. */
export const halfHash = async (token: string, algorithm: string): Promise<string | undefined> => {
	const [, bits] = /^(?:RS|PS|ES|HS)(256|384|512)$/.exec(algorithm) ?? [];
	const size = bits ?? (algorithm === 'EdDSA' || algorithm === 'Ed25519' ? '512' : undefined);
	if (size === undefined) return undefined;
	const digest = await crypto.subtle.digest(`SHA-${size}`, new TextEncoder().encode(token));
	return base64url(new Uint8Array(digest, 0, digest.byteLength / 2));
};
