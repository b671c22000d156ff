import {errorCode, type FileSystem} from './file-system.js';

/** Where a process id means something. */
export type ProcessPlace = {
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

/** The record in a lock file; `nonce` alone is undefined for one whose writer has not come that far, or never will. */
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
export const holderState = (record: LockRecord, processes: Processes): 'alive' | 'gone' | 'unknown' => {
	const here = processes.place();
	const isNear =
		record.host === here.host && record.bootId === here.bootId && record.pidNamespace === here.pidNamespace;
	if (!isNear) return 'unknown';
	if (!processes.exists(record.pid)) return 'gone';
	if (record.processStart === '') return 'unknown';
	return processes.startOf(record.pid) === record.processStart ? 'alive' : 'gone';
};
