import {exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload} from 'jose';
import {issuer, testTime} from './protocol-context.js';

export type SigningKey = {readonly privateKey: CryptoKey; readonly jwk: JWK};

/** A fresh key; without a `kid` where none is given. */
export const createSigningKey = async (algorithm = 'ES256', kid?: string): Promise<SigningKey> => {
	const {privateKey, publicKey} = await generateKeyPair(algorithm, {extractable: true});
	return {privateKey, jwk: {...(await exportJWK(publicKey)), alg: algorithm, ...(kid !== undefined && {kid})}};
};

/** What an honest server puts into an ID token at the test's time. */
export const goodClaims = (): JWTPayload => ({
	iss: issuer,
	sub: 'user-1',
	aud: 'my-cli',
	iat: testTime / 1000,
	exp: testTime / 1000 + 3600,
});

export const signIdToken = async (
	{privateKey, jwk}: SigningKey,
	claims: JWTPayload = {},
	header: Record<string, unknown> = {},
): Promise<string> =>
	new SignJWT({...goodClaims(), ...claims})
		.setProtectedHeader({alg: jwk.alg ?? 'ES256', kid: jwk.kid, ...header})
		.sign(privateKey);
