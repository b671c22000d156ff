import assert from 'node:assert/strict';
import {test} from 'node:test';
import {inspect} from 'node:util';
import {LoginError} from '../../source/core/errors.js';
import {refreshTokens} from '../../source/oauth/token-endpoint.js';
import {entra} from '../../source/oauth/presets/entra.js';
import type {Provider} from '../../source/oauth/provider.js';
import type {TokenSet} from '../../source/oauth/token-set.js';
import {createSigningKey, signIdToken} from '../support/id-tokens.js';
import {issuer, json, testContext, testTime} from '../support/protocol-context.js';

const key = await createSigningKey('ES256', 'one');
const now = testTime / 1000;

const previous: TokenSet = {
	accessToken: 'old',
	tokenType: 'bearer',
	issuedAt: testTime - 3_600_000,
	refreshToken: 'refresh-1',
	idToken: 'old-id-token',
	claims: {iss: issuer, sub: 'user-1', aud: 'my-cli', exp: now, iat: now - 3600, auth_time: now - 4000, nonce: 'n1'},
	scope: 'openid api',
	identity: {issuer, subject: 'user-1'},
};

const refresh = async (
	claims?: Record<string, unknown>,
	more: object = {},
	from = previous,
	settings: Partial<Provider> = {},
) => {
	const idToken = claims === undefined ? undefined : await signIdToken(key, claims);
	const context = await testContext(
		{
			'/token': () => json({access_token: 'new', token_type: 'Bearer', id_token: idToken, ...more}),
			'/jwks': () => json({keys: [key.jwk]}),
		},
		{idTokenAlgorithms: ['ES256'], ...settings},
	);
	return {tokens: refreshTokens(context, from), sent: context.sent};
};

const refused = (pattern: RegExp) => (error: unknown) => {
	assert.ok(error instanceof LoginError, inspect(error));
	assert.equal(error.code, 'identity_check_failed', error.message);
	assert.match(error.message, pattern);
	return true;
};

test('F10, Z02: a refresh asks for no scope, for the same resources, and with the parameters meant for it', async () => {
	const {tokens, sent} = await refresh(undefined, {}, previous, {
		resource: ['https://a.example'],
		parameters: {refresh: {extra: '1'}, token: {other: '2'}},
	});
	await tokens;
	assert.deepEqual(Object.fromEntries(sent[0]?.form ?? []), {
		extra: '1',
		resource: 'https://a.example',
		refresh_token: 'refresh-1',
		grant_type: 'refresh_token',
		client_id: 'my-cli',
	});
});

test('F09, F05, O22: what the response leaves out stays as it was', async () => {
	const {tokens} = await refresh();
	assert.deepEqual(await tokens, {
		accessToken: 'new',
		tokenType: 'bearer',
		issuedAt: testTime,
		refreshToken: 'refresh-1',
		idToken: 'old-id-token',
		claims: previous.claims,
		scope: 'openid api',
		identity: previous.identity,
	});
});

test('F09, B05: a new refresh token replaces the old one, an empty one does not', async () => {
	assert.equal((await (await refresh(undefined, {refresh_token: 'refresh-2'})).tokens).refreshToken, 'refresh-2');
	assert.equal((await (await refresh(undefined, {refresh_token: ''})).tokens).refreshToken, 'refresh-1');
	assert.equal((await (await refresh(undefined, {scope: 'openid'})).tokens).scope, 'openid');
});

test('R2, O22, refresh-token-invalid-sub: the new ID token is about the same person', async () => {
	await assert.rejects((await refresh({sub: 'user-2'})).tokens, refused(/a different person/));
});

test('O22, refresh-token-invalid-issuer: the new ID token has the same issuer', async () => {
	await assert.rejects((await refresh({iss: 'https://evil.example'})).tokens, refused(/iss/));
	const moved = {...previous, claims: {...previous.claims!, iss: 'https://old.example'}};
	await assert.rejects((await refresh({}, {}, moved)).tokens, refused(/issuer/));
});

test('another auth_time, and a clock of the server that is behind, end nothing: the time of the login stays', async () => {
	const {accessToken, claims} = await (await refresh({auth_time: now})).tokens;
	assert.deepEqual([accessToken, claims?.auth_time, claims?.iat], ['new', now - 4000, now]);
	const ahead = {...previous, claims: {...previous.claims!, iat: now + 10}};
	assert.ok(await (await refresh({}, {}, ahead)).tokens);
});

