import assert from 'node:assert/strict';
import {test} from 'node:test';
import {inspect} from 'node:util';
import {LoginError} from '../../source/core/errors.js';
import {requestDeviceAuthorization, requestDeviceToken} from '../../source/oauth/device-authorization.js';
import {createSigningKey, signIdToken} from '../support/id-tokens.js';
import {issuer, json, testContext, testTime, type Sent} from '../support/protocol-context.js';

const code = (expected: string) => (error: unknown) => {
	assert.ok(error instanceof LoginError, inspect(error));
	assert.equal(error.code, expected, error.message);
	assert.notEqual(error.hint, '');
	return true;
};

const deviceResponse = {
	device_code: 'device-canary',
	user_code: 'JTTT-BBGQ',
	verification_uri: `${issuer}/activate`,
	verification_uri_complete: `${issuer}/activate?user_code=JTTT-BBGQ`,
	expires_in: 600,
	interval: 5,
};

const authorize = async (answer: unknown, status = 200, settings = {}) => {
	const context = await testContext({'/device': () => json(answer, status)}, settings);
	return {result: requestDeviceAuthorization(context), sent: context.sent};
};

const poll = async (answer: (sent: Sent) => Response | Promise<Response>, settings = {}) => {
	const context = await testContext({'/token': answer}, settings);
	return requestDeviceToken(context, 'device-canary');
};

test('D01: the request is a form POST with client_id, scope, audience, resource and extra parameters, empty ones left out', async () => {
	const {result, sent} = await authorize(deviceResponse, 200, {
		audience: 'https://api.example.com',
		resource: ['https://a.example', 'https://b.example'],
		parameters: {device: {organization: 'org-1'}},
	});
	await result;
	const [request] = sent;
	assert.equal(request?.method, 'POST');
	assert.equal(request.headers.get('content-type'), 'application/x-www-form-urlencoded;charset=UTF-8');
	assert.deepEqual(
		[...request.form],
		[
			['organization', 'org-1'],
			['audience', 'https://api.example.com'],
			['scope', 'openid profile'],
			['resource', 'https://a.example'],
			['resource', 'https://b.example'],
			['client_id', 'my-cli'],
		],
	);
	const plain = await authorize(deviceResponse, 200, {scope: ''});
	await plain.result;
	assert.deepEqual([...(plain.sent[0]?.form.keys() ?? [])], ['client_id']);
});

test('D06, D07: a missing interval means five seconds, and the complete address may be missing', async () => {
	const {interval: _, verification_uri_complete: __, ...rest} = deviceResponse;
	const {result} = await authorize(rest);
	assert.deepEqual(await result, {
		deviceCode: 'device-canary',
		userCode: 'JTTT-BBGQ',
		verificationUri: `${issuer}/activate`,
		expiresIn: 600,
		interval: 5,
	});
});

test('D05: a response without device_code, user_code, verification_uri or expires_in is refused, and the member named', async () => {
	for (const member of ['device_code', 'user_code', 'verification_uri', 'expires_in']) {
		const {result} = await authorize({...deviceResponse, [member]: undefined});
		await assert.rejects(result, (error: LoginError) => code('bad_response')(error) && error.message.includes(member));
	}
});

test('D20: a server without the endpoint is device_unsupported, and nothing is sent', async () => {
	const context = await testContext({}, {endpoints: {token: `${issuer}/token`}});
	await assert.rejects(requestDeviceAuthorization(context), code('device_unsupported'));
	assert.equal(context.sent.length, 0);
});

test('authentik: an endpoint that answers 404 is device_unsupported, with its status', async () => {
	const context = await testContext({'/device': () => new Response('<html>', {status: 404})});
	await assert.rejects(requestDeviceAuthorization(context), code('device_unsupported'));
});

test('A8, S1: the user code is cleaned for the terminal', async () => {
	const {result} = await authorize({...deviceResponse, user_code: '\u001B]0;owned\u0007AB\u202ECD\r\n'});
	assert.equal((await result).userCode, 'ABCD');
	const nothing = await authorize({...deviceResponse, user_code: '\u001B[2K\u200B'});
	await assert.rejects(nothing.result, code('bad_response'));
});

test('the complete link is used on the origin of the plain one alone', async () => {
	for (const [complete, expected] of [
		[`${issuer}/other?user_code=JTTT-BBGQ`, `${issuer}/other?user_code=JTTT-BBGQ`],
		['https://evil.example/steal?user_code=JTTT-BBGQ', undefined],
		[`${issuer}:8443/activate?user_code=JTTT-BBGQ`, undefined],
	] as const) {
		const {result} = await authorize({...deviceResponse, verification_uri_complete: complete});
		assert.equal((await result).verificationUriComplete, expected);
	}
});

