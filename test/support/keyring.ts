import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync} from 'node:fs';
import {createServer, type Socket} from 'node:net';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {TestContext} from 'node:test';
import {promisify} from 'node:util';
import {requireProgram} from './requirements.js';

/** Skips the test where the programs are missing. */
export const isKeyringMissing = (t: TestContext): boolean =>
	requireProgram(t, 'dbus-run-session') === undefined || requireProgram(t, 'gnome-keyring-daemon') === undefined;

/** The environment of a user of whom nothing is known but a home: no bus, no display, nothing of anyone who runs the tests. */
export const strangersEnvironment = (folder: string): Record<string, string> => {
	mkdirSync(path.join(folder, 'runtime'), {mode: 0o700, recursive: true});
	return {
		PATH: process.env['PATH'] ?? '',
		HOME: folder,
		XDG_DATA_HOME: path.join(folder, 'data'),
		XDG_RUNTIME_DIR: path.join(folder, 'runtime'),
	};
};

/**
 * A display, where a window might ask for a password: a keyring may take half a minute then. Without one it has two
 * seconds, which a busy machine may need for itself.
 */
export const withPatience = {DISPLAY: ':99'};

/** Milliseconds that nobody takes who did not wait for such a window. */
export const withoutPatience = 25_000;

/** A session bus that ends with the test. */
export const startBus = async (
	t: TestContext,
	environment: Record<string, string>,
): Promise<Record<string, string>> => {
	const bus = spawn('dbus-run-session', ['--', 'sh', '-c', 'echo "$DBUS_SESSION_BUS_ADDRESS"; cat >/dev/null'], {
		env: environment,
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	const closed = once(bus, 'close');
	t.after(async () => {
		bus.stdin.end();
		await closed;
	});
	const [address] = (await once(createInterface({input: bus.stdout}), 'line')) as [string];
	return {...environment, DBUS_SESSION_BUS_ADDRESS: address};
};

const ask = async (environment: Record<string, string>, who: string, ...question: string[]): Promise<string> => {
	const words = ['--session', '--print-reply', '--reply-timeout=60000', `--dest=${who}`, '/', ...question];
	return (await promisify(execFile)('dbus-send', words, {env: environment})).stdout;
};

const hasKeyring = async (environment: Record<string, string>): Promise<boolean> => {
	const question = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
	return (await ask(environment, 'org.freedesktop.DBus', ...question)).includes('true');
};

/** gnome-keyring, unlocked where a password is given; resolves to a function that ends it. */
export const startKeyring = async (
	t: TestContext,
	environment: Record<string, string>,
	password?: string,
): Promise<() => Promise<void>> => {
	const unlock = password === undefined ? [] : ['--unlock'];
	const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...unlock], {
		env: environment,
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	const closed = once(daemon, 'close');
	daemon.stdin.end(password ?? '');
	const stop = async () => {
		daemon.kill();
		await closed;
	};
	t.after(stop);
	while (!(await hasKeyring(environment))) assert.equal(daemon.exitCode, null, 'gnome-keyring-daemon ended');
	// It has its name before it listens.
	await ask(environment, 'org.freedesktop.secrets', 'org.freedesktop.DBus.Peer.Ping');
	return stop;
};

/** A bus that takes every connection and never says a word. */
export const startSilentBus = async (t: TestContext, folder: string): Promise<Record<string, string>> => {
	const sockets = new Set<Socket>();
	const server = createServer(socket => sockets.add(socket.on('error', () => undefined)));
	const address = path.join(folder, 'bus');
	await new Promise<void>(resolve => server.listen(address, resolve));
	t.after(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return {...strangersEnvironment(folder), DBUS_SESSION_BUS_ADDRESS: `unix:path=${address}`};
};
