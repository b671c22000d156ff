import process from 'node:process';
import type {ScreenOptions} from '../../components/render-login.js';
import {abortable} from '../../core/clock.js';
import {cancelled, toLoginError} from '../../core/errors.js';
import type {LoginOptions} from '../../login/flow.js';
import type {LoginState} from '../../login/state.js';
import type {Session, TokenStore} from '../../session/types.js';
import {login} from '../../login.js';
import type {TerminalEnvironment} from '../../terminal/environment.js';
import {createLoginTerminal} from '../../terminal/login-terminal.js';
import {prepareForInk} from '../../terminal/ink-output.js';
import type {CommandLine} from '../parse-args.js';
import type {Command, CommandContext, Engine} from '../context.js';
import {commandText, loginText, profileText} from '../command-text.js';
import {exitCodeOf, exitCodes} from '../errors.js';
import {planLogin, type LoginPlan, type LoginPlanOptions} from '../login-plan.js';
import {engineAt, storeFor, prepareStore, readSession, tell} from '../session.js';

/** What `demo` can do beside a login. */
type Demo = {
	/** Whether a person signs in. */
	readonly needsApproval: boolean;
	/** Approves what waits for approval, as the demo's own user; rejects where that does not work. */
	readonly approve: (state: LoginState, signal: AbortSignal) => Promise<void>;
};

type SignInOptions = LoginPlanOptions & {
	readonly demo?: Demo;
	/** The line that asks nothing, for who was asked. */
	readonly again?: string | undefined;
};

type SignInOutcome = {readonly exitCode: number; readonly engine?: Engine};

type ReadyLogin = {
	readonly plan: LoginPlan;
	readonly engine: Engine;
	readonly options: LoginOptions;
	/** What there is to say once the session is saved. */
	readonly notices: readonly string[];
	/** Keeps what the person wants each time; a store that ends with this program keeps nothing. */
	readonly prefer: ((flow: 'browser' | 'device' | undefined) => Promise<void>) | undefined;
};

const makePlan = async (
	line: CommandLine,
	context: CommandContext,
	store: TokenStore,
	more: SignInOptions,
): Promise<LoginPlan> => {
	const planFor = planLogin(line, context, more);
	const session = await readSession(store, line.profile, context).catch(async (error: unknown) => {
		// A keyring that got locked takes no new session either: it goes to a file, in whose place the old one is none.
		if (toLoginError(error).code !== 'store_error') throw error;
		tell(await prepareStore(store), context);
		return readSession(store, line.profile, context);
	});
	const preferences = await store.readPreferences(line.profile);
	return planFor({session, preferences, profiles: session === undefined ? await store.list() : []});
};

const makeReady = async (line: CommandLine, context: CommandContext, more: SignInOptions): Promise<ReadyLogin> => {
	const {values, profile} = line;
	const {environment, signals} = context;
	const store = await storeFor(line, context);
	const plan = context.picker?.plan ?? (await makePlan(line, context, store, more));
	const {provider, earlier, view, flow, timeout, preferences} = plan;
	const isScreen = view.kind === 'screen';
	// Ink takes its time, and so does a keyring; where there is no such wait, asking the server begins first.
	if (isScreen) setImmediate(() => void loadScreen(environment).catch(() => undefined));
	const notices = await prepareStore(store);
	const engine = engineAt(provider, earlier, store, line, context);
	// A secret or key that is not where it should be is told before a server is asked.
	const {clientSecret, clientKey} = engine.provider;
	if (typeof clientSecret === 'function') await clientSecret();
	if (typeof clientKey === 'function') await clientKey();
	// A person who has to choose first gets the keys first.
	if (isScreen && flow !== 'ask') engine.prepare();
	return {
		plan,
		engine,
		notices,
		prefer:
			store.kind === 'memory'
				? undefined
				: async chosen => {
						const {flow: _, ...others} = preferences;
						await store.writePreferences(profile, chosen === undefined ? others : {...others, flow: chosen});
					},
		options: {
			flow,
			attended: isScreen,
			signal: signals.signal,
			timeout,
			...plan.strength,
			pending: isScreen ? false : (await loadPending()).pendingOptionsOf(values, environment, store),
			// What is not saved cannot be used.
			next: more.demo !== undefined || store.kind === 'memory' ? undefined : profileText('token', profile),
			renew: values.renew ?? false,
			open: !values['no-open'],
			terminal: createLoginTerminal(environment, {
				personIsThere: plan.attended,
				triesAnyway: plan.triesAnyway,
				preferred: preferences.flow,
				write: sequence => process[view.stream].write(sequence),
			}),
			// Without the option a screen asks; lines refuse.
			switchAccount: values['switch-account'],
		},
	};
};

