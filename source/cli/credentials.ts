import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import {LoginError, cancelled} from '../core/errors.js';
import type {CommandContext} from './context.js';

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
	new LoginError('config_error', 'Stdin ended before the user name and the password were read.', {
		hint: 'Give both on stdin, one per line. With --login-hint NAME, give only the password.',
	});

/**
 * How the legacy password grant gets its two words: from a terminal, the password without echo, or from two lines of
 * stdin. Never from arguments or the environment.
 */
export const readCredentials = async (
	context: CommandContext,
	username: string | undefined,
	signal: AbortSignal,
): Promise<Credentials> => {
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
