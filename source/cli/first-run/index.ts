/**
 * The first run: bare `ink-login` with nothing known asks where to sign in, and goes on as if that had been typed.
 */
import type {Provider} from '../../oauth/provider.js';
import {discover} from '../../oauth/discovery.js';
import {resource} from '../../oauth/presets/resource.js';
import {systemClock} from '../../core/clock.js';
import {displayText} from '../../core/safe-text.js';
import {readSmallText} from '../../core/small-text.js';
import {prepareForInk} from '../../terminal/ink-output.js';
import {createFetch} from '../../terminal/proxy-fetch.js';
import {createLoginTerminal} from '../../terminal/login-terminal.js';
import {chooseView} from '../../terminal/capabilities.js';
import {resourceUrl, type CommandLine} from '../parse-args.js';
import type {CommandContext} from '../context.js';
import {isAboutSigningIn} from '../options.js';
import {readProvider} from '../provider-options.js';
import {storeFor, readSession} from '../session.js';
import {optionsOf, placesFor, type Answers, type KnownProfile} from './questions.js';

/** Whether nothing says where to sign in, and someone can be asked. */
const isUnknown = async (line: CommandLine, context: CommandContext): Promise<boolean> => {
	const {values, profile} = line;
	if (resourceUrl(profile) !== undefined || values.json || values.plain || Object.keys(values).some(isAboutSigningIn))
		return false;
	if (chooseView(context.environment, 'screen').kind !== 'screen') return false;
	const store = await storeFor(line, context);
	if ((await readSession(store, profile, context)) !== undefined) return false;
	// After a logout the server is still known.
	return (await store.readPreferences(profile)).server === undefined;
};

const knownProfiles = async (line: CommandLine, context: CommandContext): Promise<readonly KnownProfile[]> => {
	const store = await storeFor(line, context);
	const profiles = await store.list();
	const known = profiles.slice(0, 3).map(async profile => {
		const session = await readSession(store, profile, context);
		if (session === undefined) return [];
		const {identity} = session.tokens;
		const who = displayText(identity?.email ?? identity?.name ?? profile, 60);
		return [{profile, who, host: displayText(new URL(session.provider.issuer).host)}];
	});
	return (await Promise.all(known)).flat();
};

/** The line with what was asked for; undefined where the person left. */
export const askWhere = async (line: CommandLine, context: CommandContext): Promise<CommandLine | undefined> => {
	if (!(await isUnknown(line, context))) return line;
	const {environment, signals} = context;
	const {stream} = chooseView(environment, 'screen');
	const check = async (answers: Answers, signal: AbortSignal) => {
		if (answers.secretFile !== undefined) {
			await readSmallText(answers.secretFile, 'the client secret');
			return undefined;
		}

		const provider: Provider | undefined = readProvider({...optionsOf(answers), 'client-id': 'unknown'}, {})(undefined);
		const io = {fetch: await createFetch(environment, {caFile: line.values['ca-file']}), clock: systemClock, signal};
		if (provider === undefined) return undefined;
		try {
			await discover(provider, io);
			return undefined;
		} catch (error) {
			const url = answers.issuer;
			// The URL may be a resource's, which names its server and needs no client ID.
			const found = url === undefined ? undefined : await discover(resource(url), io).catch(() => undefined);
			if (found?.resource !== undefined) return url;
			throw error;
		}
	};
	const places = placesFor(await knownProfiles(line, context));
	const terminal = createLoginTerminal(environment);
	prepareForInk(environment);
	const {showFirstRun} = await import('./screen.js');
	const outcome = await showFirstRun(process[stream], {places, terminal, check}, signals.signal);
	if (outcome === undefined) return undefined;
	switch (outcome.kind) {
		case 'demo': {
			return {...line, command: 'demo'};
		}

		case 'profile': {
			return {...line, profile: outcome.profile};
		}

		case 'answers': {
			return {...line, values: {...line.values, ...optionsOf(outcome.answers)}};
		}
	}
};