const loadPending = async () => import('../pending-login.js');

const loadScreen = async (environment: TerminalEnvironment) => {
	prepareForInk(environment);
	return import('../../components/render-login.js');
};

/** What lines are read from; a screen reads keys by itself. */
const inputOf = async ({plan, options}: ReadyLogin, {values}: CommandLine, context: CommandContext) => {
	// Only one of the two can read stdin.
	if (plan.view.kind === 'screen' || values['client-secret-file'] === '-') return undefined;
	return options.pending || values.tty ? (await loadPending()).pastesFrom(values, context) : context.stdin;
};

const show = async (
	{plan, engine, options, prefer}: ReadyLogin,
	{profile, values}: CommandLine,
	context: CommandContext,
	demo: Demo | undefined,
	input: Awaited<ReturnType<typeof inputOf>>,
): Promise<Session> => {
	const {view} = plan;
	const {kind, stream} = view;
	if (kind !== 'screen') {
		// Lines have no key for it.
		if (demo?.needsApproval && kind !== 'ndjson') {
			context[stream].write('Demo: to approve, open the link below on this computer\n');
		}

		return login(engine, {...options, show: kind, write: text => context[stream].write(text), input});
	}

	const {screen} = await loadScreen(context.environment);
	context.picker?.handOver();
	const looks: ScreenOptions = {
		currentIdentity: plan.currentIdentity,
		// In the demo it shows what a phone would scan, and the row below says how to approve here.
		showQr: values['no-qr'] ? false : demo && true,
		preferredFlow: plan.preferences.flow,
		onPrefer: prefer,
		switchCommand: demo === undefined ? `${loginText(profile)} --switch-account` : undefined,
		// The demo approves without a browser; what it can't approve stays open for the person.
		footer: demo && {
			key: 'a',
			text: 'Demo: press a to approve, or open the link on this computer',
			done: 'Demo: approved, the next check will see it',
			isUseful: ({flows}) => [flows.device, flows.browser].some(flow => flow?.phase.status === 'waiting'),
			act: demo.approve,
		},
	};
	return login(engine, {...options, show: async shown => screen({...shown, view}, looks)});
};

/** What to write into an agent's configuration: a resource is mostly one that an agent uses. */
const tellAgents = (
	{engine, options: {next}, plan: {view}}: ReadyLogin,
	{profile}: CommandLine,
	context: CommandContext,
): void => {
	if (engine.provider.protectedResource === undefined || next === undefined || view.kind === 'ndjson') return;
	const helper = JSON.stringify(commandText('token', profile, '--format', 'headers'));
	context[view.stream].write(`     Claude Code    "headersHelper": ${helper}\n`);
	context[view.stream].write(`     Other agents   export INK_LOGIN_TOKEN="$(${next})"\n`);
};

/**
 * Signs in, shown in the way that fits; how a login ended is told by then.
 *
 * @throws what kept it from beginning
 */
export const signIn = async (
	line: CommandLine,
	context: CommandContext,
	more: SignInOptions = {},
): Promise<SignInOutcome> => {
	// Nothing has begun yet that needs cleaning up, so a cancel needn't wait for the keyring.
	const ready = await abortable(makeReady(line, context, more), context.signals.signal);
	const input = await inputOf(ready, line, context);
	try {
		await show(ready, line, context, more.demo, input);
		if (more.again !== undefined) context.stdout.write(`     Again    ${more.again}\n`);
		tellAgents(ready, line, context);
		tell(ready.notices, context);
		return {exitCode: exitCodes.done, engine: ready.engine};
	} catch (error) {
		return {exitCode: exitCodeOf(toLoginError(error).code)};
	}
};

/** `ink-login` and `ink-login login`. */
export const runLogin: Command = async (line, context) => {
	const {resume, pending, cancel} = line.values;
	if (resume !== undefined || pending || cancel !== undefined)
		return (await import('./pending.js')).runPending(line, context);
	// A picker that is on the screen already knows where.
	const mayAsk = line.command === 'ask' && context.picker === undefined;
	const known = mayAsk ? await (await import('../first-run/index.js')).askWhere(line, context) : line;
	if (known === undefined) throw cancelled();
	if (known.command === 'demo') return (await import('./demo.js')).runDemo(known, context);
	const again = known.values === line.values ? undefined : loginText(known.profile, known.values);
	return (await signIn(known, context, {again})).exitCode;
};
