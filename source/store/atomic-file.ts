import {errorCode, type FileFacts, type FileSystem} from './file-system.js';
import {storeError} from './store-error.js';
import {displayText} from '../engine/display-text.js';

/** No session comes near this: whatever is larger is not one of ours. */
const largestFile = 16 * 1024 * 1024;

/** How long a writer may take before what it left behind is swept, in milliseconds. */
const abandonedAfter = 60_000;

/** A file that is not ours to trust: the reason completes "was set aside: it …". */
export class ForeignFile extends Error {
	readonly reason: string;

	constructor(reason: string) {
		super(reason);
		this.reason = reason;
	}
}

const isOurs = (fileSystem: FileSystem, {owner}: FileFacts): boolean => {
	const user = fileSystem.userId();
	return user === undefined || owner === user;
};

const isOpenToOthers = (fileSystem: FileSystem, {mode}: FileFacts): boolean =>
	fileSystem.userId() !== undefined && (mode & 0o077) !== 0;

/**
 * The bytes of a file of ours; undefined where there is none. Rights that others got by accident are taken back, and
 * what is judged is the opened file, not its name (protocol checklist S24).
 *
 * @throws ForeignFile for a symbolic link, a FIFO, another user's file
 */
export const readOwnFile = (fileSystem: FileSystem, path: string): Buffer | undefined => {
	let handle: number;
	try {
		handle = fileSystem.openToRead(path);
	} catch (error) {
		switch (errorCode(error)) {
			case 'ENOENT':
				return undefined;
			// O_NOFOLLOW met a link: ELOOP on Linux and macOS, EMLINK on FreeBSD. A socket cannot be opened at all.
			case 'ELOOP':
			case 'EMLINK':
			case 'ENXIO':
				throw new ForeignFile('is not an ordinary file');
			case 'EACCES':
				if (!isOurs(fileSystem, fileSystem.factsAt(path))) throw new ForeignFile('belongs to another user');
				throw error;
			default:
				throw error;
		}
	}

	try {
		const facts = fileSystem.facts(handle);
		if (facts.kind !== 'file') throw new ForeignFile('is not an ordinary file');
		if (!isOurs(fileSystem, facts)) throw new ForeignFile('belongs to another user');
		if (facts.size > largestFile) throw new ForeignFile('is far too large');
		if (isOpenToOthers(fileSystem, facts)) fileSystem.restrict(handle, 0o600);
		return fileSystem.read(handle);
	} finally {
		fileSystem.close(handle);
	}
};

/**
 * Replaces a file as one step: whoever reads sees the old bytes or the new ones, and a crash at any point leaves one of
 * the two (S25). Returns once the new ones are on disk.
 */
export const replaceFile = (fileSystem: FileSystem, path: string, data: Buffer): void => {
	const folder = path.slice(0, lastSeparator(path));
	const temporary = `${path}.${randomName()}.new`;
	const handle = fileSystem.createNew(temporary);
	try {
		try {
			// The mode of creation passes through the umask, which may be anything.
			fileSystem.restrict(handle, 0o600);
			fileSystem.write(handle, data);
			fileSystem.flush(handle);
		} finally {
			fileSystem.close(handle);
		}

		renamePatiently(fileSystem, temporary, path);
	} catch (error) {
		removeIfThere(fileSystem, temporary);
		throw error;
	}

	flushFolder(fileSystem, folder);
};

/** On Windows a file that somebody has open for a moment (a virus scanner, a sibling) cannot be replaced just then. */
const renamePatiently = (fileSystem: FileSystem, from: string, to: string): void => {
	for (let attempt = 1; ; attempt++) {
		try {
			fileSystem.rename(from, to);
			return;
		} catch (error) {
			const mayPass =
				fileSystem.userId() === undefined && ['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error) ?? '');
			if (!mayPass || attempt === 10) throw error;
			// Waits without a timer: the caller's step stays one step.
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, attempt * 10);
		}
	}
};

/** A rename is on disk once its folder is; Windows cannot flush a folder, and some network file systems refuse to. */
const flushFolder = (fileSystem: FileSystem, folder: string): void => {
	if (fileSystem.userId() === undefined) return;
	const handle = fileSystem.openToRead(folder);
	try {
		fileSystem.flush(handle);
	} catch (error) {
		if (errorCode(error) !== 'EINVAL') throw error;
	} finally {
		fileSystem.close(handle);
	}
};

export const removeIfThere = (fileSystem: FileSystem, path: string): boolean => {
	try {
		fileSystem.remove(path);
		return true;
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return false;
		throw error;
	}
};

/** Removes what crashed processes left behind: half-written files, and the traces of takeovers (lock.ts). */
export const sweep = (fileSystem: FileSystem, folder: string, now: number): void => {
	for (const name of fileSystem.list(folder)) {
		if (!/\.new$|\.lock\.[\w-]+$/.test(name)) continue;
		try {
			const path = `${folder}/${name}`;
			if (now - fileSystem.factsAt(path).modifiedAt > abandonedAfter) fileSystem.remove(path);
		} catch {
			// A sibling was faster, or it is not ours to remove: neither keeps a session from being stored.
		}
	}
};

/** Makes the folder of the sessions, or sees to it that nobody else can look into it. */
export const claimFolder = (fileSystem: FileSystem, path: string): void => {
	fileSystem.makeFolder(path);
	const facts = checkFolder(fileSystem, path);
	if (facts === undefined || !isOpenToOthers(fileSystem, facts)) return;
	const handle = fileSystem.openToRead(path);
	try {
		fileSystem.restrict(handle, 0o700);
	} finally {
		fileSystem.close(handle);
	}
};

/**
 * Refuses a folder that is a symbolic link or another user's: nothing in it is touched, so that `sudo` never takes a
 * session away from the person that it belongs to.
 *
 * @returns undefined where there is no folder yet
 */
export const checkFolder = (fileSystem: FileSystem, path: string): FileFacts | undefined => {
	let facts: FileFacts;
	try {
		facts = fileSystem.factsAt(path);
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return undefined;
		throw error;
	}

	const hint = 'Set INK_LOGIN_HOME to a folder of your own.';
	if (facts.kind !== 'folder') throw storeError(`${displayText(path)} is a link or a file, not a folder.`, hint);
	if (!isOurs(fileSystem, facts)) throw storeError(`${displayText(path)} belongs to another user.`, hint);
	return facts;
};

/** Sixteen unguessable characters for a file name. */
export const randomName = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('base64url');

const lastSeparator = (path: string): number => Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
