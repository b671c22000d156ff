import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {TokenSpoiler} from '../../source/testing/signing-key.js';
import {spoiledClaim, unsigned, withoutClaims, wrongSignature} from '../support/spoilers.js';
import {assertDiscarded, prepareLogin, refusal} from '../support/whole-login.js';

// The modules of the suite's plan oidcc-client-basic-certification-test-plan, by their own names.

const formOf = (body: string) => new URLSearchParams(body);

test('oidcc-client-test: authorization, tokens and userinfo', async () => {
	const login = await prepareLogin();
	const session = await login.browser();
	const {claims} = await login.engine.userInfo();
	assert.equal(session.identity?.subject, 'user-1');
	assert.equal(claims['sub'], 'user-1');

	const [authorization, ...others] = login.server.requestsTo('authorization');
	const [token] = login.server.requestsTo('token');
	assert.equal(others.length, 0);
	assert.ok(authorization!.parameters.get('scope')!.split(' ').includes('openid'));
	assert.equal(formOf(token!.body).get('redirect_uri'), authorization!.parameters.get('redirect_uri'));
	for (const {url} of login.server.requests) assert.doesNotMatch(url.search, /access[_-]token/);
});

const rejected: readonly (readonly [module: string, spoiler: TokenSpoiler])[] = [
	['oidcc-client-test-invalid-iss', spoiledClaim('iss')],
	['oidcc-client-test-missing-sub', withoutClaims('sub')],
	['oidcc-client-test-invalid-aud', spoiledClaim('aud')],
	['oidcc-client-test-missing-iat', withoutClaims('iat')],
	['oidcc-client-test-invalid-sig-rs256', {signature: wrongSignature}],
	['oidcc-client-test-nonce-invalid', spoiledClaim('nonce')],
];

for (const [module, idToken] of rejected) {
	test(`${module}: the ID token is refused, and its tokens are used for nothing`, async () => {
		const login = await prepareLogin({idToken});
		await refusal(login.browser(), 'identity_check_failed');
		await assertDiscarded(login);
	});
}

test('oidcc-client-test-idtoken-sig-none: an unsigned ID token is refused, though the metadata lists the algorithm', async () => {
	const login = await prepareLogin({
		metadata: metadata => ({...metadata, id_token_signing_alg_values_supported: ['RS256', 'none']}),
		idToken: unsigned,
	});
	await refusal(login.browser(), 'identity_check_failed');
	await assertDiscarded(login);
});

test('oidcc-client-test-idtoken-sig-rs256: a signature by RS256 is accepted', async () => {
	const login = await prepareLogin();
	assert.equal((await login.browser()).identity?.subject, 'user-1');
	assert.equal(login.server.requestsTo('jwks').length, 1);
});

const withoutKid: TokenSpoiler = {header: ({kid: _, ...header}) => header};

test('oidcc-client-test-kid-absent-single-jwks: the only key needs no name', async () => {
	const login = await prepareLogin({idToken: withoutKid});
	assert.equal((await login.browser()).identity?.subject, 'user-1');
});

test('oidcc-client-test-kid-absent-multiple-jwks: of several keys none is guessed', async () => {
	const login = await prepareLogin({idToken: withoutKid});
	await login.server.rotateKey({keep: true});
	await refusal(login.browser(), 'identity_check_failed');
	await assertDiscarded(login);
});

test('oidcc-client-test-userinfo-invalid-sub: userinfo about someone else is discarded', async () => {
	const login = await prepareLogin();
	const {identity} = await login.browser();
	login.server.answer('userInfo', {body: {sub: `${identity!.subject}invalid`, name: 'Mallory'}});
	const error = await refusal(login.engine.userInfo(), 'identity_check_failed');
	assert.doesNotMatch(error.message, /Mallory/);
});

test('oidcc-client-test-scope-userinfo-claims: what the scopes ask for is read from userinfo', async () => {
	const address = {country: 'GB', locality: 'London'};
	const user = {sub: 'user-1', name: 'Ada', email: 'ada@example.com', phone_number: '+44 20 7946 0000', address};
	const scope = 'openid profile email phone address';
	const login = await prepareLogin({user}, {scope});
	await login.browser();
	assert.equal(login.server.requestsTo('authorization')[0]!.parameters.get('scope'), scope);
	const {identity, claims} = await login.engine.userInfo();
	assert.deepEqual({...claims}, user);
	assert.equal(identity.email, 'ada@example.com');
});

test('oidcc-client-test-client-secret-basic: the client authenticates by Basic where the server has nothing else', async () => {
	const login = await prepareLogin({
		client: {id: 'cli', secret: 's3cret%+'},
		metadata: metadata => ({...metadata, token_endpoint_auth_methods_supported: ['client_secret_basic']}),
	});
	await login.browser();
	const [token] = login.server.requestsTo('token');
	assert.equal(Buffer.from(token!.headers['authorization']!.slice(6), 'base64').toString(), 'cli:s3cret%25%2B');
	assert.equal(formOf(token!.body).has('client_secret'), false);
});
