import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {displayText} from '../../source/core/safe-text.js';

const cases: readonly (readonly [string, string, string])[] = [
	['plain text stays', 'Alice Demo', 'Alice Demo'],
	['other scripts stay', 'Ζωή 山田 Müller', 'Ζωή 山田 Müller'],
	['a colour sequence goes whole', 'a\u001B[31mb\u001B[0mc', 'abc'],
	['a cleared screen goes whole', '\u001B[2J\u001B[Hhidden', 'hidden'],
	['a window title goes whole', '\u001B]0;evil\u0007name', 'name'],
	['a link goes with its target', '\u001B]8;;https://evil.example\u001B\\name\u001B]8;;\u001B\\', 'name'],
	['a clipboard write goes whole', '\u001B]52;c;ZXZpbA==\u0007name', 'name'],
	['a device control string goes whole', '\u001BP1;2qevil\u001B\\name', 'name'],
	['the one-byte forms go as well', '\u009B31mred\u009B0m \u009D0;t\u009Cname', 'red name'],
	['an unfinished sequence takes nothing along that could finish it', 'name\u001B]0;evil', 'name'],
	['a lone escape goes', 'a\u001B', 'a'],
	['line feeds and tabs become a space', 'a\r\nb\tc', 'a b c'],
	['backspace and delete become a space', 'a\b\u007Fb', 'a b'],
	[
		'a run of blanks of any kind becomes one space',
		'a  \u00A0\u2003\u3000b\u2800\u200B\u2800c\u202F\u205Fd',
		'a b c d',
	],
	['what only looks empty goes', 'a\u3164\u115F\u1160\uFFA0b\u2800', 'ab'],
	['line and paragraph separators become a space', 'a\u2028\u2029b', 'a b'],
	['bidirectional controls go', 'a\u202Egpj.exe\u2069', 'agpj.exe'],
	['zero width characters go', 'pay\u200Bpal\uFEFF', 'paypal'],
	['tag characters go', 'a\u{E0041}\u{E007F}b', 'ab'],
	['at most two combining marks stay', 'a\u0316\u0317\u0318\u0319\u031C', 'a\u0316\u0317'],
	['decomposed letters are composed', 'e\u0301', '\u00E9'],
	['a lone surrogate is replaced', 'a\uD800b', 'a\uFFFDb'],
];

for (const [name, text, expected] of cases) {
	test(`S1, S2: ${name}`, () => assert.equal(displayText(text), expected));
}

test('S1: a long text is cut and says so, by code points', () => {
	const text = displayText('😀'.repeat(300), 10);
	assert.equal(text, '😀'.repeat(9) + '…');
	assert.equal(displayText('a'.repeat(200)), 'a'.repeat(200));
});

test('S1: a megabyte of combining marks or escapes takes no time', () => {
	const start = performance.now();
	displayText('a' + '\u0301'.repeat(1_000_000));
	displayText('\u001B['.repeat(500_000));
	displayText('\u001B]'.repeat(500_000));
	// What grows with the QR code of the length takes an hour.
	assert.ok(performance.now() - start < 20_000);
});

test('S1, S2: whatever comes in, no control and no invisible character comes out, and it is clean already', () => {
	const nasty = fc.constantFrom(
		'\u001B',
		'[',
		']',
		'0;',
		'\u0007',
		'\u009B',
		'\u009C',
		'm',
		'\u202E',
		'\u200B',
		'\u0301',
		'\n',
	);
	const text = fc.array(fc.oneof(nasty, fc.string({unit: 'binary'})), {maxLength: 60}).map(parts => parts.join(''));
	fc.assert(
		fc.property(text, foreign => {
			const shown = displayText(foreign);
			// eslint-disable-next-line no-control-regex -- the absence of control characters is the property
			assert.match(shown, /^[^\u0000-\u001F\u007F-\u009F\u2028\u2029]*$/);
			assert.doesNotMatch(shown, /[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/);
			assert.equal(displayText(shown), shown);
		}),
		{numRuns: 2000},
	);
});