test('A8, S3, S4: only a safe address is shown, in its parsed form', async () => {
	for (const address of [
		'javascript:alert(1)',
		'file:///etc/passwd',
		'http://login.example.com/',
		'https://a@login.example.com',
		'activate',
		'https://169.254.169.254/',
		'http://127.0.0.1/',
	]) {
		const {result} = await authorize({...deviceResponse, verification_uri: address});
		await assert.rejects(result, code('bad_response'), address);
		const complete = await authorize({...deviceResponse, verification_uri_complete: address});
		assert.equal((await complete.result).verificationUriComplete, undefined);
	}

	const {result} = await authorize({...deviceResponse, verification_uri: `${issuer}/device\u001B[2K`});
	assert.equal((await result).verificationUri, `${issuer}/device%1B[2K`);
});

test('demand 38, S3: an address on a host that nobody connects with the issuer is marked', async () => {
	const isMarked = async (address: string) =>
		(await (await authorize({...deviceResponse, verification_uri: address})).result).onForeignHost;
	assert.equal(await isMarked(`${issuer}/activate`), undefined);
	assert.equal(await isMarked(`https://www.${new URL(issuer).hostname}/activate`), undefined);
	assert.equal(await isMarked('https://evil.example/activate'), true);
});

test('A13: a device code that no request can carry is refused without being shown', async () => {
	const {result} = await authorize({...deviceResponse, device_code: 'canary\r\n'});
	await assert.rejects(
		result,
		(error: LoginError) => code('bad_response')(error) && !inspect(error).includes('canary'),
	);
});

test('D12, D04: a poll sends the grant type, the device code, and the client as at the other endpoint', async () => {
	let sent: Sent | undefined;
	await poll(
		request => {
			sent = request;
			return json({error: 'authorization_pending'}, 400);
		},
		{clientSecret: 's3cret', resource: ['https://a.example'], parameters: {token: {extra: '1'}}},
	);
	assert.deepEqual(Object.fromEntries(sent?.form ?? []), {
		extra: '1',
		resource: 'https://a.example',
		device_code: 'device-canary',
		grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
		client_id: 'my-cli',
		client_secret: 's3cret',
	});
});

for (const status of [400, 200, 401, 403, 428, 429, 500]) {
	const answer = (error: string, more = {}) => poll(() => json({error, ...more}, status));

	test(`D15: with ${status} authorization_pending is pending`, async () => {
		assert.deepEqual(await answer('authorization_pending'), {kind: 'pending', retryAfter: undefined});
	});

	test(`D14: with ${status} slow_down is slow-down, with the interval that it names`, async () => {
		assert.deepEqual(await answer('slow_down', {interval: 12}), {
			kind: 'slow-down',
			interval: 12,
			retryAfter: undefined,
		});
		assert.deepEqual(await answer('slow_down'), {kind: 'slow-down', interval: undefined, retryAfter: undefined});
	});

	test(`D16: with ${status} any other error ends the polling`, async () => {
		for (const error of ['access_denied', 'expired_token', 'invalid_grant', 'invalid_client']) {
			await assert.rejects(answer(error), code(error));
		}

		if (status < 500 && status !== 429) await assert.rejects(answer('no_such_code'), code('server_rejected'));
	});
}

test('D17: what is no response is transient: no connection, a timeout, 408, 5xx, a proxy’s page', async () => {
	const failed = Object.assign(new TypeError('fetch failed'), {
		cause: Object.assign(new Error('x'), {code: 'ECONNREFUSED'}),
	});
	const timeout = new DOMException('too slow', 'TimeoutError');
	const responses: (() => Response)[] = [
		() => {
			throw failed;
		},
		() => {
			throw timeout;
		},
		() => new Response('', {status: 408}),
		() => json({error: 'Request Timeout'}, 408),
		() => new Response('<html>Bad gateway</html>', {status: 502, headers: {'content-type': 'text/html'}}),
		() => json({error: 'Internal Server Error'}, 500),
		() => json({error: 'server_error'}, 400),
	];
	for (const answer of responses) {
		const result = await poll(answer);
		assert.equal(result.kind, 'transient');
		assert.ok('reason' in result && result.reason.length > 10);
	}
});

test('4.3: Retry-After is passed on, in seconds or as a date by the server’s own clock', async () => {
	const busy = (headers: Record<string, string>) => poll(() => new Response('', {status: 503, headers}));
	assert.equal(((await busy({'retry-after': '17'})) as {retryAfter?: number}).retryAfter, 17);
	const date = new Date(testTime - 86_400_000).toUTCString();
	const later = new Date(testTime - 86_400_000 + 30_000).toUTCString();
	assert.equal(((await busy({'retry-after': later, date})) as {retryAfter?: number}).retryAfter, 30);
	assert.equal(((await busy({'retry-after': 'soon'})) as {retryAfter?: number}).retryAfter, undefined);
	assert.equal(((await busy({'retry-after': '9'.repeat(30)})) as {retryAfter?: number}).retryAfter, 86_400);
});

