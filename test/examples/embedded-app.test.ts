import assert from 'node:assert/strict';
import test from 'node:test';
import {approveDevice} from '../../source/demo/approve.js';
import {runInPty} from '../support/pty.js';

test('an app with a sidebar embeds the login: its own keys work, someone signs in and out, and it ends', async () => {
	await using app = runInPty({
		args: ['--import', 'tsx', 'source/examples/embedded-app.tsx'],
		env: {DISPLAY: ':0', BROWSER: '/bin/false'},
	});
	const press = async (keys: string, effect: RegExp) => {
		app.write(keys);
		return app.waitFor(effect);
	};
	await app.waitFor(/│ House +││ Account [^]*❯ 1 {2}In this computer's browser/);
	await press('\t', /q quit/);
	await press('\u001B[B', /> Workshop/);
	await press('\t', /tab other pane\s*$/);
	const screen = await press('2', /\b[A-Z]{4}-[A-Z]{4}\b/);
	const [issuer = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(screen) ?? [];
	const approve = async (screen: string) => approveDevice(issuer, /\b[A-Z]{4}-[A-Z]{4}\b/.exec(screen)?.[0] ?? '');
	await approve(screen);
	await app.waitFor(/Alice Demo looks after the workshop/);
	// A login that the app turns out to need stands in the same pane, beside a sidebar that is still there.
	await press('u', /│ House +││ Account [^]*No browser opened/);
	await press('\u001B', /❯ 1 {2}In this computer's browser/);
	await approve(await press('2', /│ House +││ Account [^]*\b[A-Z]{4}-[A-Z]{4}\b/));
	await app.waitFor(/looks after the workshop[^]*The door is open/);
	await press('o', /❯ 1 {2}In this computer's browser/);
	await press('\t', /q quit/);
	app.write('q');
	assert.equal((await app.exit).code, 0);
	assert.ok(app.tallestFrame < 24);
});

test('an app with a sidebar fits its window again when that becomes lower', async () => {
	await using app = runInPty({
		args: ['--import', 'tsx', 'source/examples/embedded-app.tsx'],
		env: {DISPLAY: ':0', BROWSER: '/bin/false'},
		rows: 40,
	});
	await app.waitFor(/❯ 1 {2}In this computer's browser/);
	app.write('2');
	await app.waitFor(/\b[A-Z]{4}-[A-Z]{4}\b/);
	app.resize(80, 20);
	await app.waitFor(({text}) => /^╭─+╮/.test(text) && / tab other pane\s*$/.test(text));
});

test('an app with a sidebar leaves no pieces of its borders behind when its window becomes narrower', async () => {
	await using app = runInPty({
		args: ['--import', 'tsx', 'source/examples/embedded-app.tsx'],
		env: {DISPLAY: ':0', BROWSER: '/bin/false'},
		columns: 120,
		rows: 34,
	});
	await app.waitFor(/❯ 1 {2}In this computer's browser/);
	app.resize(80, 34);
	await app.waitFor(({text}) => /^╭─{16}╮╭─{60}╮\n/.test(text) && / tab other pane\s*$/.test(text));
});
