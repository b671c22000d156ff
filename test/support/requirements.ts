import {execFileSync} from 'node:child_process';
import type {TestContext} from 'node:test';

/** Programs that some tests drive, and the Debian package that brings each. */
const packages = {
	chromium: 'chromium',
	'gnome-keyring-daemon': 'gnome-keyring',
	'dbus-run-session': 'dbus',
	sshd: 'openssh-server',
	ssh: 'openssh-client',
	tmux: 'tmux',
	git: 'git',
	curl: 'curl',
	kubectl: 'kubernetes-client',
	skopeo: 'skopeo',
	npm: 'npm',
	pip3: 'python3-pip',
	bash: 'bash',
	npx: 'npm',
} as const;

export type RequiredProgram = keyof typeof packages;

/**
 * The path of a program that the test needs. Where it is missing, the test is skipped with one line that says what to
 * install, or fails when `CI` is set: there a skipped test would go unseen.
 */
export const requireProgram = (t: TestContext, program: RequiredProgram): string | undefined => {
	const path = find(program);
	if (path !== undefined) return path;
	const advice = `${program} is missing: apt-get install ${packages[program]}`;
	if (process.env['CI']) throw new Error(advice);
	t.skip(advice);
	return undefined;
};

/** Servers such as sshd live where only root's PATH leads. */
const searchPath = () => `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

const find = (program: string): string | undefined => {
	if (process.platform === 'win32') return undefined;
	try {
		const found = execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], {
			env: {PATH: searchPath()},
			encoding: 'utf8',
		});
		return found.trim();
	} catch {
		return undefined;
	}
};
