import {resolve} from 'node:path';
import {displayText} from '../core/safe-text.js';
import {LoginError, toLoginError} from '../core/errors.js';
import {isSameClient, type Provider} from '../oauth/provider.js';
import {anotherSession, differenceOf} from '../session/session-difference.js';
import type {KnownServer, TokenOptions, StoredSession, TokenStore} from '../session/types.js';
import type {TokenEngineOptions} from '../token-engine.js';
import type {TokenSet} from '../oauth/token-set.js';
import {credentialsFrom, lastingSource, secretSourceOf} from './secrets.js';
import {resourceUrl, type CommandLine} from './parse-args.js';
import type {CommandContext, Engine, TokenContext} from './context.js';
import {loginText, runLogin, profilesLine} from './command-text.js';
import {dateAndTime} from '../text/dates.js';
import {wrapWords} from '../layout/line.js';
import {hints} from './errors.js';
import {isAboutSigningIn} from './options.js';
import type {ProviderChoice} from './provider-options.js';

export type SessionTokens = {
	readonly stored: StoredSession;
	/** The tokens, the one that is asked for fresh. */
	readonly tokens: (options?: Omit<TokenOptions, 'signal'>) => Promise<TokenSet>;
};

/** What `token`, `helper` and `exec` do with a session. */
export type SessionUse = (
	line: CommandLine,
	context: TokenContext,
	session: SessionTokens,
) => Promise<number | NodeJS.Signals>;

/** A profile with a session, and the engine that keeps it alive. */
export type OpenProfile = SessionTokens & {readonly engine: Engine; readonly store: TokenStore};

export const storeFor = async (
	{values}: CommandLine,
	{openStore}: Pick<CommandContext, 'openStore'>,
): Promise<TokenStore> => openStore(values.store ?? 'auto');

/** Tells people what a store had to do. */
export const tell = (notices: readonly string[], {stderr}: Pick<CommandContext, 'stderr'>): void => {
	const rows = notices.flatMap(notice => wrapWords(displayText(notice, 1000), process.stderr.columns || 1000));
	for (const row of rows) stderr.write(`${row}\n`);
};

/** Tells what the store had to do meanwhile, such as setting a corrupt file aside. */
const tellingNotices = async <Value>(
	{notices}: TokenStore,
	{stderr}: Pick<CommandContext, 'stderr'>,
	work: () => Promise<Value>,
): Promise<Value> => {
	const told = notices.length;
	const value = await work();
	tell(notices.slice(told), {stderr});
	return value;
};

/** Finds the best place for a session; resolves to what there is to say of it once the session is saved. */
export const prepareStore = async (store: TokenStore): Promise<readonly string[]> => {
	const told = store.notices.length;
	await store.prepare?.();
	return store.notices.slice(told);
};

export const readSession = async (
	store: TokenStore,
	profile: string,
	context: Pick<CommandContext, 'stderr'>,
): Promise<StoredSession | undefined> => tellingNotices(store, context, async () => store.read(profile));

/** What an engine for a profile is made of. Client secret or key, and certificates, come from where the options say, otherwise from where its login had them. */
const optionsFor = (
	provider: Provider,
	store: TokenStore,
	{values, profile}: CommandLine,
	context: CommandContext,
	stored?: Omit<KnownServer, 'provider'>,
): TokenEngineOptions => {
	const source = secretSourceOf(values) ?? lastingSource(stored?.clientSecretSource);
	const caFile = values['ca-file'] === undefined ? stored?.caFile : resolve(values['ca-file']);
	return {
		provider: {...provider, ...credentialsFrom(source, context.environment.env, context.stdin)},
		store,
		profile,
		signInHint: runLogin(profile),
		hints,
		caFile,
		warn: sentence => context.stderr.write(`${displayText(sentence, 1000)}\n`),
		clientSecretSource: source,
	};
};

/** What to run where someone has to sign in: the login that is pending, otherwise a new one. */
const nextStep = async (store: TokenStore, profile: string, {now}: Pick<TokenContext, 'now'>): Promise<string> => {
	// In a file of its own, which a fresh token never loads.
	const {waitingHint} = await import('./pending-login.js');
	return (await waitingHint(store, profile, now())) ?? runLogin(profile);
};

/** The session of the profile has ended. */
export const sessionEnded = async (
	store: TokenStore,
	profile: string,
	context: Pick<TokenContext, 'now'>,
	message = `The session of "${displayText(profile, 60)}" has ended.`,
): Promise<LoginError> => new LoginError('person_required', message, {hint: await nextStep(store, profile, context)});

/** Nobody is signed in to the profile; those that have a session are named. */
export const notSignedIn = async (
	store: TokenStore,
	profile: string,
	context: Pick<TokenContext, 'now'>,
): Promise<LoginError> => {
	const hint = (await nextStep(store, profile, context)) + profilesLine(await store.list());
	return nobodySignedIn(profile, hint);
};

const nobodySignedIn = (profile: string, hint: string): LoginError =>
	new LoginError('person_required', `Nobody is signed in to "${displayText(profile, 60)}".`, {hint});

