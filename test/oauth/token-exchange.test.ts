import assert from 'node:assert/strict';
import {test} from 'node:test';
import {exchangeToken, type ExchangeRequest} from '../../source/oauth/token-exchange.js';
import {json, testContext, testTime, withCode} from '../support/protocol-context.js';

const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const good = {access_token: 'exchanged-canary', issued_token_type: accessToken, token_type: 'Bearer', expires_in: 60};

const exchange = async (request: ExchangeRequest, answer: object = good, status = 200) => {
	const context = await testContext({'/token': () => json(answer, status)});
	return {token: exchangeToken(context, 'subject-canary', request), sent: context.sent};
};

test('a server that does no token exchange is said to do none; it is no way of signing in that fails', async () => {
	for (const error of ['unsupported_grant_type', 'unauthorized_client']) {
		const {token} = await exchange({}, {error}, 400);
		await assert.rejects(
			token,
			withCode('unsupported_grant', /^This server doesn't exchange tokens .* for this app\.$/),
		);
	}
});

test('a server that takes no forms gets the exchange in JSON', async () => {
	const context = await testContext({
		'/token': ({headers}) => (headers.get('content-type') === 'application/json' ? json(good) : json({}, 415)),
	});
	assert.equal((await exchangeToken(context, 'subject-canary', {})).token, 'exchanged-canary');
});

test('X01, X02, X05: the request names subject and actor with their types, and repeats audiences and resources', async () => {
	const {token, sent} = await exchange({
		audience: ['service-a', 'service-b'],
		resource: ['https://a.example', 'https://b.example'],
		scope: 'read',
		requestedTokenType: accessToken,
		actorToken: {token: 'actor', type: accessToken},
	});
	assert.deepEqual(await token, {
		token: 'exchanged-canary',
		issuedTokenType: accessToken,
		tokenType: 'bearer',
		expiresAt: testTime + 60_000,
		scope: 'read',
	});
	assert.deepEqual(
		[...(sent[0]?.form ?? [])],
		[
			['subject_token', 'subject-canary'],
			['subject_token_type', accessToken],
			['resource', 'https://a.example'],
			['resource', 'https://b.example'],
			['audience', 'service-a'],
			['audience', 'service-b'],
			['scope', 'read'],
			['requested_token_type', accessToken],
			['actor_token', 'actor'],
			['actor_token_type', accessToken],
			['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
			['client_id', 'my-cli'],
		],
	);
});

test('X02, Z01: half an actor, or a resource with a fragment, is refused before anything is sent', async () => {
	for (const request of [
		{actorToken: {token: 'x', type: ''}},
		{resource: 'https://a.example/#x'},
		{resource: ['api']},
	]) {
		const {token, sent} = await exchange(request);
		await assert.rejects(token, withCode('config_error'));
		assert.equal(sent.length, 0);
	}
});

test('X03: the issued type must be said, and be the one that was asked for', async () => {
	await assert.rejects(
		(await exchange({}, {...good, issued_token_type: undefined})).token,
		withCode('bad_response', /what type/),
	);
	await assert.rejects(
		(await exchange({requestedTokenType: 'urn:ietf:params:oauth:token-type:jwt'})).token,
		withCode('bad_response', /a different type/),
	);
});

test('X04: a token that is not for a header has the type n_a', async () => {
	const {token} = await exchange({}, {...good, token_type: 'N_A'});
	assert.equal((await token).tokenType, 'n_a');
});

test('X06: an unknown audience is invalid_target', async () => {
	await assert.rejects(
		(await exchange({audience: 'x'}, {error: 'invalid_target'}, 400)).token,
		withCode('invalid_target'),
	);
});

test('RFC 8693 §4.1: who acts is read from the token for display, cleaned; an opaque token says nothing', async () => {
	const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const jwt = (claims: unknown) => `${part({alg: 'ES256'})}.${part(claims)}.AAAA`;
	const actor = async (claims: unknown) =>
		(await (await exchange({}, {...good, access_token: jwt(claims)})).token).actingParty;
	assert.equal(await actor({act: {sub: 'admin\u001B]0;x\u0007@example.com'}}), 'admin@example.com');
	for (const claims of [{}, {act: 'x'}, {act: {sub: 7}}, {act: null}]) assert.equal(await actor(claims), undefined);
});

test('an ID token beside the exchanged token is not this login’s and is not looked at', async () => {
	const {token} = await exchange({}, {...good, id_token: 'nonsense'});
	assert.equal((await token).token, 'exchanged-canary');
});
