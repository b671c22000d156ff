import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {test} from 'node:test';
import {createMemoryStore, TokenEngine} from '../../../source/engine.js';
import {toIdentity} from '../../../source/oauth/id-token.js';
import {callbackPages, failedPage, pageHeaders, signedInPage} from '../../../source/login/loopback/pages.js';
import {startScriptedServer} from '../../../source/testing/index.js';

const alice = toIdentity('https://auth.acme.dev', '42', {name: 'Alice Demo', email: 'alice@example.test'});
const signedIn = signedInPage({application: 'Acme', identity: alice, next: 'acme deploy'});
const failed = failedPage({code: 'invalid_grant', message: 'The code has expired.'});
const pages = [signedIn, failed, ...Object.values(callbackPages)];

test('S16: the only style of each page is the one that the policy allows, and there is no script', async () => {
	const headers = await pageHeaders();
	for (const page of pages) {
		const styles = [...page.matchAll(/<style>([^]*?)<\/style>/g)].map(match => match[1]!);
		assert.equal(styles.length, 1);
		const digest = createHash('sha256').update(styles[0]!).digest('base64');
		assert.ok(headers['content-security-policy']!.includes(`style-src 'sha256-${digest}'`));
		assert.doesNotMatch(page, /<script|\son\w+=|\sstyle=|javascript:/i);
	}
});

test('B10: no page has a link or loads anything', () => {
	for (const page of pages) {
		assert.doesNotMatch(page, /<(?:a|img|link|iframe|form|base|object)\b|\b(?:href|src)\b|url\(|https?:|@import/i);
	}
});

test('S18: each page says where the outcome is, and one alone says that someone is signed in', () => {
	assert.equal(new Set(pages).size, pages.length);
	for (const page of pages) assert.match(page, /terminal/);
	for (const page of pages.slice(1)) assert.doesNotMatch(page, /Signed in/);
});

test('the page after a sign-in says who signed in and to what, and what the app wants run next', () => {
	assert.match(signedIn, /<h1>Signed in to Acme as Alice Demo<\/h1>[^]*alice@example\.test[^]*close this window/);
	assert.match(signedIn, /Next\s+<code>acme deploy<\/code>/);
	const bare = signedInPage({application: 'auth.acme.dev'});
	assert.match(bare, /<h1>Signed in to auth\.acme\.dev<\/h1>/);
	assert.doesNotMatch(bare, /Next|undefined/);
	const mailOnly = toIdentity('https://auth.acme.dev', '42', {email: 'alice@example.test', emailVerified: false});
	const page = signedInPage({application: 'Acme', identity: mailOnly});
	assert.match(page, /<h1>Signed in to Acme as alice@example\.test \(not verified\)<\/h1>/);
});

test('the page that a browser gets is of the login that it belongs to', async t => {
	const server = await startScriptedServer({user: {sub: '42', name: 'Alice Demo'}});
	t.after(async () => server.close());
	const engine = new TokenEngine({provider: {...server.provider, application: 'Acme'}, store: createMemoryStore()});
	let page: Promise<string> | undefined;
	const openBrowser = async (url: string) => {
		page = fetch(url).then(async response => response.text());
		return {status: 'opened'} as const;
	};
	await engine.login({flow: 'browser', next: 'acme deploy', terminal: {openBrowser}}).session;
	assert.match((await page) ?? '', /<h1>Signed in to Acme as Alice Demo<[^]*<code>acme deploy</);
});

test('the page after a failure says what went wrong, where to go, and a code to quote', () => {
	assert.match(
		failed,
		/The code has expired\.[^]*Go back to your terminal[^]*Error code\s+<code>invalid_grant<\/code>/,
	);
});

test('declining is no failure, so its page has no red cross', () => {
	assert.match(failed, /<svg class="cross"/);
	assert.doesNotMatch(failedPage({code: 'access_denied', message: 'You declined.'}), /<svg class="cross"/);
});

test('whatever a server or an app says is text on the page', () => {
	const hostile = '"><script>alert(1)</script>\u202E&amp;';
	const identity = toIdentity('https://auth.acme.dev', hostile, {name: hostile});
	for (const page of [
		signedInPage({application: hostile, identity, next: hostile}),
		failedPage({code: 'server_rejected', message: hostile}),
	]) {
		assert.doesNotMatch(page, /<script|\u202E/);
		assert.match(page, /&lt;script&gt;[^]*&amp;amp;/);
	}
});

test('the pages are for light and dark, and for a phone', () => {
	for (const page of pages) {
		assert.match(page, /prefers-color-scheme:dark/);
		assert.match(page, /name="viewport" content="width=device-width/);
		assert.match(page, /<html lang="en">/);
		assert.match(page, /<title>[^<]+<\/title>/);
	}
});
