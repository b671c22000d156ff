import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import test from 'node:test';
import {takeEarlyKeys} from '../../source/commands/early-keys.js';

const turn = async () => new Promise(resolve => setImmediate(resolve));

/** Types each chunk, then hands over; tells what was understood, and what the next reader gets. */
const type = async (...chunks: readonly string[]) => {
	const stdin = new PassThrough();
	const moves: string[] = [];
	let interrupts = 0;
	const keys = takeEarlyKeys(stdin, {onMove: key => moves.push(key), onInterrupt: () => (interrupts += 1)});
	for (const chunk of chunks) {
		stdin.write(chunk);
		await turn();
	}

	keys.handOver();
	stdin.write('later');
	await turn();
	const left = (stdin.read() as Buffer).toString();
	return {moves, interrupts, left};
};

test('arrows of both forms and digits move, in whatever pieces they come', async () => {
	const {moves, left} = await type('\u001B[B\u001B[A', '\u001B', 'OB', '\u001BO', 'A', '3');
	assert.deepEqual(moves, ['down', 'up', 'down', 'up', '3']);
	assert.equal(left, 'later');
});

test('from the first key that is not understood on, all wait for the next reader in their order', async () => {
	const {moves, left} = await type('\u001B[B', '\r', '\u001B[B', 'é');
	assert.deepEqual(moves, ['down']);
	assert.equal(left, '\r\u001B[Bélater');
});

test('what is pasted is no key, whatever it begins with', async () => {
	const {moves, left} = await type('4/0AbCdEf&state=x');
	assert.deepEqual(moves, []);
	assert.equal(left, '4/0AbCdEf&state=xlater');
});

test('Ctrl-C is told at once, also right before or after other keys, and is no key of the next reader', async () => {
	const {moves, interrupts, left} = await type('\r', '\u0003', 'x\u0003', '\u0003x');
	assert.deepEqual(moves, []);
	assert.equal(interrupts, 3);
	assert.equal(left, '\rlater');
});

test('demand 24: the same byte inside a sequence of the terminal, or inside a paste, is no Ctrl-C', async () => {
	const chunks = ['\u001B_Gi=1;a\u0003b\u001B\\', 'https://a.example/?code=\u0003x'];
	const {moves, interrupts, left} = await type(...chunks);
	assert.deepEqual(moves, []);
	assert.equal(interrupts, 0);
	assert.equal(left, `${chunks.join('')}later`);
});
