import {errorCode} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import {
	checkFolder,
	fileInfoIfThere,
	isOpenToOthers,
	isOurs,
	readOwnFile,
	storeError,
	type FileInfo,
	type FileSystem,
} from './file-system.js';

/** How long a writer may take before what it left behind is swept, in milliseconds. */
const abandonedAfter = 60_000;

/**
 * Replaces a file as one step: a reader sees the old bytes or the new ones, and a crash at any point leaves one of
 * the two. Returns once the new ones are on disk.
 *
 * @throws LoginError `store_error` for another user's file
 */
export const replaceFile = (fileSystem: FileSystem, path: string, data: Buffer): void => {
	const present = fileInfoIfThere(fileSystem, path);
	if (present !== undefined && !isOurs(fileSystem, present))
		throw storeError(`${displayText(path)} belongs to another user.`, 'Move it away, then try again.');
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

/** The blocks that file systems give out have this size, or a part of it. */
const block = 4096;

/**
 * Replaces a file of JSON, with blanks behind it: the next text, which may be a longer one, fits into the same blocks, so
 * that a disk that is full by then still takes it.
 *
 * @param isOnlyCopy - where no new file can be made, the text is written over the old one
 */
export const saveText = (fileSystem: FileSystem, path: string, text: string, isOnlyCopy: boolean): void => {
	const blocks = Math.ceil(Buffer.byteLength(text) / block) + 1;
	try {
		replaceFile(fileSystem, path, padded(text, blocks * block));
	} catch (error) {
		if (!isOnlyCopy || !overwriteFile(fileSystem, path, text)) throw error;
	}
};

const padded = (text: string, size: number): Buffer => {
	const data = Buffer.alloc(Math.max(size, Buffer.byteLength(text)), ' ');
	data.write(text);
	return data;
};

/**
 * Writes over a file in the blocks that it has, where a new one cannot be made for the only copy of something. A crash on
 * the way may leave neither the old text nor the new one.
 *
 * @returns whether the file holds the text now
 */
const overwriteFile = (fileSystem: FileSystem, path: string, text: string): boolean => {
	try {
		const handle = fileSystem.openToWrite(path);
		try {
			const info = fileSystem.info(handle);
			if (info.kind !== 'file' || !isOurs(fileSystem, info) || isOpenToOthers(fileSystem, info)) return false;
			fileSystem.write(handle, padded(text, info.size));
			fileSystem.flush(handle);
		} catch (error) {
			// A faulty disk may have taken the bytes all the same, which reading them back tells.
			if (errorCode(error) !== 'EIO') throw error;
		} finally {
			fileSystem.close(handle);
		}

		return readOwnFile(fileSystem, path)?.data.toString('utf8').trimEnd() === text;
	} catch {
		return false;
	}
};

/** On Windows a file that someone has open for a moment (a virus scanner, a sibling) cannot be replaced just then. */
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

const temporaryName = /^(?:profile-[\w=-]*(?:\.preferences|\.record)?|store)\.json\.[\w-]{16}\.new$/;
const takeoverName = /^(?:profile-[\w=-]*\.(?:refresh|login)|keyring)\.lock\.(?:unwritten-)*(?:none|[\w-]{16})$/;

/** Removes what crashed processes left behind: half-written files, and the traces of takeovers (lock.ts). */
export const sweep = (fileSystem: FileSystem, folder: string, now: number): void => {
	const isAbandoned = (name: string, {modifiedAt}: FileInfo) =>
		(temporaryName.test(name) || takeoverName.test(name)) && now - modifiedAt > abandonedAfter;
	try {
		removeOwn(fileSystem, folder, isAbandoned);
	} catch {
		// What can't be removed mustn't keep a session from being saved.
	}
};

/** Removes those of our own files in a folder that are to go; returns whether there were any. */
export const removeOwn = (
	fileSystem: FileSystem,
	folder: string,
	isToGo: (name: string, info: FileInfo) => boolean,
): boolean => {
	let hasRemoved = false;
	for (const name of fileSystem.list(folder)) {
		const path = `${folder}/${name}`;
		const info = fileInfoIfThere(fileSystem, path);
		if (info === undefined || info.kind === 'folder' || !isOurs(fileSystem, info) || !isToGo(name, info)) continue;
		hasRemoved = removeIfThere(fileSystem, path) || hasRemoved;
	}

	return hasRemoved;
};

/** Makes the folder of the sessions. One that is there keeps its rights: it may be something else as well. */
export const claimFolder = (fileSystem: FileSystem, path: string): void => {
	fileSystem.makeFolder(path);
	checkFolder(fileSystem, path);
};

/** Sixteen unguessable characters for a file name. */
export const randomName = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('base64url');

const lastSeparator = (path: string): number => Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
