import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {TokenSpoiler} from '../../source/testing/signing-key.js';
import {es256, signedWithSecret, spoiledClaim, withoutClaims, wrongSignature} from '../support/spoilers.js';
import {assertDiscarded, prepareLogin, providerIssuer, refusal} from '../support/whole-login.js';

// Those modules of oidcc-client-test-plan that fit a command-line client and the code flow.

for (const [module, idToken] of [
	['oidcc-client-test-missing-aud', withoutClaims('aud')],
	['oidcc-client-test-invalid-athash', spoiledClaim('at_hash')],
] as const satisfies readonly (readonly [string, TokenSpoiler])[]) {
	test(`${module}: the ID token is refused, and its tokens are used for nothing`, async () => {
		const login = await prepareLogin({idToken});
		await refusal(login.browser(), 'identity_check_failed');
		await assertDiscarded(login);
	});
}

test('oidcc-client-test-missing-athash: the code flow may do without', async () => {
	const login = await prepareLogin({idToken: withoutClaims('at_hash')});
	assert.equal((await login.browser()).identity?.subject, 'user-1');
});

/** A server that signs with ES256 alone. */
const ellipticServer = (spoil: (signature: string) => string = signature => signature) => {
	const {jwk, idToken} = es256();
	return {
		metadata: (metadata: object) => ({...metadata, id_token_signing_alg_values_supported: ['ES256']}),
		responses: {jwks: {body: {keys: [jwk]}}},
		idToken: {...idToken, signature: (...given: [string, string]) => spoil(idToken.signature!(...given))},
	};
};

test('oidcc-client-test-invalid-sig-es256: a wrong signature is refused, where a right one is accepted', async () => {
	assert.equal((await (await prepareLogin(ellipticServer())).browser()).identity?.subject, 'user-1');
	const login = await prepareLogin(ellipticServer(wrongSignature));
	await refusal(login.browser(), 'identity_check_failed');
	await assertDiscarded(login);
});

test('oidcc-client-test-invalid-sig-hs256: a shared secret signs no ID token, neither wrongly nor rightly', async () => {
	const secret = 'a secret that the client has as well';
	for (const key of ['another secret', secret]) {
		const login = await prepareLogin({
			client: {id: 'cli', secret},
			metadata: metadata => ({...metadata, id_token_signing_alg_values_supported: ['HS256', 'RS256']}),
			idToken: signedWithSecret(key),
		});
		await refusal(login.browser(), 'identity_check_failed');
		await assertDiscarded(login);
	}
});

test('oidcc-client-test-userinfo-bearer-header: the access token goes into the header and nowhere else', async () => {
	const login = await prepareLogin();
	await login.browser();
	await login.engine.userInfo();
	const [request] = login.server.requestsTo('userInfo');
	assert.equal(request!.headers['authorization'], `Bearer ${await login.engine.token()}`);
	assert.equal(request!.method, 'GET');
	assert.equal(request!.url.search + request!.body, '');
});

test('oidcc-client-test-userinfo-signed: a signed answer is verified and read', async () => {
	const login = await prepareLogin();
	await login.browser();
	const claims = {iss: providerIssuer, aud: 'test-client', sub: 'user-1', name: 'Ada'};
	const jwt = login.server.sign(claims);
	const headers = {'content-type': 'application/jwt'};
	login.server.answer('userInfo', {headers, body: jwt}, {headers, body: wrongSignatureOf(jwt)});
	assert.equal((await login.engine.userInfo()).claims['name'], 'Ada');
	await refusal(login.engine.userInfo(), 'identity_check_failed');
});

const wrongSignatureOf = (jwt: string): string => {
	const [header, payload, signature = ''] = jwt.split('.');
	return [header, payload, wrongSignature(signature)].join('.');
};

for (const [module, source] of [
	['oidcc-client-test-aggregated-claims', {JWT: 'eyJhbGciOiJub25lIn0.e30.'}],
	['oidcc-client-test-distributed-claims', {endpoint: `${providerIssuer}/userinfo`, access_token: 'x'}],
] as const) {
	test(`${module}: claims that stand elsewhere neither break anything nor are gone for`, async () => {
		const login = await prepareLogin({
			user: {sub: 'user-1', name: 'Ada Lovelace', _claim_names: {credit_score: 'bank'}, _claim_sources: {bank: source}},
		});
		await login.browser();
		const {identity, claims} = await login.engine.userInfo();
		assert.equal(identity.subject, 'user-1');
		assert.deepEqual(claims['_claim_names'], {credit_score: 'bank'});
		assert.equal(login.server.requestsTo('userInfo').length, 1);
	});
}
