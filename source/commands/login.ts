// Imported: the build replaces NODE_ENV of the global one by a constant.
import process from 'node:process';
import v8 from 'node:v8';
import type {ScreenOptions} from '../components/show-login.js';
import {abortable} from '../engine/abortable.js';
import {LoginError, toLoginError} from '../engine/login-error.js';
import type {LoginOptions} from '../engine/flow.js';
import type {LoginState} from '../engine/login-state.js';
import type {Provider} from '../engine/provider.js';
import {anotherSession, differenceOf} from '../engine/session-difference.js';
import type {Session} from '../engine/session.js';
import {login} from '../login.js';
import type {Facts} from '../terminal/facts.js';
import {createLoginTerminal} from '../terminal/login-terminal.js';
import {colourLevel, type View} from '../terminal/screen.js';
import {personIsThere} from '../terminal/situation.js';
import {lastingSource, readClientSecret, secretSourceOf} from './client-secret.js';
import type {CommandLine} from './command-line.js';
import {loginText, type Command, type CommandContext, type Engine} from './command.js';
import {credentialsReader} from './credentials.js';
import {exitCodeOf, exitCodes} from './exit-codes.js';
import {buildEngine, openStore, prepareStore, readSession} from './open-profile.js';
import type {OptionValues} from './options.js';
import {readProvider} from './provider.js';
import {UsageError} from './usage-error.js';
import {viewOf} from './view.js';

/** What the screen of `demo` can do beside a login's. */
export type Demo = {
	/** Approves what waits for approval, as the demo's own user; rejects where that does not work. */
	readonly approve: (state: LoginState, signal: AbortSignal) => Promise<void>;
};

export type SignInOptions = {
	/** Something else than the login goes to stdout. @default false */
	readonly stdoutIsData?: boolean;
	/** Whoever called has no person to offer. @default false */
	readonly unattended?: boolean;
	/** Takes the place of a provider in the options. */
	readonly provider?: Provider;
	readonly demo?: Demo;
};

export type SignInOutcome = {readonly exitCode: number; readonly engine?: Engine};

const readTimeout = ({timeout}: OptionValues): number | undefined => {
	if (timeout === undefined) return undefined;
	const seconds = /^\d+(\.\d+)?$/.test(timeout) ? Number(timeout) : 0;
	if (seconds > 0) return seconds;
	throw new UsageError('--timeout needs a number of seconds above 0.', 'As in: --timeout 300');
};

/** Everything about a login that is known before it begins. */
type Plan = {
	readonly engine: Engine;
	readonly view: View;
	readonly options: LoginOptions;
	readonly current: Session | undefined;
	readonly preferred: 'browser' | 'device' | undefined;
	/** Keeps what the person wants each time; a store that ends with this program keeps nothing. */
	readonly prefer: ((route: 'browser' | 'device' | undefined) => Promise<void>) | undefined;
};

const personRequired = ({command, profile, values}: CommandLine, difference: string | undefined): LoginError => {
	const isDemo = command === 'demo';
	const here = isDemo ? 'ink-login demo' : loginText(profile, values);
	const elsewhere = isDemo ? 'ink-login demo --flow device' : loginText(profile, {...values, flow: 'device'});
	const why = difference === undefined ? '' : `${anotherSession(profile, difference)} `;
	return new LoginError('person_required', `${why}Signing in needs a person, and nobody is at a terminal here.`, {
		hint: `Run in a terminal: ${here}${here === elsewhere ? '' : `   Or, to approve a code elsewhere: ${elsewhere}`}`,
	});
};

/** Each time (RFC 9700 §2.4): it is there for servers that know nothing better. */
const passwordWarning =
	'Warning: this program sees your password. Wherever the server allows it, take --flow browser or --flow device.';

