import assert from 'node:assert/strict';
import {test} from 'node:test';
import {prepareLogin, refusal} from '../support/whole-login.js';

// The modules of oidcc-client-refreshtoken-test-plan, by their own names.

test('oidcc-client-test-refresh-token: the refreshed access token is the one that userinfo gets', async () => {
	const login = await prepareLogin();
	await login.browser();
	const before = await login.engine.token();
	const after = await login.engine.token({rejected: before});
	assert.notEqual(after, before);
	await login.engine.userInfo();
	assert.equal(login.server.requestsTo('userInfo')[0]!.headers['authorization'], `Bearer ${after}`);
});

for (const [module, claim] of [
	['oidcc-client-test-refresh-token-invalid-issuer', 'iss'],
	['oidcc-client-test-refresh-token-invalid-sub', 'sub'],
] as const) {
	test(`${module}: the refreshed tokens are refused, and the session stays as it was`, async () => {
		const login = await prepareLogin();
		await login.browser();
		const before = await login.store.read('default');
		login.server.script.idToken = {claims: claims => ({...claims, [claim]: `${String(claims[claim])}1`})};
		await refusal(login.engine.token({rejected: before!.tokens.accessToken}), 'person_required');
		assert.deepEqual((await login.store.read('default'))?.tokens, before?.tokens);
	});
}
