import assert from 'node:assert/strict';
import {test, type TestContext} from 'node:test';
import {approvePage} from '../../source/demo/approve.js';
import {startDemo} from '../../source/demo/server.js';

const demo = async (t: TestContext) => {
	const server = await startDemo();
	t.after(async () => server.close());
	const post = async (url: string, parameters: Readonly<Record<string, string>>) =>
		fetch(url, {
			method: 'POST',
			body: new URLSearchParams({client_id: server.provider.clientId, ...parameters}),
			redirect: 'manual',
		});
	const device = async (scope: string) => {
		const response = await post(server.endpoints.deviceAuthorization, {scope});
		return (await response.json()) as Readonly<Record<'device_code' | 'verification_uri_complete', string>>;
	};
	const poll = async (deviceCode: string) => {
		const response = await post(server.endpoints.token, {
			grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
			device_code: deviceCode,
		});
		return (await response.json()) as Readonly<Record<string, unknown>>;
	};
	const authorizationUrl = (parameters: Readonly<Record<string, string>>) =>
		`${server.endpoints.authorization}?${new URLSearchParams(parameters).toString()}`;
	return {server, post, device, poll, authorizationUrl};
};

const request = {
	client_id: 'ink-login-demo',
	response_type: 'code',
	redirect_uri: 'http://127.0.0.1:49152/callback',
	state: 'the-state',
	code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
	code_challenge_method: 'S256',
};

const read = async (url: string): Promise<string> => (await fetch(url)).text();
const ticketOn = (page: string): string => /name="ticket" value="([\w-]+)"/.exec(page)?.[1] ?? assert.fail(page);

test('hostile scopes and codes are text on the page, and no script is allowed there', async t => {
	const {server, device, authorizationUrl} = await demo(t);
	const hostile = '"><script>alert(1)</script>\u202E';
	const {verification_uri_complete: complete} = await device(hostile);
	const typed = `${server.endpoints.verification}?user_code=${encodeURIComponent(hostile)}`;
	for (const url of [complete, typed, authorizationUrl({...request, scope: hostile})]) {
		const response = await fetch(url);
		assert.doesNotMatch(await response.text(), /<script|\u202E/);
		assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/);
	}
});

test('a declined authorization request goes back as an error, without the code', async t => {
	const {post, authorizationUrl} = await demo(t);
	const url = authorizationUrl({...request, scope: 'openid email'});
	const page = await read(url);
	assert.match(page, /Alice Demo[^]*email/);
	const declined = {ticket: ticketOn(page), decision: 'decline'};
	const {searchParams} = new URL((await post(url, declined)).headers.get('location') ?? '');
	assert.equal(searchParams.get('error'), 'access_denied');
	assert.equal(searchParams.get('state'), 'the-state');
	assert.equal(searchParams.has('code'), false);
	assert.equal((await post(url, {...declined, decision: 'approve'})).status, 400, 'a page counts once');
});

test('a request with an unregistered redirect URI cannot be approved', async t => {
	const {authorizationUrl} = await demo(t);
	const url = authorizationUrl({...request, redirect_uri: 'https://attacker.example/'});
	await assert.rejects(approvePage(url), /Nothing is waiting for approval/);
});

test('the page of a pushed request shows the scopes that were pushed', async t => {
	const {server, post, authorizationUrl} = await demo(t);
	const pushed = await post(server.endpoints.pushedAuthorization, {...request, scope: 'openid pushed:scope'});
	const {request_uri: requestUri} = (await pushed.json()) as {readonly request_uri: string};
	const url = authorizationUrl({client_id: request.client_id, request_uri: requestUri});
	assert.match(await read(url), /pushed:scope/);
});

test('a device code waits for its page, and is declined or approved there once', async t => {
	const {device, poll, post} = await demo(t);
	const declined = await device('openid');
	assert.equal((await poll(declined.device_code))['error'], 'authorization_pending');
	const ticket = ticketOn(await read(declined.verification_uri_complete));
	await post(declined.verification_uri_complete, {ticket, decision: 'decline'});
	assert.equal((await poll(declined.device_code))['error'], 'access_denied');

	const approved = await device('openid profile');
	await approvePage(approved.verification_uri_complete);
	assert.ok((await poll(approved.device_code))['id_token']);
	assert.match(await read(approved.verification_uri_complete), /code doesn&#39;t work/);
});

test('a taken port is the reason why the server does not start', async t => {
	const {server} = await demo(t);
	await assert.rejects(startDemo({port: Number(new URL(server.issuer).port)}), {code: 'port_in_use'});
});
