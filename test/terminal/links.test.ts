import assert from 'node:assert/strict';
import {test} from 'node:test';
import {safeUrl} from '../../source/core/safe-url.js';
import {hyperlink, supportsHyperlinks} from '../../source/terminal/capabilities.js';
import {desktopEnvironment, environmentOf, noTty, sshEnvironment} from '../support/environment.js';
import {TerminalEmulator} from '../support/terminal-emulator.js';

const url = safeUrl('https://auth.test/device?user_code=WDJB-MJHT&x=%20', 'It');

test('demand 4: every row of a wrapped link leads to the whole address', async () => {
	const emulator = new TerminalEmulator(20, 6);
	await emulator.feed(hyperlink(url, url) + ' after');
	assert.deepEqual([emulator.links(0), emulator.links(1)], [[url], [url]]);
	assert.equal(emulator.paragraphs()[0], `${url} after`);
	assert.equal(emulator.cells(2).find(({text}) => text === 'a')?.link, undefined);
});

const terminals: [string, Record<string, string>, boolean][] = [
	['kitty', {TERM: 'xterm-kitty'}, true],
	['iTerm', {TERM_PROGRAM: 'iTerm.app', TERM: 'xterm-256color'}, true],
	['VTE', {VTE_VERSION: '7600', TERM: 'xterm-256color'}, true],
	['a VTE that crashes on them', {VTE_VERSION: '5000', COLORTERM: 'truecolor', TERM: 'xterm-256color'}, false],
	['Windows Terminal', {WT_SESSION: 'x'}, true],
	['tmux', {TMUX: 'x', TERM: 'tmux-256color'}, true],
	['GNU screen', {STY: 'x', TERM: 'screen', COLORTERM: 'truecolor'}, false],
	['Terminal.app', {TERM_PROGRAM: 'Apple_Terminal', TERM: 'xterm-256color'}, false],
	['the Linux console', {TERM: 'linux'}, false],
	['TERM=dumb', {TERM: 'dumb', COLORTERM: 'truecolor'}, false],
	['something unknown over SSH', {...sshEnvironment}, false],
	['something over SSH that passes COLORTERM on', {...sshEnvironment, COLORTERM: 'truecolor'}, true],
	['FORCE_HYPERLINK=0', {...desktopEnvironment, FORCE_HYPERLINK: '0'}, false],
	['FORCE_HYPERLINK=1', {TERM: 'linux', FORCE_HYPERLINK: '1'}, true],
];

for (const [name, env, has] of terminals) {
	test(`${has ? 'links' : 'no links'}: ${name}`, () => assert.equal(supportsHyperlinks(environmentOf({env})), has));
}

test('no links into a pipe', () => assert.equal(supportsHyperlinks(environmentOf({tty: noTty})), false));
