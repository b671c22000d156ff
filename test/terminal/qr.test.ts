import assert from 'node:assert/strict';
import {test} from 'node:test';
import jsqr from 'jsqr';
import {halfBlockRows, qrMatrix} from '../../source/terminal/qr.js';
import {darkTheme, lightTheme, TerminalEmulator} from '../support/terminal-emulator.js';

// A CommonJS module whose types speak of a default export that the interpreter does not see.
const readQrCode = jsqr as unknown as typeof jsqr.default;

const complete = 'https://auth.example.com/activate?user_code=ABCD-EFGH';
const addresses = [
	complete,
	'https://a.test/d',
	`https://auth.test/${'x'.repeat(102)}`,
	`https://auth.test/${'x'.repeat(282)}`,
];
const colours = {'all colours': '38;2;0;0;0;48;2;255;255;255', '256': '38;5;16;48;5;231', '16': '30;107'};

for (const [themeName, theme] of Object.entries({dark: darkTheme, light: lightTheme})) {
	for (const [name, colour] of Object.entries(colours)) {
		test(`demand 13: on a ${themeName} theme with ${name}, a phone reads the QR code, and needs no inversion`, async () => {
			for (const address of addresses) {
				const matrix = qrMatrix(address)!;
				const emulator = new TerminalEmulator(matrix.size + 6, Math.ceil(matrix.size / 2) + 4);
				const rows = halfBlockRows(matrix).map(row => `  \u001B[${colour}m${row}\u001B[0m`);
				await emulator.feed('\r\n' + rows.join('\r\n'));
				const {data, width, height} = emulator.toImage({theme});
				assert.equal(readQrCode(data, width, height, {inversionAttempts: 'dontInvert'})?.data, address);
			}
		});
	}
}

test('the QR code of 53 characters is 33 columns by 17 rows, a quiet zone of two modules included', () => {
	const matrix = qrMatrix(complete)!;
	const rows = halfBlockRows(matrix);
	assert.equal(matrix.size, 33);
	assert.equal(rows.length, 17);
	assert.ok(rows.every(row => row.length === 33));
	assert.match(rows[0]!, /^ +$/);
	assert.ok(rows.every(row => row.startsWith('  ') && row.endsWith('  ')));
	assert.equal(matrix.isDark(2, 2), true);
	assert.equal(matrix.isDark(1, 2), false);
	assert.equal(matrix.isDark(-1, 99), false);
});

test('what makes no usable QR code is refused', () => {
	assert.equal(qrMatrix('https://auth.test/' + 'x'.repeat(283)), undefined);
	assert.equal(qrMatrix('https://ünicode.test'), undefined);
	assert.equal(qrMatrix(''), undefined);
});

test('nothing is written to the console', context => {
	const log = context.mock.method(console, 'log', () => undefined);
	qrMatrix(complete);
	assert.equal(log.mock.callCount(), 0);
});
