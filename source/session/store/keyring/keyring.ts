import type {ChildProcessByStdio} from 'node:child_process';
import type {Readable, Writable} from 'node:stream';
import type {EntryOptions, Entry as KeyringEntry} from '@napi-rs/keyring';
import type {EnvironmentVariables} from '../../../core/types.js';
import type {Keyring} from '../../types.js';
import {storeError} from '../file-system.js';
import {ownName} from '../session-file.js';

const keyringUnavailable = (what: string) =>
	storeError(
		`The system keyring ${what}.`,
		({keyring = 'Unlock it, or save the sessions in files instead.'}) => keyring,
	);

/** @param limit - milliseconds */
export const keyringTimeout = (limit: number) => keyringUnavailable(`didn't respond within ${limit / 1000} seconds`);

/** Where no unlocking helps. */
const keyringUnusable = (what: string) =>
	storeError(`The system keyring ${what}.`, ({otherStore = 'Save the sessions in files instead.'}) => otherStore);

type Request = {
	readonly module: string;
	readonly service: string;
	readonly account: string;
	readonly entryOptions: EntryOptions;
	readonly operation: 'get' | 'set' | 'probe';
	readonly secret: string | undefined;
};

/** The request comes on stdin and the result goes to stdout: anyone can read arguments and environment. */
const program = `
const {module, service, account, entryOptions, operation, secret} = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const {Entry} = require(module);
const store = (entry, value) => {
	entry.setPassword(value);
	if (entry.getPassword() !== value) throw new Error('not kept');
};
if (operation === 'probe') {
	const entry = new Entry(service, account + ' (probe ' + process.pid + ')', entryOptions);
	store(entry, 'probe');
	entry.deleteCredential();
}
const entry = new Entry(service, account, entryOptions);
if (operation === 'set') store(entry, secret);
process.stdout.write(JSON.stringify({value: operation === 'get' ? entry.getPassword() ?? null : null}));
`;

/** Set for the child, so that it never starts another, whatever `process.execPath` turns out to be. */
const mark = 'INK_LOGIN_KEYRING_CHILD';

/** The child's result; undefined for anything but what {@link program} prints. */
const parseResult = (output: string): {readonly value: string | null} | undefined => {
	try {
		const {value} = JSON.parse(output) as {readonly value?: unknown};
		return value === null || typeof value === 'string' ? {value} : undefined;
	} catch {
		return undefined;
	}
};

/**
 * Uses the keyring in a process of its own. `process.execPath` must be Node.js (keyring.ts).
 *
 * @throws LoginError `store_error` when it fails, or after `timeout` milliseconds
 */
const runKeyringChild = async (
	request: Request,
	{environment, timeout}: {readonly environment: EnvironmentVariables; readonly timeout: number},
): Promise<string | undefined> => {
	if (process.env[mark] !== undefined) throw keyringUnavailable("can't be reached");
	// Not imported: most commands read a session from a file.
	const {spawn} = process.getBuiltinModule('node:child_process');
	let child: ChildProcessByStdio<Writable, Readable, null>;
	try {
		child = spawn(process.execPath, ['--eval', program], {
			// Options for this process (an inspector, a loader) are not for that one.
			env: {...environment, NODE_OPTIONS: '', [mark]: '1'},
			stdio: ['pipe', 'pipe', 'ignore'],
			windowsHide: true,
			timeout,
			killSignal: 'SIGKILL',
		});
	} catch {
		// Node.js's permission model allows no child.
		throw keyringUnavailable("can't be reached");
	}

	// It may wait for ever, and nothing else would end it.
	const kill = () => void child.kill('SIGKILL');
	process.once('exit', kill);
	return new Promise<string | undefined>((resolve, reject) => {
		let output = '';
		child.stdout.setEncoding('utf8');
		child.stdout.on('data', (chunk: string) => {
			output += chunk;
		});
		// It may have died before it read its request; `close` tells.
		child.stdin.on('error', () => undefined);
		child.on('error', () => reject(keyringUnavailable("can't be reached")));
		child.on('close', (code, signal) => {
			const result = code === 0 ? parseResult(output) : undefined;
			if (result !== undefined) resolve(result.value ?? undefined);
			else if (signal === 'SIGKILL') reject(keyringTimeout(timeout));
			else reject(keyringUnavailable("is locked, or there isn't one"));
		});
		child.stdin.end(JSON.stringify(request));
	}).finally(() => process.off('exit', kill));
};

export type KeyringOptions = {
	/** Tells the entry of one folder from another's: one entry for all sessions of a folder, so that a person is asked once. */
	readonly account: string;
	/** What the person reads where the system shows the entry. @default 'ink-login' */
	readonly service?: string;
	readonly environment?: EnvironmentVariables;
	readonly platform?: NodeJS.Platform;
	/** Shows a sentence while it waits for the person. */
	readonly say?: (sentence: string) => void;
	/** Whether it may wait for the person; a locked keyring is a failure otherwise. @default true */
	readonly mayWait?: boolean;
};

