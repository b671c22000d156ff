import {locateTerminal, type TerminalEnvironment, type TerminalLocation} from '../terminal/environment.js';
import {ownFlowOf, personIsThere} from '../terminal/who-is-there.js';
import {recommend} from '../terminal/login-terminal.js';
import {chooseView, type View} from '../terminal/capabilities.js';
import type {OptionValues} from './options.js';
import {LoginError} from '../core/errors.js';
import type {LoginOptions} from '../login/flow.js';
import type {LoginTerminal} from '../login/terminal.js';
import {isSameClient, type Provider} from '../oauth/provider.js';
import {anotherSession, differenceOf} from '../session/session-difference.js';
import type {KnownServer, ProfilePreferences, StoredSession} from '../session/types.js';
import {credentialsFrom, lastingSource, secretSourceOf} from './secrets.js';
import {didYouMeanUrl, resourceUrl, type CommandLine} from './parse-args.js';
import {loginText, profilesLine} from './command-text.js';
import {omitUndefined} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import {readProvider} from './provider-options.js';
import {UsageError} from './errors.js';
import type {Input} from './write-now.js';
import {isPageFlow, isOwnFlow, type Identity} from '../core/types.js';

const wantedView = (values: OptionValues): View['kind'] => {
	const {json, plain, flow, wait, resume, pending, cancel} = values;
	if (json) return 'ndjson';
	if (values['screen-reader']) return 'spoken';
	// A login without a person has nothing to draw, and a pending one leaves nobody time to choose.
	const isPending = values['no-wait'] ?? wait ?? resume ?? pending ?? cancel;
	return plain || isPending !== undefined || isOwnFlow(flow) ? 'plain' : 'screen';
};

/** @param stdoutIsData - whether something other than the login goes to stdout; events never go elsewhere. */
const viewOf = (values: OptionValues, environment: TerminalEnvironment, stdoutIsData: boolean): View =>
	stdoutIsData
		? chooseView({...environment, tty: {...environment.tty, stdout: false}}, wantedView({...values, json: undefined}))
		: chooseView(environment, wantedView(values));

export type Saved = {
	readonly session: StoredSession | undefined;
	readonly preferences: ProfilePreferences;
	/** The profiles that there are; read where this one has nothing. */
	readonly profiles?: readonly string[];
};

/** What a caller of the login knows beside the command line. */
export type LoginPlanOptions = {
	/** Stdout is for other data than the login. @default false */
	readonly stdoutIsData?: boolean;
	/** The caller has no person to offer. @default false */
	readonly unattended?: boolean;
	/** Takes the place of a provider in the options. */
	readonly provider?: Provider;
};

/** Everything that is decided about a login before it begins: plain data, made once, for the picker and the login alike. */
export type LoginPlan = {
	readonly provider: Provider;
	/** What is saved of the same client: it knows where the secret and the certificates are. */
	readonly earlier: KnownServer | undefined;
	/** Who is signed in already. */
	readonly currentIdentity: Identity | undefined;
	readonly view: View;
	/** With `ask` the picker comes first. */
	readonly flow: NonNullable<LoginOptions['flow']>;
	readonly timeout: number | undefined;
	readonly strength: Pick<LoginOptions, 'acrValues' | 'maxAge'>;
	/** Whether a person is there to sign in. */
	readonly attended: boolean;
	/** Whether one is asked where the program can't sign in by itself, though none is there: events may reach them elsewhere. */
	readonly triesAnyway: boolean;
	readonly location: TerminalLocation;
	/** What the person chose for this profile before. */
	readonly preferences: ProfilePreferences;
};

const readTimeout = ({timeout}: OptionValues): number | undefined => {
	if (timeout === undefined) return undefined;
	const seconds = /^\d+(\.\d+)?$/.test(timeout) ? Number(timeout) : 0;
	if (seconds > 0) return seconds;
	throw new UsageError('--timeout needs a number of seconds greater than 0.', 'For example: --timeout 300');
};

