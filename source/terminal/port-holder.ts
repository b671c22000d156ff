import {execFile} from 'node:child_process';
import {readdir, readFile, readlink} from 'node:fs/promises';
import {promisify} from 'node:util';
import type {PortHolder} from '../engine/flow.js';

/** Milliseconds; the answer is a help in an error message and not worth waiting for. */
const patience = 2000;

const named = (name: string, pid: string): string => `${name}, process ${pid}`;

const linesOf = async (path: string): Promise<readonly string[]> =>
	(await readFile(path, 'utf8').catch(() => '')).split('\n');

/** The inodes of the sockets that listen on a port; "sl local remote st … uid timeout inode" (proc_net(5)). */
const listeningInodes = async (port: number): Promise<ReadonlySet<string>> => {
	const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
	const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(linesOf));
	const rows = tables.flat().map(line => line.trim().split(/\s+/));
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

const holderOnLinux: PortHolder = async port => {
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

const holderOnMac: PortHolder = async port => {
	const words = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'];
	const {stdout} = await promisify(execFile)('/usr/sbin/lsof', words, {timeout: patience});
	const [, pid, name] = /^p(\d+)\nc(.*)$/m.exec(stdout) ?? [];
	return pid === undefined || name === undefined ? undefined : named(name, pid);
};

/** Names the program that holds a port, where this system tells: on Linux and macOS, and the own user's programs only. */
export const portHolder: PortHolder = async port => {
	const look = {linux: holderOnLinux, darwin: holderOnMac}[process.platform as string];
	return look?.(port).catch(() => undefined);
};
