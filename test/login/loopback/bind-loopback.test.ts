import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../../source/core/errors.js';
import {bindLoopback} from '../../../source/login/loopback/bind.js';

/** A computer on which `taken` are in use and `missing` do not exist. */
const computer = ({taken = [], missing = []}: {taken?: readonly string[]; missing?: readonly string[]}) => {
	const open = new Set<string>();
	let next = 50_000;
	const listen = async (address: string, port: number) => {
		const bound = port === 0 ? next++ : port;
		const name = `${address}:${bound}`;
		if (missing.includes(address)) throw Object.assign(new Error(), {code: 'EADDRNOTAVAIL'});
		if (taken.includes(name)) throw Object.assign(new Error(), {code: 'EADDRINUSE'});
		open.add(name);
		return {port: bound, close: () => open.delete(name)};
	};

	return {listen, open};
};

const both = [['127.0.0.1', '::1']];
const either = [['127.0.0.1'], ['::1']];

test('demand 22: the ports are tried in order', async () => {
	const {listen, open} = computer({taken: ['127.0.0.1:8085', '127.0.0.1:8086']});
	await bindLoopback(either, [8085, 8086, 8087], listen);
	assert.deepEqual([...open], ['127.0.0.1:8087']);
});

test('demand 22: with no port free the error names them, and none stays open', async () => {
	const {listen, open} = computer({taken: ['127.0.0.1:8085', '127.0.0.1:8086']});
	await assert.rejects(bindLoopback(either, [8085, 8086], listen), (error: unknown) => {
		assert.ok(error instanceof LoginError);
		assert.equal(error.code, 'port_in_use');
		assert.match(error.message, /8085 and 8086/);
		assert.match(error.hint, /Close the program that uses it/);
		return true;
	});
	assert.equal(open.size, 0);
});

test('N04: [::1] is bound where IPv4 cannot be, and only there', async () => {
	const withoutIpv4 = computer({missing: ['127.0.0.1']});
	await bindLoopback(either, [8085], withoutIpv4.listen);
	assert.deepEqual([...withoutIpv4.open], ['::1:8085']);

	const busy = computer({taken: ['127.0.0.1:8085']});
	await assert.rejects(bindLoopback(either, [8085], busy.listen), {code: 'port_in_use'});
});

test('S8: for localhost a port counts as free only when it is free on both', async () => {
	const {listen, open} = computer({taken: ['::1:8085', '127.0.0.1:8086']});
	await bindLoopback(both, [8085, 8086, 8087], listen);
	assert.deepEqual([...open], ['127.0.0.1:8087', '::1:8087']);

	const unlucky = computer({taken: ['::1:50000', '::1:50001']});
	await bindLoopback(both, [0], unlucky.listen);
	assert.deepEqual([...unlucky.open], ['127.0.0.1:50002', '::1:50002']);
});

test('demand 19: localhost works on a computer that has one protocol only', async () => {
	for (const [missing, there] of [
		['::1', '127.0.0.1:8085'],
		['127.0.0.1', '::1:8085'],
	] as const) {
		const {listen, open} = computer({missing: [missing]});
		await bindLoopback(both, [8085], listen);
		assert.deepEqual([...open], [there]);
	}
});

test('without any loopback address the error points to the code', async () => {
	const {listen} = computer({missing: ['127.0.0.1', '::1']});
	await assert.rejects(bindLoopback(either, [0], listen), {code: 'config_error', hint: /code/});
});

test('demand 22: who holds a port is named where the system tells, and cannot draw', async () => {
	const {listen} = computer({taken: ['127.0.0.1:8085', '127.0.0.1:8086']});
	const holders: Readonly<Record<number, string>> = {8085: 'node, process 4711', 8086: 'a\u001B[2Jb'};
	const holderOf = async (port: number) => holders[port];
	await assert.rejects(bindLoopback(either, [8085], listen, holderOf), {
		message: 'Port 8085 (used by node, process 4711) is in use.',
	});
	await assert.rejects(bindLoopback(either, [8085, 8086], listen, holderOf), {
		message: 'The ports 8085 (used by node, process 4711) and 8086 (used by ab) are all in use.',
	});
});