/** As {@link notSignedIn}, where someone was asked to sign in to such a server and has not yet. */
export const stillPending = async (
	store: TokenStore,
	profile: string,
	{now}: Pick<TokenContext, 'now'>,
	fits: (provider: KnownServer['provider']) => boolean,
): Promise<LoginError | undefined> => {
	const {waitingHint} = await import('./pending-login.js');
	const hint = await waitingHint(store, profile, now(), fits);
	return hint === undefined ? undefined : nobodySignedIn(profile, hint);
};

/** Said before the server is asked: without the secret it might call the session over. */
const secretIsUnknown = async (): Promise<never> => {
	throw new LoginError(
		'config_error',
		'The session no longer says where its client secret or key is. It came from stdin, or other users could write to the session file.',
		{hint: hints.clientSecret},
	);
};

const day = 86_400_000;

/**
 * Tells a person at a terminal that the session ends within three days. Said when a refresh has left that end where it
 * was or brought it closer, for one that moves on with every use is no news; and once for each day that is left, which
 * the token that was refreshed tells, since it was got on another day.
 */
const tellEnd = (
	before: TokenSet,
	{sessionExpiresAt: end, issuedAt}: TokenSet,
	profile: string,
	{environment, stderr}: CommandContext,
): void => {
	const {sessionExpiresAt: endBefore = 0} = before;
	if (end === undefined || end - endBefore >= 60_000 || !environment.tty.stderr) return;
	const daysLeft = Math.floor((end - issuedAt) / day);
	if (daysLeft < 0 || daysLeft >= 3 || daysLeft === Math.floor((endBefore - before.issuedAt) / day)) return;
	stderr.write(`Your session ends ${dateAndTime(end)}. Before then, sign in again: ${loginText(profile)}\n`);
};

/** What an engine for a server that may be known from before is made of: the same client, with the credentials of that time. */
export const optionsAt = (
	provider: Provider,
	known: KnownServer | undefined,
	store: TokenStore,
	line: CommandLine,
	context: CommandContext,
): TokenEngineOptions => {
	const same = known && isSameClient(known.provider, provider) ? known : undefined;
	const {clientSecretSource: source} = same ?? {};
	const isUnknown = source !== undefined && lastingSource(source) === undefined;
	const able = isUnknown ? {clientSecret: secretIsUnknown, ...provider} : provider;
	return optionsFor(able, store, line, context, same);
};

/** An engine for such a server. */
export const engineAt = (...parts: Parameters<typeof optionsAt>): Engine => parts[4].createEngine(optionsAt(...parts));

/** The engine of one stored session. */
export const openSession = (
	stored: StoredSession,
	store: TokenStore,
	line: CommandLine,
	context: CommandContext,
): OpenProfile => {
	const engine = engineAt(stored.provider, stored, store, line, context);
	const {signal} = context.signals;
	return {
		stored,
		store,
		engine,
		async tokens(options) {
			const tokens = await engine.tokens({...options, signal}).catch(async (error: unknown) => {
				const {code, message} = toLoginError(error);
				throw code === 'person_required' ? await sessionEnded(store, line.profile, context, message) : error;
			});
			tellEnd(stored.tokens, tokens, line.profile, context);
			return tokens;
		},
	};
};

/** The provider that the options of `token` name for its session to be compared with; undefined where they name none. */
const readWanted = async (
	{command, values, profile}: CommandLine,
	context: TokenContext,
): Promise<ProviderChoice | undefined> => {
	// `exchange` asks the server for another token by the same options.
	if (command !== 'token' || !Object.keys(values).some(isAboutSigningIn)) return undefined;
	const source = secretSourceOf(values);
	const {readProvider} = await import('./provider-options.js');
	const credentials = credentialsFrom(source, context.environment.env, context.stdin);
	return readProvider(values, {url: resourceUrl(profile), credentials});
};

/**
 * Judges whether a stored session is the one to use; no request is made.
 *
 * @throws LoginError `person_required` where it is not the one that the options ask for
 */
export const checkSession = async (line: CommandLine, context: TokenContext, stored: StoredSession): Promise<void> => {
	const {profile, values} = line;
	const asked = (await readWanted(line, context))?.(stored.provider);
	// A preset's own scope was not asked for.
	const difference = asked && differenceOf(stored, {...asked, scope: values.scope});
	if (difference === undefined) return;
	const hint = `Run: ${displayText(loginText(profile, values), 1000)}`;
	throw new LoginError('person_required', anotherSession(profile, difference), {hint});
};

/**
 * Opens the profile as its login left it: no option is needed.
 *
 * @throws LoginError `person_required` where there is no session or it has ended, and as {@link checkSession} does
 */
export const openProfile = async (line: CommandLine, context: CommandContext): Promise<OpenProfile> => {
	const store = await storeFor(line, context);
	const stored = await readSession(store, line.profile, context);
	if (stored === undefined) throw await notSignedIn(store, line.profile, context);
	if (stored.dead === true) throw await sessionEnded(store, line.profile, context);
	await checkSession(line, context, stored);
	return openSession(stored, store, line, context);
};
