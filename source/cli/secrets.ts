import path from 'node:path';
import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import {displayText} from '../core/safe-text.js';
import {LoginError, cancelled} from '../core/errors.js';
import type {ClientSecretSource} from '../session/types.js';
import type {Input, CommandContext} from './context.js';
import type {OptionValues} from './options.js';

/** The source that the options name. A file keeps its meaning in another folder: its path becomes absolute. */
export const secretSourceOf = (values: OptionValues): ClientSecretSource | undefined => {
	const {'client-secret-file': file, 'client-secret-env': env} = values;
	if (env !== undefined) return {env};
	if (file === undefined) return undefined;
	return file === '-' ? {stdin: true} : {file: path.resolve(file)};
};

/** The source of an earlier login, where it is still there: stdin was there once. */
export const lastingSource = (source: ClientSecretSource | undefined): ClientSecretSource | undefined =>
	source === undefined || 'stdin' in source ? undefined : source;

const withoutLineEnd = (content: string) => content.replace(/\r?\n$/, '');

/** Reads a secret from a file, or from stdin where `file` is `-`. `what` begins the sentence of an error. */
export const readSecretFile = async (file: string, what: string, stdin: Input): Promise<string> => {
	let content;
	try {
		if (file === '-') content = await (await import('node:stream/consumers')).text(stdin);
		else content = await (await import('node:fs/promises')).readFile(file, 'utf8');
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? displayText(String(error.code), 20) : 'unreadable';
		throw new LoginError('config_error', `${what} could not be read from ${displayText(file)} (${code}).`, {
			hint: 'Check the path, and that the file is yours to read.',
		});
	}

	const secret = withoutLineEnd(content);
	if (secret === '') {
		throw new LoginError('config_error', `${what} is empty.`, {
			hint: `Put it into ${file === '-' ? 'stdin' : displayText(file)}, alone.`,
		});
	}

	return secret;
};

/** Reads the secret when it is first needed, and keeps it for the time of this process. */
export const readClientSecret = (
	source: ClientSecretSource,
	env: Readonly<Record<string, string | undefined>>,
	stdin: Input,
): (() => Promise<string>) => {
	let secret: Promise<string> | undefined;
	const read = async () => {
		if ('stdin' in source) return readSecretFile('-', 'The client secret', stdin);
		if ('file' in source) return readSecretFile(source.file, 'The client secret', stdin);
		const value = env[source.env];
		if (value) return value;
		throw new LoginError(
			'config_error',
			`The environment variable ${displayText(source.env, 60)} with the client secret is not set.`,
			{hint: 'Set it, or name another with --client-secret-env.'},
		);
	};

	return async () => (secret ??= read());
};

type Credentials = {readonly username: string; readonly password: string};

/** Echoes nothing. */
const silence = () => new Writable({write: (_chunk, _encoding, done) => done()});

const ask = async (
	prompt: string,
	echo: boolean,
	{stdin, stderr}: CommandContext,
	signal: AbortSignal,
): Promise<string> => {
	const output = new Writable({
		write(chunk: Buffer, _encoding, done) {
			stderr.write(chunk.toString());
			done();
		},
	});
	// Readline clears the row that it writes a prompt to.
	if (!echo) stderr.write(prompt);
	const lines = createInterface({input: stdin, output: echo ? output : silence(), terminal: true});
	// In raw mode Ctrl-C is a key like any other.
	const interrupted = new Promise<never>((_, reject) => lines.once('SIGINT', () => reject(cancelled())));
	try {
		return await Promise.race([lines.question(echo ? prompt : '', {signal}), interrupted]);
	} finally {
		lines.close();
		if (!echo) stderr.write('\n');
	}
};

const missing = (): LoginError =>
	new LoginError('config_error', 'stdin ended before the user name and the password were read.', {
		hint: 'Give both on stdin, each on a line of its own; with --login-hint NAME the password alone.',
	});

/**
 * How the legacy password grant gets its two words: from a terminal, the password without echo, or from two lines of
 * stdin. Never from arguments or the environment.
 */
export const credentialsReader =
	(context: CommandContext, username: string | undefined) =>
	async (signal: AbortSignal): Promise<Credentials> => {
		if (context.environment.tty.stdin) {
			const name = username ?? (await ask('User name: ', true, context, signal));
			return {username: name, password: await ask('Password: ', false, context, signal)};
		}

		const lines = createInterface({input: context.stdin, signal});
		const given: string[] = username === undefined ? [] : [username];
		for await (const line of lines) {
			given.push(line);
			if (given.length === 2) break;
		}

		lines.close();
		signal.throwIfAborted();
		const [name, password] = given;
		if (name === undefined || password === undefined) throw missing();
		return {username: name, password};
	};
