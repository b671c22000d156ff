import {abortable} from '../engine/abortable.js';
import {toLoginError} from '../engine/login-error.js';
import type {LoginOptions} from '../engine/login-options.js';
import type {Session} from '../engine/session.js';
import type {TokenStore} from '../engine/token-store.js';
import {createLocalSockets} from '../terminal/local-sockets.js';
import {createBrowserOpener} from '../terminal/open-browser.js';
import {forwardLine} from '../terminal/remote-address.js';
import type {CommandLine} from './command-line.js';
import {loginText, type Command, type CommandContext, type Engine} from './command.js';
import {credentialsReader} from './credentials.js';
import {exitCodeOf, exitCodes, UsageError} from './exit-codes.js';
import {loadScreen} from './load-screen.js';
import {planLogin, recommendBy, type LoginPlan, type LoginPlanOptions} from './login-plan.js';
import type {Demo} from './login-screen.js';
import {buildEngine, openStore, prepareStore, readSession} from './open-profile.js';
import {forwardPastes} from './paste-lines.js';

export type SignInOptions = LoginPlanOptions & {readonly demo?: Demo};

export type SignInOutcome = {readonly exitCode: number; readonly engine?: Engine};

/** A login that can begin. */
type ReadyLogin = {
	readonly plan: LoginPlan;
	readonly engine: Engine;
	readonly options: LoginOptions;
	/** Keeps what the person wants each time; a store that ends with this program keeps nothing. */
	readonly prefer: ((route: 'browser' | 'device' | undefined) => Promise<void>) | undefined;
};

/** Each time (RFC 9700 §2.4): it is there for servers that know nothing better. */
const passwordWarning =
	'Warning: this program sees your password. Wherever the server allows it, take --flow browser or --flow device.';

const makePlan = async (
	line: CommandLine,
	context: CommandContext,
	store: TokenStore,
	more: SignInOptions,
): Promise<LoginPlan> => {
	const planFor = planLogin(line, context, more);
	const session = await readSession(store, line.profile, context);
	return planFor({session, preferences: await store.readPreferences(line.profile)});
};

const makeReady = async (line: CommandLine, context: CommandContext, more: SignInOptions): Promise<ReadyLogin> => {
	const {values, profile} = line;
	const {facts, signals} = context;
	const store = await openStore(line, context);
	const plan = context.picker?.plan ?? (await makePlan(line, context, store, more));
	const {provider, earlier, view, flow, timeout} = plan;
	const isScreen = view.kind === 'screen';
	// Ink takes its time, and so does a keyring; where there is no such wait, asking the server begins first.
	if (isScreen) setImmediate(() => void loadScreen(facts).catch(() => undefined));
	await prepareStore(store, context);
	if (flow === 'password') context.stderr.write(`${passwordWarning}\n`);
	const engine = buildEngine(provider, store, line, context, earlier, {openBrowser: createBrowserOpener(facts)});
	// Whoever has to choose first gets the keys first.
	if (isScreen && flow !== 'ask') engine.prepare();
	return {
		plan,
		engine,
		prefer:
			store.kind === 'memory'
				? undefined
				: async route => store.writePreferences(profile, route === undefined ? {} : {route}),
		options: {
			route: flow,
			attended: isScreen,
			signal: signals.signal,
			timeout,
			renew: values.renew ?? false,
			open: !values['no-open'],
			sockets: createLocalSockets(facts),
			recommend: recommendBy(plan),
			// Without the option a screen asks; lines refuse.
			...(values['switch-account'] && {switchAccount: true}),
			credentials: credentialsReader(context, values['login-hint']),
		},
	};
};

/** Shows the login as lines of one kind or another, to its end. */
const showLines = async (
	{plan: {view}, engine, options}: ReadyLogin,
	{values}: CommandLine,
	context: CommandContext,
): Promise<Session> => {
	const run = engine.login(options);
	// Only one of them can read it.
	const stdinIsTaken = values['client-secret-file'] === '-' || values.flow === 'password';
	using _ = stdinIsTaken ? undefined : forwardPastes(context.stdin, run);
	if (view.kind === 'ndjson') {
		const {showNdjson} = await import('../sinks/ndjson.js');
		await showNdjson(run, {write: text => context.stdout.write(text)});
	} else {
		const {showPlain} = await import('../sinks/plain.js');
		await showPlain(run, {
			write: text => context[view.stream].write(text),
			spelled: view.kind === 'spoken',
			forward: port => forwardLine(context.facts, port),
		});
	}

	// Ports, timers and requests are gone before anybody is told that it is over.
	await run.cancel();
	return await run.session;
};

const show = async (
	ready: ReadyLogin,
	line: CommandLine,
	context: CommandContext,
	demo: Demo | undefined,
): Promise<Session> => {
	const {plan, engine, options, prefer} = ready;
	if (plan.view.kind !== 'screen') return showLines(ready, line, context);
	const {showScreen} = await loadScreen(context.facts);
	context.picker?.handOver();
	return showScreen({
		plan,
		engine,
		options,
		stdout: process[plan.view.stream],
		showQr: !line.values['no-qr'],
		prefer,
		switchCommand: demo === undefined ? `${loginText(line.profile)} --switch-account` : undefined,
		demo,
	});
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
		ready = await abortable(makeReady(line, context, more), context.signals.signal);
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
