import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {TerminalEnvironment} from '../../source/terminal/environment.js';
import {glyphs, supportsUnicode} from '../../source/terminal/capabilities.js';
import {desktopEnvironment, environmentOf} from '../support/environment.js';

const terminals: [string, Partial<TerminalEnvironment>, boolean][] = [
	['a UTF-8 locale', {}, true],
	['no locale at all, as in a container', {env: {TERM: 'xterm'}}, true],
	['LANG=C', {env: {TERM: 'xterm', LANG: 'C'}}, false],
	['LC_ALL goes before LANG', {env: {...desktopEnvironment, LC_ALL: 'POSIX'}}, false],
	['an empty LC_ALL does not', {env: {...desktopEnvironment, LC_ALL: ''}}, true],
	['Latin-1', {env: {TERM: 'xterm', LANG: 'de_DE.ISO-8859-1'}}, false],
	['the Linux console', {env: {TERM: 'linux', LANG: 'C.UTF-8'}}, false],
	['TERM=dumb', {env: {TERM: 'dumb', LANG: 'C.UTF-8'}}, false],
	['the old Windows console', {platform: 'win32', env: {}}, false],
	['Windows Terminal', {platform: 'win32', env: {WT_SESSION: 'x'}}, true],
	['VS Code on Windows', {platform: 'win32', env: {TERM_PROGRAM: 'vscode'}}, true],
];

for (const [name, environment, unicode] of terminals) {
	test(`${unicode ? 'Unicode' : 'ASCII'} is drawn: ${name}`, () =>
		assert.equal(supportsUnicode(environmentOf(environment)), unicode));
}

test('demand 54: the ASCII set is ASCII, and each set has every glyph', () => {
	const ascii = glyphs(false);
	for (const value of Object.values(ascii)) assert.match(String(value), /^[ -~]+$/);
	assert.deepEqual(Object.keys(ascii), Object.keys(glyphs(true)));
	assert.equal(ascii.spinner, 'line');
	assert.equal(ascii.blocks, false);
});
