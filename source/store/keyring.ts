import {createRequire} from 'node:module';
import type {Entry as KeyringEntry, EntryOptions} from '@napi-rs/keyring';
import {runKeyringChild} from './keyring-child.js';
import {askSecretService} from './secret-service.js';
import {sessionBusPath} from './session-bus.js';
import {keyringUnavailable, keyringUnusable} from './store-error.js';

/** One secret in the operating system's keyring. */
export type Keyring = {
	/** Undefined where there is none, or where the keyring does not tell. */
	readonly get: () => Promise<string | undefined>;
	/** Stores it and reads it back. */
	readonly set: (secret: string) => Promise<void>;
	/** Stores, reads back and removes another secret: whether the keyring does here what it is for. */
	readonly probe: () => Promise<void>;
};

type KeyringOptions = {
	/** Tells the entry of one folder from another's: one entry for all sessions of a folder, so that a person is asked once. */
	readonly account: string;
	/** What the person reads where the system shows the entry. @default 'ink-login' */
	readonly service?: string;
	readonly environment?: Readonly<Record<string, string | undefined>>;
	readonly platform?: NodeJS.Platform;
	/** Shows a sentence while it waits for the person. */
	readonly say?: (sentence: string) => void;
	/** Whether it may wait for the person; a locked keyring is a failure otherwise. @default true */
	readonly mayWait?: boolean;
};

export const defaultService = 'ink-login';

/** Milliseconds. */
const patience = {nobody: 2000, person: 30_000, beforeSaying: 1500};

// Without the pin, a Linux machine with no desktop gets the kernel's keyring, which forgets everything at a restart.
const entryOptions: EntryOptions = {linux: {store: 'secret-service'}};

const waiting = 'Waiting for the system keyring: a window may be asking to unlock it.';

/**
 * Whether the program is run by Node.js itself, whose file may have a version in its name. In a single-file executable,
 * bun or Electron `process.execPath` is the application: as a child it would start itself again, and a native module
 * would be looked for wherever that runtime pleases, the current folder included.
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
	const {account, service = defaultService, environment = process.env, platform = process.platform} = options;
	const {say, mayWait = true} = options;
	const limit = canAskPerson(environment, platform) ? patience.person : patience.nobody;

	const inChild = async (operation: 'get' | 'set' | 'probe', secret?: string): Promise<string | undefined> => {
		const module = locate();
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
				// By these the native module stores an entry without a target, and finds it.
				const attributes = {service, username: account};
				const reply = await askSecretService({environment, timeout: patience.nobody, attributes});
				if (reply.state === 'found') return reply.secret;
				if (reply.state === 'absent') throw noBus();
				if (reply.state === 'silent') throw keyringUnavailable('does not answer');
				if (reply.state === 'locked') {
					if (limit === patience.nobody || !mayWait) throw keyringUnavailable('is locked');
					return inChild('get');
				}
			}

			const {Entry} = load();
			try {
				return new Entry(service, account, entryOptions).getPassword() ?? undefined;
			} catch {
				throw keyringUnavailable('cannot be reached');
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

const noBus = () => keyringUnavailable('cannot be reached: no session bus of your own answers');

const locate = (): string => {
	if (!isRunByNode()) throw keyringUnusable('is used only by programs that Node.js itself runs');
	try {
		return createRequire(import.meta.url).resolve('@napi-rs/keyring');
	} catch {
		throw keyringUnusable('cannot be used: the package @napi-rs/keyring is missing');
	}
};

const load = (): {Entry: typeof KeyringEntry} => {
	locate();
	try {
		const require = createRequire(import.meta.url);
		return require('@napi-rs/keyring') as {Entry: typeof KeyringEntry};
	} catch {
		throw keyringUnusable('cannot be used: the package @napi-rs/keyring does not load here');
	}
};

/** Whether a window could ask the person for a password. */
const canAskPerson = (
	environment: Readonly<Record<string, string | undefined>>,
	platform: NodeJS.Platform,
): boolean => {
	if (platform === 'win32' || platform === 'darwin') return (environment['SSH_CONNECTION'] ?? '') === '';
	return ['DISPLAY', 'WAYLAND_DISPLAY'].some(name => (environment[name] ?? '') !== '');
};
