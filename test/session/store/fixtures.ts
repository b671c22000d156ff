import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {TestContext} from 'node:test';
import type {StoredSession} from '../../../source/session/types.js';
import {nodeFileSystem, type FileSystem} from '../../../source/session/store/file-system.js';
import {type Processes, nodeProcesses} from '../../../source/session/store/lock-holder.js';

/** A session whose access token is `token`. */
export const makeSession = (token: string): StoredSession => ({
	version: 1,
	flow: 'device',
	tokens: {
		accessToken: token,
		tokenType: 'bearer',
		issuedAt: 1_700_000_000_000,
		refreshToken: `${token}-refresh`,
		scope: 'openid',
	},
	provider: {
		issuer: 'https://login.example.com',
		clientId: 'a-client',
	} as unknown as StoredSession['provider'],
	server: {issuer: 'https://login.example.com'},
});

/** A folder that goes when the test ends. */
export const temporaryFolder = (t: Pick<TestContext, 'after'>): string => {
	const folder = mkdtempSync(path.join(tmpdir(), 'ink-login-store-'));
	t.after(() => rmSync(folder, {recursive: true, force: true}));
	return folder;
};

export const never = new AbortController().signal;

/** A process that is dead by the time that anybody looks, on this machine and in this container. */
export const deadProcess: Processes = {...nodeProcesses, pid: 0x7fff_fff0, startOf: () => '1'};

/** A process of which nobody here can say whether it lives. */
export const processElsewhere = (host = 'another-container'): Processes => ({
	...nodeProcesses,
	place: () => ({host, bootId: 'a-boot', pidNamespace: 'pid:[1]'}),
});

type Call = {readonly name: keyof FileSystem; readonly parameters: readonly unknown[]};

/** The real file system, with a say before each call. */
export const watchedFileSystem = (before: (call: Call) => void, base: FileSystem = nodeFileSystem): FileSystem =>
	new Proxy(base, {
		get(target, name: keyof FileSystem) {
			const method = target[name] as (...parameters: unknown[]) => unknown;
			return (...parameters: unknown[]) => {
				if (name !== 'userId') before({name, parameters});
				return method(...parameters);
			};
		},
	});

export const systemError = (code: string): Error => Object.assign(new Error(code), {code});

/** A file system on which one kind of call fails. */
export const failingFileSystem = (name: keyof FileSystem, code: string): FileSystem =>
	watchedFileSystem(call => {
		if (call.name === name) throw systemError(code);
	});

/**
 * A file system of a process that is killed in the middle of its `at`th call (from 1): a write has got half-way by then,
 * everything else has not begun; and no call after it does anything.
 */
export const dyingFileSystem = (at: number): {fileSystem: FileSystem; readonly hasDied: boolean} => {
	let calls = 0;
	const fileSystem = watchedFileSystem(({name, parameters}) => {
		calls++;
		if (calls < at) return;
		if (calls === at && name === 'write') {
			const [handle, data] = parameters as [number, Buffer];
			nodeFileSystem.write(handle, data.subarray(0, data.length / 2));
		}

		throw new Error('This process is dead.');
	});
	return {
		fileSystem,
		get hasDied() {
			return calls >= at;
		},
	};
};
