import assert from 'node:assert/strict';
import {generateKeyPairSync} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {temporaryFolder} from '../../support/built-command.js';
import {runDouble} from '../command-double.js';

const print = async (...options: readonly string[]) => {
	const {exit, stdout, stderr} = await runDouble(['client-metadata', ...options]);
	return {exit, stderr, stdout, metadata: (exit === 0 ? JSON.parse(stdout) : {}) as Record<string, unknown>};
};

test('without a key a client is public, and registers its callback with and without ports', async () => {
	const {metadata} = await print('--application', 'Acme', '--port', '8400');
	assert.deepEqual(
		[metadata['client_name'], metadata['token_endpoint_auth_method'], metadata['jwks']],
		['Acme', 'none', undefined],
	);
	assert.deepEqual(metadata['redirect_uris'], ['http://127.0.0.1/callback', 'http://127.0.0.1:8400/callback']);
});

test('a client with a key registers its public half, to sign with and to sign in by itself, and nothing private', async t => {
	const file = path.join(await temporaryFolder(t), 'key.json');
	const jwk = generateKeyPairSync('ec', {namedCurve: 'P-256'}).privateKey.export({format: 'jwk'});
	const {d = '', ...publicHalf} = jwk;
	writeFileSync(file, JSON.stringify({...jwk, kid: 'key-1'}));
	const {exit, stderr, stdout, metadata} = await print('--client-key-file', file);
	assert.equal(exit, 0, stderr);
	assert.equal(metadata['token_endpoint_auth_method'], 'private_key_jwt');
	assert.deepEqual(metadata['jwks'], {keys: [{...publicHalf, kid: 'key-1', use: 'sig', alg: 'ES256'}]});
	assert.ok((metadata['grant_types'] as string[]).includes('client_credentials'));
	assert.ok(!stdout.includes(d));
});

test('a key file that cannot be read is named, and nothing is printed', async t => {
	const file = path.join(await temporaryFolder(t), 'key.pem');
	const {exit, stdout, stderr} = await print('--client-key-file', file);
	assert.deepEqual([exit, stdout], [1, '']);
	assert.match(stderr, /Can't read the app's key from .*key\.pem/);
});
