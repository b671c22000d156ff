import {connect} from 'node:net';

/** What the desktop's Secret Service answers when asked whether its keyring is locked. */
export type SecretServiceState =
	/** It answers, and will not ask the person anything. */
	| 'ready'
	/** To use it, somebody must type a password into a window. */
	| 'locked'
	/** Something takes the connection and says nothing. */
	| 'silent'
	/** There is none, or none that can be asked this way. */
	| 'absent';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Asks before the native module does: that one waits without end, on the main thread, for a bus that does not answer or
 * a window that nobody sees (demand 44). Two D-Bus calls, nothing of which depends on what the peer sends but its last
 * word.
 *
 * @param timeout - milliseconds
 */
export const askSecretService = async (environment: Environment, timeout: number): Promise<SecretServiceState> => {
	const path = busPath(environment);
	if (path === undefined) return 'absent';
	return new Promise(resolve => {
		const socket = connect(path);
		const finish = (state: SecretServiceState) => {
			clearImmediate(start);
			clearTimeout(timer);
			socket.destroy();
			resolve(state);
		};
		// The time runs from when this process can listen: loading a module may block it for longer, on a slow disk.
		let timer: NodeJS.Timeout | undefined;
		const start = setImmediate(() => (timer = setTimeout(() => finish('silent'), timeout)));
		const answers = new Answers();
		socket.on('error', () => finish('absent'));
		socket.on('close', () => finish('absent'));
		socket.on('data', chunk => {
			const state = answers.take(chunk);
			if (state !== undefined) finish(state);
		});
		// Authentication, greeting and question in one go: what the bus answers in between changes nothing.
		const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
		socket.write(Buffer.concat([Buffer.from(`\0AUTH EXTERNAL ${user}\r\nBEGIN\r\n`), hello, isLocked]));
	});
};

/** The first address of a kind that every bus of a desktop has. */
const busPath = (environment: Environment): string | undefined => {
	const address = environment['DBUS_SESSION_BUS_ADDRESS'];
	if (address === undefined || address === '') {
		const folder = environment['XDG_RUNTIME_DIR'];
		return folder === undefined || folder === '' ? undefined : `${folder}/bus`;
	}

	const [, kind, path] = /(?:^|;)unix:(?:[^;]*,)?(path|abstract)=([^,;]+)/.exec(address) ?? [];
	if (path === undefined) return undefined;
	try {
		const name = decodeURIComponent(path);
		return kind === 'abstract' ? `\0${name}` : name;
	} catch {
		return undefined;
	}
};

const padded = (length: number, boundary: number): number => Math.ceil(length / boundary) * boundary;

/** D-Bus specification, "Marshaling": a length, the bytes, a zero. */
const text = (value: string): Buffer => {
	const bytes = Buffer.alloc(4 + value.length + 1);
	bytes.writeUInt32LE(value.length);
	bytes.write(value, 4);
	return bytes;
};

const align = (bytes: Buffer, boundary: number): Buffer =>
	Buffer.concat([bytes, Buffer.alloc(padded(bytes.length, boundary) - bytes.length)]);

type Call = {
	readonly serial: number;
	readonly to: string;
	readonly path: string;
	readonly face: string;
	readonly name: string;
};

/** A method call whose arguments are all strings. */
const methodCall = ({serial, to, path, face, name}: Call, ...values: readonly string[]): Buffer => {
	const body = values.reduce((before, value) => Buffer.concat([align(before, 4), text(value)]), Buffer.alloc(0));
	const field = (code: number, type: string, value: Buffer) =>
		Buffer.concat([Buffer.from([code, 1]), Buffer.from(`${type}\0`), value]);
	const fields = [
		field(1, 'o', text(path)),
		field(2, 's', text(face)),
		field(3, 's', text(name)),
		field(6, 's', text(to)),
		...(values.length > 0
			? [field(8, 'g', Buffer.from(`${String.fromCharCode(values.length)}${'s'.repeat(values.length)}\0`))]
			: []),
	];
	const array = fields.reduce((before, next) => Buffer.concat([align(before, 8), next]), Buffer.alloc(0));
	const head = Buffer.alloc(16);
	head.write('l');
	head.set([1, 0, 1], 1);
	head.writeUInt32LE(body.length, 4);
	head.writeUInt32LE(serial, 8);
	head.writeUInt32LE(array.length, 12);
	return Buffer.concat([align(Buffer.concat([head, array]), 8), body]);
};

const hello = methodCall({
	serial: 1,
	to: 'org.freedesktop.DBus',
	path: '/org/freedesktop/DBus',
	face: 'org.freedesktop.DBus',
	name: 'Hello',
});

const isLocked = methodCall(
	{
		serial: 2,
		to: 'org.freedesktop.secrets',
		path: '/org/freedesktop/secrets/aliases/default',
		face: 'org.freedesktop.DBus.Properties',
		name: 'Get',
	},
	'org.freedesktop.Secret.Collection',
	'Locked',
);

const methodReturn = 2;
const errorReply = 3;

/** No bus has so much to say to these questions. */
const longestAnswer = 65_536;

/** Waits for the second answer: the first one is to the greeting, and signals are none. */
class Answers {
	#bytes = Buffer.alloc(0);
	#isAuthenticated = false;
	#count = 0;

	take(chunk: Buffer): SecretServiceState | undefined {
		this.#bytes = Buffer.concat([this.#bytes, chunk]);
		if (this.#bytes.length > longestAnswer) return 'absent';
		if (!this.#isAuthenticated) {
			const end = this.#bytes.indexOf('\r\n');
			if (end < 0) return undefined;
			if (!this.#bytes.toString('latin1', 0, end).startsWith('OK')) return 'absent';
			this.#bytes = this.#bytes.subarray(end + 2);
			this.#isAuthenticated = true;
		}

		while (this.#bytes.length >= 16) {
			const isLittle = this.#bytes[0] === 0x6c;
			const number = (offset: number) =>
				isLittle ? this.#bytes.readUInt32LE(offset) : this.#bytes.readUInt32BE(offset);
			const length = padded(16 + number(12), 8) + number(4);
			if (length > longestAnswer) return 'absent';
			if (this.#bytes.length < length) return undefined;
			const type = this.#bytes[1];
			if (type === methodReturn || type === errorReply) this.#count++;
			if (this.#count === 2) {
				// No such keyring, or no such service: the native module will be told the same at once.
				if (type === errorReply) return 'ready';
				return number(length - 4) === 0 ? 'ready' : 'locked';
			}

			this.#bytes = this.#bytes.subarray(length);
		}

		return undefined;
	}
}
