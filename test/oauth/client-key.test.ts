import assert from 'node:assert/strict';
import {generateKeyPairSync, type JsonWebKey, type KeyObject} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {inspect} from 'node:util';
import {LoginError} from '../../source/core/errors.js';
import {readClientKey, readPublicKeys} from '../../source/oauth/client-key.js';
import {temporaryFolder} from '../support/built-command.js';

const keys = {
	ec: generateKeyPairSync('ec', {namedCurve: 'P-256'}),
	rsa: generateKeyPairSync('rsa', {modulusLength: 2048}),
	short: generateKeyPairSync('rsa', {modulusLength: 1024}),
	ed: generateKeyPairSync('ed25519'),
	x: generateKeyPairSync('x25519'),
};

const pem = (key: KeyObject) => key.export({type: 'pkcs8', format: 'pem'}).toString();
const jwk = (key: KeyObject, more: JsonWebKey & {kid?: string; alg?: string; use?: string} = {}) => ({
	...key.export({format: 'jwk'}),
	...more,
});

const writer = async (t: TestContext) => {
	const folder = await temporaryFolder(t);
	let count = 0;
	return (content: string | object) => {
		const file = path.join(folder, `key-${++count}`);
		writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), {mode: 0o600});
		return file;
	};
};

test('a key is read from PEM, a JWK or a set, and signs as its kind, its JWK and the server say', async t => {
	const write = await writer(t);
	const read = async (content: string | object, offered?: readonly string[]) => {
		const {key, kid} = await readClientKey(write(content), offered);
		assert.deepEqual([key.extractable, key.usages], [false, ['sign']]);
		return [key.algorithm.name, kid];
	};
	const rsa = pem(keys.rsa.privateKey);
	assert.deepEqual(await read(pem(keys.ec.privateKey)), ['ECDSA', undefined]);
	assert.deepEqual(await read(pem(keys.ed.privateKey)), ['Ed25519', undefined]);
	assert.deepEqual(await read(rsa), ['RSASSA-PKCS1-v1_5', undefined]);
	assert.deepEqual(await read(rsa, ['RS256', 'PS256']), ['RSASSA-PKCS1-v1_5', undefined]);
	assert.deepEqual(await read(rsa, ['PS256', 'ES256']), ['RSA-PSS', undefined]);
	assert.deepEqual(await read(jwk(keys.rsa.privateKey, {kid: 'r', alg: 'PS256'}), ['RS256']), ['RSA-PSS', 'r']);
	const set = {
		keys: [jwk(keys.rsa.privateKey, {use: 'enc'}), jwk(keys.ec.publicKey), jwk(keys.ed.privateKey, {kid: 'e'})],
	};
	assert.deepEqual(await read(set), ['Ed25519', 'e']);
});

test('the public keys of a file have nothing of the private ones', async t => {
	const write = await writer(t);
	const set = {keys: [jwk(keys.ec.privateKey, {kid: 'a'}), jwk(keys.rsa.privateKey, {kid: 'b', alg: 'PS256'})]};
	assert.deepEqual(await readPublicKeys(write(set)), {
		keys: [
			{...jwk(keys.ec.publicKey), kid: 'a', use: 'sig', alg: 'ES256'},
			{...jwk(keys.rsa.publicKey), kid: 'b', use: 'sig', alg: 'PS256'},
		],
	});
	const plain = await readPublicKeys(write(pem(keys.rsa.privateKey)));
	assert.deepEqual(plain, {keys: [{...jwk(keys.rsa.publicKey), use: 'sig'}]});
});

test('a file that holds no usable key is refused with a sentence that says why and shows nothing of it', async t => {
	const write = await writer(t);
	const encrypted = keys.ec.privateKey
		.export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary'})
		.toString();
	const folder = path.join(await temporaryFolder(t), 'folder');
	mkdirSync(folder);
	for (const [file, said] of [
		[write('x'.repeat(10_000_000)), /is too large to hold the app's key\.$/],
		[write(''), /is empty, but should hold the app's key\.$/],
		[write('canary'), / because it has no private key\.$/],
		[write('{"canary": '), / because it isn't JSON\.$/],
		[write({keys: []}), / because it has no private key\.$/],
		[write({keys: 'canary'}), / because it has no private key\.$/],
		[write({kty: 'oct', k: 'Y2FuYXJ5', d: 'canary'}), / because it has no private key\.$/],
		[write({kty: 'EC', crv: 'P-256', x: 'canary', y: 'canary', d: 'canary'}), / because it has no private key\.$/],
		[write(keys.ec.publicKey.export({type: 'spki', format: 'pem'}).toString()), / because it's public/],
		[write(jwk(keys.ec.publicKey)), / because it's public/],
		[write(encrypted), / because it's encrypted\.$/],
		[write(pem(keys.x.privateKey)), / because it's a different kind of key\.$/],
		[write(pem(keys.short.privateKey)), / because it's shorter than 2048 bits\.$/],
		[folder, /^Can't read the app's key from .* \(EISDIR\)\.$/],
		[path.join(folder, 'missing'), /^Can't read the app's key from .* \(ENOENT\)\.$/],
	] as const) {
		await assert.rejects(readClientKey(file), (error: unknown) => {
			assert.ok(error instanceof LoginError, inspect(error));
			assert.equal(error.code, 'config_error');
			assert.match(error.message, said);
			assert.equal(inspect(error, {depth: 9, showHidden: true}).includes('canary'), false);
			return true;
		});
	}
});
