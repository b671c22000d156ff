import {constants} from 'node:fs';
import {mkdtemp, open, rename, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {LoginError, toLoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import type {EnvironmentVariables} from '../core/types.js';
import type {CommandContext} from './context.js';
import type {CommandLine} from './parse-args.js';
import type {OpenProfile} from './session.js';
import {freshToken} from './token-format.js';

/**
 * Milliseconds between two looks at the session: what another process has renewed is taken over as well, and a computer
 * that slept is noticed.
 */
const interval = 5000;

/** Milliseconds until the next look after one that failed. */
const patience = 30_000;

/** A file with the token, and nothing else in it. */
type TokenFile = {
	readonly path: string;
	/** Stops renewing it, and removes it. */
	readonly remove: () => Promise<void>;
};

const notWritten = (error: unknown): LoginError =>
	new LoginError('store_error', `The token can't be written to a file: ${displayText(String(error), 200)}.`, {
		hint: 'Free some space in the folder for temporary files, or choose another one with TMPDIR.',
	});

/** The folder of this user that is kept in memory, where the system has one; otherwise the one for temporary files. */
const folderFor = ({XDG_RUNTIME_DIR: own}: EnvironmentVariables): string =>
	own === undefined || own === '' ? tmpdir() : own;

/**
 * Writes the token that the options ask for to a file that only this user can read, and keeps it fresh until it is
 * removed. Each token replaces the one before in one step, so that a reader sees one of the two.
 */
export const openTokenFile = async (
	line: CommandLine,
	context: CommandContext,
	{engine}: Pick<OpenProfile, 'engine'>,
): Promise<TokenFile> => {
	const {environment, stderr} = context;
	const read = async () => (await freshToken(line, context, {tokens: async options => engine.tokens(options)})).token;
	let current = await read();
	const folder = await mkdtemp(join(folderFor(environment.env), 'ink-login-')).catch((error: unknown) => {
		throw notWritten(error);
	});
	const path = join(folder, 'token');
	const write = async (token: string) => {
		const next = `${path}.next`;
		try {
			const file = await open(next, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
			await file.writeFile(token).finally(async () => file.close());
			await rename(next, path);
		} catch (error) {
			throw notWritten(error);
		}
	};

	const remove = async () => rm(folder, {recursive: true, force: true});
	await write(current).catch(async (error: unknown) => {
		await remove();
		throw error;
	});

	const controller = new AbortController();
	const {signal} = controller;
	let told = '';
	const keepFresh = async () => {
		for (;;) {
			await engine.clock.sleep(told === '' ? interval : patience, signal);
			try {
				const token = await read();
				if (token !== current) await write(token);
				current = token;
				told = '';
			} catch (error) {
				// The child goes on with the token that it has; once is enough to say why there is no other.
				const {message, hint} = toLoginError(error);
				if (told !== message) stderr.write(`ink-login: ${message} ${hint}\n`);
				told = message;
			}
		}
	};

	const done = keepFresh().catch(() => undefined);
	return {
		path,
		async remove() {
			controller.abort();
			await done;
			await remove();
		},
	};
};
