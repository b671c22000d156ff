import assert from 'node:assert/strict';
import test from 'node:test';
import {rowsOf, type Frame} from '../../source/layout/fit.js';
import {layOutCode, layOutQrCode, type CodeContent} from '../../source/layout/device-code.js';
import {lineWidth} from '../../source/layout/line.js';
import {displayOf} from '../../source/layout/theme.js';
import {qrCodeSize} from '../../source/components/qr-code.js';
import {safeUrl} from '../../source/core/safe-url.js';
import {deviceCode} from '../support/login-recordings.js';
import {isThorough} from '../support/thorough.js';

const qrCode = {...qrCodeSize(deviceCode.verificationUriComplete!)!, text: deviceCode.verificationUriComplete!};
const display = displayOf({environment: {unicode: true, color: true, hyperlinks: false, remote: false}});
const content: CodeContent = {
	asking: {title: 'Sign in to Acme', host: 'auth.acme.dev', permissions: '', reason: ''},
	link: deviceCode.verificationUri,
	userCode: 'WDJB-MJHT',
	qrCode,
	qrCodeShown: true,
	isLocal: false,
	foreignHost: undefined,
	status: {waiting: 'Waiting for approval · 14 min left', detail: 'Checked 3 times, every 5 s'},
	notice: undefined,
	isBusy: false,
	aside: undefined,
	keys: [
		{key: 'enter', label: 'copy link', isMain: true},
		{key: 'c', label: 'copy code'},
		{key: 'escape', label: 'back', isMain: true},
	],
	presses: 0,
};

const linesOf = ({top, qrCode, bottom}: Frame) => [...top, ...(qrCode?.beside ?? []), ...bottom];
const textOf = (frame: Frame): string =>
	linesOf(frame)
		.map(line => line.map(({text}) => text).join(''))
		.join('\n');
const at = (columns: number, rows: number, changed: Partial<CodeContent> = {}) =>
	layOutCode({columns, rows}, {...content, ...changed}, display).frame;

test('a lower window loses words of step 3, then the QR code, then the blank rows; link, code and status never', () => {
	const tight = at(80, 20, {foreignHost: ['other.example', 'auth.acme.dev']});
	assert.ok(tight.qrCode);
	assert.doesNotMatch(textOf(tight), /Never type/);
	assert.ok(at(80, 20).qrCode);
	assert.match(textOf(at(80, 20)), /Never type a code someone/);
	const without = at(80, 19);
	assert.equal(without.qrCode, undefined);
	assert.match(textOf(without), /\n\n/);
	const dense = at(80, 7);
	assert.doesNotMatch(textOf(dense), /\n\n/);
	assert.match(textOf(dense), /Sign in to Acme/);
	assert.match(textOf(dense), /only if you started this/);
	assert.match(
		textOf(at(80, 3)),
		/^ {2}1 {2}Open {5}https:\/\/auth\.acme\.dev\/device\n {2}2 {2}Type {8}WDJB-MJHT {3}\n {2}◌ {2}Waiting for approval/,
	);
});

test('a link too long for the column beside the QR code stands above it, whole, and the QR code stays', () => {
	const long = safeUrl(`https://auth.acme.dev/${'realm/'.repeat(7)}device`, 'test');
	const frame = at(80, 30, {link: long});
	assert.ok(frame.qrCode);
	assert.ok(frame.top.some(line => line.some(({text}) => text === long)));
});

test('a window too narrow for text beside the QR code has it alone on request, with the code and the keys', () => {
	assert.equal(at(60, 50).qrCode, undefined);
	for (const size of [
		{columns: 60, rows: 20},
		{columns: 34, rows: 19},
	]) {
		const frame = layOutQrCode(size, content, display);
		assert.ok(frame?.qrCode && rowsOf(frame) <= size.rows);
		assert.match(textOf(frame), /WDJB-MJHT\n.*\? (all )?keys · esc back$/);
	}

	assert.equal(layOutQrCode({columns: 32, rows: 40}, content, display), undefined);
	assert.equal(layOutQrCode({columns: 80, rows: 18}, content, display), undefined);
});

test('D08: no window is too small for the link and the code, and no frame is taller or wider than its window', () => {
	const other = [{text: 'Also in your browser'}];
	for (let columns = 20; columns <= 120; columns += isThorough ? 1 : 4) {
		for (let rows = 4; rows <= 40; rows++) {
			for (const aside of [undefined, other]) {
				for (const presses of [0, 1]) {
					const frame = at(columns, rows, {aside, presses});
					const where = `${columns}x${rows}`;
					assert.ok(rowsOf(frame) <= rows, where);
					const text = textOf(frame);
					assert.match(text, /WDJB-MJHT/, where);
					assert.ok(text.replaceAll('\n', '').includes(content.link), where);
					const width = Math.max(...linesOf(frame).map(lineWidth));
					assert.ok(width <= columns, `${width} columns at ${where}`);
				}
			}
		}
	}
});

test('S40: a link too long for the window is cut, and the code stays', () => {
	const endless = safeUrl(`https://auth.acme.dev/${'a'.repeat(400)}`, 'test');
	const frame = at(20, 4, {qrCode: undefined, link: endless});
	assert.equal(rowsOf(frame), 4);
	assert.match(textOf(frame), /https:\/\/auth/);
	assert.match(textOf(frame), /WDJB-MJHT/);
});
