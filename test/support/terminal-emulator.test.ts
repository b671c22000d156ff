import assert from 'node:assert/strict';
import {inflateSync} from 'node:zlib';
import {test} from 'node:test';
import {lightTheme, TerminalEmulator} from './terminal-emulator.js';

test('the emulator shows what a person sees, and keeps what has scrolled away', async () => {
	const emulator = new TerminalEmulator(20, 3);
	await emulator.feed('one\r\ntwo\r\nthree\r\nfour\u001B[1A\rTHREE');
	assert.deepEqual(emulator.scrollback(), ['one']);
	assert.deepEqual(emulator.screen(), ['two', 'THREE', 'four']);
	assert.equal(emulator.text, 'two\nTHREE\nfour');
});

test('colours, weights and links of a cell are known', async () => {
	const emulator = new TerminalEmulator(40, 4);
	await emulator.feed('\u001B[1;38;2;1;2;3;48;5;196mX\u001B[0;2;7mY\u001B[0m');
	await emulator.feed('\u001B]8;;https://auth.test/a\u0007link\u001B]8;;\u0007 end');
	const [x, y, l] = emulator.cells(0, lightTheme);
	assert.equal(x!.foreground, '#010203');
	assert.equal(x!.background, '#ff0000');
	assert.ok(x!.bold && y!.dim);
	assert.equal(y!.foreground, lightTheme.background);
	assert.equal(l!.link, 'https://auth.test/a');
	assert.deepEqual(emulator.links(0), ['https://auth.test/a']);
	assert.equal(emulator.cells(0)[8]!.link, undefined);
});

test('the cursor and bracketed paste are followed', async () => {
	const emulator = new TerminalEmulator();
	assert.equal(emulator.cursor.visible, true);
	await emulator.feed('\u001B[?25l\u001B[?2004hab');
	assert.deepEqual(emulator.cursor, {row: 0, column: 2, visible: false});
	assert.equal(emulator.bracketedPaste, true);
});

test('a selection joins the rows that the terminal wrapped, and no others', async () => {
	const emulator = new TerminalEmulator(10, 6);
	await emulator.feed('https://auth.test/abc\r\nbroken\r\nhere');
	assert.equal(emulator.selectRows(0, 2), 'https://auth.test/abc');
	assert.equal(emulator.selectRows(0, 4), 'https://auth.test/abc\nbroken\nhere');
	assert.deepEqual(emulator.paragraphs().slice(0, 3), ['https://auth.test/abc', 'broken', 'here']);
});

test('half blocks become pixels, and pixels a PNG', async () => {
	const emulator = new TerminalEmulator(2, 1);
	await emulator.feed('\u001B[38;2;255;0;0;48;2;0;0;255m▀▄');
	const {data, width, height} = emulator.toImage({cellWidth: 1});
	assert.deepEqual([width, height], [2, 2]);
	const red = [255, 0, 0, 255];
	const blue = [0, 0, 255, 255];
	assert.deepEqual([...data], [...red, ...blue, ...blue, ...red]);
	const png = emulator.toPng({cellWidth: 1});
	const idat = png.indexOf('IDAT');
	assert.deepEqual([...inflateSync(png.subarray(idat + 4))], [0, ...red, ...blue, 0, ...blue, ...red]);
});

test('a page shows the same, with hostile text escaped', async () => {
	const emulator = new TerminalEmulator(10, 1);
	await emulator.feed('<b>&');
	const html = emulator.toHtml();
	assert.ok(!html.includes('<b>'));
	assert.ok(html.includes('&#60;'));
});
