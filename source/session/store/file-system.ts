import {
	closeSync,
	constants,
	existsSync,
	fchmodSync,
	fstatSync,
	fsyncSync,
	futimesSync,
	lstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
	type Stats,
} from 'node:fs';
import {dirname} from 'node:path';
import {errorCode, type Hint, LoginError} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';

export type FileInfo = {
	readonly kind: 'file' | 'folder' | 'other';
	/** Permission bits, and the sticky bit. */
	readonly mode: number;
	readonly owner: number;
	readonly size: number;
	/** Epoch milliseconds. */
	readonly modifiedAt: number;
};

/**
 * The few calls that the stores make, so that a test can stop the world at each of them in turn. They are synchronous:
 * a session is a few kilobytes, and a program that asks for one token pays nothing for a thread pool.
 */
export type FileSystem = {
	/** For reading; follows no symbolic link, and does not wait for the other end of a FIFO. */
	readonly openToRead: (path: string) => number;
	/** A new file of ours (0600); fails with EEXIST where anything has that name, even a dangling link. */
	readonly createNew: (path: string) => number;
	/** For writing over what is there; follows no symbolic link. */
	readonly openToWrite: (path: string) => number;
	readonly read: (handle: number) => Buffer;
	readonly write: (handle: number, data: Buffer) => void;
	/** Returns once the bytes are on disk. */
	readonly flush: (handle: number) => void;
	readonly info: (handle: number) => FileInfo;
	readonly restrict: (handle: number, mode: number) => void;
	readonly touch: (handle: number) => void;
	readonly close: (handle: number) => void;
	/** Without following a symbolic link. */
	readonly fileInfo: (path: string) => FileInfo;
	readonly rename: (from: string, to: string) => void;
	readonly remove: (path: string) => void;
	/** Makes a folder that only we may enter (0700), and those above it; leaves one that is there as it is. */
	readonly makeFolder: (path: string) => void;
	readonly list: (path: string) => readonly string[];
	/** The user id that our files get; undefined on Windows, which has none. */
	readonly userId: () => number | undefined;
};

const isWindows = process.platform === 'win32';

// Windows knows neither flag. There the folder lies in the user's profile, whose ACL already keeps others out, and
// creating a symbolic link takes a privilege; `mode` and owner say nothing there and are not looked at.
const noFollow = isWindows ? 0 : constants.O_NOFOLLOW;
const noWait = isWindows ? 0 : constants.O_NONBLOCK;

const toFileInfo = (stats: Stats): FileInfo => ({
	kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other',
	mode: stats.mode & 0o1777,
	owner: stats.uid,
	size: stats.size,
	modifiedAt: stats.mtimeMs,
});

export const nodeFileSystem: FileSystem = {
	openToRead: path => openSync(path, constants.O_RDONLY | noFollow | noWait),
	createNew: path => openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow, 0o600),
	openToWrite: path => openSync(path, constants.O_WRONLY | noFollow | noWait),
	read: handle => readFileSync(handle),
	write: (handle, data) => writeFileSync(handle, data),
	flush: handle => fsyncSync(handle),
	info: handle => toFileInfo(fstatSync(handle)),
	restrict: (handle, mode) => fchmodSync(handle, mode),
	touch: handle => {
		const now = Date.now() / 1000;
		futimesSync(handle, now, now);
	},
	close: handle => closeSync(handle),
	fileInfo: path => toFileInfo(lstatSync(path)),
	rename: (from, to) => renameSync(from, to),
	remove: path => rmSync(path),
	makeFolder,
	list: path => readdirSync(path),
	userId: () => process.geteuid?.(),
};

/**
 * Makes a folder and those above it. Node's own `recursive` tries for ever where a folder cannot be made though the one
 * above it is there, as in /proc.
 */
function makeFolder(path: string): void {
	try {
		mkdirSync(path, 0o700);
	} catch (error) {
		if (errorCode(error) === 'EEXIST' && statSync(path).isDirectory()) return;
		const above = dirname(path);
		if (errorCode(error) !== 'ENOENT' || existsSync(above)) throw error;
		makeFolder(above);
		makeFolder(path);
	}
}

export const storeError = (message: string, hint: Hint): LoginError => new LoginError('store_error', message, {hint});

const elsewhere = 'set INK_LOGIN_HOME to a folder that only you can write to';