test('a certificate that is not trusted ends the polling, as does a page in the place of a response', async () => {
	const untrusted = Object.assign(new TypeError('fetch failed'), {
		cause: Object.assign(new Error('x'), {code: 'DEPTH_ZERO_SELF_SIGNED_CERT'}),
	});
	await assert.rejects(
		poll(() => {
			throw untrusted;
		}),
		code('tls_error'),
	);
	await assert.rejects(
		poll(() => new Response('<html>', {headers: {'content-type': 'text/html'}})),
		code('bad_response'),
	);
});

test('a code that brought tokens is not asked for again, even where the keys of the server cannot be had', async () => {
	const idToken = await signIdToken(await createSigningKey());
	const context = await testContext(
		{
			'/token': () => json({access_token: 'a', token_type: 'Bearer', id_token: idToken}),
			'/jwks': () => new Response(null, {status: 500}),
		},
		{idTokenAlgorithms: ['ES256']},
	);
	await assert.rejects(requestDeviceToken(context, 'x'), code('server_unavailable'));
});

test('authentik: a server that has had too many requests for a code says so, and when to come back', async () => {
	const responses = [
		() => json({error: 'slow_down'}, 429, {'retry-after': '90'}),
		() => new Response('', {status: 429, headers: {'retry-after': '90'}}),
	];
	for (const answer of responses) {
		const context = await testContext({'/device': answer});
		await assert.rejects(
			requestDeviceAuthorization(context),
			(error: LoginError) =>
				code('server_unavailable')(error) &&
				error.message.includes('too many requests') &&
				error.hint === 'Try again in 90 seconds.',
		);
	}
});

test('D19: an abort during a poll is cancelled, and no request follows one', async () => {
	const controller = new AbortController();
	const context = await testContext(
		{
			'/token'() {
				controller.abort();
				throw new DOMException('aborted', 'AbortError');
			},
		},
		{},
		{signal: controller.signal},
	);
	await assert.rejects(requestDeviceToken(context, 'x'), code('cancelled'));
	await assert.rejects(requestDeviceToken(context, 'x'), code('cancelled'));
	assert.equal(context.sent.length, 1);
});

test('F05, F06: tokens without scope and lifetime have the requested scope and an unknown expiry', async () => {
	const result = await poll(() => json({access_token: 'a', token_type: 'Bearer'}));
	assert.deepEqual(result, {
		kind: 'tokens',
		tokens: {
			accessToken: 'a',
			tokenType: 'bearer',
			issuedAt: testTime,
			scope: 'openid profile',
		},
	});
});

test('better-auth: the JSON request format keeps repeated keys as lists', async () => {
	let sent: Sent | undefined;
	const context = await testContext(
		{
			'/device'(request) {
				sent = request;
				return json(deviceResponse);
			},
		},
		{dialect: {requestFormat: 'json'}, resource: ['https://a.example', 'https://b.example']},
	);
	await requestDeviceAuthorization(context);
	assert.equal(sent?.headers.get('content-type'), 'application/json');
	assert.deepEqual(JSON.parse(sent.text), {
		client_id: 'my-cli',
		scope: 'openid profile',
		resource: ['https://a.example', 'https://b.example'],
	});
});

test('better-auth: a server that takes no forms says so, and is asked again in JSON', async () => {
	const types: (string | null)[] = [];
	const context = await testContext({
		'/device'({headers}) {
			types.push(headers.get('content-type'));
			return types.length === 1 ? json({code: 'UNSUPPORTED_MEDIA_TYPE'}, 415) : json(deviceResponse);
		},
	});
	assert.equal((await requestDeviceAuthorization(context)).userCode, 'JTTT-BBGQ');
	assert.equal(types.length, 2);
	assert.equal(types[1], 'application/json');
	assert.equal((JSON.parse(context.sent.at(-1)?.text ?? '') as {client_id?: string}).client_id, 'my-cli');
});

test('a server that refused a form gets JSON at once from then on, until it refuses that', async () => {
	let refused = 'application/x-www-form-urlencoded;charset=UTF-8';
	const context = await testContext({
		'/device': ({headers}) => (headers.get('content-type') === refused ? json({}, 415) : json(deviceResponse)),
	});
	const ask = async () => {
		const before = context.sent.length;
		await requestDeviceAuthorization(context);
		return context.sent.length - before;
	};
	assert.deepEqual([await ask(), await ask()], [2, 1]);
	refused = 'application/json';
	assert.deepEqual([await ask(), await ask()], [2, 1]);
});

test('a server that takes neither form nor JSON is asked twice and no more', async () => {
	const context = await testContext({'/device': () => json({}, 415)});
	await assert.rejects(requestDeviceAuthorization(context), code('bad_response'));
	assert.equal(context.sent.length, 2);
});
