import {readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';
import {errorCode} from './file-system.js';
import type {Processes, ProcessPlace} from './lock-record.js';

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
