import {spawn, type ChildProcess} from 'node:child_process';
import {displayText} from '../../core/safe-text.js';
import {LoginError} from '../../core/errors.js';
import {secretSourceOf} from '../secrets.js';
import type {Command, SessionUse} from '../context.js';
import {exitCodes} from '../errors.js';
import {openProfile} from '../session.js';

const defaultVariable = 'INK_LOGIN_TOKEN';

const notStarted = (program: string, error: Error): LoginError => {
	const code = 'code' in error ? String(error.code) : error.name;
	const why = code === 'ENOENT' ? 'not found' : code === 'EACCES' ? 'permission denied' : displayText(code, 40);
	return new LoginError('config_error', `Can't run ${displayText(program, 100)}: ${why}.`, {
		hint: 'Check its name and your PATH.',
	});
};

/** How the child ended, as a shell would say it. */
const ended = async (child: ChildProcess, program: string): Promise<number | NodeJS.Signals> =>
	new Promise((resolve, reject) => {
		child.once('error', error => reject(notStarted(program, error)));
		child.once('exit', (code, signal) => resolve(code ?? signal ?? exitCodes.execFailed));
	});

/** Runs the command with a fresh token in its environment. */
export const runChild: SessionUse = async ({values, child: words}, {environment, signals}, {stored, tokens}) => {
	const {accessToken} = await tokens();
	// With the client secret, or the workload's identity, the child could get tokens of its own.
	const {workloadIdentity} = stored.provider;
	const secrets = [secretSourceOf(values), stored.clientSecretSource, workloadIdentity?.source].map(
		source => source && 'env' in source && source.env,
	);
	const env = Object.fromEntries(Object.entries(environment.env).filter(([name]) => !secrets.includes(name)));
	const [program = '', ...args] = words;
	const {tty} = environment;
	const child = spawn(program, args, {
		stdio: 'inherit',
		env: {...env, [values.env ?? defaultVariable]: accessToken},
	});
	using _ = signals.handOver(name => {
		// Ctrl-C and Ctrl-\ reach the child from the terminal itself, as they reach us; sent again they would count twice.
		const isKey = name === 'SIGINT' || name === 'SIGQUIT';
		if (!isKey || !(tty.stdin || tty.stdout || tty.stderr)) child.kill(name);
	});
	return await ended(child, program);
};

/** `ink-login exec`: runs a command with the token in its environment; its exit code and signals pass through. */
export const runExec: Command = async (line, context) => runChild(line, context, await openProfile(line, context));
