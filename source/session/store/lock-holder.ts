import {readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';
import type {Clock} from '../../core/clock.js';
import {errorCode} from '../../core/errors.js';
import type {FileSystem} from './file-system.js';

/** Where a process id means something. */
type ProcessPlace = {
	readonly host: string;
	/** Differs after each start of the machine; empty where the system has none. */
	readonly bootId: string;
	/** Containers share host and boot, not process ids; empty where the system has none. */
	readonly pidNamespace: string;
};

export type LockRecord = ProcessPlace & {
	readonly version: 1;
	readonly pid: number;
	/** When the process began, in the kernel's own count: a process id is given out again. Empty where unknown. */
	readonly processStart: string;
	/** Epoch milliseconds. */
	readonly startedAt: number;
	/** Names this one lock, among all that ever were. */
	readonly nonce: string;
};

/** Asks the operating system about processes; handed in, so that tests can be in another container. */
export type Processes = {
	readonly pid: number;
	readonly place: () => ProcessPlace;
	readonly exists: (pid: number) => boolean;
	/** When it began; empty where unknown. */
	readonly startOf: (pid: number) => string;
};

/** What a lock file says; it has no record until its writer has come that far, which may be never. */
export type LockReading = {readonly record?: LockRecord; readonly modifiedAt: number};

/** Undefined where there is no such file. */
export const readLock = (fileSystem: FileSystem, path: string): LockReading | undefined => {
	let handle: number;
	try {
		handle = fileSystem.openToRead(path);
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return undefined;
		throw error;
	}

	try {
		const {modifiedAt} = fileSystem.info(handle);
		const record = parseRecord(fileSystem.read(handle).toString('utf8'));
		return {modifiedAt, record};
	} finally {
		fileSystem.close(handle);
	}
};

const parseRecord = (text: string): LockRecord | undefined => {
	try {
		const record = JSON.parse(text) as Partial<LockRecord> | null;
		// The nonce becomes part of a file name.
		return record?.version === 1 && /^[\w-]{16}$/.test(String(record.nonce)) ? (record as LockRecord) : undefined;
	} catch {
		return undefined;
	}
};

/** Whether the holder runs, as far as process ids can tell: they cannot where it is in another container or machine. */
const holderState = (record: LockRecord, processes: Processes): 'alive' | 'gone' | 'unknown' => {
	const here = processes.place();
	const isNear =
		record.host === here.host && record.bootId === here.bootId && record.pidNamespace === here.pidNamespace;
	if (!isNear) return 'unknown';
	if (!processes.exists(record.pid)) return 'gone';
	if (record.processStart === '') return 'unknown';
	return processes.startOf(record.pid) === record.processStart ? 'alive' : 'gone';
};

type LivenessContext = {readonly processes: Processes; readonly clock: Clock};

/** A holder that cannot be asked is dead after it has not touched its file for so long, in milliseconds. */
const staleAfter = 3500;

/** The same for a lock file with nothing in it: its maker writes at once, and finds out where it was too slow. */
const emptyFileStaleAfter = 1000;

/** What one look counts for at most, in milliseconds: a computer that slept has seen no heartbeat, nor sent one. */
const longestLook = 250;

/** For how long holders have not touched their files, counted by the waiter's own looks: no two machines' clocks are compared. */
export class LivenessTracker {
	readonly #context: LivenessContext;
	readonly #seen = new Map<string, {sign: string; lookedAt: number; stillFor: number}>();

	constructor(context: LivenessContext) {
		this.#context = context;
	}

	isDead(path: string, {record, modifiedAt}: LockReading): boolean {
		const {clock, processes} = this.#context;
		const state = record === undefined ? 'unknown' : holderState(record, processes);
		if (state !== 'unknown') return state === 'gone';
		const now = clock.monotonic();
		const sign = `${record?.nonce ?? ''} ${modifiedAt}`;
		const seen = this.#seen.get(path);
		const isSame = seen?.sign === sign;
		const stillFor = isSame ? seen.stillFor + Math.min(now - seen.lookedAt, longestLook) : 0;
		this.#seen.set(path, {sign, lookedAt: now, stillFor});
		return stillFor >= (record === undefined ? emptyFileStaleAfter : staleAfter);
	}
}

const orEmpty = (read: () => string): string => {
	try {
		return read();
	} catch {
		return '';
	}
};

let place: ProcessPlace | undefined;

export const nodeProcesses: Processes = {
	pid: process.pid,
	place: () =>
		(place ??= {
			host: hostname(),
			bootId: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
			pidNamespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
		}),
	exists: pid => {
		try {
			process.kill(pid, 0);
			return true;
		} catch (error) {
			return errorCode(error) === 'EPERM';
		}
	},
	// Field 22 of proc_pid_stat(5), counted from behind the program's name, which may hold spaces and parentheses.
	startOf: pid =>
		orEmpty(() => {
			const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
			return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
		}),
};
