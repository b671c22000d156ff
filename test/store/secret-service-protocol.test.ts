import assert from 'node:assert/strict';
import {createServer} from 'node:net';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {askSecretService} from '../../source/store/secret-service.js';
import {temporaryFolder} from './fixtures.js';

/** A bus that sends the same bytes to everybody, one at a time where `slowly`. */
const startBus = async (t: TestContext, bytes: Buffer, slowly = false): Promise<Record<string, string>> => {
	const address = path.join(temporaryFolder(t), 'bus');
	const server = createServer(socket => {
		socket.on('error', () => undefined);
		socket.once('data', () => {
			if (slowly) for (const byte of bytes) socket.write(Buffer.of(byte));
			else socket.write(bytes);
		});
	});
	await new Promise<void>(resolve => server.listen(address, resolve));
	t.after(() => server.close());
	return {DBUS_SESSION_BUS_ADDRESS: `tcp:host=x;unix:guid=1,path=${encodeURIComponent(address)}`};
};

const signal = 4;
const methodReturn = 2;
const errorReply = 3;

const message = (type: number, body: Buffer, isLittle = true): Buffer => {
	const head = Buffer.alloc(16);
	head.write(isLittle ? 'l' : 'B');
	head.set([type, 0, 1], 1);
	const put = (value: number, offset: number) =>
		isLittle ? head.writeUInt32LE(value, offset) : head.writeUInt32BE(value, offset);
	put(body.length, 4);
	put(7, 8);
	put(5, 12);
	return Buffer.concat([head, Buffer.alloc(8), body]);
};

const locked = (value: 0 | 1, isLittle = true) => {
	const body = Buffer.from([1, 0x62, 0, 0, 0, 0, 0, 0]);
	body[isLittle ? 4 : 7] = value;
	return message(methodReturn, body, isLittle);
};

const greeting = Buffer.concat([
	Buffer.from('OK 0123\r\n'),
	message(methodReturn, Buffer.alloc(11)),
	message(signal, Buffer.alloc(3)),
]);

for (const [what, answer, state] of [
	['says that it is open', locked(0), 'ready'],
	['says that it is locked', locked(1), 'locked'],
	['says so in the other byte order', locked(1, false), 'locked'],
	['knows no such keyring', message(errorReply, Buffer.alloc(0)), 'ready'],
] as const) {
	test(`a keyring that ${what} is ${state}, in whatever pieces the answer comes`, async t => {
		const bytes = Buffer.concat([greeting, answer]);
		assert.equal(await askSecretService(await startBus(t, bytes), 60_000), state);
		assert.equal(await askSecretService(await startBus(t, bytes, true), 60_000), state);
	});
}

test('its time runs from when this process can listen: what blocks it meanwhile takes none of that', async t => {
	const bytes = Buffer.concat([greeting, locked(0)]);
	const asked = askSecretService(await startBus(t, bytes), 2000);
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2100);
	assert.equal(await asked, 'ready');
});

test('a peer that is no bus is as good as none', async t => {
	const endless = message(methodReturn, Buffer.alloc(0));
	endless.writeUInt32LE(0xffff_fff0, 4);
	for (const bytes of [
		'REJECTED EXTERNAL\r\n',
		'HTTP/1.1 400 Bad Request\r\n\r\n',
		'x'.repeat(70_000),
		Buffer.concat([Buffer.from('OK\r\n'), endless]),
	]) {
		assert.equal(await askSecretService(await startBus(t, Buffer.from(bytes)), 60_000), 'absent');
	}
});

test('without an address that can be asked, or with nobody there, there is none', async t => {
	const folder = temporaryFolder(t);
	for (const environment of [
		{},
		{XDG_RUNTIME_DIR: folder},
		{DBUS_SESSION_BUS_ADDRESS: 'tcp:host=localhost,port=1'},
		{DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/none`},
		{DBUS_SESSION_BUS_ADDRESS: 'unix:path=%zz'},
		{DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=/no/such/bus'},
	]) {
		assert.equal(await askSecretService(environment, 60_000), 'absent');
	}
});

test('a bus that takes the connection and keeps silent is told apart', async t => {
	assert.equal(await askSecretService(await startBus(t, Buffer.from('')), 20), 'silent');
});
