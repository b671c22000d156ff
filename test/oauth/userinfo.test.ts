import assert from 'node:assert/strict';
import {test} from 'node:test';
import {SignJWT} from 'jose';
import {fetchUserInfo} from '../../source/oauth/userinfo.js';
import type {Provider} from '../../source/oauth/provider.js';
import type {TokenSet} from '../../source/oauth/token-set.js';
import {createSigningKey, type SigningKey} from '../support/id-tokens.js';
import {refusal} from '../support/whole-login.js';
import {issuer, json, testContext, testTime, withCode} from '../support/protocol-context.js';

const now = testTime / 1000;
const key = await createSigningKey('RS256', 'one');
const tokens: TokenSet = {
	accessToken: 'access-canary',
	tokenType: 'bearer',
	issuedAt: testTime,
	claims: {iss: issuer, sub: 'user-1', aud: 'my-cli', exp: now, iat: now},
	scope: 'openid',
};

const ask = async (answer: () => Response, from = tokens, settings: Partial<Provider> = {}) => {
	const context = await testContext(
		{'/userinfo': answer, '/user': answer, '/jwks': () => json({keys: [key.jwk]})},
		settings,
	);
	return {info: fetchUserInfo(context, from), sent: context.sent};
};

test('T01, O20: the token goes into the header, and claims about the same person are handed over', async () => {
	const claims = {
		sub: 'user-1',
		name: 'Ada\u001B[m',
		email: 'ada@example.com',
		_claim_names: {a: 'src'},
		_claim_sources: {src: {}},
	};
	const {info, sent} = await ask(() => json(claims));
	assert.deepEqual(await info, {identity: {issuer, subject: 'user-1', name: 'Ada', email: 'ada@example.com'}, claims});
	assert.equal(sent[0]?.headers.get('authorization'), 'Bearer access-canary');
	assert.equal(sent[0].url, `${issuer}/userinfo`);
});

test('O20, userinfo-invalid-sub: claims about someone else, or nobody, are discarded', async () => {
	await assert.rejects((await ask(() => json({sub: 'user-1invalid'}))).info, withCode('identity_check_failed', /sub/));
	await assert.rejects((await ask(() => json({name: 'Ada'}))).info, withCode('bad_response', /sub/));
	const {claims: _, ...withoutIdToken} = tokens;
	assert.equal((await (await ask(() => json({sub: 'x'}), withoutIdToken)).info).identity.subject, 'x');
});

const signed = async ({privateKey}: SigningKey, claims: object) => {
	const jwt = await new SignJWT({iss: issuer, aud: 'my-cli', ...claims})
		.setProtectedHeader({alg: 'RS256', kid: 'one'})
		.sign(privateKey);
	return () => new Response(jwt, {headers: {'content-type': 'application/jwt; charset=utf-8'}});
};

test('O21, userinfo-signed: a signed answer counts only with a valid signature', async () => {
	assert.equal((await (await ask(await signed(key, {sub: 'user-1'}))).info).identity.subject, 'user-1');
	const forged = await signed(await createSigningKey('RS256', 'one'), {sub: 'user-1'});
	await assert.rejects((await ask(forged)).info, withCode('identity_check_failed', /signature/));
	await assert.rejects((await ask(await signed(key, {sub: 'user-2'}))).info, withCode('identity_check_failed', /sub/));
});

test('T04: a token that is no longer accepted is token_rejected; one that covers too little says so', async () => {
	const challenge =
		(error: string, status = 401) =>
		() =>
			new Response(null, {status, headers: {'www-authenticate': `Bearer error="${error}"`}});
	await assert.rejects((await ask(challenge('invalid_token'))).info, withCode('token_rejected', /no longer/));
	await assert.rejects(
		(await ask(challenge('insufficient_scope', 403))).info,
		withCode('token_rejected', /doesn't cover/),
	);
	await assert.rejects((await ask(() => new Response(null, {status: 401}))).info, withCode('token_rejected'));
	await assert.rejects((await ask(() => new Response(null, {status: 503}))).info, withCode('server_unavailable'));
});

test('4.2: without the endpoint the preset’s own address is asked, or it is said that there is none', async () => {
	const endpoints = {token: `${issuer}/token`};
	await assert.rejects((await ask(() => json({}), tokens, {endpoints})).info, withCode('config_error'));
	const identity = {from: {url: 'https://api.example.com/user'}, subject: 'id', name: 'login'};
	const {info} = await ask(() => json({id: 7, login: 'ada', plan: {}}), tokens, {endpoints, identity});
	assert.deepEqual(await info, {
		identity: {issuer, subject: '7', name: 'ada'},
		claims: {id: 7, login: 'ada', plan: {}},
	});
	const failing = (status: number) => ask(() => json({message: 'no'}, status), tokens, {endpoints, identity});
	await assert.rejects((await failing(401)).info, withCode('token_rejected'));
	await assert.rejects((await failing(500)).info, withCode('server_unavailable'));
});

test('a token that is not for userinfo, or a server without it, is told with the cause', async () => {
	const refused = () => new Response(null, {status: 401});
	const hintOf = async (from: TokenSet, settings: Partial<Provider>) => {
		const {info} = await ask(refused, from, settings);
		const {code, message, hint} = await refusal(info);
		return `${code}: ${message} ${hint}`;
	};
	assert.match(
		await hintOf(tokens, {resource: ['https://api.example.com/v1']}),
		/^token_rejected: The userinfo endpoint doesn't accept this token\. The token is for https:\/\/api\.example\.com\/v1\. To ask who you are, sign in/,
	);
	assert.match(await hintOf({...tokens, scope: 'read'}, {}), /doesn't accept this token\..*the scope openid/);
	assert.match(await hintOf(tokens, {}), /no longer accepts the access token/);
	const {claims: _, ...plainTokens} = tokens;
	const endpoints = {token: `${issuer}/token`};
	assert.match(await hintOf(plainTokens, {endpoints}), /no userinfo endpoint\. The server doesn't use OpenID Connect/);
	const known = {...plainTokens, identity: {issuer, subject: 'user-1'}};
	assert.match(await hintOf(known, {endpoints}), /no userinfo endpoint\. The server said who you are/);
	assert.match(await hintOf(plainTokens, {endpoints: {...endpoints, jwks: `${issuer}/jwks`}}), /scope openid/);
});
