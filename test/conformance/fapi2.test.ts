import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {ServerScript} from '../../source/testing/index.js';
import type {TokenSpoiler} from '../../source/testing/signing-key.js';
import {es256, spoiledClaim, unsigned, withClaims, withoutClaims} from '../support/spoilers.js';
import {assertDiscarded, prepareLogin, refusal} from '../support/whole-login.js';

// Those modules of the FAPI 2.0 client plan that judge a code flow with PKCE, PAR and iss.
const name = (module: string) => `fapi2-security-profile-final-client-test-${module}`;

test(`${name('happy-path')}: pushed, with S256 and iss, from the request to userinfo`, async () => {
	const login = await prepareLogin({requirePushedAuthorization: true});
	await login.browser();
	await login.engine.userInfo();
	const [pushed] = login.server.requestsTo('pushedAuthorization');
	assert.equal(pushed!.parameters.get('code_challenge_method'), 'S256');
	const [authorization] = login.server.requestsTo('authorization');
	assert.deepEqual([...authorization!.parameters.keys()].sort(), ['client_id', 'request_uri']);
});

test(`${name('discovery-issuer-mismatch')}: nobody is asked to sign in`, async () => {
	const login = await prepareLogin({metadata: metadata => ({...metadata, issuer: 'https://another.example.test'})});
	await refusal(login.browser(), 'config_error');
	assert.equal(login.server.requestsTo('authorization').length, 0);
});

const changedResponse = (change: (answer: URLSearchParams) => void): ServerScript => ({
	callback(answer) {
		change(answer);
		return answer;
	},
});

for (const [module, change] of [
	['invalid-authorization-response-iss', answer => answer.set('iss', `${answer.get('iss') ?? ''}1`)],
	['remove-authorization-response-iss', answer => answer.delete('iss')],
] as const satisfies readonly (readonly [string, (answer: URLSearchParams) => void])[]) {
	test(`${name(module)}: the code goes to no token endpoint`, async () => {
		const login = await prepareLogin(changedResponse(change));
		await refusal(login.browser(), 'identity_check_failed');
		assert.equal(login.server.requestsTo('token').length, 0);
		await assertDiscarded(login);
	});
}

for (const [module, change] of [
	['ensure-authorization-response-with-invalid-state-fails', answer => answer.set('state', 'x')],
	['ensure-authorization-response-with-invalid-missing-state-fails', answer => answer.delete('state')],
] as const satisfies readonly (readonly [string, (answer: URLSearchParams) => void])[]) {
	test(`${name(module)}: the response is not ours, and the login waits on`, async () => {
		const {server, engine} = await prepareLogin(changedResponse(change));
		const run = engine.login({flow: 'browser'});
		for await (const {type} of run) {
			if (type === 'callback-ignored') break;
		}

		assert.equal(run.state.phase, 'signing-in');
		await run.cancel();
		assert.equal(server.requestsTo('token').length, 0);
	});
}

const minutes = 60;

for (const [module, idToken] of [
	['invalid-iss', spoiledClaim('iss')],
	['invalid-aud', spoiledClaim('aud')],
	['invalid-secondary-aud', withClaims(({aud}) => ({aud: [aud, 'another-client']}))],
	['invalid-missing-aud', withoutClaims('aud')],
	['invalid-missing-exp', withoutClaims('exp')],
	['invalid-missing-iss', withoutClaims('iss')],
	['invalid-missing-nonce', withoutClaims('nonce')],
	['invalid-nonce', spoiledClaim('nonce')],
	['invalid-expired-exp', withClaims(({iat}) => ({exp: Number(iat) - 6 * minutes}))],
	['invalid-null-alg', unsigned],
	['invalid-alternate-alg', es256().idToken],
] as const satisfies readonly (readonly [string, TokenSpoiler])[]) {
	test(`${name(module)}: the ID token is refused, and its tokens are used for nothing`, async () => {
		const login = await prepareLogin({idToken});
		await refusal(login.browser(), 'identity_check_failed');
		await assertDiscarded(login);
	});
}

test(`${name('valid-aud-as-array')}: a list with this client alone is an audience`, async () => {
	const login = await prepareLogin({idToken: withClaims(({aud}) => ({aud: [aud]}))});
	assert.equal((await login.browser()).identity?.subject, 'user-1');
});

for (const tokenType of ['bearer', 'BEARER', 'bEaReR']) {
	test(`${name('token-type-case-insensitivity')}: ${tokenType} is a bearer token`, async () => {
		const login = await prepareLogin();
		login.server.answer('token', async (_request, conforming) => {
			const reply = await conforming();
			return {...reply, body: {...(reply.body as object), token_type: tokenType}};
		});
		await login.browser();
		await login.engine.userInfo();
	});
}

test(`${name('token-endpoint-response-without-expires_in')}: the token is taken, its end unknown`, async () => {
	const login = await prepareLogin({accessTokenLifetime: undefined});
	assert.equal((await login.browser()).expiresAt, undefined);
	await login.engine.userInfo();
});

test(`${name('refresh-token-test')}: a token that is refused at the resource is refreshed once, and asked with again`, async () => {
	const login = await prepareLogin();
	await login.browser();
	const headers = {'www-authenticate': 'Bearer error="invalid_token"'};
	login.server.answer('userInfo', {status: 401, headers});
	assert.equal((await login.engine.userInfo()).identity.subject, 'user-1');
	const [first, second, ...more] = login.server.requestsTo('userInfo').map(request => request.headers['authorization']);
	assert.notEqual(first, second);
	assert.deepEqual(more, []);
});