test('O22: the new ID token is for the same client and newer than the old one', async () => {
	const later = {...previous, claims: {...previous.claims!, iat: now + 100}};
	await assert.rejects((await refresh({}, {}, later)).tokens, refused(/older/));
	await assert.rejects((await refresh({aud: 'other'})).tokens, refused(/aud/));
	await assert.rejects((await refresh({azp: 'other'})).tokens, refused(/a different client/));
});

test('O11, O22: the nonce of a refreshed ID token is absent or that of the login', async () => {
	assert.ok(await (await refresh({nonce: 'n1'})).tokens);
	await assert.rejects((await refresh({nonce: 'n2'})).tokens, refused(/nonce/));
	const {claims} = await (await refresh({})).tokens;
	assert.deepEqual(
		[claims?.nonce, claims?.auth_time, claims?.iat],
		['n1', now - 4000, now],
		'kept for the refresh after this one',
	);
});

test('B1: a refreshed ID token has its signature verified like any other', async () => {
	const other = await createSigningKey('ES256', 'one');
	const {tokens} = await refresh(undefined, {id_token: await signIdToken(other)});
	await assert.rejects(tokens, refused(/signature/));
});

test('B15: a refused refresh token is invalid_grant; a session without one sends nothing', async () => {
	const context = await testContext({'/token': () => json({error: 'invalid_grant'}, 400)});
	await assert.rejects(refreshTokens(context, previous), (error: LoginError) => error.code === 'invalid_grant');
	const {refreshToken: _, ...without} = previous;
	await assert.rejects(refreshTokens(context, without), (error: LoginError) => error.code === 'invalid_grant');
	assert.equal(context.sent.length, 1);
});

test('glewlwyd: a bare 400 is no verdict about the session', async () => {
	const context = await testContext({'/token': () => new Response(null, {status: 400})});
	await assert.rejects(
		refreshTokens(context, previous),
		(error: LoginError) => error.code === 'bad_response' && error.status === 400,
	);
});

const spent = {refresh_token: 'refresh-2'};
const other = await createSigningKey('ES256', 'two');

for (const [name, keys] of [
	['fail', () => json({}, 503)],
	[
		'are out of reach',
		() => {
			throw new TypeError('fetch failed');
		},
	],
	['are older than the one that signed', () => json({keys: [other.jwk]})],
] as const) {
	test(`S27: keys that ${name} cost nobody the new refresh token: the ID token stays the one before`, async () => {
		const idToken = await signIdToken(key, {});
		const context = await testContext(
			{'/token': () => json({access_token: 'new', token_type: 'Bearer', id_token: idToken, ...spent}), '/jwks': keys},
			{idTokenAlgorithms: ['ES256']},
		);
		const {refreshToken, idToken: kept, claims} = await refreshTokens(context, previous);
		assert.deepEqual([refreshToken, kept, claims], ['refresh-2', previous.idToken, previous.claims]);
		assert.equal(context.sent.filter(({path}) => path === '/token').length, 1, 'a spent token is not sent again');
	});
}

test('S27: a clock that went wrong after the login costs nobody the new refresh token', async () => {
	const fast = await refresh({exp: now - 3600, iat: now - 7200 + 3601}, spent);
	assert.equal((await fast.tokens).refreshToken, 'refresh-2');
	const slow = await refresh({exp: now + 7200, iat: now + 3600}, spent);
	assert.equal((await slow.tokens).refreshToken, 'refresh-2');
	await assert.rejects((await refresh({exp: now - 3600, sub: 'user-2'}, spent)).tokens, refused(/a different person/));
});

test('a refresh that is refused without a word, as glewlwyd does, names signing in again as the way on', async () => {
	const context = await testContext({'/token': () => new Response(null, {status: 400})});
	await assert.rejects(refreshTokens(context, previous), {
		code: 'bad_response',
		status: 400,
		hint: 'If it worked before, sign in again. Otherwise, check the settings of your app at the provider.',
	});
});

test('Entra: a refresh asks for what the login asked for', async () => {
	const {tokens, sent} = await refresh(undefined, {}, previous, {
		scopeAtRefresh: true,
		scope: 'openid api offline_access',
	});
	await tokens;
	assert.equal(sent[0]?.form.get('scope'), 'openid api offline_access');
	assert.equal(entra({clientId: 'c'}).scopeAtRefresh, true);
});
