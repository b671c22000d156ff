import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
	decodeReply,
	encodeCall,
	messageLength,
	type Reader,
} from '../../../../source/session/store/keyring/d-bus-message.js';
import {errorReply, reply, signal} from './d-bus-peer.js';

const path = '/org/freedesktop/secrets';
const words = (body: Reader) => [body.variant(), body.text(), body.array(4, () => body.text())];
const sample = reply(3, [
	{type: 'v', value: {type: 'ay', value: Buffer.from('output')}},
	{type: 'o', value: path},
	{type: 'ao', value: [path, `${path}/größe`]},
]);

test('a reply is read, and so is the name of an error; a signal is neither', () => {
	const {replyTo, reply: read} = decodeReply(sample) ?? {};
	assert.equal(replyTo, 3);
	assert.equal(read?.signature, 'voao');
	assert.equal(read.error, undefined);
	assert.deepEqual(words(read.body), [Buffer.from('output'), path, [path, `${path}/größe`]]);
	assert.equal(decodeReply(errorReply(3, 'org.example.No'))?.reply.error, 'org.example.No');
	assert.equal(decodeReply(signal()), undefined);
});

test('the length of a message is known from its first 16 bytes', () => {
	assert.equal(messageLength(sample.subarray(0, 15)), undefined);
	assert.equal(messageLength(sample.subarray(0, 16)), sample.length);
});

test('a call is laid out as the specification says, its lengths counted in bytes', () => {
	const call = {to: 'org.example', path: '/o', face: 'org.example.Face', name: 'Do', signature: 'a{ss}'};
	const bytes = encodeCall({...call, write: body => body.array(['ä'], name => body.text(name).text('b'))}, 0x0102);
	assert.equal(messageLength(bytes), bytes.length);
	assert.equal(bytes.length % 8, 6);
	assert.deepEqual([...bytes.subarray(0, 12)], [0x6c, 1, 0, 1, 22, 0, 0, 0, 2, 1, 0, 0]);
	const body = [14, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa4, 0, 0, 1, 0, 0, 0, 0x62, 0];
	assert.deepEqual([...bytes.subarray(-22)], body);
});

/** Reads all that it can, as a curious reader would. */
const readAll = (bytes: Buffer): void => {
	const body = decodeReply(bytes)?.reply.body;
	if (body !== undefined) words(body);
};

test('whatever is cut off or changed in a message, it is read, or refused with an error, and nothing else', () => {
	const isRefusal = (error: unknown) => error instanceof RangeError || error instanceof TypeError;
	const attempt = (bytes: Buffer) => {
		try {
			readAll(bytes);
		} catch (error) {
			assert.ok(isRefusal(error), String(error));
		}
	};

	for (let length = 12; length < sample.length; length++) {
		assert.throws(() => readAll(sample.subarray(0, length)), isRefusal);
	}

	for (let index = 0; index < sample.length; index++) {
		for (const value of [0, 1, 0x42, 0x7f, 0x80, 0xff]) {
			const spoilt = Buffer.from(sample);
			spoilt[index] = value;
			attempt(spoilt);
		}
	}
});