/** One sentence for what the file system refused; `path` is shown, the contents never. */
export const toStoreError = (error: unknown, path: string): LoginError => {
	if (error instanceof LoginError) return error;
	const place = displayText(path);
	const code = errorCode(error);
	switch (code) {
		case 'ENOSPC':
		case 'EDQUOT':
			return storeError(`The disk is full: nothing can be saved in ${place}.`, 'Free up some space, then try again.');
		case 'EROFS':
			return storeError(`${place} is on a read-only file system.`, `Make it writable, or ${elsewhere}.`);
		case 'EACCES':
		case 'EPERM':
			return storeError(`You don't have permission to use ${place}.`, `Give yourself permission, or ${elsewhere}.`);
		case 'ENOTDIR':
		case 'EEXIST':
			return storeError(
				`${place} can't be used because a file is in the way.`,
				`Move that file away, or ${elsewhere}.`,
			);
		default:
			return storeError(
				`${place} couldn't be used (${displayText(code ?? 'unknown error', 40)}).`,
				`Try again, or ${elsewhere}.`,
			);
	}
};

/** No session comes near this size, so anything larger isn't one of ours. */
const largestFile = 16 * 1024 * 1024;

/** A file that is not ours to trust: the reason completes "was set aside: it …". */
export class UnusableFileError extends Error {
	readonly reason: string;

	constructor(reason: string) {
		super(reason);
		this.reason = reason;
	}
}

export const isOurs = (fileSystem: FileSystem, {owner}: FileInfo): boolean => {
	const user = fileSystem.userId();
	return user === undefined || owner === user;
};

export const isOpenToOthers = (fileSystem: FileSystem, {mode}: FileInfo): boolean =>
	fileSystem.userId() !== undefined && (mode & 0o077) !== 0;

export type OwnFile = {
	readonly data: Buffer;
	/** Whether others could read or write it, then or at an earlier look: its content may be theirs. */
	readonly wasOpen: boolean;
};

/** The mode of a file that others had rights to: closed to them, and still told from one that was always ours (0600). */
const closedAfterwards = 0o400;

/**
 * A file of ours; undefined where there is none. Rights that others got by accident are taken back, and what is judged
 * is the opened file, not its name.
 *
 * @throws UnusableFileError for a symbolic link, a FIFO, another user's file
 */
export const readOwnFile = (fileSystem: FileSystem, path: string): OwnFile | undefined => {
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
				throw new UnusableFileError("isn't an ordinary file");
			case 'EACCES':
				if (!isOurs(fileSystem, fileSystem.fileInfo(path))) throw new UnusableFileError('belongs to another user');
				throw error;
			default:
				throw error;
		}
	}

	try {
		const info = fileSystem.info(handle);
		if (info.kind !== 'file') throw new UnusableFileError("isn't an ordinary file");
		if (!isOurs(fileSystem, info)) throw new UnusableFileError('belongs to another user');
		if (info.size > largestFile) throw new UnusableFileError('is far too large');
		const isOpen = isOpenToOthers(fileSystem, info);
		if (isOpen) fileSystem.restrict(handle, closedAfterwards);
		const data = fileSystem.read(handle);
		return {data, wasOpen: isOpen || (fileSystem.userId() !== undefined && info.mode === closedAfterwards)};
	} finally {
		fileSystem.close(handle);
	}
};

/** Undefined where there is nothing of that name. */
export const fileInfoIfThere = (fileSystem: FileSystem, path: string): FileInfo | undefined => {
	try {
		return fileSystem.fileInfo(path);
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return undefined;
		throw error;
	}
};

/**
 * Refuses a folder that is a symbolic link, or that is not ours alone: nothing in it is touched, so that `sudo` never
 * takes a session away from the person that it belongs to.
 *
 * The folders above it are not looked at: who can put another in its place gets no session to see and gives none to us,
 * since each file is judged once it is open. Compiled code is not, and looks at them (code-cache.ts).
 *
 * @returns undefined where there is no folder yet
 */
export const checkFolder = (fileSystem: FileSystem, path: string): FileInfo | undefined => {
	const info = fileInfoIfThere(fileSystem, path);
	if (info === undefined) return undefined;
	const isOpen = fileSystem.userId() !== undefined && (info.mode & 0o1022) !== 0;
	if (info.kind === 'folder' && isOurs(fileSystem, info) && !isOpen) return info;
	const hint = 'Set INK_LOGIN_HOME to a folder of your own.';
	const place = displayText(path);
	if (info.kind !== 'folder') throw storeError(`${place} is a link or a file, not a folder.`, hint);
	if (!isOurs(fileSystem, info)) throw storeError(`${place} belongs to another user.`, hint);
	throw storeError(
		`${place} is a folder that others can write to.`,
		'Use a folder of its own: set INK_LOGIN_HOME to one that only you can write to.',
	);
};

/** Whether a folder is ours, and closed to all others. */
export const isPrivateFolder = (fileSystem: FileSystem, info: FileInfo): boolean =>
	info.kind === 'folder' && isOurs(fileSystem, info) && !isOpenToOthers(fileSystem, info);
