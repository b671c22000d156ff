import assert from 'node:assert/strict';
import test from 'node:test';
import {drawOn} from '../support/fake-terminal.js';
import {runInPty} from '../support/pty.js';
import {screenNames, screenOf} from '../support/screens.js';

test('npm run screens draws each screen, large and small, and each differs from the others', async () => {
	const frames = new Map<string, string>();
	for (const name of screenNames) {
		for (const [columns, rows] of [
			[80, 24],
			[40, 12],
		] as const) {
			const terminal = await drawOn(screenOf(name, {}), {columns, rows});
			const frame = terminal.emulator.text.trim();
			await terminal.unmount();
			assert.ok(frame.length > 0 && frame.split('\n').length < rows, name);
			if (columns === 80) {
				assert.ok(!frames.has(frame), `${name} looks like ${frames.get(frame)}`);
				frames.set(frame, name);
			}
		}
	}
});

test('in a terminal the screen is live', async () => {
	await using terminal = runInPty({args: ['--import', 'tsx', 'test/screens.tsx', 'picker', '60x20']});
	await terminal.waitFor(/❯ 1 {2}In this computer's browser/);
	terminal.write('\u001B[B');
	await terminal.waitFor(/❯ 2 {2}On another device/);
	terminal.write('\u0003');
	assert.equal((await terminal.exit).code, 0);
});

test('there is no screen of an unknown name', () => assert.equal(screenOf('no-such-screen', {}), undefined));
