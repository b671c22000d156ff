import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as sleep} from 'node:timers/promises';
import {skip} from './figure.js';

const isInstalled = (program: string): boolean => {
	try {
		execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], {stdio: 'ignore'});
		return true;
	} catch {
		return false;
	}
};

export type RunningKeyring = AsyncDisposable & {
	/** What a program must know to find it. */
	readonly environment: Readonly<Record<string, string>>;
};

/**
 * A real keyring of its own, unlocked (gnome-keyring on a session bus); undefined where it is not installed.
 *
 * @param prepare - called once it answers, while this process's own environment leads to it too
 */
export const startKeyring = async (
	folder: string,
	prepare: (environment: Readonly<Record<string, string>>) => Promise<void>,
): Promise<RunningKeyring | undefined> => {
	const missing = ['dbus-run-session', 'gnome-keyring-daemon'].find(program => !isInstalled(program));
	if (missing !== undefined) {
		skip('a token from a keyring', `${missing} is not installed`);
		return undefined;
	}

	const runtime = path.join(folder, 'runtime');
	mkdirSync(runtime, {mode: 0o700});
	const place = {PATH: process.env['PATH'] ?? '', HOME: folder, XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: folder};
	const script =
		'echo "$DBUS_SESSION_BUS_ADDRESS"; exec gnome-keyring-daemon --foreground --components=secrets --unlock';
	const session = spawn('dbus-run-session', ['--', 'sh', '-c', script], {
		env: place,
		stdio: ['pipe', 'pipe', 'ignore'],
		// A group of its own, so that the bus and the daemon end with it.
		detached: true,
	});
	const ended = once(session, 'exit');
	const [address] = (await once(createInterface({input: session.stdout}), 'line')) as [string];
	session.stdin.end('password');
	const environment = {...place, DBUS_SESSION_BUS_ADDRESS: address};
	const stop = async () => {
		if (session.pid !== undefined) process.kill(-session.pid);
		session.stdout.destroy();
		await ended;
	};
	const own = process.env['DBUS_SESSION_BUS_ADDRESS'];
	process.env['DBUS_SESSION_BUS_ADDRESS'] = address;
	try {
		// The daemon has no word for "ready": the first try that succeeds is it.
		for (let attempt = 0; ; attempt++) {
			try {
				await prepare(environment);
				break;
			} catch (error) {
				if (attempt === 20) throw error;
				await sleep(100);
			}
		}
	} catch (error) {
		await stop();
		throw error;
	} finally {
		if (own === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS'];
		else process.env['DBUS_SESSION_BUS_ADDRESS'] = own;
	}

	return {environment, [Symbol.asyncDispose]: stop};
};
