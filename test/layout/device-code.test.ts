import assert from 'node:assert/strict';
import test from 'node:test';
import {heightOf, type Frame} from '../../source/layout/fit.js';
import {layOut, type CodeContent} from '../../source/layout/device-code.js';
import {lineWidth} from '../../source/layout/row.js';
import {displayOf} from '../../source/layout/theme.js';
import {qrCodeSize} from '../../source/components/qr-code.js';
import {safeUrl} from '../../source/core/safe-url.js';
import {deviceCode} from '../support/login-recordings.js';
import {isThorough} from '../support/thorough.js';

const qrCode = {...qrCodeSize(deviceCode.verificationUriComplete!)!, text: deviceCode.verificationUriComplete!};
const content: CodeContent = {
	asking: {title: 'Sign in to Acme', host: 'auth.acme.dev', permissions: 'may: read your profile', expected: ''},
	address: deviceCode.verificationUri,
	userCode: 'WDJB-MJHT',
	qrCode,
	completes: true,
	status: {
		line: [{text: '- Waiting for approval - 14:32 left'}],
		brief: [{text: '- 14:32 left'}],
		detail: 'Checked 3 times',
	},
	remarks: [],
	added: () => [],
	keys: ['enter open here', 'c copy code', 'esc back'],
	moreKeys: false,
	display: displayOf({environment: {unicode: true, color: true, hyperlinks: false, remote: false}}),
};

const textOf = ({top, beside, bottom}: Frame): string =>
	[...top, ...beside, ...bottom].map(line => line.map(({text}) => text).join('')).join('\n');
const blanksOf = ({top, bottom}: Frame): number => [...top, ...bottom].filter(line => line.length === 0).length;
const addressIsBeside = ({beside}: Frame): boolean =>
	beside.some(line => line.some(({text}) => text === content.address));

test('a lower window loses the blank rows, then the address moves beside the QR code, then the QR code goes, then the words', () => {
	const at = (rows: number) => layOut({columns: 80, rows}, content);
	const airy = at(30);
	const tight = at(21);
	assert.ok(airy.qrCode && tight.qrCode);
	assert.ok(blanksOf(tight) < blanksOf(airy));
	assert.equal(addressIsBeside(tight), false);
	const beside = at(19);
	assert.ok(beside.qrCode);
	assert.equal(addressIsBeside(beside), true);
	const without = at(17);
	assert.equal(without.qrCode, undefined);
	assert.match(textOf(without), /Decline what you did not/);
	const brief = at(8);
	assert.match(textOf(brief), /Approve only if you started this/);
	assert.match(textOf(brief), /Sign in to Acme/);
	const bare = at(3);
	assert.equal(textOf(bare), 'https://auth.acme.dev/device\nWDJB-MJHT\n- Waiting for approval - 14:32 left');
});

test('beside the QR code the address stands in one piece or not at all', () => {
	const long = safeUrl(`https://auth.acme.dev/${'realm/'.repeat(7)}device`, 'test');
	const frame = layOut({columns: 80, rows: 19}, {...content, address: long});
	assert.equal(frame.qrCode, undefined);
	assert.ok(textOf(frame).includes(long));
});

test('a tall and narrow window has the QR code above the code', () => {
	const frame = layOut({columns: 40, rows: 50}, content);
	assert.ok(frame.qrCode);
	assert.deepEqual(frame.beside, []);
});

test('a QR code that was asked for goes before the explanations, beside nothing but the address and the code', () => {
	const size = {columns: 40, rows: 20};
	assert.equal(layOut(size, content).qrCode, undefined);
	const frame = layOut(size, {...content, qrCodeFirst: true});
	assert.ok(frame.qrCode);
	assert.match(textOf(frame), /WDJB-MJHT/);
	assert.ok(textOf(frame).includes(content.address));
});

test('D08: no window is too small for the address and the code, and no frame is taller than its window', () => {
	const another = [[{text: 'another'}], [{text: 'flow'}]];
	for (let columns = 20; columns <= 120; columns += isThorough ? 1 : 4) {
		for (let rows = 4; rows <= 40; rows++) {
			for (const added of [[], another]) {
				const frame = layOut({columns, rows}, {...content, added: () => added});
				const at = `${columns}x${rows}`;
				assert.ok(heightOf(frame) <= rows, at);
				const text = textOf(frame);
				assert.match(text, /WDJB-MJHT/, at);
				assert.ok(text.replaceAll('\n', '').includes(content.address), at);
				const width = Math.max(...[...frame.top, ...frame.bottom].map(lineWidth));
				assert.ok(width <= columns, `${width} columns at ${at}`);
			}
		}
	}
});

test('S40: an address too long for the window is cut, and the code stays', () => {
	const endless = safeUrl(`https://auth.acme.dev/${'a'.repeat(400)}`, 'test');
	const {qrCode: _, ...rest} = content;
	const frame = layOut({columns: 20, rows: 4}, {...rest, address: endless});
	assert.equal(heightOf(frame), 4);
	assert.match(textOf(frame), /^WDJB-MJHT\nhttps:\/\/auth/);
});
