import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {test} from 'node:test';
import {callbackPages, pageHeaders} from '../../../source/login/loopback/pages.js';

test('S16: the only style of each page is the one that the policy allows, and there is no script', async () => {
	const headers = await pageHeaders();
	for (const page of Object.values(callbackPages)) {
		const styles = [...page.matchAll(/<style>([^]*?)<\/style>/g)].map(match => match[1]!);
		assert.equal(styles.length, 1);
		const digest = createHash('sha256').update(styles[0]!).digest('base64');
		assert.ok(headers['content-security-policy']!.includes(`style-src 'sha256-${digest}'`));
		assert.doesNotMatch(page, /<script|\son\w+=|\sstyle=|javascript:/i);
	}
});

test('B10: no page has a link or loads anything', () => {
	for (const page of Object.values(callbackPages)) {
		assert.doesNotMatch(page, /<(?:a|img|link|iframe|form|base|object)\b|\b(?:href|src)\b|url\(|https?:|@import/i);
	}
});

test('S18: each page says where the outcome is, and they differ', () => {
	const pages = Object.values(callbackPages);
	assert.equal(new Set(pages).size, pages.length);
	for (const page of pages) assert.match(page, /terminal/);
	for (const name of ['failed', 'terminal'] as const) assert.doesNotMatch(callbackPages[name], /signed in/i);
});

test('the pages are for light and dark, and for a phone', () => {
	for (const page of Object.values(callbackPages)) {
		assert.match(page, /prefers-color-scheme:dark/);
		assert.match(page, /name="viewport" content="width=device-width/);
		assert.match(page, /<html lang="en">/);
		assert.match(page, /<title>[^<]+<\/title>/);
	}
});
