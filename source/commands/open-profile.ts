import {displayText} from '../engine/display-text.js';
import {LoginError} from '../engine/login-error.js';
import type {Provider} from '../engine/provider.js';
import type {ClientSecretSource, StoredSession, TokenStore} from '../engine/token-store.js';
import {lastingSource, readClientSecret, secretSourceOf} from './client-secret.js';
import type {CommandLine} from './command-line.js';
import {loginText, type CommandContext, type Engine} from './command.js';
import {hints} from './hints.js';
import type {OptionValues} from './options.js';

/** A profile with a session, and the engine that keeps it alive. */
export type OpenProfile = {readonly engine: Engine; readonly stored: StoredSession; readonly store: TokenStore};

/** Opens the store and tells what it had to do, such as setting a corrupt file aside. */
export const openStore = async (
	{values}: CommandLine,
	{openStore, stderr}: CommandContext,
	purpose: 'login' | 'use',
): Promise<TokenStore> => {
	const store = await openStore(values.store ?? 'auto', purpose);
	tellNotices(store.notices, stderr);
	return store;
};

/** Reads a session, and tells what the store had to do for that. */
export const readSession = async (
	store: TokenStore,
	profile: string,
	{stderr}: CommandContext,
): Promise<StoredSession | undefined> => {
	const told = store.notices.length;
	const stored = await store.read(profile);
	tellNotices(store.notices.slice(told), stderr);
	return stored;
};

const tellNotices = (notices: readonly string[], stderr: CommandContext['stderr']) => {
	for (const notice of notices) stderr.write(`${displayText(notice, 1000)}\n`);
};

/** Loaded with the first request only: a token that is fresh needs none. */
const lazyFetch = ({'ca-file': caFile}: OptionValues, {facts}: CommandContext): typeof fetch => {
	let loading: Promise<typeof fetch> | undefined;
	const load = async () => {
		const {createFetch} = await import('../terminal/proxy-fetch.js');
		return createFetch(facts, {...(caFile !== undefined && {caFile})});
	};
	return async (input, init) => (await (loading ??= load()))(input, init);
};

const signInHint = (profile: string): string => `Run: ${displayText(loginText(profile))}`;

/** An engine for a profile; the client secret is looked for where the options say, else where the login found it. */
export const buildEngine = (
	provider: Provider,
	store: TokenStore,
	{values, profile}: CommandLine,
	context: CommandContext,
	storedSource?: ClientSecretSource,
	more: {readonly openBrowser?: Parameters<CommandContext['createEngine']>[0]['openBrowser']} = {},
): Engine => {
	const source = secretSourceOf(values) ?? storedSource;
	return context.createEngine({
		provider:
			source === undefined
				? provider
				: {...provider, clientSecret: readClientSecret(source, context.facts.env, context.stdin)},
		store,
		profile,
		signInHint: signInHint(profile),
		hints,
		warn: sentence => context.stderr.write(`${displayText(sentence, 1000)}\n`),
		fetch: lazyFetch(values, context),
		...(more.openBrowser && {openBrowser: more.openBrowser}),
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
	const source = lastingSource(stored.clientSecretSource);
	const isUnknown = source === undefined && stored.clientSecretSource !== undefined;
	const provider = isUnknown ? {...stored.provider, clientSecret: secretIsUnknown} : stored.provider;
	return {stored, store, engine: buildEngine(provider, store, line, context, source)};
};

/**
 * Opens the profile as its login left it: no option is needed, and no request is made.
 *
 * @throws LoginError `person_required` where there is no session that could give a token
 */
export const openProfile = async (line: CommandLine, context: CommandContext): Promise<OpenProfile> => {
	const store = await openStore(line, context, 'use');
	const stored = await readSession(store, line.profile, context);
	if (stored === undefined || stored.dead === true) throw signInFirst(line.profile, stored !== undefined);
	return openSession(stored, store, line, context);
};
