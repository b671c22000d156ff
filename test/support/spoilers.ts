import {createHmac, generateKeyPairSync, sign} from 'node:crypto';
import type {JsonObject, TokenSpoiler} from '../../source/testing/signing-key.js';

/** An ID token that lacks claims. */
export const withoutClaims = (...names: readonly string[]): TokenSpoiler => ({
	claims: claims => Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name))),
});

/** An ID token with other claims. */
export const withClaims = (change: JsonObject | ((claims: JsonObject) => JsonObject)): TokenSpoiler => ({
	claims: claims => ({...claims, ...(typeof change === 'function' ? change(claims) : change)}),
});

/** A value spoiled as the conformance suite does it: by a "1" behind it. */
export const spoiledClaim = (name: string): TokenSpoiler =>
	withClaims(claims => ({[name]: `${String(claims[name])}1`}));

/** A signature that belongs to something else: one character of it is another. */
export const wrongSignature = (signature: string): string =>
	(signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);

export const unsigned: TokenSpoiler = {header: () => ({alg: 'none'}), signature: () => ''};

/** Signed with the client's secret (OIDC Core §10.1). */
export const signedWithSecret = (secret: string): TokenSpoiler => ({
	header: () => ({alg: 'HS256'}),
	signature: (_, signingInput) => createHmac('sha256', secret).update(signingInput).digest('base64url'),
});

/** A key on P-256 for a server that signs with ES256, and the spoiler that makes it do so. */
export const es256 = (): {readonly jwk: JsonObject; readonly idToken: TokenSpoiler} => {
	const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
	const key = {key: privateKey, dsaEncoding: 'ieee-p1363'} as const;
	return {
		jwk: {...publicKey.export({format: 'jwk'}), kid: 'es', alg: 'ES256', use: 'sig'},
		idToken: {
			header: header => ({...header, alg: 'ES256', kid: 'es'}),
			signature: (_, signingInput) => sign('sha256', Buffer.from(signingInput), key).toString('base64url'),
		},
	};
};
