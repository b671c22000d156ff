import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {approveDevice} from '../../source/demo/approve.js';
import {startDemoServer, type DemoServer} from '../../source/demo/start-demo-server.js';
import {demoServer} from '../support/demo-server.js';
import {accessTokenType, claimsOf, clientOf, deviceGrant, exchangeGrant} from './oauth-client.js';

const server = await startDemoServer();
after(async () => server.stop());

const signIn = async (at: DemoServer = server) => {
	const client = clientOf(at);
	const device = await client.deviceAuthorization();
	await approveDevice({issuer: at.issuer, userCode: device['user_code']!});
	return client.token({grant_type: deviceGrant, device_code: device['device_code']!});
};

test('lifetimes are five minutes for tokens and ten for codes, or as asked', async t => {
	assert.equal((await clientOf(server).deviceAuthorization()).expires_in, 600);
	assert.equal((await signIn()).expires_in, 300);
	const hasty = await demoServer(t, {accessTokenLifetime: 7, deviceCodeLifetime: 9});
	assert.equal((await clientOf(hasty).deviceAuthorization()).expires_in, 9);
	assert.equal((await signIn(hasty)).expires_in, 7);
});

test('a refresh rotates, and a second use of the old token ends the whole grant', async () => {
	const client = clientOf(server);
	const first = await signIn();
	const refresh = async (token: string | undefined) =>
		client.token({grant_type: 'refresh_token', refresh_token: token!});
	const second = await refresh(first['refresh_token']);
	assert.notEqual(second['refresh_token'], first['refresh_token']);
	assert.equal((await refresh(first['refresh_token']))['error'], 'invalid_grant');
	assert.equal((await refresh(second['refresh_token']))['error'], 'invalid_grant');
	assert.equal((await client.userInfo(second['access_token']!)).status, 401);
});

test('no refresh token without offline_access', async () => {
	const client = clientOf(server);
	const device = await client.deviceAuthorization('openid email');
	await approveDevice({issuer: server.issuer, userCode: device['user_code']!});
	const tokens = await client.token({grant_type: deviceGrant, device_code: device['device_code']!});
	assert.equal(tokens.status, 200);
	assert.equal(tokens['refresh_token'], undefined);
});

test('a revoked refresh token takes the access token with it', async () => {
	const client = clientOf(server);
	const tokens = await signIn();
	assert.equal((await client.revoke(tokens['refresh_token']!)).status, 200);
	assert.equal((await client.userInfo(tokens['access_token']!)).status, 401);
});

test('a machine gets a token with its secret alone', async () => {
	const client = clientOf(server);
	const tokens = await client.machineToken({grant_type: 'client_credentials'});
	assert.equal(tokens.status, 200);
	assert.equal(tokens['refresh_token'], undefined);
	assert.equal((await client.token({grant_type: 'client_credentials'})).status, 400);
});

test('an access token is exchanged for one of a service (RFC 8693)', async () => {
	const client = clientOf(server);
	const {access_token: subjectToken} = await signIn();
	const exchange = {grant_type: exchangeGrant, subject_token: subjectToken!, subject_token_type: accessTokenType};

	const narrowed = await client.token({...exchange, audience: 'service-b', scope: 'service-b:read'});
	assert.equal(narrowed['issued_token_type'], accessTokenType);
	assert.equal(narrowed['scope'], 'service-b:read');
	const {sub, aud, scope, act} = claimsOf(narrowed['access_token']);
	assert.deepEqual({sub, aud, scope, act}, {sub: 'alice', aud: 'service-b', scope: 'service-b:read', act: undefined});

	const byResource = await client.token({...exchange, resource: 'https://service-a.example.test/'});
	assert.equal(claimsOf(byResource['access_token'])['aud'], 'service-a');

	const refused = async (parameters: Record<string, string>) =>
		(await client.token({...exchange, ...parameters}))['error'];
	assert.equal(await refused({audience: 'service-z'}), 'invalid_target');
	assert.equal(await refused({audience: 'service-a', resource: 'https://service-b.example.test'}), 'invalid_target');
	assert.equal(await refused({audience: 'service-b', scope: 'service-b:own'}), 'invalid_scope');
	assert.equal(await refused({subject_token: 'made-up'}), 'invalid_request');
	assert.equal(await refused({subject_token_type: 'urn:example:other'}), 'invalid_request');
	assert.equal(await refused({requested_token_type: 'urn:example:other'}), 'invalid_request');
});

test('an exchanged token names its actors, the latest outermost (RFC 8693 §4.1)', async () => {
	const client = clientOf(server);
	const {access_token: person} = await signIn();
	const {access_token: machine} = await client.machineToken({grant_type: 'client_credentials'});
	const actAs = async (subjectToken: string) =>
		client.machineToken({
			grant_type: exchangeGrant,
			subject_token: subjectToken,
			subject_token_type: accessTokenType,
			actor_token: machine!,
			actor_token_type: accessTokenType,
			audience: 'service-a',
		});
	const once = await actAs(person!);
	const actor = {sub: server.machineClient.clientId};
	assert.deepEqual(claimsOf(once['access_token'])['act'], actor);
	const twice = await actAs(once['access_token']!);
	assert.deepEqual(claimsOf(twice['access_token'])['act'], {...actor, act: actor});
});

test('the password grant takes the demo password alone', async () => {
	const client = clientOf(server);
	const signInWith = async (password: string) =>
		client.token({grant_type: 'password', username: 'bob', password, scope: 'openid offline_access'});
	const tokens = await signInWith(server.user.password);
	assert.equal(claimsOf(tokens['id_token'])['sub'], 'bob');
	const refreshed = await client.token({grant_type: 'refresh_token', refresh_token: tokens['refresh_token']!});
	assert.equal(refreshed.status, 200);
	assert.equal((await signInWith('wrong'))['error'], 'invalid_grant');
});

test('where pushed requests are required, a plain one is refused', async t => {
	const server = await demoServer(t, {requirePushedAuthorizationRequests: true});
	const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as object;
	assert.ok('require_pushed_authorization_requests' in metadata && metadata.require_pushed_authorization_requests);
	const response = await fetch(clientOf(server).authorizationUrl('http://127.0.0.1:49152/callback'), {
		redirect: 'manual',
	});
	assert.match(response.headers.get('location') ?? '', /error=invalid_request/);
});
