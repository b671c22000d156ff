import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {after, test} from 'node:test';
import {approveAuthorization, approveDevice} from '../../source/demo/approve.js';
import {startDemoServer} from '../../source/demo/start-demo-server.js';
import {claimsOf, clientOf, codeVerifier, deviceGrant} from './oauth-client.js';

const server = await startDemoServer();
after(async () => server.stop());

test('a device is approved as the demo user, by the requests of a person', async () => {
	const client = clientOf(server);
	const device = await client.deviceAuthorization();
	const poll = async () => client.token({grant_type: deviceGrant, device_code: device['device_code']!});

	assert.equal((await poll())['error'], 'authorization_pending');
	await approveDevice({issuer: server.issuer, userCode: device['user_code']!});
	const tokens = await poll();
	assert.equal(tokens.status, 200);
	const {sub, name, email} = claimsOf(tokens['id_token']);
	assert.deepEqual({sub, name, email}, {sub: 'alice', name: 'Alice Demo', email: 'alice@example.test'});
	assert.ok(tokens['refresh_token']);
	assert.deepEqual(await client.userInfo(tokens['access_token']!), {
		status: 200,
		body: {sub: 'alice', name: 'Alice Demo', email: 'alice@example.test', email_verified: true},
	});
});

test('any login name is a person of its own', async () => {
	const client = clientOf(server);
	const device = await client.deviceAuthorization();
	await approveDevice({issuer: server.issuer, userCode: device['user_code']!, login: 'Bob@example.test'});
	const tokens = await client.token({grant_type: deviceGrant, device_code: device['device_code']!});
	assert.equal(claimsOf(tokens['id_token'])['name'], 'Bob Demo');
});

test('a declined device learns that it was declined', async () => {
	const client = clientOf(server);
	const device = await client.deviceAuthorization();
	await approveDevice({issuer: server.issuer, userCode: device['user_code']!, decision: 'deny'});
	const answer = await client.token({grant_type: deviceGrant, device_code: device['device_code']!});
	assert.equal(answer['error'], 'access_denied');
});

test('a wrong or spent code is approved by nobody', async () => {
	const {issuer} = server;
	await assert.rejects(approveDevice({issuer, userCode: 'BBBB-BBBB'}), /not approved/);
	const device = await clientOf(server).deviceAuthorization();
	await approveDevice({issuer, userCode: device['user_code']!});
	await assert.rejects(approveDevice({issuer, userCode: device['user_code']!}), /not approved/);
});

test('an authorization request is approved, and the redirect visited like a browser does', async t => {
	const client = clientOf(server);
	const visited: string[] = [];
	const application = createServer((request, response) => {
		visited.push(request.url ?? '');
		response.end();
	});
	await new Promise<void>(resolve => application.listen(0, '127.0.0.1', resolve));
	t.after(() => {
		application.closeAllConnections();
		application.close();
	});
	const redirectUri = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;

	const callback = new URL(await approveAuthorization({url: client.authorizationUrl(redirectUri)}));
	assert.deepEqual(visited, [callback.pathname + callback.search]);
	assert.equal(callback.searchParams.get('state'), 'the-state');
	assert.equal(callback.searchParams.get('iss'), server.issuer);
	const tokens = await client.token({
		grant_type: 'authorization_code',
		code: callback.searchParams.get('code')!,
		redirect_uri: redirectUri,
		code_verifier: codeVerifier,
	});
	assert.equal(claimsOf(tokens['id_token'])['email'], 'alice@example.test');
	assert.ok(tokens['refresh_token']);
});

for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
	test(`a declined authorization request comes back to any port of ${host} as an error`, async () => {
		const client = clientOf(server);
		const url = client.authorizationUrl(`http://${host}:49152/callback`);
		const callback = new URL(await approveAuthorization({url, decision: 'deny', visit: false}));
		assert.equal(callback.origin, `http://${host}:49152`);
		assert.equal(callback.searchParams.get('error'), 'access_denied');
		assert.equal(callback.searchParams.get('code'), null);
	});
}

test('a redirect to elsewhere is refused', async () => {
	const client = clientOf(server);
	const url = client.authorizationUrl('https://attacker.example/callback');
	await assert.rejects(approveAuthorization({url, visit: false}), /did not lead back/);
});
