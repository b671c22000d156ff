import {resolve} from 'node:path';
import {isFresh} from '../session/freshness.js';
import {cancelled} from '../core/errors.js';
import {nodeFileSystem} from '../session/store/file-system.js';
import {parseSession, readSessionFile, stateDirectory} from '../session/store/session-file.js';
import type {StoredSession} from '../session/types.js';
import {detectEnvironment} from '../terminal/environment.js';
import {minimumValidityOf, printToken, tokenTypeOf} from './token-format.js';
import {parseCommandLine, type CommandLine} from './parse-args.js';
import type {TokenContext} from './context.js';
import {exitCodesOf, tellFailure} from './errors.js';
import {checkSession, type SessionTokens, type SessionUse} from './session.js';
import {listenToSignals, type ProcessSignals} from './signals.js';
import {afterWriting, readAtOnce, writeNow, written} from './write-now.js';

const useOf = async ({command, action, helper}: CommandLine): Promise<SessionUse | undefined> => {
	if (command === 'token') return printToken;
	if (command === 'exec') return (await import('./commands/exec.js')).runChild;
	if (command !== 'helper' || action !== 'get') return undefined;
	return helper === 'docker'
		? (await import('./commands/docker-credential.js')).respondToDocker
		: (await import('./commands/git-credential.js')).respondToGit;
};

/** The profile's session as its file has it; a keyring that is locked is for `main` to wait for. */
const readStored = async (profile: string): Promise<StoredSession | undefined> => {
	const directory = resolve(stateDirectory(process.env, process.platform));
	const file = readSessionFile(nodeFileSystem, directory, profile);
	if (file === undefined || 'session' in file) return file?.session;
	const {systemKeyring} = await import('../session/store/keyring/keyring.js');
	const {createEncryption} = await import('../session/store/encryption.js');
	const {decrypt} = createEncryption(systemKeyring({account: directory, mayWait: false}));
	const text = await decrypt(profile, file.encrypted);
	return text === undefined ? undefined : parseSession(text);
};

/** The profile's session, if its token is fresh; otherwise there is more to do, or something to tell. */
const freshSession = async (line: CommandLine, context: TokenContext): Promise<SessionTokens | undefined> => {
	const {store, refresh, file} = line.values;
	if (store === 'memory' || refresh || file) return undefined;
	const stored = await readStored(line.profile);
	if (stored === undefined || stored.dead === true) return undefined;
	await checkSession(line, context, stored);
	const {tokens} = stored;
	const isEnough = isFresh(tokens, context.now(), minimumValidityOf(line), tokenTypeOf(line));
	return isEnough ? {stored, tokens: async () => tokens} : undefined;
};

/**
 * `token`, `helper git get` and `exec` where the session's token is fresh, as in nearly every call of a script, of git or
 * of kubectl: one file is read, and nothing is loaded that only a refresh or a login needs.
 *
 * @returns the exit code; undefined where `main` has to see to it, which then tells what is wrong
 */
export const runQuickly = async (argv: readonly string[]): Promise<number | undefined> => {
	const {env} = process;
	let tty: TokenContext['environment']['tty'] | undefined;
	let signals: ProcessSignals | undefined;
	const listen = () =>
		(signals ??= listenToSignals(cancelled(), {settled: async () => undefined, say: () => undefined}));
	const stdout = {isWritten: true, write: (text: string) => (stdout.isWritten = writeNow(text))};
	const context: TokenContext = {
		environment: {
			env,
			get tty() {
				return (tty ??= detectEnvironment().tty);
			},
		},
		stdin: readAtOnce(),
		stdout,
		stderr: {write: text => process.stderr.write(text)},
		get signals() {
			return listen();
		},
		now: Date.now,
	};
	let line: CommandLine;
	let use: SessionUse | undefined;
	let session: SessionTokens | undefined;
	try {
		line = parseCommandLine(argv);
		use = await useOf(line);
		session = use && (await freshSession(line, context));
	} catch {
		return undefined;
	}

	if (use === undefined || session === undefined) return undefined;
	try {
		const outcome = await use(line, context, session);
		if (!stdout.isWritten) await written(process.stdout);
		const isOver = typeof outcome === 'number' && signals === undefined;
		const code = isOver ? outcome : listen().end(outcome, context.environment.tty);
		return afterWriting(code);
	} catch (error) {
		const code = tellFailure(error, context.stderr, exitCodesOf(line.command));
		await written(process.stderr);
		return code;
	}
};
