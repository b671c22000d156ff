import type {Readable, Writable} from 'node:stream';
import {LoginError} from './core/errors.js';
import type {LoginEngine, LoginOptions} from './login/flow.js';
import type {LoginTerminal} from './login/terminal.js';
import type {Session} from './session/types.js';
import type {SomeMessages} from './text/messages.js';
import type {View} from './terminal/capabilities.js';

/** The two streams of a terminal. What is optional a terminal has, and a screen needs. */
export type TerminalStreams = {
	/** Where its keys come from. */
	readonly stdin: Readable & {
		readonly isTTY?: boolean;
		setRawMode?(isRaw: boolean): unknown;
		ref?(): unknown;
		unref?(): unknown;
	};
	/** What is drawn on; it emits `resize`. A line ends in a line feed alone, as a system's terminal takes it. */
	readonly stdout: Writable & {readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number};
};

/** A login that is to be shown, as whatever shows it gets it. */
export type ScreenLogin = {
	/** Starts it. */
	readonly engine: LoginEngine;
	/** How it is to go, with a whole terminal. */
	readonly options: LoginOptions;
	/** What fits the terminal, and its stream: a screen, or lines where there can be none. */
	readonly view: View;
	/** A terminal that is not the process's own. */
	readonly streams?: TerminalStreams | undefined;
	/** Words of the application's own. */
	readonly messages?: SomeMessages | undefined;
};

/**
 * How a login is shown: `plain` and `spoken` (for screen readers) write lines to stderr, `ndjson` one event a line to
 * stdout; `screen` from `ink-login` draws a screen where there is a terminal with keys, and is as `plain` elsewhere. Lines
 * are spoken wherever someone listens (`INK_SCREEN_READER`, `ACCESSIBLE`). A function of your own resolves once the
 * session is saved.
 */
export type ShowLogin = 'plain' | 'spoken' | 'ndjson' | ((login: ScreenLogin) => Promise<Session>);

/** What `login` takes: how the login goes, and how it is shown. */
export type ShowLoginOptions = Omit<LoginOptions, 'terminal'> & {
	/**
	 * What differs from the terminal of the process. With `streams` the login is shown there instead, to an SSH server's
	 * visitor, say: no browser opens and the system's clipboard stays untouched, unless you hand in what does.
	 */
	readonly terminal?: LoginTerminal & {readonly streams?: TerminalStreams};
	/** @default 'plain' */
	readonly show?: ShowLogin;
	/** Takes the text of lines and events instead of the standard streams. */
	readonly write?: (text: string) => void;
	/** Words of your own for lines and screen, or some. @default English */
	readonly messages?: SomeMessages | undefined;
	/**
	 * Where lines are shown, lines from here answer what is asked, without echo where that is secret, and one that looks
	 * like the redirect's URL is taken as pasted.
	 *
	 * @default nothing is read
	 */
	readonly input?: Readable | undefined;
};

/** What knows the terminal: an application that has a session never loads it. */
const loadTerminal = async () => {
	const [environment, terminal, capabilities, attendance] = await Promise.all([
		import('./terminal/environment.js'),
		import('./terminal/login-terminal.js'),
		import('./terminal/capabilities.js'),
		import('./terminal/who-is-there.js'),
	]);
	return {...environment, ...terminal, ...capabilities, ...attendance};
};

/**
 * Signs someone in and shows it in the way that fits. Everything that it started is gone when it returns, and the
 * terminal is as it was.
 *
 * @example
 * ```ts
 * const session = await login(engine);
 * ```
 *
 * @throws LoginError: `cancelled` where the person left; `person_required`, at once and without a word, where one would
 * be needed and nobody is there
 */
export const login = async (
	engine: LoginEngine,
	{show = 'plain', write, messages, input, flow = 'auto', ...rest}: ShowLoginOptions = {},
): Promise<Session> => {
	const {streams, ...parts} = rest.terminal ?? {};
	const terminals = await loadTerminal();
	const environment = terminals.detectEnvironment(streams?.stdout);
	// A program that serves a terminal to someone knows that they are there.
	const isThere = streams !== undefined || Boolean(rest.pending) || terminals.personIsThere(environment, {flow});
	const triesAnyway = show === 'ndjson';
	const view = terminals.chooseView(environment, typeof show === 'function' ? 'screen' : show);
	const screenOn = streams?.stdout ?? process[view.stream];
	const toTerminal = (sequence: string) => screenOn.write(sequence);
	const terminal = {
		...terminals.createLoginTerminal(environment, {personIsThere: isThere, triesAnyway, write: toTerminal}),
		...parts,
	};
	const wait = streams === undefined ? terminals.agentsWait(environment, {flow, timeout: rest.timeout}) : undefined;
	const {pending = wait === undefined ? undefined : {wait}} = rest;
	const isOpen = flow === 'auto' || flow === 'ask';
	// Of several programs that wait for one login, those that run in the background give up with it.
	const hasKeys = streams !== undefined || (environment.tty.stdin && terminals.whoIsThere(environment) === 'person');
	const takesOver = rest.takesOver ?? ((hasKeys && view.kind !== 'ndjson') || undefined);
	const options = {...rest, pending, flow, terminal, ...(takesOver !== undefined && {takesOver})};
	if (typeof show === 'function') return show({engine, options, view, streams, messages});
	// Whatever the server can do: nothing of it is for nobody. A terminal that recommends has its own judge.
	if (
		!isThere &&
		!triesAnyway &&
		isOpen &&
		parts.recommend === undefined &&
		terminals.ownFlowOf(engine.provider) === undefined
	)
		throw terminals.personRequired();

	// Lines have no picker.
	const run = engine.login({...options, flow: flow === 'ask' ? 'auto' : flow});
	const pastes = input ?? streams?.stdin;
	using _ = (await import('./terminal/pastes.js')).forwardLines(pastes, run);
	if (view.kind === 'ndjson') {
		const {showNdjson} = await import('./text/ndjson.js');
		await showNdjson(run, {write: write ?? (text => process.stdout.write(text))});
	} else {
		const {showPlain} = await import('./text/plain.js');
		const linesOn = streams?.stdout ?? process.stderr;
		await showPlain(run, {
			write: write ?? (text => linesOn.write(text)),
			spelled: view.kind === 'spoken',
			columns: () => (write === undefined ? linesOn : screenOn).columns,
			unicode: terminals.supportsUnicode(environment),
			browser: terminal.browser,
			forward: terminal.forwardLine,
			readsPastes: () => pastes !== undefined && !pastes.readableEnded,
			copy: terminal.clipboard,
			next: rest.next,
			// Without a limit it waits for the person, who reads this.
			pending: pending !== false && pending?.wait !== undefined,
			messages,
		});
	}

	// The end has been told; ports, timers and requests are gone after this.
	await run.cancel();
	try {
		return await run.session;
	} catch (error) {
		if (error instanceof LoginError) error.shown = true;
		throw error;
	}
};
