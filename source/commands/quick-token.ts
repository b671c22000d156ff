import path from 'node:path';
import {defaultMinimumValidity, isFresh} from '../engine/freshness.js';
import type {StoredSession} from '../engine/token-store.js';
import {nodeFileSystem} from '../store/file-system.js';
import {readSessionFile} from '../store/read-profile.js';
import {parseSession} from '../store/session-file.js';
import {storeHome} from '../store/store-home.js';
import type {CommandLine} from './command-line.js';
import {accessTokenOf} from './printable-token.js';
import {formatToken} from './token-format.js';

/** Without an option there is nothing to understand, and what understands it is not even read. */
const understand = async (argv: readonly string[]): Promise<Pick<CommandLine, 'values' | 'profile'> | undefined> => {
	if (argv.length === 1) return {values: {}, profile: 'default'};
	const {parseCommandLine} = await import('./command-line.js');
	const {isAboutSigningIn} = await import('./options.js');
	const line = parseCommandLine(argv);
	// The session has to be compared with it.
	return Object.keys(line.values).some(isAboutSigningIn) ? undefined : line;
};

/** A session whose key the keyring gives at once; a locked one is the command's business. */
const unseal = async (directory: string, profile: string, sealed: string): Promise<StoredSession | undefined> => {
	const {unsealAtOnce} = await import('../store/unseal-at-once.js');
	const text = await unsealAtOnce(directory, profile, sealed);
	return text === undefined ? undefined : parseSession(text);
};

/**
 * What `ink-login token` prints where the session's token is fresh, as in nearly every call of a script: one file is
 * read, and nothing is loaded that only the other cases need.
 *
 * @returns undefined where there is more to do or something to tell: the command itself sees to all of that
 */
export const quickToken = async (argv: readonly string[]): Promise<string | undefined> => {
	try {
		const line = await understand(argv);
		if (line === undefined) return undefined;
		const {values, profile} = line;
		const {format = 'raw', type = 'access', store} = values;
		if (format === 'kubernetes' || type === 'id' || store === 'memory') return undefined;
		const {env, platform} = process;
		const directory = path.resolve(storeHome(env, platform));
		const file = readSessionFile(nodeFileSystem, directory, profile);
		if (file === undefined) return undefined;
		const session = 'sealed' in file ? await unseal(directory, profile, file.sealed) : file.session;
		if (session === undefined || session.dead === true) return undefined;
		const {tokens} = session;
		if (!isFresh(tokens, Date.now(), defaultMinimumValidity)) return undefined;
		return formatToken(format, accessTokenOf(tokens), env);
	} catch {
		return undefined;
	}
};
