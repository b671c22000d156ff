import assert from 'node:assert/strict';
import {test} from 'node:test';
import {runInPty} from '../support/pty.js';

/** A program that spoils its terminal under the guard, and then does as it is told. */
const spoil = (then: string) =>
	runInPty({
		args: [
			'--import',
			'tsx',
			'--input-type=module',
			'-e',
			`
				const {guardTerminal} = await import('./source/terminal/restore.ts');
				const guard = guardTerminal();
				process.stdin.setRawMode(true);
				process.stdout.write('\\u001B[?25l\\u001B[?2004h\\u001B[31mready');
				const wait = setInterval(() => {}, 1000);
				${then}
			`,
		],
	});

const assertRestored = (run: ReturnType<typeof spoil>) => {
	assert.equal(run.emulator.cursor.visible, true);
	assert.equal(run.emulator.bracketedPaste, false);
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	test(`S37: ${signal} leaves the terminal as it was, and still ends the program`, async () => {
		await using run = spoil('');
		await run.waitFor(/ready/);
		assert.equal(run.emulator.cursor.visible, false);
		run.kill(signal);
		const {signal: number} = await run.exit;
		assert.equal(number, {SIGINT: 2, SIGTERM: 15, SIGHUP: 1}[signal]);
		assertRestored(run);
	});
}

test('S37: a crash leaves the terminal as it was', async () => {
	await using run = spoil(`setImmediate(() => { throw new Error('crashed'); });`);
	assert.equal((await run.exit).code, 1);
	assertRestored(run);
});

test('S37: process.exit leaves the terminal as it was', async () => {
	await using run = spoil('process.exit(4);');
	assert.equal((await run.exit).code, 4);
	assertRestored(run);
});

test("S37: raw mode is off while another listener of the signal winds up, and the program's end is left to it", async () => {
	await using run = spoil(
		`process.on('SIGTERM', () => { console.log('raw: ' + process.stdin.isRaw); process.exit(9); });`,
	);
	await run.waitFor(/ready/);
	run.kill('SIGTERM');
	assert.equal((await run.exit).code, 9);
	assert.match(run.emulator.text, /raw: false/);
	assertRestored(run);
});

test('the guard ends when it is disposed, and leaves no listener behind', async () => {
	await using run = spoil(`
		guard[Symbol.dispose]();
		clearInterval(wait);
		process.stdin.unref();
		console.log(' left: ' + ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'].map(name => process.listenerCount(name)));
	`);
	assert.equal((await run.exit).code, 0);
	assert.match(run.emulator.text, /left: \d+,0,0,0/);
	assertRestored(run);
});

test("S37: beside Ink the program still dies of the signal, and the terminal's own settings are back", async () => {
	const program = `
		const {guardTerminal} = await import('./source/terminal/restore.ts');
		const {render, Text, useInput} = await import('ink');
		const {createElement, useEffect} = await import('react');
		const App = () => {
			useInput(() => {});
			useEffect(() => void setImmediate(() => process.kill(process.pid, 'SIGTERM')), []);
			return createElement(Text, {}, 'drawn');
		};
		render(createElement(App));
		guardTerminal();
	`;
	const line = `"$0" --import tsx --input-type=module -e "$1"; echo "ended with $?"; stty -a; echo over`;
	await using run = runInPty({command: 'sh', args: ['-c', line, process.execPath, program], rows: 40});
	await run.waitFor(/over/);
	assert.match(run.emulator.text, /drawn/);
	assert.match(run.emulator.text, /ended with 143/);
	assert.match(run.emulator.text, / icanon/);
	assert.match(run.emulator.text, / echo /);
	assertRestored(run);
});
