import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {mkdirSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {commandFile, temporaryFolder, type Scope} from './built-command.js';
import {runInPty, type PtyRun} from './pty.js';
import {scriptedSession} from './scripted-session.js';

/** What a person does while the command refreshes a session, in a shell on a terminal of its own. */
export type Interruption = {
	/** The line of the shell. */
	readonly line: string;
	readonly interrupt: (run: PtyRun) => void;
	/** What is heard last on stderr. */
	readonly end: RegExp;
};

export const interruptions = {
	closedTerminal: {
		// The shell and the kernel tell the whole group of it; this one lives on, to say how the command ended.
		line: `sh -c 'trap : HUP; "$NODE" "$COMMAND" token; echo "ended with $?" >&2'`,
		interrupt: run => run.hangUp(),
		end: /ended with 129\n$/,
	},
	ctrlCUnderNpx: {
		line: 'npx --offline ink-login token',
		interrupt: run => run.write('\u0003'),
		end: /./,
	},
} as const satisfies Record<string, Interruption>;

/** A project that has the command installed. */
const installLocally = async (t: Scope): Promise<string> => {
	const folder = await temporaryFolder(t);
	const programs = path.join(folder, 'node_modules', '.bin');
	mkdirSync(programs, {recursive: true});
	symlinkSync(commandFile, path.join(programs, 'ink-login'));
	return folder;
};

export type InterruptOptions = {
	readonly rounds: number;
	/** @param told - resolves once the person was told what is waited for, or the command has ended */
	readonly untilResponse: (told: Promise<void>) => Promise<unknown>;
};

/**
 * Interrupts refreshes at a server that rotates refresh tokens strictly, and acts on each request even where nobody waits
 * for its response.
 *
 * @returns how many sessions that cost
 */
export const interruptRefreshes = async (
	t: Scope,
	{line, interrupt, end}: Interruption,
	{rounds, untilResponse}: InterruptOptions,
): Promise<number> => {
	const session = await scriptedSession(t);
	const {server, home, expire, run, signIn} = session;
	const project = await installLocally(t);
	const pipe = path.join(project, 'stderr');
	execFileSync('mkfifo', [pipe]);
	let lost = 0;
	for (let round = 0; round < rounds; round++) {
		expire();
		let said = '';
		let tell!: () => void;
		const told = new Promise<void>(resolve => {
			tell = resolve;
		});
		server.answer('token', async (_request, conforming) => {
			await untilResponse(told);
			return conforming();
		});
		const asked = server.received('token', server.requestsTo('token').length + 1);
		const reader = spawn('cat', [pipe], {stdio: ['ignore', 'pipe', 'inherit']});
		const closed = (async () => {
			for await (const text of createInterface({input: reader.stdout})) {
				said += `${text}\n`;
				if (text.startsWith('Waiting for the server')) tell();
			}

			tell();
		})();
		const env = {
			...{PS1: 'prompt> ', NODE: process.execPath, COMMAND: commandFile, INK_LOGIN_HOME: home},
			...{npm_config_cache: path.join(project, 'cache'), npm_config_update_notifier: 'false'},
			// It gives its place to the command, as the `sh` of some systems does: what npm passes on reaches the command.
			npm_config_script_shell: 'bash',
		};
		const terminal = runInPty({command: 'bash', args: ['--norc', '--noprofile', '-i'], cwd: project, env});
		try {
			await terminal.waitFor(/prompt>\s*$/);
			terminal.write(`${line} 2>${pipe}\r`);
			await asked;
			interrupt(terminal);
			await closed;
		} finally {
			reader.kill();
			await terminal[Symbol.asyncDispose]();
		}

		const {exit, stderr} = await run(['token']);
		if (exit === 0) {
			assert.match(said, end);
			continue;
		}

		assert.match(stderr, /has ended/);
		lost++;
		await signIn(
			{issuer: server.issuer, clientId: server.provider.clientId},
			{credentials: ['ada', 'analytical engine']},
		);
	}

	return lost;
};
