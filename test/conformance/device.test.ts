import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {ScriptedResponse} from '../../source/testing/index.js';
import type {TokenSpoiler} from '../../source/testing/signing-key.js';
import {es256, spoiledClaim, unsigned, withClaims, withoutClaims, wrongSignature} from '../support/spoilers.js';
import {assertDiscarded, eventsOf, prepareDeviceLogin} from '../support/whole-login.js';

// No suite covers RFC 8628. These are modelled on the polling tests of the CIBA plan; the responses by
// status are in test/engine/flows/device.test.ts.

const error = (code: string): ScriptedResponse => ({status: 400, body: {error: code}});
const pending = error('authorization_pending');

test('D13, device-respects-interval-test: an interval of 31 seconds is waited for before each poll', async () => {
	const login = await prepareDeviceLogin({interval: 31, responses: {token: [pending, pending]}});
	assert.equal((await login.device()).session?.identity?.subject, 'user-1');
	assert.equal(login.waits().length, 3);
	for (const wait of login.waits()) assert.ok(wait >= 31, `${wait} s`);
});

test('D14, device-slow-down-test: after a slow_down at the second poll the next comes ten seconds later or more', async () => {
	const login = await prepareDeviceLogin({interval: 5, responses: {token: [pending, error('slow_down'), pending]}});
	assert.equal((await login.device()).session?.identity?.subject, 'user-1');
	const [first = 0, second = 0, ...later] = login.waits();
	assert.ok(first >= 5 && second >= 5);
	assert.equal(later.length, 2);
	for (const wait of later) assert.ok(wait >= 10, `${wait} s`);
});

for (const code of ['access_denied', 'expired_token'] as const) {
	test(`D16, D18, device-invalid-${code.replace('_', '-')}-test: at the third poll, and no request afterwards`, async () => {
		const login = await prepareDeviceLogin({responses: {token: [pending, pending, error(code)]}});
		const ended = await login.device(() => undefined);
		assert.equal(ended.error?.code, code);
		await login.clock.advance(3_600_000);
		assert.equal(login.server.requestsTo('token').length, 3);
	});
}

for (const [module, member] of [
	['device-invalid-missing-device-code-test', 'device_code'],
	['device-invalid-missing-user-code-test', 'user_code'],
	['device-invalid-missing-verification-uri-test', 'verification_uri'],
	['device-invalid-missing-expires-in-test', 'expires_in'],
] as const) {
	test(`D05, ${module}: the response is refused, and nothing polled`, async () => {
		const login = await prepareDeviceLogin();
		login.server.answer('deviceAuthorization', async (_request, conforming) => {
			const reply = await conforming();
			return {...reply, body: {...(reply.body as object), [member]: undefined}};
		});
		const ended = await login.device(() => undefined);
		assert.equal(ended.error?.code, 'bad_response');
		assert.match(ended.error.message, new RegExp(member));
		assert.equal(login.server.requestsTo('token').length, 0);
	});
}

test('F05, F06, device-no-scope-in-token-endpoint-response-test: the requested scope counts, and the end is unknown', async () => {
	const login = await prepareDeviceLogin();
	login.server.answer('token', async (_request, conforming) => {
		const reply = await conforming();
		return {...reply, body: {...(reply.body as object), scope: undefined, expires_in: undefined}};
	});
	const {session} = await login.device();
	assert.equal(session?.scope, 'openid profile email offline_access');
	assert.equal(session.expiresAt, undefined);
});

const week = 7 * 24 * 3600;

for (const [module, idToken] of [
	['invalid-signature', {signature: wrongSignature}],
	['invalid-null-alg', unsigned],
	['invalid-alternate-alg', es256().idToken],
	['invalid-aud', spoiledClaim('aud')],
	['invalid-secondary-aud', withClaims(({aud}) => ({aud: [aud, 'another-client']}))],
	['invalid-iss', spoiledClaim('iss')],
	['invalid-missing-aud', withoutClaims('aud')],
	['invalid-missing-exp', withoutClaims('exp')],
	['invalid-missing-iat', withoutClaims('iat')],
	['invalid-missing-iss', withoutClaims('iss')],
	['invalid-missing-sub', withoutClaims('sub')],
	['invalid-iat-is-week-in-past', withClaims(({iat}) => ({iat: Number(iat) - week}))],
	['invalid-expired-exp', withClaims(({iat}) => ({exp: Number(iat) - 360}))],
] as const satisfies readonly (readonly [string, TokenSpoiler])[]) {
	test(`device-${module}-test: the ID token is refused, and its tokens are used for nothing`, async () => {
		const login = await prepareDeviceLogin({idToken});
		const ended = await login.device();
		assert.equal(ended.error?.code, 'identity_check_failed');
		assert.equal(login.server.requestsTo('token').length, 1, 'the code is not asked with again');
		await assertDiscarded(login);
	});
}

test('device-valid-aud-as-array-test: a list with this client alone is an audience', async () => {
	const login = await prepareDeviceLogin({idToken: withClaims(({aud}) => ({aud: [aud]}))});
	assert.equal((await login.device()).session?.identity?.subject, 'user-1');
});

test('device-refresh-token-test: a token that is refused at the resource is refreshed once, and asked with again', async () => {
	const login = await prepareDeviceLogin();
	await login.device();
	login.server.answer('userInfo', {status: 401, headers: {'www-authenticate': 'Bearer error="invalid_token"'}});
	assert.equal((await login.engine.userInfo()).identity.subject, 'user-1');
	assert.equal(login.server.requestsTo('userInfo').length, 2);
	assert.equal(login.server.requestsTo('token').filter(({body}) => body.includes('refresh_token')).length, 1);
});

test('D08, D10, D11, device-code-is-shown: with the address that has the code in it come the plain one and the code', async () => {
	const login = await prepareDeviceLogin();
	const {events} = await login.device();
	const [code] = eventsOf(events, 'device-code');
	assert.equal(new URL(code!.verificationUriComplete!).searchParams.get('user_code'), code!.userCode);
	assert.equal(code!.verificationUri, login.server.endpoints.verification);
});

test('D24: a code is shown as it was given, whatever its form', async () => {
	for (const userCode of ['JTTT-BBGQ', '2W8Y-G4Z0', 'BDHWX4A3', 'bdhw x4a3', '123 456 789', 'K4.77_z']) {
		const login = await prepareDeviceLogin();
		login.server.answer('deviceAuthorization', async (_request, conforming) => {
			const reply = await conforming();
			return {...reply, body: {...(reply.body as object), user_code: userCode}};
		});
		const {events} = await login.device(() => login.server.approve());
		assert.equal(eventsOf(events, 'device-code')[0]!.userCode, userCode);
	}
});
