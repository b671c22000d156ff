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
	/** A new file of ours (0600); fails with EEXIST where anything has that name, be it a dangling link. */
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

/** The system's name for what went wrong, such as ENOENT. */
export const errorCode = (error: unknown): string | undefined =>
	error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
