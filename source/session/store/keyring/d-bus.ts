import {lstatSync} from 'node:fs';
import {connect, type Socket} from 'node:net';
import type {EnvironmentVariables} from '../../../core/types.js';
import {decodeReply, encodeCall, messageLength, type MethodCall, type MethodReply} from './d-bus-message.js';

/**
 * The socket of the session bus, where it is ours or root's. D-Bus has us prove who we are and proves nothing in return;
 * once a bus has ended, an abstract name of it is free for every user of the computer, so none is used.
 */
export const sessionBusPath = (environment: EnvironmentVariables): string | undefined => {
	try {
		const path = namedPath(environment);
		const owner = path && lstatSync(path).uid;
		return owner === 0 || owner === process.getuid?.() ? path : undefined;
	} catch {
		return undefined;
	}
};

const namedPath = (environment: EnvironmentVariables): string | undefined => {
	const address = environment['DBUS_SESSION_BUS_ADDRESS'];
	if (address === undefined || address === '') {
		const folder = environment['XDG_RUNTIME_DIR'];
		return folder === undefined || folder === '' ? undefined : `${folder}/bus`;
	}

	// The native module takes the first of a list that it can reach.
	if (/[:,]abstract=/.test(address)) return undefined;
	const [, path] = /(?:^|;)unix:(?:[^;]*,)?path=([^,;]+)/.exec(address) ?? [];
	return path && decodeURIComponent(path);
};

/** No bus has so much to say to these questions. */
const longestReply = 65_536;

const hello: MethodCall = {
	to: 'org.freedesktop.DBus',
	path: '/org/freedesktop/DBus',
	face: 'org.freedesktop.DBus',
	name: 'Hello',
};

const ended = () => new Error('The connection to the session bus has ended.');

type Caller = {readonly resolve: (reply: MethodReply) => void; readonly reject: (error: Error) => void};

/** A connection to the session bus, for method calls alone. */
export class SessionBus {
	readonly #socket: Socket;
	readonly #callers = new Map<unknown, Caller>();
	#unsent: readonly Buffer[] = [];
	#bytes: Buffer = Buffer.alloc(0);
	#isAuthenticated = false;
	#serial = 0;
	#hasEnded = false;

	constructor(path: string) {
		const end = () => this.#end();
		// Without the events of a stream, which take longer to set up than the bus to answer.
		const callback = (length: number, buffer: Uint8Array) => {
			try {
				this.#take(buffer.subarray(0, length));
			} catch {
				end();
			}

			return true;
		};
		const onread = {buffer: Buffer.allocUnsafe(longestReply), callback};
		// The end follows an error.
		this.#socket = connect({path, onread})
			.on('error', () => undefined)
			.on('close', end);
		const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
		this.#write(Buffer.from(`\0AUTH EXTERNAL ${user}\r\nBEGIN\r\n`));
		this.#send(hello);
	}

	/** Rejects where the peer is gone, or is no bus. */
	async call(call: MethodCall): Promise<MethodReply> {
		if (this.#hasEnded) throw ended();
		return new Promise((resolve, reject) => this.#callers.set(this.#send(call), {resolve, reject}));
	}

	close(): void {
		// Not at once: to end a socket takes half a millisecond, and a process that has what it wanted may end before that.
		setImmediate(() => this.#socket.destroy());
		this.#end();
	}

	#end(): void {
		this.#hasEnded = true;
		for (const {reject} of this.#callers.values()) reject(ended());
		this.#callers.clear();
	}

	#send(call: MethodCall): number {
		const serial = ++this.#serial;
		this.#write(encodeCall(call, serial));
		return serial;
	}

	/** Authentication, greeting and first calls go in one: what the bus answers in between changes nothing. */
	#write(bytes: Buffer): void {
		if (this.#unsent.length === 0) {
			process.nextTick(() => {
				this.#socket.write(Buffer.concat(this.#unsent));
				this.#unsent = [];
			});
		}

		this.#unsent = [...this.#unsent, bytes];
	}

	#take(chunk: Uint8Array): void {
		this.#bytes = Buffer.concat([this.#bytes, chunk]);
		if (this.#bytes.length > longestReply) throw new RangeError('The response is too long.');
		if (!this.#isAuthenticated) {
			const end = this.#bytes.indexOf('\r\n');
			if (end < 0) return;
			if (this.#bytes.toString('latin1', 0, 2) !== 'OK') throw new TypeError('The peer is no bus.');
			this.#bytes = this.#bytes.subarray(end + 2);
			this.#isAuthenticated = true;
		}

		for (;;) {
			const length = messageLength(this.#bytes);
			if (length === undefined) return;
			if (length > longestReply) throw new RangeError('The response is too long.');
			if (this.#bytes.length < length) return;
			const reply = decodeReply(this.#bytes.subarray(0, length));
			this.#bytes = this.#bytes.subarray(length);
			if (reply === undefined) continue;
			this.#callers.get(reply.replyTo)?.resolve(reply.reply);
			this.#callers.delete(reply.replyTo);
		}
	}
}
