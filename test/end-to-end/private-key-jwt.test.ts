import assert from 'node:assert/strict';
import {generateKeyPairSync, type KeyObject} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {after, before} from 'node:test';
import {PrivateKeyJwt} from 'oauth4webapi';
import {clientKeyFile, createMemoryStore, oidc, TokenEngine} from '../../source/engine.js';
import {readClientKey, readPublicKeys} from '../../source/oauth/client-key.js';
import {decodeJwtPart} from '../../source/oauth/token-set.js';
import {temporaryFolder} from '../support/built-command.js';
import {approveDevice} from '../support/oidc-server/approve.js';
import {startDemoServer, type DemoServer} from '../support/oidc-server/start-demo-server.js';
import {sessionHome} from '../support/session-command.js';

/* oidc-provider, an independent server, has one client with a key for each algorithm. */

const rsa = generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey;
const keys: Readonly<Record<string, KeyObject>> = {
	ES256: generateKeyPairSync('ec', {namedCurve: 'P-256'}).privateKey,
	RS256: rsa,
	PS256: generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey,
	EdDSA: generateKeyPairSync('ed25519').privateKey,
};
const algorithms = Object.keys(keys);
const files: Record<string, string> = {};
const clearing: (() => unknown)[] = [];
let server: DemoServer;

before(async () => {
	const folder = await temporaryFolder({after: clear => clearing.push(clear)});
	for (const [alg, key] of Object.entries(keys)) {
		files[alg] = path.join(folder, alg);
		writeFileSync(files[alg], JSON.stringify({...key.export({format: 'jwk'}), kid: `key-${alg}`, alg}), {mode: 0o600});
	}

	const sets = await Promise.all(algorithms.map(async alg => readPublicKeys(files[alg]!)));
	server = await startDemoServer({
		requirePushedAuthorizationRequests: false,
		clientMetadata: {
			token_endpoint_auth_method: 'private_key_jwt',
			jwks: {keys: sets.flatMap(({keys}) => keys)},
			grant_types: [
				'client_credentials',
				'refresh_token',
				'urn:ietf:params:oauth:grant-type:device_code',
				'urn:ietf:params:oauth:grant-type:token-exchange',
				'authorization_code',
			],
		},
	});
	clearing.push(async () => server.stop());
});
after(async () => Promise.all(clearing.map(async clear => clear())));

/** An engine for the client with that key; what it sent is collected. */
const engineWith = (alg: string) => {
	const sent: {readonly url: string; readonly form: URLSearchParams}[] = [];
	const engine = new TokenEngine({
		provider: oidc({issuer: server.issuer, clientId: server.clientId, clientKey: clientKeyFile(files[alg]!)}),
		store: createMemoryStore(),
		async fetch(input, init) {
			if (init?.body instanceof URLSearchParams)
				sent.push({url: input instanceof Request ? input.url : input.toString(), form: new URLSearchParams(init.body)});
			return fetch(input, init);
		},
	});
	return {engine, sent};
};

const post = async (form: URLSearchParams): Promise<{readonly status: number; readonly error?: string}> => {
	const response = await fetch(`${server.issuer}/token`, {method: 'POST', body: form});
	return {status: response.status, ...((await response.json()) as object)};
};

for (const alg of algorithms) {
	test(`machine to machine: a key signs the client in with ${alg}, for the issuer alone, and no assertion works twice`, async () => {
		const {engine, sent} = engineWith(alg);
		const session = await engine.ensure({flow: 'client-credentials'});
		assert.ok((await session.getToken()).length > 0);
		const form = sent[0]!.form;
		const assertion = form.get('client_assertion') ?? '';
		const {iss, sub, aud, exp, iat, jti} = decodeJwtPart(assertion, 1) ?? {};
		assert.deepEqual([iss, sub, aud], [server.clientId, server.clientId, server.issuer]);
		assert.ok(Number(exp) - Number(iat) <= 60);
		assert.equal(typeof jti, 'string');
		const {alg: used, kid} = decodeJwtPart(assertion, 0) ?? {};
		assert.deepEqual([used, kid], [alg, `key-${alg}`]);
		assert.deepEqual((({status, error}) => [status, error])(await post(form)), [401, 'invalid_client'], 'replayed');
		assert.equal(JSON.stringify(await engine.store.read('default')).includes('"d"'), false);
	});
}

test('an assertion for another audience is refused', async () => {
	const key = await readClientKey(files['ES256']!);
	const ask = async (audience: string) => {
		const form = new URLSearchParams({grant_type: 'client_credentials'});
		await PrivateKeyJwt(key)({issuer: audience}, {client_id: server.clientId}, form, new Headers());
		return (await post(form)).status;
	};
	assert.deepEqual([await ask('https://other.example'), await ask(server.issuer)], [401, 200]);
});

test('device: a key proves the client at each endpoint of the flow, of a refresh, an exchange and a logout', async () => {
	const {engine, sent} = engineWith('ES256');
	const run = engine.login({flow: 'device'});
	for await (const event of run) {
		if (event.type === 'device-code') await approveDevice({issuer: server.issuer, userCode: event.userCode});
	}

	await run.session;
	await engine.token({rejected: await engine.token()});
	await engine.exchange({audience: 'service-a'});
	assert.equal((await engine.logout()).outcome, 'revoked');
	const paths = new Set(sent.map(({url}) => new URL(url).pathname));
	assert.deepEqual([...paths].sort(), ['/device/auth', '/token', '/token/revocation']);
	const assertions = sent.map(({form}) => form.get('client_assertion') ?? '');
	assert.ok(assertions.every(assertion => decodeJwtPart(assertion, 1)?.['aud'] === server.issuer));
	assert.equal(new Set(assertions).size, sent.length, 'each is used once');
});

test('machine to machine: the command finds the key again where it was, and saves only where that is', async t => {
	const {run, session, expire} = await sessionHome(t);
	const provider = ['--issuer', server.issuer, '--client-id', server.clientId, '--store', 'file'];
	const login = ['login', ...provider, '--flow', 'client-credentials', '--client-key-file', files['EdDSA']!];
	const {exit, stdout, stderr} = await run(login);
	assert.equal(exit, 0, stderr);
	const {accessToken} = session().tokens;
	assert.deepEqual(session().clientSecretSource, {keyFile: files['EdDSA']});
	const {d = ''} = JSON.parse(readFileSync(files['EdDSA']!, 'utf8')) as {d?: string};
	assert.equal(`${stdout}${stderr}${JSON.stringify(session())}`.includes(d), false);
	expire();
	const renewed = await run(['token']);
	assert.equal(renewed.exit, 0, renewed.stderr);
	assert.notEqual(renewed.stdout, `${accessToken}\n`);
});
