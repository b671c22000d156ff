import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import {isLoopbackHost, safeUrl, shownUrl} from '../../source/core/safe-url.js';

const accepted: readonly (readonly [string, string])[] = [
	['https://auth.example/device', 'https://auth.example/device'],
	['HTTPS://AUTH.example', 'https://auth.example/'],
	['http://127.0.0.1:4000/x', 'http://127.0.0.1:4000/x'],
	['http://[::1]:4000/x', 'http://[::1]:4000/x'],
	['http://localhost:4000/x', 'http://localhost:4000/x'],
	['https://auth.example/device\u001B[2K', 'https://auth.example/device%1B[2K'],
	['https://auth.example/\u202Egpj', 'https://auth.example/%E2%80%AEgpj'],
	['https://bücher.example/', 'https://xn--bcher-kva.example/'],
	['https://auth.example/?a=$(calc)&b=`x`', 'https://auth.example/?a=%24%28calc%29&b=%60x%60'],
	["https://auth.example/?a=';x|y^z", 'https://auth.example/?a=%27%3Bx%7Cy%5Ez'],
	['https://auth.example/a&marker&b?x=1&y=2#c&marker&d', 'https://auth.example/a%26marker%26b?x=1&y=2#c%26marker%26d'],
	['https://auth.example/?x&marker&y', 'https://auth.example/?x&marker=&y='],
];

for (const [text, expected] of accepted) {
	test(`S3, S5: ${JSON.stringify(text)} is shown and opened as ${expected}`, () => {
		assert.equal(safeUrl(text, 'The page'), expected);
	});
}

const refused = [
	'http://auth.example/',
	'http://127.0.0.1.evil.example/',
	'http://localhost.evil.example/',
	'javascript:alert(1)',
	'file:///etc/passwd',
	'data:text/html,x',
	'ms-msdt:/id',
	'-flag',
	'',
	'//auth.example/',
	'https://user:pass@auth.example/',
	'https://auth.example@evil.example/',
	'https:\\\\user@evil.example\\',
	'https://auth.example/' + 'a'.repeat(4096),
];

for (const text of refused) {
	test(`S4: ${JSON.stringify(text.slice(0, 50))} is refused in one clear sentence`, () => {
		assert.throws(
			() => safeUrl(text, 'The page'),
			error =>
				error instanceof LoginError &&
				error.code === 'bad_response' &&
				error.message.startsWith("The page can't be used"),
		);
	});
}

test('S22: a refused address is shown without what may be a password', () => {
	for (const text of [
		'https://ada:canary@auth.example/',
		'https://canary@auth.example',
		'//a:canary@b',
		'a:canary@b/c',
	]) {
		assert.equal(shownUrl(text).includes('canary'), false, text);
	}

	assert.equal(shownUrl('https://ada:canary@auth.example/a'), 'https://…@auth.example/a');
	assert.equal(shownUrl('https://auth.example/@ada'), 'https://auth.example/@ada');
	assert.throws(
		() => safeUrl('https://a:canary@b.example', 'It'),
		({message}: LoginError) => !message.includes('canary'),
	);
});

test('S34: only 127.0.0.0/8, ::1 and localhost are loopback', () => {
	for (const host of ['127.0.0.1', '127.8.9.10', '[::1]', 'localhost']) assert.equal(isLoopbackHost(host), true);
	for (const host of ['127.0.0.1.nip.io', '128.0.0.1', '10.0.0.1', '0.0.0.0', '[::2]', 'localhost.example']) {
		assert.equal(isLoopbackHost(host), false);
	}
});
