import {existsSync, readFileSync} from 'node:fs';
import os from 'node:os';
import {isatty} from 'node:tty';

/** What the machine says about where we run. Everything that is decided from it is a pure function of it. */
export type TerminalEnvironment = {
	/** The environment variables. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** As Node.js names it: `linux`, `darwin`, `win32`. */
	readonly platform: NodeJS.Platform;
	/** Which of the standard streams are terminals. */
	readonly tty: {readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean};
	/** What this computer is called in a network. */
	readonly hostname: string;
	/** The name of the user who runs us; '' where the system has none for the uid. */
	readonly user: string;
	/** What `/proc/version` says; '' elsewhere than on Linux. */
	readonly kernel: string;
	/** Whether Docker's or Podman's mark is in the file system. */
	readonly containerMark: boolean;
	/** The names of the processes above ours, nearest first (Linux): `sudo` hides SSH's variables, but not its processes. */
	readonly ancestors: readonly string[];
	/** Whether the terminal is not the process's own but a visitor's, as an SSH server's or a web terminal's are. */
	readonly isServed?: boolean;
};

const textOf = (path: string): string => {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
};

const userName = (): string => {
	try {
		return os.userInfo().username;
	} catch {
		return '';
	}
};

const ancestorsOf = (pid: number): string[] => {
	const names: string[] = [];
	// "1234 (name, which may hold spaces and brackets) S 1230 …" (proc_pid_stat(5)); deeper than this nobody nests.
	for (let parent = pid; parent > 1 && names.length < 16;) {
		const stat = /^\d+ \((.*)\) \S (\d+)/s.exec(textOf(`/proc/${parent}/stat`));
		if (!stat?.[1]) break;
		names.push(stat[1]);
		parent = Number(stat[2]);
	}

	return names;
};

/**
 * The one look at the world of this layer: synchronous, without a process or a request, well under a millisecond.
 *
 * @param output - what a screen is drawn on. Where that is neither stdout nor stderr, our environment, ancestors and
 * standard streams say nothing of the person. @default the process's own terminal
 */
export const detectEnvironment = (output?: {readonly fd?: number; readonly isTTY?: boolean}): TerminalEnvironment => {
	const isLinux = process.platform === 'linux';
	const isServed = output !== undefined && output.fd !== 1 && output.fd !== 2;
	const isTTY = output?.isTTY === true;
	return {
		env: isServed ? {} : {...process.env},
		platform: process.platform,
		tty: isServed
			? {stdin: isTTY, stdout: isTTY, stderr: false}
			: {stdin: isatty(0), stdout: isatty(1), stderr: isatty(2)},
		hostname: os.hostname(),
		user: userName(),
		kernel: isLinux ? textOf('/proc/version') : '',
		containerMark: isLinux && (existsSync('/.dockerenv') || existsSync('/run/.containerenv')),
		ancestors: isLinux && !isServed ? ancestorsOf(process.ppid) : [],
		isServed,
	};
};
