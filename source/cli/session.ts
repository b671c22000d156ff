import {resolve} from 'node:path';
import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import type {Provider} from '../oauth/provider.js';
import {anotherSession, differenceOf} from '../session/session-difference.js';
import type {TokenOptions, StoredSession, TokenStore} from '../session/types.js';
import type {TokenSet} from '../oauth/token-set.js';
import {lastingSource, readClientSecret, secretSourceOf} from './secrets.js';
import type {CommandLine} from './parse-args.js';
import {loginText, type CommandContext, type Engine, type TokenContext} from './context.js';
import {hints} from './errors.js';
import {isAboutSigningIn} from './options.js';
import type {ProviderChoice} from './provider.js';

/** A stored session, and its tokens. */
export type SessionTokens = {
	readonly stored: StoredSession;
	/** The tokens, the one that is asked for fresh. */
	readonly tokens: (options?: Omit<TokenOptions, 'signal'>) => Promise<TokenSet>;
};

/** A profile with a session, and the engine that keeps it alive. */
export type OpenProfile = SessionTokens & {readonly engine: Engine; readonly store: TokenStore};

export const storeFor = async (
	{values}: CommandLine,
	{openStore}: Pick<CommandContext, 'openStore'>,
): Promise<TokenStore> => openStore(values.store ?? 'auto');

/** Tells what the store had to do meanwhile, such as setting a corrupt file aside. */
const tellingNotices = async <Value>(
	{notices}: TokenStore,
	{stderr}: Pick<CommandContext, 'stderr'>,
	work: () => Promise<Value>,
): Promise<Value> => {
	const told = notices.length;
	const value = await work();
	for (const notice of notices.slice(told)) stderr.write(`${displayText(notice, 1000)}\n`);
	return value;
};

/** Finds the best place for a session, for someone who is about to sign in. */
export const prepareStore = async (store: TokenStore, context: CommandContext): Promise<void> =>
	tellingNotices(store, context, async () => store.prepare?.());

export const readSession = async (
	store: TokenStore,
	profile: string,
	context: Pick<CommandContext, 'stderr'>,
): Promise<StoredSession | undefined> => tellingNotices(store, context, async () => store.read(profile));

const signInHint = (profile: string): string => `Run: ${displayText(loginText(profile))}`;

/** An engine for a profile; client secret and certificates are looked for where the options say, else where its login did. */
export const buildEngine = (
	provider: Provider,
	store: TokenStore,
	{values, profile}: CommandLine,
	context: CommandContext,
	stored?: Pick<StoredSession, 'clientSecretSource' | 'caFile'>,
): Engine => {
	const source = secretSourceOf(values) ?? lastingSource(stored?.clientSecretSource);
	const caFile = values['ca-file'] === undefined ? stored?.caFile : resolve(values['ca-file']);
	return context.createEngine({
		provider:
			source === undefined
				? provider
				: {...provider, clientSecret: readClientSecret(source, context.environment.env, context.stdin)},
		store,
		profile,
		signInHint: signInHint(profile),
		hints,
		...(caFile !== undefined && {caFile}),
		warn: sentence => context.stderr.write(`${displayText(sentence, 1000)}\n`),
		...(source !== undefined && {clientSecretSource: source}),
	});
};

/** Nobody is signed in to the profile, or no longer. */
export const signInFirst = (profile: string, ended: boolean): LoginError =>
	new LoginError(
		'person_required',
		ended
			? `The session of "${displayText(profile, 60)}" has ended.`
			: `Nobody is signed in to "${displayText(profile, 60)}".`,
		{hint: signInHint(profile)},
	);

/** Said before the server is asked: without the secret it might call the session over. */
const secretIsUnknown = async (): Promise<never> => {
	throw new LoginError(
		'config_error',
		'Where the client secret is, is not known: it came by stdin, or the session file was open to other users.',
		{hint: hints.clientSecret},
	);
};

/** The engine of one stored session. */
export const openSession = (
	stored: StoredSession,
	store: TokenStore,
	line: CommandLine,
	context: CommandContext,
): OpenProfile => {
	const {clientSecretSource: source} = stored;
	const isUnknown = source !== undefined && lastingSource(source) === undefined;
	const provider = isUnknown ? {...stored.provider, clientSecret: secretIsUnknown} : stored.provider;
	const engine = buildEngine(provider, store, line, context, stored);
	const {signal} = context.signals;
	return {stored, store, engine, tokens: async options => engine.tokens({...options, signal})};
};

/** The provider that the options of `token` name for its session to be compared with; undefined where they name none. */
const readWanted = async (
	{command, values}: CommandLine,
	context: TokenContext,
): Promise<ProviderChoice | undefined> => {
	// `exchange` asks the server for another token by the same options.
	if (command !== 'token' || !Object.keys(values).some(isAboutSigningIn)) return undefined;
	const source = secretSourceOf(values);
	const {readProvider} = await import('./provider.js');
	return readProvider(values, {
		clientSecret: source && readClientSecret(source, context.environment.env, context.stdin),
	});
};

/**
 * Reads the profile's session, and judges whether it is the one to use; no request is made.
 *
 * @throws LoginError `person_required` where there is no session that could give a token, or not the one that the options
 * ask for
 */
export const findSession = async (
	line: CommandLine,
	context: TokenContext,
	read: () => Promise<StoredSession | undefined>,
): Promise<StoredSession> => {
	const {profile, values} = line;
	const wanted = await readWanted(line, context);
	const stored = await read();
	if (stored === undefined || stored.dead === true) throw signInFirst(profile, stored !== undefined);
	const asked = wanted?.(stored.provider);
	// A preset's own scope was not asked for.
	const difference = asked && differenceOf(stored, {...asked, scope: values.scope});
	if (difference !== undefined) {
		const hint = `Run: ${displayText(loginText(profile, values), 1000)}`;
		throw new LoginError('person_required', anotherSession(profile, difference), {hint});
	}

	return stored;
};

/** Opens the profile as its login left it: no option is needed. Throws as {@link findSession} does. */
export const openProfile = async (line: CommandLine, context: CommandContext): Promise<OpenProfile> => {
	const store = await storeFor(line, context);
	const stored = await findSession(line, context, async () => readSession(store, line.profile, context));
	return openSession(stored, store, line, context);
};
