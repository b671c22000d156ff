import type {Clock} from '../engine/clock.js';
import {displayText} from '../engine/display-text.js';
import {LoginError, toLoginError} from '../engine/login-error.js';
import type {StoreLock, TokenStore} from '../engine/token-store.js';
import {randomName, removeIfThere} from './atomic-file.js';
import {errorCode, type FileSystem} from './file-system.js';
import {readLock, type LockReading, type LockRecord, type Processes} from './lock-record.js';
import {Silence} from './silence.js';

export type LockOptions = Parameters<TokenStore['lock']>[2];

type LockContext = {
	readonly fileSystem: FileSystem;
	readonly processes: Processes;
	readonly clock: Clock;
};

/** A holder shows this often that it lives, in milliseconds. */
const heartbeat = 1000;

/** How long a waiter sleeps between two looks, in milliseconds: at least, and at most. */
const shortestPause = 20;
const longestPause = 80;

const defaultTimeout = 30_000;

/**
 * Takes the lock file at `path`, across processes.
 *
 * Who may change a lock with the nonce N is whoever made the file `path.N`, its succession: making a file is exclusive,
 * so of any number of waiters that see the same dead holder one inherits, by renaming its succession over the lock. An
 * heir that died on the way has a successor itself. A succession goes only after the lock has another nonce, so a waiter
 * that was slow to act on what it saw finds out before it can do harm.
 */
export const takeLock = async (
	path: string,
	context: LockContext,
	{signal, timeout = defaultTimeout, until, onWait}: LockOptions,
): Promise<StoreLock | undefined> => {
	const {clock} = context;
	const silence = new Silence(context);
	const giveUpAt = clock.monotonic() + timeout;
	for (let attempt = 0; ; attempt++) {
		throwIfCancelled(signal);
		const lock = createLock(path, path, context) ?? inherit(path, context, silence);
		if (lock !== undefined) return lock;
		if (attempt === 0) onWait?.();
		if (await until?.()) return undefined;
		if (clock.monotonic() >= giveUpAt) throw lockTimeout(path, timeout);
		const pause = shortestPause + Math.random() * (longestPause - shortestPause);
		try {
			await clock.sleep(pause, signal);
		} catch (error) {
			throw toLoginError(error);
		}
	}
};

/** Makes the lock file, or a succession to it; undefined where another was first. */
const createLock = (path: string, lockPath: string, context: LockContext): HeldLock | undefined => {
	const {fileSystem, processes, clock} = context;
	// Made first: the file ought to be empty for as short a time as can be.
	const record: LockRecord = {
		version: 1,
		...processes.place(),
		pid: processes.pid,
		processStart: processes.startOf(processes.pid),
		startedAt: clock.now(),
		nonce: randomName(),
	};
	const data = Buffer.from(JSON.stringify(record));
	let handle: number;
	try {
		handle = fileSystem.createNew(path);
	} catch (error) {
		// On Windows a name whose file is just being removed answers EPERM.
		if (errorCode(error) === 'EEXIST' || (errorCode(error) === 'EPERM' && fileSystem.userId() === undefined))
			return undefined;
		throw error;
	}

	try {
		fileSystem.write(handle, data);
	} catch (error) {
		fileSystem.close(handle);
		removeIfThere(fileSystem, path);
		throw error;
	}

	// A writer that was stopped for long enough to be taken for dead finds out here.
	if (readLock(fileSystem, path)?.record?.nonce !== record.nonce) {
		fileSystem.close(handle);
		return undefined;
	}

	return new HeldLock(lockPath, record.nonce, handle, context);
};

const successionOf = (path: string, {record}: LockReading, predecessor = 'none'): string =>
	`${path}.${record?.nonce ?? `unwritten-${predecessor}`}`;

