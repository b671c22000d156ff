import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import test from 'node:test';
import {forwardLines} from '../../source/terminal/pastes.js';
import type {LoginCommand, LoginRun} from '../../source/login/flow.js';
import {foldEvents, discovery, opened} from '../support/login-recordings.js';

test("a visitor's Ctrl-Z at the question for a password stops no server, and their password still arrives", async t => {
	const kill = t.mock.method(process, 'kill', () => true);
	const commands: LoginCommand[] = [];
	const run = {
		flow: 'password',
		state: foldEvents(discovery, opened('password'), {type: 'question', flow: 'password', asks: 'password'}),
		subscribe: () => () => undefined,
		command: (command: LoginCommand) => void commands.push(command),
	} as unknown as LoginRun;
	const input = Object.assign(new PassThrough(), {isTTY: true, setRawMode: () => undefined});
	using _ = forwardLines(input, run);
	input.write('canary\u001A-password\r');
	await new Promise(resolve => setImmediate(resolve));
	assert.equal(kill.mock.callCount(), 0);
	assert.deepEqual(commands, [{type: 'enter', flow: 'password', text: 'canary-password'}]);
});
