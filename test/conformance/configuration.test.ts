import assert from 'node:assert/strict';
import {test} from 'node:test';
import {assertDiscarded, prepareLogin, refusal} from '../support/whole-login.js';

// The modules of oidcc-client-config-certification-test-plan, by their own names.

test('oidcc-client-test-discovery-openid-config: the endpoints are those of the metadata', async () => {
	const endpoints = {
		authorization: '/somewhere/authorize',
		token: '/somewhere/token',
		jwks: '/somewhere/keys',
		userInfo: '/somewhere/me',
	};
	const login = await prepareLogin({endpoints});
	await login.browser();
	await login.engine.userInfo();
	const asked = login.server.requests.map(({path}) => path);
	for (const path of Object.values(endpoints)) assert.ok(asked.includes(path), path);
	assert.equal(asked[0], '/.well-known/openid-configuration');
});

test('oidcc-client-test-discovery-jwks-uri-keys: the keys come from the jwks_uri of this run', async () => {
	for (const jwks of ['/run-1/keys', '/run-2/keys']) {
		const login = await prepareLogin({endpoints: {jwks}});
		await login.browser();
		assert.deepEqual(
			login.server.requestsTo('jwks').map(({path}) => path),
			[jwks],
		);
	}
});

test('oidcc-client-test-discovery-issuer-mismatch: it ends before anybody is asked to sign in', async () => {
	const login = await prepareLogin({metadata: metadata => ({...metadata, issuer: `${String(metadata['issuer'])}1`})});
	await refusal(login.browser(), 'config_error');
	assert.deepEqual(
		login.server.requests.map(({endpoint}) => endpoint),
		['openidConfiguration'],
	);
	await assertDiscarded(login);
});

test('oidcc-client-test-signing-key-rotation-just-before-signing: keys that were fetched too early are fetched again', async () => {
	const login = await prepareLogin();
	login.server.answer('token', async (_request, conforming) => {
		await login.server.rotateKey();
		return conforming();
	});
	assert.equal((await login.browser()).identity?.subject, 'user-1');
	assert.equal(login.server.requestsTo('jwks').length, 2);
});

test('oidcc-client-test-signing-key-rotation: a second login right after the first takes the new key', async () => {
	const login = await prepareLogin();
	await login.browser();
	await login.server.rotateKey();
	assert.equal((await login.browser()).identity?.subject, 'user-1');
});
