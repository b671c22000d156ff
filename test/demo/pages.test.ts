import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {test} from 'node:test';
import {pageHeaders} from '../../source/demo/page.js';
import {
	consentPage,
	deviceCodePage,
	deviceConfirmationPage,
	deviceEndPage,
	errorPage,
	signInPage,
	type AuthorizationFacts,
} from '../../source/demo/pages.js';
import {demoServer} from '../support/demo-server.js';
import {clientOf} from './oauth-client.js';

const hostile = '<script>alert(1)</script>"\'\u202E';
const request: AuthorizationFacts = {
	application: 'Acme',
	scope: 'openid email acme:read',
	userCode: 'WDJB-MJHT',
	requestedAt: Date.UTC(2026, 10, 21, 17, 5, 9),
	address: '192.0.2.7',
};
const hostileRequest: AuthorizationFacts = {
	application: hostile,
	scope: hostile,
	userCode: hostile,
	requestedAt: 0,
	address: hostile,
	responseTo: hostile,
};
const person = {login: 'alice', name: 'Alice Demo', email: 'alice@example.test'};

const pages: Readonly<Record<string, string>> = {
	'sign-in': signInPage({application: hostile, loginHint: hostile}),
	'refused name': signInPage({application: hostile, loginHint: '', rejectedLogin: hostile}),
	consent: consentPage({person, request: hostileRequest}),
	'code input': deviceCodePage({xsrf: '"><script>', userCode: hostile, problem: '<script>'}),
	confirmation: deviceConfirmationPage({xsrf: '"><script>', userCode: hostile, request: hostileRequest}),
	approved: deviceEndPage('approved', hostile),
	declined: deviceEndPage('declined'),
	error: errorPage(hostile),
};

for (const [name, page] of Object.entries(pages)) {
	test(`the ${name} page has no script, nothing from elsewhere, and no foreign markup`, () => {
		assert.doesNotMatch(page, /<script|javascript:|\son\w+=|<link|<img|<iframe|@import|url\(|https?:|\u202E/i);
		assert.match(page, /<meta name="viewport" content="width=device-width, initial-scale=1"/);
		assert.match(page, /prefers-color-scheme: dark/);
		assert.match(page, /<svg/);
	});
}

test('the policy allows the one style sheet and nothing else', () => {
	const style = /<style>(.*)<\/style>/s.exec(errorPage('it is late'))?.[1] ?? '';
	const hash = createHash('sha256').update(style).digest('base64');
	const policy = pageHeaders['content-security-policy'];
	assert.ok(policy.startsWith(`default-src 'none'; style-src 'sha256-${hash}';`));
	assert.match(policy, /frame-ancestors 'none'/);
});

test('consent and confirmation show application, code, time and requesting address', () => {
	const confirmation = deviceConfirmationPage({xsrf: 'x', userCode: 'WDJB-MJHT', request});
	for (const page of [consentPage({person, request}), confirmation]) {
		for (const fact of ['Acme', 'WDJB-MJHT', '192.0.2.7', '2026-11-21T17:05:09.000Z', 'acme:read']) {
			assert.ok(page.includes(fact), `${fact} is missing`);
		}
	}
});

test('declining is as easy as approving: beside it, one press, the same size', () => {
	const confirmation = deviceConfirmationPage({xsrf: 'x', userCode: 'WDJB-MJHT', request});
	for (const page of [consentPage({person, request}), confirmation]) {
		const [, buttons = ''] = /<div class="buttons">(.*?)<\/div>/s.exec(page) ?? [];
		assert.match(buttons, /^\s*<button class="deny"[^>]*>Decline<\/button>\s*<button class="approve"/);
	}
});

test('every page is served with the policy, and a stranger to a sign-in is told so', async t => {
	const server = await demoServer(t);
	const device = await clientOf(server).deviceAuthorization();
	const addresses = [
		`${server.issuer}/device`,
		`${server.issuer}/device?user_code=BBBB-BBBB`,
		`${server.issuer}/device?user_code=%3Cscript%3E`,
		device['verification_uri_complete']!,
		`${server.issuer}/interaction/made-up`,
		`${server.issuer}/auth?client_id=nobody`,
	];
	for (const address of addresses) {
		const response = await fetch(address, {headers: {accept: 'text/html'}});
		assert.equal(response.headers.get('content-security-policy'), pageHeaders['content-security-policy'], address);
		assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
		assert.doesNotMatch(await response.text(), /<script/);
	}
});

test('the complete address leads straight to the confirmation of its code', async t => {
	const device = await clientOf(await demoServer(t)).deviceAuthorization();
	const page = await (await fetch(device['verification_uri_complete']!)).text();
	assert.match(page, /Is this your code\?/);
	assert.ok(page.includes(`>${device['user_code']!}<`));
});
