import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {LoginError} from '../../source/core/errors.js';
import {revokeTokens} from '../../source/oauth/revocation.js';
import type {Provider} from '../../source/oauth/provider.js';
import type {TokenSet} from '../../source/oauth/token-set.js';
import {issuer, json, testContext, testTime, type Sent} from '../support/protocol-context.js';

const tokens: TokenSet = {
	accessToken: 'access',
	refreshToken: 'refresh',
	tokenType: 'bearer',
	issuedAt: testTime,
	scope: '',
};
const {refreshToken: _, ...accessOnly} = tokens;
const done = () => new Response(null, {status: 200});

const revoke = async (
	answer: (token: string | null, sent: Sent) => Response,
	from: TokenSet = tokens,
	settings: Partial<Provider> = {},
) => {
	const context = await testContext({'/revoke': sent => answer(sent.form.get('token'), sent)}, settings);
	return {result: await revokeTokens(context, from), sent: context.sent};
};

test('V01, V05: the refresh token is revoked first, then the access token, with the client’s authentication', async () => {
	const {result, sent} = await revoke(done, tokens, {clientSecret: 's'});
	assert.deepEqual(result, {outcome: 'revoked'});
	assert.deepEqual(
		sent.map(({form}) => Object.fromEntries(form)),
		[
			{token: 'refresh', token_type_hint: 'refresh_token', client_id: 'my-cli', client_secret: 's'},
			{token: 'access', token_type_hint: 'access_token', client_id: 'my-cli', client_secret: 's'},
		],
	);
});

test('V02, A14: any success counts, its body is not looked at', async () => {
	for (const answer of [() => new Response(null, {status: 204}), () => new Response('<html>ok')]) {
		assert.deepEqual((await revoke(answer)).result, {outcome: 'revoked'});
	}
});

test('V03: a busy server has not revoked: the reason says how long it asks to wait, and it is asked no more', async () => {
	const {result, sent} = await revoke(() => new Response(null, {status: 503, headers: {'retry-after': '30'}}));
	assert.equal(result.outcome, 'not-revoked');
	assert.match(result.reason ?? '', /30 seconds/);
	assert.equal(sent.length, 1);
});

test('V04: a kind of token that the server does not revoke leaves the other to be tried', async () => {
	const unsupported = (kind: string) => (token: string | null) =>
		token === kind ? json({error: 'unsupported_token_type'}, 400) : done();
	assert.deepEqual((await revoke(unsupported('access'))).result, {outcome: 'revoked'});
	const refreshLives = await revoke(unsupported('refresh'));
	assert.equal(refreshLives.sent.length, 2);
	assert.equal(refreshLives.result.outcome, 'not-revoked');
	assert.match(refreshLives.result.reason ?? '', /of this kind/);
	assert.equal((await revoke(unsupported('access'), accessOnly)).result.outcome, 'not-revoked');
});

test('glewlwyd: a server that refuses the client has not revoked, and that is said', async () => {
	const {result} = await revoke(() => new Response(null, {status: 401}));
	assert.equal(result.outcome, 'not-revoked');
	assert.match(result.reason ?? '', /doesn't accept this app/);
});

test('V05: no network is a result, not an error', async () => {
	const {result} = await revoke(() => {
		throw new TypeError('fetch failed');
	});
	assert.equal(result.outcome, 'not-revoked');
	assert.match(result.reason ?? '', /Can't connect to/);
});

test('a provider without revocation is not asked', async () => {
	for (const settings of [{revocation: 'none' as const}, {endpoints: {token: `${issuer}/token`}}]) {
		const {result, sent} = await revoke(done, tokens, settings);
		assert.deepEqual(result, {outcome: 'not-supported'});
		assert.equal(sent.length, 0);
	}
});

test('only an abort is thrown', async () => {
	const controller = new AbortController();
	controller.abort();
	const context = await testContext({}, {}, {signal: controller.signal});
	await assert.rejects(revokeTokens(context, tokens), (error: LoginError) => error.code === 'cancelled');
	assert.equal(context.sent.length, 0);
});
