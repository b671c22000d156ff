import type {FileSystem} from './file-system.js';
import type {Clock} from '../../core/clock.js';
import {displayText} from '../../core/safe-text.js';
import {errorCode, LoginError, toLoginError} from '../../core/errors.js';
import type {StoreLock, TokenStore} from '../types.js';
import {randomName, removeIfThere} from './atomic-file.js';
import {LivenessTracker, readLock, type LockReading, type LockRecord, type Processes} from './lock-holder.js';

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
 * Takes the lock file at `path`, across processes, containers and crashes.
 *
 *     default.lock      {pid, host, …, nonce: A}   the lock: A holds it
 *     default.lock.A    {pid, host, …, nonce: B}   B's claim on it, once A is dead
 *
 * Files are made exclusively, so one of any number of processes succeeds:
 *
 *     take       make `lock`. There is one already, and its holder A is dead:
 *                1. make `lock.A`, the claim. There is one already: its maker B is busy with 2 and 3, or dead too;
 *                   then claim that with `lock.B`, and so on.
 *                2. read `lock` again. It is no longer A's: another was faster, remove the claim.
 *                3. rename the claim to `lock`. The process whose nonce is in it holds the lock.
 *     give back  claim our own lock with `lock.A`, then remove both. Someone else has that claim: they took us for
 *                dead, and the lock is theirs.
 *
 * A claim goes only after the lock has another nonce, so a waiter that was slow to act on what it saw finds out in
 * step 2. Dead is a process that this machine knows to be gone; one that it cannot ask about is dead after it has not
 * touched its file for a while ({@link LivenessTracker}).
 */
export const takeLock = async (
	path: string,
	context: LockContext,
	{signal, timeout = defaultTimeout, until, onWait}: LockOptions,
): Promise<StoreLock | undefined> => {
	const {clock} = context;
	const liveness = new LivenessTracker(context);
	const giveUpAt = clock.monotonic() + timeout;
	for (let attempt = 0; ; attempt++) {
		throwIfCancelled(signal);
		const lock = createLock(path, path, context) ?? takeOver(path, context, liveness);
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

/** Makes the lock file, or a claim on it; undefined where another was first. */
const createLock = (path: string, lockPath: string, context: LockContext): HeldLock | undefined => {
	const {fileSystem, processes, clock} = context;
	// Made first, so that the file is empty as briefly as possible.
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
		// On Windows the name of a file that is just being removed gives EPERM.
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

const claimPath = (path: string, {record}: LockReading, previous = 'none'): string =>
	`${path}.${record?.nonce ?? `unwritten-${previous}`}`;

/** Claims the lock of a dead holder; undefined where it lives, or another process was faster. */
const takeOver = (path: string, context: LockContext, liveness: LivenessTracker): HeldLock | undefined => {
	const {fileSystem} = context;
	const dead = readLock(fileSystem, path);
	if (dead === undefined || !liveness.isDead(path, dead)) return undefined;
	const abandoned: string[] = [];
	for (let holder = dead; ;) {
		const claimed = claimPath(path, holder, abandoned.length === 0 ? undefined : lastPart(abandoned.at(-1)));
		const claim = createLock(claimed, path, context);
		if (claim !== undefined) return replaceLock(claim, {path, dead, claimed, abandoned}, context);
		const other = readLock(fileSystem, claimed);
		if (other === undefined || !liveness.isDead(claimed, other)) return undefined;
		abandoned.push(claimed);
		holder = other;
	}
};

type Claim = {
	readonly path: string;
	readonly dead: LockReading;
	readonly claimed: string;
	/** The claims of processes that died with them. */
	readonly abandoned: readonly string[];
};

/** Steps 2 and 3: undefined where the lock is no longer the one that was claimed. */
const replaceLock = (
	claim: HeldLock,
	{path, dead, claimed, abandoned}: Claim,
	{fileSystem}: LockContext,
): HeldLock | undefined => {
	try {
		const now = readLock(fileSystem, path);
		if (now === undefined || !isSameLock(now, dead)) {
			claim.close();
			removeIfThere(fileSystem, claimed);
			return undefined;
		}

		fileSystem.rename(claimed, path);
	} catch (error) {
		claim.close();
		removeIfThere(fileSystem, claimed);
		throw error;
	}

	for (const left of abandoned) removeIfThere(fileSystem, left);
	return claim;
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
			// What was done under the lock is done. Nothing touches the file from now on, so it is soon taken for dead.
		}
	}

	/** Stops the heartbeat and leaves the file as it is. */
	close(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		clearInterval(this.#timer);
		this.#context.fileSystem.close(this.#handle);
	}

	/** Claims the lock before it removes it: if another process has that claim, the lock is no longer ours. */
	#removeOwn(): void {
		const {fileSystem} = this.#context;
		const claimed = `${this.#path}.${this.#nonce}`;
		let claim: HeldLock | undefined;
		try {
			claim = createLock(claimed, this.#path, this.#context);
			if (claim === undefined) return;
		} catch {
			// A full disk takes no new file, and the lock must still be given back.
		}

		try {
			if (readLock(fileSystem, this.#path)?.record?.nonce === this.#nonce) removeIfThere(fileSystem, this.#path);
		} finally {
			claim?.close();
			if (claim !== undefined) removeIfThere(fileSystem, claimed);
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
			hint: `Try again. If it keeps happening, end the process named in ${displayText(path)}.`,
		},
	);
