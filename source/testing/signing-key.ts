import {createHash, generateKeyPair, sign, type KeyObject} from 'node:crypto';
import {promisify} from 'node:util';

/** A JWT's header or claims. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** An RS256 key with its public half for a JWKS. */
export type SigningKey = {readonly kid: string; readonly privateKey: KeyObject; readonly publicJwk: JsonObject};

/** How an ID token differs from a right one; each gets the right value and returns what goes out. */
export type TokenSpoiler = {
	readonly header?: (header: JsonObject) => JsonObject;
	readonly claims?: (claims: JsonObject) => JsonObject;
	/** Of the base64url signature; `signingInput` is what it signs, spoiled already. */
	readonly signature?: (signature: string, signingInput: string) => string;
};

const generate = promisify(generateKeyPair);

export const createSigningKey = async (): Promise<SigningKey> => {
	const {privateKey, publicKey} = await generate('rsa', {modulusLength: 2048});
	const jwk = publicKey.export({format: 'jwk'});
	const kid = createHash('sha256')
		.update(jwk.n ?? '')
		.digest('base64url')
		.slice(0, 12);
	return {kid, privateKey, publicJwk: {...jwk, kid, alg: 'RS256', use: 'sig'}};
};

let sharedKey: Promise<SigningKey> | undefined;

/** One key for all servers of this process until they rotate it: an RSA key takes a tenth of a second to make. */
export const sharedSigningKey = async (): Promise<SigningKey> => (sharedKey ??= createSigningKey());

const encode = (part: JsonObject) => Buffer.from(JSON.stringify(part)).toString('base64url');

/**
 * Signs a JWT, at once: nothing here goes to another thread, so that a hand-driven clock need not wait for it.
 */
export const signJwt = (
	{kid, privateKey}: SigningKey,
	claims: JsonObject,
	{header = unchanged, claims: spoilClaims = unchanged, signature = unchanged}: TokenSpoiler = {},
): string => {
	const signingInput = `${encode(header({alg: 'RS256', typ: 'JWT', kid}))}.${encode(spoilClaims(claims))}`;
	const signed = sign('sha256', Buffer.from(signingInput), privateKey).toString('base64url');
	return `${signingInput}.${signature(signed, signingInput)}`;
};

const unchanged = <Value>(value: Value): Value => value;

/** `at_hash` and `c_hash` for RS256 (OIDC Core §3.1.3.6). */
export const accessTokenHash = (text: string): string =>
	createHash('sha256').update(text, 'ascii').digest().subarray(0, 16).toString('base64url');
