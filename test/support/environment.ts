import type {TerminalEnvironment} from '../../source/terminal/environment.js';

/** A person at a Linux desktop with a good terminal, but for what is given. */
export const environmentOf = ({env, ...environment}: Partial<TerminalEnvironment> = {}): TerminalEnvironment => ({
	env: env ?? {...desktopEnvironment},
	platform: 'linux',
	tty: {stdin: true, stdout: true, stderr: true},
	hostname: 'workstation',
	user: 'alice',
	kernel: 'Linux version 6.12.0-amd64 (debian-kernel@lists.debian.org)',
	containerMark: false,
	ancestors: ['bash', 'kitty'],
	...environment,
});

export const desktopEnvironment = {
	DISPLAY: ':0',
	TERM: 'xterm-256color',
	COLORTERM: 'truecolor',
	LANG: 'en_GB.UTF-8',
} as const;

export const sshEnvironment = {
	SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22',
	SSH_TTY: '/dev/pts/3',
	TERM: 'xterm-256color',
	LANG: 'en_GB.UTF-8',
} as const;

export const noTty = {stdin: false, stdout: false, stderr: false} as const;
