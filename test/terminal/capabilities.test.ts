import assert from 'node:assert/strict';
import {test} from 'node:test';
import {chooseView, colourLevel, screenStream} from '../../source/terminal/capabilities.js';
import {desktopEnvironment, environmentOf, noTty} from '../support/environment.js';

test('S38: a screen goes to the first terminal of stdout and stderr, and needs keys', () => {
	assert.equal(screenStream(environmentOf()), 'stdout');
	assert.equal(screenStream(environmentOf({tty: {stdin: true, stdout: false, stderr: true}})), 'stderr');
	assert.equal(screenStream(environmentOf({tty: {stdin: false, stdout: true, stderr: true}})), undefined);
	assert.equal(screenStream(environmentOf({tty: {stdin: true, stdout: false, stderr: false}})), undefined);
});

test('a screen that is wanted becomes lines where none is possible, and any lines are spoken where someone listens', () => {
	const here = environmentOf();
	const piped = environmentOf({tty: {stdin: true, stdout: false, stderr: false}});
	const listening = environmentOf({env: {...desktopEnvironment, INK_SCREEN_READER: 'true'}});
	assert.deepEqual(chooseView(here, 'screen'), {kind: 'screen', stream: 'stdout'});
	assert.deepEqual(chooseView(piped, 'screen'), {kind: 'plain', stream: 'stderr'});
	assert.deepEqual(chooseView(here, 'plain'), {kind: 'plain', stream: 'stdout'});
	for (const wanted of ['screen', 'plain', 'spoken'] as const) {
		assert.deepEqual(chooseView(listening, wanted), {kind: 'spoken', stream: 'stdout'});
	}

	assert.deepEqual(chooseView(listening, 'ndjson'), {kind: 'ndjson', stream: 'stdout'});
});

const levels: [string, Record<string, string>, number][] = [
	['all colours, said by COLORTERM', {TERM: 'xterm-256color', COLORTERM: 'truecolor'}, 3],
	['kitty', {TERM: 'xterm-kitty'}, 3],
	['Windows Terminal', {WT_SESSION: 'x', TERM: 'xterm-256color'}, 3],
	['iTerm', {TERM_PROGRAM: 'iTerm.app', TERM: 'xterm-256color'}, 3],
	['256 colours', {TERM: 'xterm-256color'}, 2],
	['tmux', {TERM: 'tmux-256color', TMUX: 'x'}, 2],
	['the Linux console', {TERM: 'linux'}, 1],
	['a dumb terminal', {TERM: 'dumb', COLORTERM: 'truecolor'}, 0],
	['no TERM', {}, 0],
	['NO_COLOR, which forbids colours and leaves bold and dim', {...desktopEnvironment, NO_COLOR: '1'}, 3],
	['FORCE_COLOR=0', {...desktopEnvironment, FORCE_COLOR: '0'}, 0],
	['FORCE_COLOR=2', {...desktopEnvironment, FORCE_COLOR: '2'}, 2],
	['FORCE_COLOR against NO_COLOR', {TERM: 'dumb', NO_COLOR: '1', FORCE_COLOR: '3'}, 3],
	['an empty FORCE_COLOR', {TERM: 'dumb', FORCE_COLOR: ''}, 1],
];

for (const [name, env, level] of levels) {
	test(`colour level ${level}: ${name}`, () => assert.equal(colourLevel(environmentOf({env})), level));
}

test('colour level 0 without a terminal', () => assert.equal(colourLevel(environmentOf({tty: noTty})), 0));
