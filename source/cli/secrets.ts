import {resolve} from 'node:path';
import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import type {ClientSecretSource} from '../session/types.js';
import type {Input} from './context.js';
import type {OptionValues} from './options.js';

/** The source that the options name. A file keeps its meaning in another folder: its path becomes absolute. */
export const secretSourceOf = (values: OptionValues): ClientSecretSource | undefined => {
	const {'client-secret-file': file, 'client-secret-env': env} = values;
	if (env !== undefined) return {env};
	if (file === undefined) return undefined;
	return file === '-' ? {stdin: true} : {file: resolve(file)};
};

/** The source of an earlier login, where it is still there: stdin was there once. */
export const lastingSource = (source: ClientSecretSource | undefined): ClientSecretSource | undefined =>
	source === undefined || 'stdin' in source ? undefined : source;

const withoutLineEnd = (content: string) => content.replace(/\r?\n$/, '');

/** Reads a secret from a file, or from stdin where `file` is `-`. `what` stands in the sentence of an error. */
export const readSecretFile = async (file: string, what: string, stdin: Input): Promise<string> => {
	let content;
	try {
		if (file === '-') content = await (await import('node:stream/consumers')).text(stdin);
		else content = await (await import('node:fs/promises')).readFile(file, 'utf8');
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? displayText(String(error.code), 20) : 'unreadable';
		throw new LoginError('config_error', `Can't read ${what} from ${displayText(file)} (${code}).`, {
			hint: 'Check the path, and that you can read the file.',
		});
	}

	const secret = withoutLineEnd(content);
	if (secret === '') {
		throw new LoginError(
			'config_error',
			`${file === '-' ? 'Stdin' : displayText(file)} is empty, but should hold ${what}.`,
			{
				hint: 'Put it there, and nothing else.',
			},
		);
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
		if ('stdin' in source) return readSecretFile('-', 'the client secret', stdin);
		if ('file' in source) return readSecretFile(source.file, 'the client secret', stdin);
		const value = env[source.env];
		if (value) return value;
		throw new LoginError(
			'config_error',
			`The environment variable ${displayText(source.env, 60)}, which should hold the client secret, isn't set.`,
			{hint: 'Set it, or choose another with --client-secret-env.'},
		);
	};

	return async () => (secret ??= read());
};
