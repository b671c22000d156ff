import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import test from 'node:test';

/** Draws the picker and a code on a machine with these variables. */
const framesWith = (env: Readonly<Record<string, string>>): string => {
	const program = `
import {createElement} from 'react';
import {Login} from './source/index.js';
import {createManualClock, testEnvironment} from './source/testing/index.js';
import {drawOn} from './test/support/fake-terminal.js';
import {createScriptedEngine} from './test/support/scripted-run.js';
import {codeShown, start} from './test/support/login-recordings.js';
for (const events of [[], codeShown]) {
	const {engine} = createScriptedEngine(createManualClock({now: start}), ...events);
	const terminal = await drawOn(createElement(Login, {engine, flow: events.length > 0 ? 'device' : 'ask', ...testEnvironment}));
	console.log(terminal.emulator.text);
	await terminal.unmount();
}
`;
	const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
	const {stdout, stderr} = spawnSync(process.execPath, args, {
		encoding: 'utf8',
		env: {PATH: process.env['PATH'], ...env},
	});
	assert.match(stdout, /WDJB-MJHT/, stderr);
	return stdout;
};

test('with testEnvironment frames are the same on a desktop, over SSH in tmux, and on a machine without any colour', () => {
	const desktop = framesWith({DISPLAY: ':0', LANG: 'C.UTF-8', TERM: 'xterm-256color'});
	assert.equal(framesWith({SSH_CONNECTION: '198.51.100.7 1 203.0.113.9 22', TMUX: '/tmp/x', TERM: 'tmux'}), desktop);
	assert.equal(framesWith({LANG: 'C', TERM: 'dumb', NO_COLOR: '1', WSL_DISTRO_NAME: 'x'}), desktop);
});