/** Milliseconds. */
const patience = {nobody: 2000, person: 30_000, beforeSaying: 1500};

// Without the pin, a Linux machine with no desktop gets the kernel's keyring, which forgets everything at a restart.
const entryOptions: EntryOptions = {linux: {store: 'secret-service'}};

const waiting = 'Waiting for the system keyring: a window may be asking to unlock it.';

/**
 * Whether the program is run by Node.js itself, whose file may have a version in its name. In a single-file executable,
 * bun or Electron `process.execPath` is the application: as a child it would start itself again, and a native module
 * might be looked for anywhere, even in the current folder.
 */
const isRunByNode = (): boolean =>
	/(^|[\\/])node(js)?[-.\d]*(\.exe)?$/i.test(process.execPath) &&
	!['bun', 'deno', 'electron', 'nw'].some(runtime => runtime in process.versions) &&
	!process.getBuiltinModule('node:sea').isSea();

/**
 * The system keyring through `@napi-rs/keyring`, loaded on first use by programs that Node.js itself runs, and read
 * without it where the Secret Service has the secret ready (secret-service.ts).
 *
 * The native module waits without end for a keyring that does not answer, and neither a timer nor `process.exit` gets
 * past a native call. So it is called in this process only to read, and on Linux only once the desktop has said that it
 * will answer at once; whatever may wait for a person or for nothing happens in a child process, which can be killed. On
 * macOS and Windows a read waits, if at all, for a dialog of the system's own that the person sees.
 *
 * @throws LoginError `store_error` where there is no keyring, it is locked, or it does not answer in time: 2 s without a
 * display, 30 s where a window may be asking for a password
 */
export const systemKeyring = (options: KeyringOptions): Keyring => {
	const {account, service = ownName, environment = process.env, platform = process.platform} = options;
	const {say, mayWait = true} = options;
	const limit = canAskPerson(environment, platform) ? patience.person : patience.nobody;

	const inChild = async (operation: 'get' | 'set' | 'probe', secret?: string): Promise<string | undefined> => {
		const module = locate();
		const {sessionBusPath} = await import('./d-bus.js');
		if (platform === 'linux' && sessionBusPath(environment) === undefined) throw noBus();
		const mayAsk = limit === patience.person;
		const timer = mayAsk ? setTimeout(() => say?.(waiting), patience.beforeSaying) : undefined;
		try {
			return await runKeyringChild(
				{module, service, account, entryOptions, operation, secret},
				{environment, timeout: limit},
			);
		} finally {
			clearTimeout(timer);
		}
	};

	return {
		async get() {
			if (platform === 'linux') {
				const {askSecretService} = await import('./secret-service.js');
				// By these the native module stores an entry without a target, and finds it.
				const attributes = {service, username: account};
				const reply = await askSecretService({environment, timeout: patience.nobody, attributes});
				if (reply.state === 'found') return reply.secret;
				if (reply.state === 'absent') throw noBus();
				if (reply.state === 'silent') throw keyringUnavailable("doesn't respond");
				if (reply.state === 'locked') {
					if (limit === patience.nobody || !mayWait) throw keyringUnavailable('is locked');
					return inChild('get');
				}
			}

			const {Entry} = load();
			try {
				return new Entry(service, account, entryOptions).getPassword() ?? undefined;
			} catch {
				throw keyringUnavailable("can't be reached");
			}
		},
		async set(secret) {
			await inChild('set', secret);
		},
		async probe() {
			await inChild('probe');
		},
	};
};

const noBus = () => keyringUnusable("can't be reached because there's no session bus");

// Not imported: it loads what ES modules need, a tenth of the time that `token` takes.
const requireHere = () => process.getBuiltinModule('node:module').createRequire(import.meta.url);

const locate = (): string => {
	if (!isRunByNode()) throw keyringUnusable('is used only by programs that Node.js itself runs');
	try {
		return requireHere().resolve('@napi-rs/keyring');
	} catch {
		throw keyringUnusable("can't be used because the package @napi-rs/keyring is missing");
	}
};

const load = (): {Entry: typeof KeyringEntry} => {
	locate();
	try {
		const require = requireHere();
		return require('@napi-rs/keyring') as {Entry: typeof KeyringEntry};
	} catch {
		throw keyringUnusable("can't be used because the package @napi-rs/keyring doesn't load here");
	}
};

/** Whether a window could ask the person for a password. */
const canAskPerson = (environment: EnvironmentVariables, platform: NodeJS.Platform): boolean => {
	if (platform === 'win32' || platform === 'darwin') return (environment['SSH_CONNECTION'] ?? '') === '';
	return ['DISPLAY', 'WAYLAND_DISPLAY'].some(name => (environment[name] ?? '') !== '');
};
