import {spawn, type ChildProcess} from 'node:child_process';
import {displayText} from '../../core/safe-text.js';
import {errorCode, LoginError} from '../../core/errors.js';
import {secretSourceOf} from '../secrets.js';
import type {Command, TokenContext} from '../context.js';
import {exitCodes} from '../errors.js';
import type {CommandLine} from '../parse-args.js';
import {openProfile, type SessionTokens} from '../session.js';
import {freshToken} from '../token-format.js';

const defaultVariable = 'INK_LOGIN_TOKEN';

const notStarted = (program: string, error: Error): LoginError => {
	const code = errorCode(error) ?? error.name;
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

/** The variables that hold the token itself; none where only a file was asked for. */
const variablesOf = ({env, file}: CommandLine['values']): readonly string[] =>
	env ?? (file === undefined ? [defaultVariable] : []);

/**
 * Runs the command with a fresh token in its environment.
 *
 * @param more - variables besides
 */
export const runChild = async (
	line: CommandLine,
	context: TokenContext,
	session: SessionTokens,
	more: Readonly<Record<string, string>> = {},
): Promise<number | NodeJS.Signals> => {
	const {values, child: words} = line;
	const {environment, signals} = context;
	const {token} = await freshToken(line, context, session);
	// With the client secret, or the workload's identity, the child could get tokens of its own.
	const {clientSecretSource, provider} = session.stored;
	const secrets = [secretSourceOf(values), clientSecretSource, provider.workloadIdentity?.source].map(
		source => source && 'env' in source && source.env,
	);
	const env = Object.fromEntries(Object.entries(environment.env).filter(([name]) => !secrets.includes(name)));
	const [program = '', ...args] = words;
	const {tty} = environment;
	const child = spawn(program, args, {
		stdio: 'inherit',
		env: {...env, ...Object.fromEntries(variablesOf(values).map(name => [name, token])), ...more},
	});
	using _ = signals.handOver(name => {
		// Ctrl-C and Ctrl-\ reach the child from the terminal itself, as they reach us; sent again they would count twice.
		const isKey = name === 'SIGINT' || name === 'SIGQUIT';
		if (!isKey || !(tty.stdin || tty.stdout || tty.stderr)) child.kill(name);
	});
	return await ended(child, program);
};

/** `ink-login exec`: runs a command with the token in its environment, or in a file; its exit code and signals pass through. */
export const runExec: Command = async (line, context) => {
	const session = await openProfile(line, context);
	const {file} = line.values;
	if (file === undefined) return runChild(line, context, session);
	const {openTokenFile} = await import('../token-file.js');
	const tokenFile = await openTokenFile(line, context, session);
	try {
		return await runChild(line, context, session, Object.fromEntries(file.map(name => [name, tokenFile.path])));
	} finally {
		await tokenFile.remove();
	}
};
