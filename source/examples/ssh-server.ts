import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {Writable} from 'node:stream';
import ssh2, {type ServerChannel} from 'ssh2';
import {createMemoryStore, login, LoginError, oidc, screen, TokenEngine} from '../index.js';

/* An SSH server whose visitors sign in, each on a screen and with a session of their own: `ssh -p 2222 localhost`. */

const {ISSUER = 'https://auth.example.com', PORT = '2222'} = process.env;
const provider = oidc({issuer: ISSUER, clientId: 'ink-login-demo', application: 'Acme'});

type WindowSize = {readonly cols: number; readonly rows: number};
/** Present if the client waits for a reply. */
type Accept = (() => void) | undefined;

/** What is drawn on: a channel has no size, and starts new lines by itself. */
class Screen extends Writable {
	readonly isTTY = true;
	columns = 80;
	rows = 24;

	constructor(channel: ServerChannel) {
		super({
			write(chunk: Buffer, _encoding, done) {
				channel.write(chunk.toString().replaceAll('\n', '\r\n'), done);
			},
		});
	}

	resize({cols, rows}: WindowSize): void {
		// A client says whatever it likes.
		this.columns = Math.min(cols, 500);
		this.rows = Math.min(rows, 200);
		this.emit('resize');
	}
}

const visit = async (channel: ServerChannel, stdout: Screen): Promise<void> => {
	const left = new AbortController();
	channel.once('close', () => left.abort());
	const nothing = () => undefined;
	const stdin = Object.assign(channel, {isTTY: true, setRawMode: nothing, ref: nothing, unref: nothing});
	const engine = new TokenEngine({provider, store: createMemoryStore()});
	try {
		const streams = {stdin, stdout};
		const {identity} = await login(engine, {show: screen, terminal: {streams}, signal: left.signal});
		stdout.write(`Welcome, ${identity?.name}.\n`);
		channel.exit(0);
	} catch (error) {
		if (!(error instanceof LoginError)) throw error;
		// The visitor, if still there, has read it on the screen.
		if (!left.signal.aborted) channel.exit(1);
	}

	stdout.end(() => channel.end());
};

const server = new ssh2.Server({hostKeys: [ssh2.utils.generateKeyPairSync('ed25519').private]}, client => {
	client.on('error', () => client.end());
	// The login is there to find out who they are.
	client.on('authentication', context => context.accept());
	client.on('session', accept => {
		const session = accept();
		let size: WindowSize = {cols: 80, rows: 24};
		let screen: Screen | undefined;
		session.on('pty', (accept: Accept, _, info) => {
			size = info;
			accept?.();
		});
		session.on('window-change', (accept: Accept, _, info) => {
			screen?.resize(info);
			accept?.();
		});
		session.on('shell', accept => {
			const channel = accept();
			screen = new Screen(channel);
			screen.resize(size);
			void visit(channel, screen);
		});
	});
});

await once(server.listen(Number(PORT), '127.0.0.1'), 'listening');
console.log(`ssh -p ${(server.address() as AddressInfo).port} 127.0.0.1`);
