import {resolve} from 'node:path';
import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {readSmallText} from '../core/small-text.js';
import type {EnvironmentVariables} from '../core/types.js';
import {clientKeyFile, type Provider} from '../oauth/provider.js';
import type {ClientSecretSource} from '../session/types.js';
import type {OptionValues} from './options.js';
import type {Input} from './write-now.js';

/** The source that the options name. A file keeps its meaning in another folder: its path becomes absolute. */
export const secretSourceOf = (values: OptionValues): ClientSecretSource | undefined => {
	const {'client-secret-file': file, 'client-secret-env': env, 'client-key-file': keyFile} = values;
	if (keyFile !== undefined) return {keyFile: resolve(keyFile)};
	if (env !== undefined) return {env};
	if (file === undefined) return undefined;
	return file === '-' ? {stdin: true} : {file: resolve(file)};
};

/** The source of an earlier login, where it is still there: stdin was there once. */
export const lastingSource = (source: ClientSecretSource | undefined): ClientSecretSource | undefined =>
	source === undefined || 'stdin' in source ? undefined : source;

/** What the source holds, which is read when it is first needed. */
export const credentialsFrom = (
	source: ClientSecretSource | undefined,
	env: EnvironmentVariables,
	stdin: Input,
): Pick<Provider, 'clientSecret' | 'clientKey'> => {
	if (source === undefined) return {};
	return 'keyFile' in source
		? {clientKey: clientKeyFile(source.keyFile)}
		: {clientSecret: readClientSecret(source, env, stdin)};
};

/** Keeps the secret for the time of this process: stdin can be read once. */
const readClientSecret = (
	source: Exclude<ClientSecretSource, {keyFile: string}>,
	env: EnvironmentVariables,
	stdin: Input,
): (() => Promise<string>) => {
	let secret: Promise<string> | undefined;
	const read = async () => {
		if (!('env' in source)) return readSmallText('stdin' in source ? stdin : source.file, 'the client secret');
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
