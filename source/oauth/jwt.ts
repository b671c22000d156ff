const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

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
