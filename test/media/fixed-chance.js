import {Buffer} from 'node:buffer';
import crypto from 'node:crypto';
import {syncBuiltinESMExports} from 'node:module';
import net from 'node:net';
import os from 'node:os';
import {setImmediate} from 'node:timers';

/*
 * Loaded into the recorded programs, so that a second recording shows the same codes, addresses and ports as the first:
 * chance comes from a counter, and the ports that the system would choose are fixed.
 */
let count = 3;
const fill = bytes => {
	for (let index = 0; index < bytes.length; index += 32) {
		const block = crypto.createHash('sha256').update(`recording ${count++}`).digest();
		bytes.set(block.subarray(0, Math.min(32, bytes.length - index)), index);
	}

	return bytes;
};

const bytesOf = view => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const fillView = view => {
	fill(bytesOf(view));
	return view;
};

crypto.randomBytes = (size, callback) => {
	const bytes = fill(Buffer.alloc(size));
	if (callback === undefined) return bytes;
	setImmediate(callback, null, bytes);
};
crypto.randomFillSync = fillView;
crypto.randomInt = (low, high) => {
	const [from, to] = typeof high === 'number' ? [low, high] : [0, low];
	return from + (fill(Buffer.alloc(6)).readUIntBE(0, 6) % (to - from));
};
crypto.webcrypto.getRandomValues = fillView;
globalThis.crypto.getRandomValues = fillView;
syncBuiltinESMExports();

const {listen} = net.Server.prototype;
let port = 53_114;
net.Server.prototype.listen = function (first, ...rest) {
	if (first === 0) return listen.call(this, port++, ...rest);
	if (typeof first === 'object' && first?.port === 0) return listen.call(this, {...first, port: port++}, ...rest);
	return listen.call(this, first, ...rest);
};

// What an SSH command names.
os.userInfo = () => ({username: 'alice', uid: 1000, gid: 1000, shell: '/bin/sh', homedir: os.homedir()});
syncBuiltinESMExports();
