import assert from 'node:assert/strict';
import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import type {TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {runInPty, type PtyOptions, type PtyRun} from './pty.js';

/** The command as it is shipped. */
export const commandFile = fileURLToPath(new URL('../../build/command/cli.cjs', import.meta.url));

/** Whatever ends, and has things cleared up behind it: a test, or a script. */
export type Scope = {readonly after: (clear: () => unknown) => void};

/** A folder of the test's own for whatever the command keeps. */
export const temporaryFolder = async (t: Scope): Promise<string> => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'ink-login-test-'));
	t.after(async () => rm(folder, {recursive: true, force: true, maxRetries: 3}));
	return folder;
};

/** The built command in a pseudo-terminal, at a desktop with a display but no browser; it ends with the test. */
export const commandInPty = async (
	t: TestContext,
	args: readonly string[],
	{env, ...options}: Omit<PtyOptions, 'args' | 'command'> = {},
): Promise<PtyRun> => {
	const home = await temporaryFolder(t);
	const run = runInPty({
		...options,
		args: [commandFile, ...args],
		env: {DISPLAY: ':0', BROWSER: '/bin/false', INK_LOGIN_HOME: home, ...env},
	});
	t.after(async () => run[Symbol.asyncDispose]());
	return run;
};

export type PipedCommand = {
	readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
	/** All that it has written so far. */
	readonly heard: {readonly stdout: string; readonly stderr: string};
	/** The next line that matches; each line is looked at once. */
	readonly line: (from: 'stdout' | 'stderr', pattern: RegExp) => Promise<string>;
	/** Its exit code, or the signal that ended it, once all it wrote is heard. */
	readonly ended: Promise<number | NodeJS.Signals>;
};

/** Listens to a program from its start. */
export const hear = (child: PipedCommand['child']): PipedCommand => {
	const heard = {stdout: '', stderr: ''};
	child.stdout.setEncoding('utf8').on('data', (text: string) => (heard.stdout += text));
	child.stderr.setEncoding('utf8').on('data', (text: string) => (heard.stderr += text));
	const lines = {
		stdout: createInterface({input: child.stdout})[Symbol.asyncIterator](),
		stderr: createInterface({input: child.stderr})[Symbol.asyncIterator](),
	};
	const ended = (async () => {
		const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
		return code ?? signal!;
	})();
	return {
		child,
		heard,
		ended,
		async line(from, pattern) {
			for (;;) {
				const next = await lines[from].next();
				assert.ok(!next.done, `no line ${String(pattern)}: ${heard.stdout} ${heard.stderr}`);
				if (pattern.test(next.value)) return next.value;
			}
		},
	};
};

/** The built command on no terminal at all; it ends with the test. */
export const pipedCommand = async (
	t: TestContext,
	args: readonly string[],
	env: Readonly<Record<string, string>> = {},
): Promise<PipedCommand> => pipedProgram(t, [commandFile, ...args], env);

/** Node.js with these arguments on no terminal at all; it ends with the test. */
export const pipedProgram = async (
	t: TestContext,
	args: readonly string[],
	env: Readonly<Record<string, string>> = {},
): Promise<PipedCommand> => {
	const home = await temporaryFolder(t);
	const child = spawn(process.execPath, args, {
		env: {PATH: process.env['PATH'], INK_LOGIN_HOME: home, ...env},
		stdio: ['pipe', 'pipe', 'pipe'],
		// Otherwise /dev/tty is the one that the tests run in.
		detached: true,
	});
	t.after(() => child.kill('SIGKILL'));
	return hear(child);
};