/** Takes the place of a dead holder; undefined where it lives, or another took it. */
const inherit = (path: string, context: LockContext, silence: Silence): HeldLock | undefined => {
	const {fileSystem} = context;
	const dead = readLock(fileSystem, path);
	if (dead === undefined || !silence.isDead(path, dead)) return undefined;
	const passed: string[] = [];
	for (let holder = dead; ;) {
		const succession = successionOf(path, holder, passed.length === 0 ? undefined : lastPart(passed.at(-1)));
		const heir = createLock(succession, path, context);
		if (heir !== undefined) return succeed(heir, {path, dead, succession, passed}, context);
		const other = readLock(fileSystem, succession);
		if (other === undefined || !silence.isDead(succession, other)) return undefined;
		passed.push(succession);
		holder = other;
	}
};

type Succession = {
	readonly path: string;
	readonly dead: LockReading;
	readonly succession: string;
	/** Of heirs that died before their time. */
	readonly passed: readonly string[];
};

const succeed = (
	heir: HeldLock,
	{path, dead, succession, passed}: Succession,
	{fileSystem}: LockContext,
): HeldLock | undefined => {
	try {
		// Between the look and the succession another may have inherited, and swept up behind itself.
		const now = readLock(fileSystem, path);
		if (now === undefined || !isSameLock(now, dead)) {
			heir.close();
			removeIfThere(fileSystem, succession);
			return undefined;
		}

		fileSystem.rename(succession, path);
	} catch (error) {
		heir.close();
		removeIfThere(fileSystem, succession);
		throw error;
	}

	for (const trace of passed) removeIfThere(fileSystem, trace);
	return heir;
};

const isSameLock = (one: LockReading, other: LockReading): boolean =>
	one.record?.nonce === other.record?.nonce && (one.record !== undefined || one.modifiedAt === other.modifiedAt);

const lastPart = (path = ''): string => path.slice(path.lastIndexOf('.') + 1);

class HeldLock implements StoreLock {
	readonly #path: string;
	readonly #nonce: string;
	readonly #handle: number;
	readonly #context: LockContext;
	readonly #timer: NodeJS.Timeout;
	#isOpen = true;

	constructor(path: string, nonce: string, handle: number, context: LockContext) {
		this.#path = path;
		this.#nonce = nonce;
		this.#handle = handle;
		this.#context = context;
		this.#timer = setInterval(() => this.#beat(), heartbeat);
		// A lock keeps no process alive.
		this.#timer.unref();
	}

	async release(): Promise<void> {
		if (!this.#isOpen) return;
		this.close();
		try {
			this.#removeOwn();
		} catch {
			// What was done under the lock is done. The file's holder is silent from now on, and soon taken for dead.
		}
	}

	/** Stops the heartbeat and leaves the file as it is. */
	close(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		clearInterval(this.#timer);
		this.#context.fileSystem.close(this.#handle);
	}

	/** Removes the lock as its own heir would: if another has begun to inherit, the lock is no longer ours. */
	#removeOwn(): void {
		const {fileSystem} = this.#context;
		const succession = `${this.#path}.${this.#nonce}`;
		let right: HeldLock | undefined;
		try {
			right = createLock(succession, this.#path, this.#context);
			if (right === undefined) return;
		} catch {
			// A full disk takes no new file; giving the lock back must work all the same.
		}

		try {
			if (readLock(fileSystem, this.#path)?.record?.nonce === this.#nonce) removeIfThere(fileSystem, this.#path);
		} finally {
			right?.close();
			if (right !== undefined) removeIfThere(fileSystem, succession);
		}
	}

	/** Touches the file that was opened, whatever now has its name. */
	#beat(): void {
		try {
			this.#context.fileSystem.touch(this.#handle);
		} catch {
			// The next beat may succeed; if none does, others take the lock over.
		}
	}
}

const throwIfCancelled = (signal: AbortSignal): void => {
	if (signal.aborted) throw toLoginError(signal.reason);
};

const lockTimeout = (path: string, timeout: number): LoginError =>
	new LoginError(
		'lock_timeout',
		`Another process has kept the session locked for ${Math.round(timeout / 1000)} seconds.`,
		{
			hint: `Try again; if it stays so, end the process that is named in ${displayText(path)}.`,
		},
	);
