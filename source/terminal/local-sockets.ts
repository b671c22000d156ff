import {readdir, readFile, readlink} from 'node:fs/promises';
import {endianness} from 'node:os';
import {promisify} from 'node:util';
import {errorCode} from '../core/errors.js';
import {bracketed} from '../core/safe-url.js';
import type {Connection, LocalSockets} from '../login/terminal.js';
import type {TerminalEnvironment} from './environment.js';

/** Milliseconds: neither an error message nor a browser is worth a longer wait. */
const patience = 2000;

const named = (name: string, pid: string): string => `${name}, process ${pid}`;

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** '' where there is no such table, or where the system keeps it to itself, as Android does. */
const tableOf = async (name: string): Promise<string> => {
	try {
		return await readFile(`/proc/net/${name}`, 'latin1');
	} catch (error) {
		if (['ENOENT', 'EACCES'].includes(errorCode(error) ?? '')) return '';
		throw error;
	}
};

/** The connections of Linux, one a line: "sl local remote st … uid timeout inode" (proc_net(5)). */
const tables = async () => (await Promise.all(['tcp', 'tcp6'].map(tableOf))).join('');

const listeningInodes = async (port: number): Promise<ReadonlySet<string>> => {
	const suffix = `:${hexPort(port)}`;
	const rows = (await tables()).split('\n').map(line => line.trim().split(/\s+/));
	const listens = ([, local, , state]: readonly string[]) => state === '0A' && local?.endsWith(suffix) === true;
	return new Set(rows.filter(listens).flatMap(row => row[9] ?? []));
};

const holdsAny = async (pid: string, inodes: ReadonlySet<string>): Promise<boolean> => {
	// Only root sees into other people's processes.
	const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
	for (const file of files) {
		const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
		const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
		if (inode !== undefined && inodes.has(inode)) return true;
	}

	return false;
};

const holderOnLinux = async (port: number): Promise<string | undefined> => {
	const inodes = await listeningInodes(port);
	if (inodes.size === 0) return undefined;
	const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
	const deadline = Date.now() + patience;
	for (const pid of pids) {
		if (Date.now() > deadline) return undefined;
		if (await holdsAny(pid, inodes)) {
			return named((await readFile(`/proc/${pid}/comm`, 'utf8')).trim(), pid);
		}
	}

	return undefined;
};

const lsof = async (...words: readonly string[]): Promise<string> => {
	const {execFile} = await import('node:child_process');
	const run = promisify(execFile)('/usr/sbin/lsof', ['-nP', ...words], {timeout: patience});
	// It ends with an error where it has nothing to list.
	return run.then(({stdout}) => stdout).catch(() => '');
};

const holderOnMac = async (port: number): Promise<string | undefined> => {
	const [, pid, name] = /^p(\d+)\nc(.*)$/m.exec(await lsof(`-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc')) ?? [];
	return pid === undefined || name === undefined ? undefined : named(name, pid);
};

/** An IP address as the tables of Linux write it: words of four bytes, each in the order of the processor. */
const inHex = (bytes: readonly number[]): string =>
	bytes
		.map((_, at) => bytes[endianness() === 'LE' ? (at & ~3) + 3 - (at & 3) : at] ?? 0)
		.map(byte => byte.toString(16).toUpperCase().padStart(2, '0'))
		.join('');

const zeros = (count: number) => Array.from({length: count}, () => 0);

/** As it may stand there: an IPv4 address in the table of IPv6 as well (::ffff:127.0.0.1). */
const formsOf = (address: string): readonly string[] => {
	if (address === '::1') return [inHex([...zeros(15), 1])];
	const four = address.split('.').map(Number);
	return four.length === 4 ? [inHex(four), inHex([...zeros(10), 255, 255, ...four])] : [];
};

/**
 * Judges a connection by the tables of Linux (proc_net(5)): our own end has to be ESTABLISHED, since what a peer leaves
 * behind that has closed says nothing of it. A peer's socket without an inode is nobody's; a peer that is not in the
 * tables is elsewhere, such as on a container's host.
 *
 * @param users - the user ids whose connections count
 */
export const isOursByTables = (tables: string, connection: Connection, users: ReadonlySet<string>): boolean => {
	const {localAddress, localPort, remoteAddress, remotePort} = connection;
	const endOf = (address: string, port: number) => formsOf(address).map(form => `${form}:${hexPort(port)}`);
	const rowOf = (from: readonly string[], to: readonly string[]) => {
		// By a search in the text: on a busy computer the tables have many thousand rows.
		const at = Math.max(...from.map((end, form) => tables.indexOf(`: ${end} ${to[form]} `)));
		// "local remote st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode"
		return at < 0 ? undefined : tables.slice(at + 2, at + 400).split(/\s+/, 9);
	};
	const ours = endOf(localAddress, localPort);
	const theirs = endOf(remoteAddress, remotePort);
	if (rowOf(ours, theirs)?.[2] !== '01') return false;
	const peer = rowOf(theirs, ours);
	return peer === undefined || (peer[8] !== '0' && users.has(peer[6] ?? ''));
};

/** Judges by what `lsof -Fun` lists; without privileges it lists the user's own sockets alone. */
export const isOursByList = (list: string, connection: Connection, users: ReadonlySet<string>): boolean => {
	const {localAddress, localPort, remoteAddress, remotePort} = connection;
	const name = `n${bracketed(remoteAddress)}:${remotePort}->${bracketed(localAddress)}:${localPort}`;
	const lines = list.split('\n');
	// The owner stands before what is theirs.
	const owner = lines.slice(0, lines.indexOf(name)).findLast(line => line.startsWith('u'));
	return lines.includes(name) && owner !== undefined && users.has(owner.slice(1));
};

/** Reads one at a time, each begun after it was asked for: a flood of connections costs no more than that. */
const oneAtATime = <Read>(read: () => Promise<Read>): (() => Promise<Read>) => {
	let running: Promise<unknown> = Promise.resolve();
	let next: Promise<Read> | undefined;
	const begin = async () => {
		next = undefined;
		return read();
	};
	return async () => {
		next ??= running.then(begin, begin);
		running = next;
		return next;
	};
};

const systems = {
	linux: {
		holderOf: holderOnLinux,
		list: tables,
		isOurs: (tables: string, connection: Connection, users: ReadonlySet<string>) =>
			tables === '' || isOursByTables(tables, connection, users),
	},
	darwin: {
		holderOf: holderOnMac,
		list: async () => lsof('-iTCP', '-sTCP:ESTABLISHED', '-Fun'),
		isOurs: isOursByList,
	},
};

/**
 * What this system tells of its sockets. Linux and macOS name the program that holds a port if it is this user's, and
 * whose a connection is: it counts if it is the user's, root's, or where `sudo` was used, that of the user who used it.
 * Elsewhere no program is named and every connection counts.
 */
export const createLocalSockets = ({platform, env}: Pick<TerminalEnvironment, 'platform' | 'env'>): LocalSockets => {
	const system = platform === 'linux' || platform === 'darwin' ? systems[platform] : undefined;
	if (system === undefined) return {findPortOwner: async () => undefined, isOurs: async () => true};
	const users = new Set(['0', String(process.getuid?.()), env['SUDO_UID'] ?? '0']);
	const list = oneAtATime(system.list);
	return {
		findPortOwner: async port => system.holderOf(port).catch(() => undefined),
		isOurs: async connection =>
			list().then(
				listed => system.isOurs(listed, connection, users),
				() => false,
			),
	};
};
