import {createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject} from 'node:crypto';
import type {JWK, PrivateKey} from 'oauth4webapi';
import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {readSmallText} from '../core/small-text.js';
import {isObject} from '../core/types.js';

/** A private key of a file, with what its JWK says of it. */
type FileKey = {readonly key: KeyObject; readonly kid?: string; readonly alg?: string};

const curves: Readonly<Record<string, readonly [algorithm: string, namedCurve: string]>> = {
	prime256v1: ['ES256', 'P-256'],
	secp384r1: ['ES384', 'P-384'],
	secp521r1: ['ES512', 'P-521'],
};

const unusable = (file: string, problem: string, hint: string) =>
	new LoginError('config_error', `The app's key in ${displayText(file)} can't be used because ${problem}.`, {hint});

const expected = 'Choose a PEM file with a private key (-----BEGIN PRIVATE KEY-----), or a JWK.';

const fromPem = (text: string, file: string): FileKey => {
	if (/-----BEGIN ENCRYPTED|^Proc-Type:.*ENCRYPTED/m.test(text)) {
		throw unusable(file, "it's encrypted", 'Decrypt it with openssl pkcs8, into a file that only you can read.');
	}

	try {
		return {key: createPrivateKey(text)};
	} catch {
		const isPublic = /-----BEGIN (?:[A-Z]+ )?(?:PUBLIC KEY|CERTIFICATE)-----/.test(text);
		throw unusable(file, isPublic ? "it's public, and only a private key can sign" : 'it has no private key', expected);
	}
};

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** The private keys of a JWK or of a set of them (RFC 7517 §5) that are for signing. */
const fromJson = (text: string, file: string): readonly FileKey[] => {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw unusable(file, "it isn't JSON", expected);
	}

	const members: readonly unknown[] = isObject(value) && Array.isArray(value['keys']) ? value['keys'] : [value];
	const jwks = members.filter(isObject).filter(({use}) => use === undefined || use === 'sig');
	const keys = jwks.flatMap(jwk => {
		if (textOf(jwk['d']) === undefined) return [];
		try {
			const key = createPrivateKey({key: jwk as JsonWebKey, format: 'jwk'});
			return [{key, kid: textOf(jwk['kid']), alg: textOf(jwk['alg'])}];
		} catch {
			return [];
		}
	});
	if (keys.length > 0) return keys;
	const isPublic = jwks.some(jwk => jwk['d'] === undefined && jwk['kty'] !== undefined && jwk['kty'] !== 'oct');
	throw unusable(file, isPublic ? "it's public, and only a private key can sign" : 'it has no private key', expected);
};

const readKeys = async (file: string): Promise<readonly FileKey[]> => {
	const text = await readSmallText(file, "the app's key");
	return text.trimStart().startsWith('{') ? fromJson(text, file) : [fromPem(text, file)];
};

/** The algorithm to sign with. An RSA key can do two: its JWK decides, otherwise the server, and in doubt it is RS256. */
const algorithmOf = ({key, alg}: FileKey, file: string, offered: readonly string[] = []): string => {
	const {asymmetricKeyType: type, asymmetricKeyDetails: {namedCurve = '', modulusLength = 0} = {}} = key;
	if (type === 'ed25519') return 'EdDSA';
	const [curve] = (type === 'ec' ? curves[namedCurve] : undefined) ?? [];
	if (curve !== undefined) return curve;
	if (type !== 'rsa') throw unusable(file, "it's a different kind of key", 'Choose an RSA, EC (P-256) or Ed25519 key.');
	if (modulusLength < 2048) throw unusable(file, "it's shorter than 2048 bits", 'Make a longer one.');
	if (alg === 'PS256' || alg === 'RS256') return alg;
	return offered.includes('PS256') && !offered.includes('RS256') ? 'PS256' : 'RS256';
};

const importParameters = (algorithm: string, {key}: FileKey): RsaHashedImportParams | EcKeyImportParams | Algorithm => {
	if (algorithm === 'EdDSA') return {name: 'Ed25519'};
	if (algorithm.startsWith('ES')) {
		const [, namedCurve = ''] = curves[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? [];
		return {name: 'ECDSA', namedCurve};
	}

	return {name: algorithm === 'PS256' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: 'SHA-256'};
};

/**
 * Reads the key that a client signs with: the first of a set. It can't be exported again.
 *
 * @param offered - the algorithms that the server takes
 * @throws LoginError `config_error`, which tells nothing of the file's content
 */
export const readClientKey = async (file: string, offered?: readonly string[]): Promise<PrivateKey> => {
	const [first] = await readKeys(file);
	if (first === undefined) throw unusable(file, 'it has no private key', expected);
	const parameters = importParameters(algorithmOf(first, file, offered), first);
	const bytes = new Uint8Array(first.key.export({type: 'pkcs8', format: 'der'}));
	const key = await crypto.subtle.importKey('pkcs8', bytes, parameters, false, ['sign']);
	return {key, ...(first.kid !== undefined && {kid: first.kid})};
};

/**
 * The public halves of the keys in a file, as a client registers them (RFC 7591 §2, `jwks`).
 *
 * @throws LoginError as {@link readClientKey} does
 */
export const readPublicKeys = async (file: string): Promise<{readonly keys: readonly JWK[]}> => ({
	keys: (await readKeys(file)).map(fileKey => {
		const {key, kid, alg} = fileKey;
		const only = algorithmOf(fileKey, file);
		return {
			...(createPublicKey(key).export({format: 'jwk'}) as JWK),
			...(kid !== undefined && {kid}),
			use: 'sig',
			// Without a word of its own, an RSA key may sign in two ways.
			...((key.asymmetricKeyType !== 'rsa' || alg === only) && {alg: only}),
		};
	}),
});