/** How strongly and how recently the person is to have signed in. */
const readStrength = ({'acr-values': acrValues, 'max-age': age}: OptionValues): LoginPlan['strength'] => {
	if (age !== undefined && !/^\d{1,9}$/.test(age)) {
		throw new UsageError(
			'--max-age needs a whole number of seconds.',
			'For example: --max-age 0, to sign in again now',
		);
	}

	return omitUndefined({acrValues, maxAge: age === undefined ? undefined : Number(age)});
};

const personRequired = ({command, profile, values}: CommandLine, difference: string | undefined): LoginError => {
	const isDemo = command === 'demo';
	const here = isDemo ? 'ink-login demo' : loginText(profile, values);
	const elsewhere = isDemo ? 'ink-login demo --flow device' : loginText(profile, {...values, flow: 'device'});
	const why = difference === undefined ? '' : `${anotherSession(profile, difference)} `;
	return new LoginError('person_required', `${why}Someone has to sign in, and nobody is at a terminal here.`, {
		hint: `Run this in a terminal: ${here}${here === elsewhere ? '' : `\nOr approve a code on another device: ${elsewhere}`}`,
	});
};

export const unknownServer = (profile: string, profiles: readonly string[]): UsageError =>
	new UsageError(
		`Where do you want to sign in? No server is saved for "${displayText(profile, 60)}".`,
		`${didYouMeanUrl(profile)}Add --preset github --client-id ID, or --issuer URL --client-id ID.\nJust looking? ink-login demo${profilesLine(profiles)}`,
	);

/**
 * Reads the options of a login at once, so that a mistake is told before the store is read; the function returned decides
 * the rest by what is saved. It loads no Ink, no React and no protocol: the first frame waits for it.
 *
 * @throws UsageError, and LoginError `person_required` where nobody is there to sign in
 */
export const planLogin = (
	line: CommandLine,
	{environment, stdin}: {readonly environment: TerminalEnvironment; readonly stdin: Input},
	{provider: given, stdoutIsData = false, unattended = false}: LoginPlanOptions = {},
): ((saved: Saved) => LoginPlan) => {
	const {values, profile, command} = line;
	const {json, flow = 'auto', wait} = values;
	const source = secretSourceOf(values);
	const credentials = credentialsFrom(source, environment.env, stdin);
	const url = given === undefined ? resourceUrl(profile) : undefined;
	const chosen = readProvider(values, {provider: given, credentials, url});
	const timeout = readTimeout(values);
	const strength = readStrength(values);
	const view = viewOf(values, environment, stdoutIsData);
	const isTold = wait !== undefined || values['no-wait'] === true;
	const attended = !unattended && (isTold || personIsThere(environment, {flow}));
	const triesAnyway = json === true && !unattended;

	return ({session, preferences, profiles = []}) => {
		const known = session ?? preferences.server;
		const provider = chosen(known?.provider);
		if (provider === undefined) throw unknownServer(profile, profiles);
		const earlier = known && isSameClient(known.provider, provider) ? known : undefined;
		const isAble = (source ?? lastingSource(earlier?.clientSecretSource) ?? ownFlowOf(provider)) !== undefined;
		if (flow === 'client-credentials' && !isAble) {
			throw new UsageError(
				'--flow client-credentials needs a client secret or key.',
				'Add --client-key-file F, --client-secret-file F or --client-secret-env NAME.',
			);
		}

		const difference = session && differenceOf(session, provider);
		const needsPerson = isPageFlow(flow) || (flow === 'auto' && !isAble);
		if (!attended && !triesAnyway && needsPerson) throw personRequired(line, difference);
		const isCurrent = difference === undefined && session?.dead !== true;
		// Lines have no picker, and a command that names what it is for has no choice to offer.
		const asks = flow === 'auto' && view.kind === 'screen' && command !== 'login' && command !== 'token';
		return {
			provider,
			earlier,
			currentIdentity: isCurrent ? session?.tokens.identity : undefined,
			view,
			flow: asks ? 'ask' : flow,
			timeout,
			strength,
			attended,
			triesAnyway,
			location: locateTerminal(environment),
			preferences,
		};
	};
};

/** Recommends a flow by the plan, for what the server turns out to support. */
export const recommendBy =
	({location, attended, preferences: {flow}}: LoginPlan): NonNullable<LoginTerminal['recommend']> =>
	available =>
		recommend(location, available, {personIsThere: attended, preferred: flow});
