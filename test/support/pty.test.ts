import assert from 'node:assert/strict';
import {test} from 'node:test';
import {runInPty} from './pty.js';

const node = (script: string) => ({args: ['-e', script]});

test('a program in the pseudo-terminal has a terminal and a clean environment', async () => {
	await using run = runInPty({
		...node(
			'console.log(JSON.stringify([process.stdout.isTTY, process.stdout.columns, process.env.CI, process.env.TERM]))',
		),
		columns: 100,
	});
	assert.deepEqual(await run.exit, {code: 0, signal: 0});
	assert.equal(run.emulator.text, '[true,100,null,"xterm-256color"]');
});

test('keys arrive, sizes change, and the screen is waited for', async () => {
	await using run = runInPty(
		node(`
			process.stdin.setRawMode(true);
			process.stdin.on('data', keys => keys == 'q' ? process.exit(7) : console.log('got ' + keys));
			process.stdout.on('resize', () => console.log('wide ' + process.stdout.columns));
			console.log('ready');
		`),
	);
	await run.waitFor(/ready/);
	run.write('x');
	assert.match(await run.waitFor(/got x/), /ready/);
	run.resize(120, 30);
	await run.waitFor(/wide 120/);
	assert.ok(run.tallestFrame >= 3);
	run.write('q');
	assert.equal((await run.exit).code, 7);
});

test('waiting for what never comes ends with the program, and shows the screen', async () => {
	await using run = runInPty(node('console.log("only this")'));
	await assert.rejects(run.waitFor(/something else/, 'something else'), /ended with .*something else.*only this/s);
});

test('a paste is bracketed where the program asked for it', async () => {
	await using run = runInPty(
		node(`
			process.stdin.setRawMode(true);
			process.stdin.on('data', keys => { console.log(JSON.stringify(String(keys))); });
			process.stdout.write('\\u001B[?2004hready');
		`),
	);
	await run.waitFor(/ready/);
	run.paste('abc');
	await run.waitFor(/\[200~abc/);
});

test('a signal that ends the program is told', async () => {
	await using run = runInPty(node('console.log("up"); setInterval(() => {}, 1000)'));
	await run.waitFor(/up/);
	run.kill('SIGTERM');
	assert.equal((await run.exit).signal, 15);
});