const plan = async (line: CommandLine, context: CommandContext, more: SignInOptions): Promise<Plan> => {
	const {values, profile, command} = line;
	const {facts, signals} = context;
	const givenSource = secretSourceOf(values);
	const clientSecret = givenSource && readClientSecret(givenSource, facts.env, context.stdin);
	const chosen = readProvider(values, {provider: more.provider, clientSecret});
	const timeout = readTimeout(values);
	const {json, plain, flow = 'auto'} = values;
	const view = viewOf(values, facts, more.stdoutIsData ?? false);
	const attended = !more.unattended && personIsThere(facts, {...(json && {json}), ...(plain && {plain}), flow: flow});

	// Nobody waits for a keyring only to be told that a person is needed, or a server.
	const needsNobody = flow === 'client-credentials' || flow === 'password' || givenSource !== undefined;
	const isSure = (attended || needsNobody) && chosen(undefined) !== undefined;
	const isScreen = view.kind === 'screen';
	// Ink takes its time, and so does a keyring; where there is no such wait, asking the server begins first.
	if (isScreen) setImmediate(() => void loadScreen(facts).catch(() => undefined));
	const store = await openStore(line, context);
	if (isSure) await prepareStore(store, context);
	const stored = await readSession(store, profile, context);
	const provider = chosen(stored?.provider);
	if (provider === undefined) {
		throw new UsageError(
			`Nobody has signed in to "${profile}" yet: which server?`,
			'Add --issuer URL --client-id ID, or try it without a server of your own: ink-login demo',
		);
	}

	const {issuer, clientId} = provider;
	const isSameClient = stored !== undefined && differenceOf(stored, {issuer, clientId}) === undefined;
	const earlier = isSameClient ? stored : undefined;
	const storedSource = lastingSource(earlier?.clientSecretSource);
	const hasSecret = (givenSource ?? storedSource ?? provider.clientSecret) !== undefined;
	if (flow === 'client-credentials' && !hasSecret) {
		throw new UsageError(
			'--flow client-credentials needs the secret of the client.',
			'Add --client-secret-file F or --client-secret-env NAME.',
		);
	}

	const needsPerson = flow === 'browser' || flow === 'device' || (flow === 'auto' && !hasSecret);
	if (!attended && needsPerson) throw personRequired(line, stored && differenceOf(stored, provider));
	if (!isSure) await prepareStore(store, context);

	if (flow === 'password') context.stderr.write(`${passwordWarning}\n`);
	const {route: preferred} = await store.readPreferences(profile);
	const engine = buildEngine(provider, store, line, context, earlier);
	const asks = flow === 'auto' && isScreen && command !== 'login' && command !== 'token';
	// Whoever has to choose first gets the keys first.
	if (isScreen && !asks) engine.prepare();
	const current = await engine.session();
	return {
		engine,
		view,
		current,
		preferred,
		prefer:
			store.kind === 'memory'
				? undefined
				: async route => store.writePreferences(profile, route === undefined ? {} : {route}),
		options: {
			// Lines have no picker.
			route: asks ? 'ask' : flow,
			attended: isScreen,
			signal: signals.signal,
			...(timeout !== undefined && {timeout}),
			renew: values.renew ?? false,
			open: !values['no-open'],
			terminal: createLoginTerminal(facts, {
				personIsThere: attended,
				preferred,
				write: sequence => process[view.stream].write(sequence),
			}),
			// Without the option a screen asks; lines refuse.
			...(values['switch-account'] && {switchAccount: true}),
			credentials: credentialsReader(context, values['login-hint']),
		},
	};
};

/**
 * Loads Ink, React and the screen. Both look at the environment once, while they are loaded: React for its fast build,
 * Ink's colours for `FORCE_COLOR` alone. It is set as late as this so that a command run by `exec` never sees it.
 */
const loadScreen = async (facts: Facts) => {
	process.env['NODE_ENV'] ??= 'production';
	process.env['FORCE_COLOR'] = String(process.env['NO_COLOR'] ? 0 : colourLevel(facts));
	// A screen that paints once a second never earns what it costs to optimise its code: half of a waiting login's time and
	// a tenth of its memory went into that.
	v8.setFlagsFromString('--no-opt');
	v8.setFlagsFromString('--no-maglev');
	return import('../components/show-login.js');
};

const show = async (
	{engine, view, options, current, preferred, prefer}: Plan,
	{profile, values}: CommandLine,
	context: CommandContext,
	demo: Demo | undefined,
): Promise<Session> => {
	const {kind, stream} = view;
	if (kind !== 'screen') {
		// Only one of them can read it.
		const stdinIsTaken = values['client-secret-file'] === '-' || values.flow === 'password';
		return login(engine, {
			...options,
			show: kind,
			write: text => context[stream].write(text),
			input: stdinIsTaken ? undefined : context.stdin,
		});
	}

	const {screen} = await loadScreen(context.facts);
	const looks: ScreenOptions = {
		currentIdentity: current?.identity,
		initialChoice: context.early?.handOver(),
		showQr: !values['no-qr'],
		preferredRoute: preferred,
		onPrefer: prefer,
		switchCommand: demo === undefined ? `${loginText(profile)} --switch-account` : undefined,
		// There nobody needs a browser to approve; what it could not approve stays open for the person.
		footer: demo && {
			key: 'a',
			text: " a approve as Alice Demo, the demo's own user",
			done: ' Approved as Alice Demo: the next check sees it.',
			isUseful: ({routes}) => [routes.device, routes.browser].some(way => way?.phase.status === 'waiting'),
			act: demo.approve,
		},
	};
	const stdout = context.early?.stream ?? process[stream];
	return login(engine, {...options, show: async shown => screen({...shown, stdout}, looks)});
};

/** A failure before anything was shown: `--json` tells it as the event that it is. */
export const tellEarly = async (error: unknown, {values}: CommandLine, {stdout}: CommandContext): Promise<number> => {
	if (error instanceof UsageError || !values.json) throw error;
	const {code, message, hint} = toLoginError(error);
	const {createNdjsonSink} = await import('../sinks/ndjson.js');
	createNdjsonSink(text => stdout.write(text))({type: 'failed', code, message, hint});
	return exitCodeOf(code);
};

/** Signs in, shown in the way that fits; whatever happens is told by then. */
export const signIn = async (
	line: CommandLine,
	context: CommandContext,
	more: SignInOptions = {},
): Promise<SignInOutcome> => {
	let ready;
	try {
		// Nothing has begun by then that would have to be put in order: whoever cancels waits for no keyring.
		ready = await abortable(plan(line, context, more), context.signals.signal);
	} catch (error) {
		return {exitCode: await tellEarly(error, line, context)};
	}

	try {
		await show(ready, line, context, more.demo);
		return {exitCode: exitCodes.done, engine: ready.engine};
	} catch (error) {
		return {exitCode: exitCodeOf(toLoginError(error).code)};
	}
};

/** `ink-login` and `ink-login login`. */
export const run: Command = async (line, context) => {
	const {exitCode} = await signIn(line, context);
	return exitCode;
};
