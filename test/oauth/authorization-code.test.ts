import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {LoginError} from '../../source/core/errors.js';
import {exchangeAuthorizationCode, pushAuthorizationRequest} from '../../source/oauth/authorization-code.js';
import type {Provider} from '../../source/oauth/provider.js';
import {createSigningKey, signIdToken} from '../support/id-tokens.js';
import {issuer, json, testContext, testTime, withCode} from '../support/protocol-context.js';
import type {RequestContext} from '../../source/oauth/request.js';

const key = await createSigningKey('ES256', 'one');
const redirectUri = 'http://127.0.0.1:49152/callback';
const now = testTime / 1000;

type Script = {
	claims?: Record<string, unknown> | undefined;
	nonce?: string;
	maxAge?: number;
	settings?: Partial<Provider>;
	server?: Partial<RequestContext['provider']['server']>;
};

const exchange = async ({nonce, maxAge, settings = {}, server = {}, ...rest}: Script = {}) => {
	const idToken = 'claims' in rest && rest.claims === undefined ? undefined : await signIdToken(key, rest.claims);
	const context = await testContext(
		{
			'/token': () =>
				json({
					access_token: 'access-canary',
					token_type: 'Bearer',
					id_token: idToken,
					refresh_token: 'r',
					expires_in: 60,
				}),
			'/jwks': () => json({keys: [key.jwk]}),
		},
		{idTokenAlgorithms: ['ES256'], ...settings},
	);
	const changed = {...context, provider: {...context.provider, server: {...context.provider.server, ...server}}};
	return {
		sent: context.sent,
		tokens: exchangeAuthorizationCode(changed, {
			code: 'code-canary',
			nonce,
			maxAge,
			codeVerifier: 'verifier',
			redirectUri,
		}),
	};
};

test('F14, P04: the code goes to the token endpoint with the redirect URI and the verifier', async () => {
	const {tokens, sent} = await exchange({
		settings: {resource: ['https://a.example'], parameters: {token: {extra: '1'}}},
	});
	assert.equal((await tokens).expiresAt, testTime + 60_000);
	assert.equal((await tokens).identity?.subject, 'user-1');
	assert.deepEqual(Object.fromEntries(sent[0]?.form ?? []), {
		extra: '1',
		resource: 'https://a.example',
		redirect_uri: redirectUri,
		code: 'code-canary',
		code_verifier: 'verifier',
		grant_type: 'authorization_code',
		client_id: 'my-cli',
	});
});

test('O11, nonce-invalid: the nonce is the one that was sent, and then required', async () => {
	assert.ok(await (await exchange({nonce: 'n1', claims: {nonce: 'n1'}})).tokens);
	await assert.rejects(
		(await exchange({nonce: 'n1', claims: {nonce: 'n11'}})).tokens,
		withCode('identity_check_failed', /nonce/),
	);
	await assert.rejects((await exchange({nonce: 'n1'})).tokens, withCode('identity_check_failed', /nonce/));
	await assert.rejects((await exchange({claims: {nonce: 'n1'}})).tokens, withCode('identity_check_failed', /nonce/));
});

test('O01: where openid was asked for an ID token must come; where it was not, none need', async () => {
	await assert.rejects(
		(await exchange({nonce: 'n1', claims: undefined})).tokens,
		(error: LoginError) =>
			withCode('bad_response', /openid/)(error) && error.hint.includes('leave openid out of the scopes'),
	);
	const {tokens} = await exchange({nonce: 'n1', claims: undefined, settings: {scope: 'repo'}});
	assert.equal((await tokens).identity, undefined);
	const ignored = await exchange({nonce: 'n1', claims: {nonce: 'wrong'}, settings: {idToken: 'ignore'}});
	assert.equal((await ignored.tokens).idToken, undefined);
});

test('O13: with max_age the token says when the person signed in, and that is not too long ago', async () => {
	assert.ok(await (await exchange({nonce: 'n', maxAge: 300, claims: {nonce: 'n', auth_time: now - 200}})).tokens);
	await assert.rejects(
		(await exchange({nonce: 'n', maxAge: 300, claims: {nonce: 'n'}})).tokens,
		withCode('identity_check_failed', /auth_time/),
	);
	await assert.rejects(
		(await exchange({nonce: 'n', maxAge: 300, claims: {nonce: 'n', auth_time: now - 400}})).tokens,
		withCode('identity_check_failed'),
	);
});

test('an abort before the exchange sends nothing', async () => {
	const controller = new AbortController();
	controller.abort();
	const context = await testContext({}, {}, {signal: controller.signal});
	await assert.rejects(
		exchangeAuthorizationCode(context, {
			code: 'x',
			codeVerifier: 'v',
			redirectUri,
		}),
		withCode('cancelled'),
	);
	assert.equal(context.sent.length, 0);
});

test('Q01, Q02: a request is pushed as a form with the client’s authentication', async () => {
	for (const status of [201, 200]) {
		const context = await testContext(
			{'/par': () => json({request_uri: 'urn:x:1', expires_in: 60}, status)},
			{clientSecret: 's3cret'},
		);
		const pushed = await pushAuthorizationRequest(context, new URLSearchParams({scope: 'openid', state: 's'}));
		assert.equal(pushed, 'urn:x:1');
		assert.deepEqual(Object.fromEntries(context.sent[0]?.form ?? []), {
			scope: 'openid',
			state: 's',
			client_id: 'my-cli',
			client_secret: 's3cret',
		});
	}
});

test('Q01, Q06: a request_uri is not pushed, and a refusal is an error', async () => {
	const context = await testContext({'/par': () => json({error: 'invalid_scope'}, 400)});
	await assert.rejects(
		pushAuthorizationRequest(context, new URLSearchParams({request_uri: 'x'})),
		withCode('config_error'),
	);
	assert.equal(context.sent.length, 0);
	await assert.rejects(pushAuthorizationRequest(context, new URLSearchParams()), withCode('invalid_scope'));
	const without = await testContext({}, {endpoints: {token: `${issuer}/token`}});
	await assert.rejects(
		pushAuthorizationRequest(without, new URLSearchParams()),
		withCode('config_error', /^The server doesn't accept pushed authorization requests \(PAR\)\.$/),
	);
	const server = {...without.provider.server, require_pushed_authorization_requests: true};
	await assert.rejects(
		pushAuthorizationRequest({...without, provider: {...without.provider, server}}, new URLSearchParams()),
		withCode('config_error', /requires pushed authorization requests/),
	);
	assert.equal(without.sent.length, 0);
});
