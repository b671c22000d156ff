import assert from 'node:assert/strict';
import test from 'node:test';
import {commandInPty} from '../support/built-command.js';

test('the next screen leaves no row of the one before it, and every line stands once', async t => {
	const run = await commandInPty(t, ['demo'], {columns: 80, rows: 24});
	await run.waitFor(/esc cancel/, 'the picker');
	run.write('2');
	await run.waitFor(/Waiting for approval[^]*esc back/, 'the code screen');
	const code = await run.waitFor(/Checked 1 time,[^]*esc back/, 'the news of a poll');
	assert.doesNotMatch(code, /esc cancel|Asking|Checking every/);
	assert.equal(code.match(/Waiting for approval/g)?.length, 1);
	run.write('\u001B');
	const picker = await run.waitFor(/already waiting[^]*esc cancel/, 'the picker again');
	assert.doesNotMatch(picker, /Waiting for approval|Type {3}/);
	run.write('\u0003');
	assert.equal((await run.exit).code, 130);
});
