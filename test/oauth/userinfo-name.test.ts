import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {ServerScript} from '../../source/testing/index.js';
import {prepareDeviceLogin, prepareLogin, refusal} from '../support/whole-login.js';

/** Profile and e-mail address at userinfo only, as OIDC Core §5.4 has it. */
const nameless: ServerScript = {
	idToken: {claims: claims => ({...claims, name: undefined, email: undefined, email_verified: undefined})},
};
const ada = {name: 'Ada Lovelace', email: 'ada@example.com'};

test('a name that the ID token lacks comes from userinfo once, and a refresh keeps it', async () => {
	const login = await prepareLogin(nameless);
	const {server, engine, store} = login;
	const identity = {issuer: server.issuer, subject: 'user-1', ...ada};
	assert.deepEqual((await login.browser()).identity, identity);
	await engine.tokens({rejected: 'access-1'});
	assert.deepEqual((await store.read('default'))?.tokens.identity, identity);
	assert.equal(server.requestsTo('userInfo').length, 1);
});

test('userinfo is not asked where the ID token has a name, or where no name was asked for', async () => {
	for (const [script, scope] of [
		[{}, 'openid profile'],
		[nameless, 'openid'],
	] as const) {
		const login = await prepareLogin(script, {scope});
		assert.equal((await login.browser()).identity?.subject, 'user-1');
		assert.equal(login.server.requestsTo('userInfo').length, 0);
	}
});

test('userinfo that fails, is about another person or never comes neither fails nor holds up a login', async () => {
	for (const userInfo of [{status: 500}, 'drop', 'hang', {status: 200, body: {sub: 'mallory', ...ada}}] as const) {
		const login = await prepareDeviceLogin({...nameless, responses: {userInfo}});
		const {session, events} = await login.device();
		const start = events.find(({type}) => type === 'device-code');
		assert.deepEqual(session?.identity, {issuer: session?.identity?.issuer, subject: 'user-1'});
		assert.ok(start?.type === 'device-code' && login.clock.now() < start.nextPollAt + 10_000);
	}
});

test('a token that userinfo refuses and that cannot be renewed does not end the session', async () => {
	const resource = ['https://api.example.com'];
	const login = await prepareLogin({responses: {userInfo: {status: 401}}}, {scope: 'openid', resource});
	await login.browser();
	const {hint} = await refusal(login.engine.userInfo(), 'token_rejected');
	assert.match(hint, /The token is for https:\/\/api\.example\.com/);
});
