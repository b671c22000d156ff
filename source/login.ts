import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import type {LoginEngine, LoginOptions, LoginRun, LoginTerminal} from './login/flow.js';
import type {Session} from './session/types.js';
import type {SomeMessages} from './text/messages.js';
import {showNdjson} from './text/ndjson.js';
import {showPlain} from './text/plain.js';
import {detectEnvironment} from './terminal/environment.js';
import {createLoginTerminal, personRequired} from './terminal/login-terminal.js';
import {chooseView, supportsUnicode, type View} from './terminal/capabilities.js';
import {personIsThere} from './terminal/who-is-there.js';

/** The two streams of a terminal, as Ink's `render` takes them. */
export type TerminalStreams = {
	/** Where its keys come from. */
	readonly stdin: NodeJS.ReadStream;
	/** What is drawn on; with `isTTY`, for a screen. */
	readonly stdout: NodeJS.WriteStream;
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
	/** Where lines are shown, a line from here that looks like the redirect's URL is taken as pasted. @default nothing is read */
	readonly input?: Readable | undefined;
};

/** The URL of the page where a browser ended, or what stands behind its `?`. */
const redirectLike = /^\s*(https?:\/\/\S|\?\S*=|(\S*[?&])?(code|error|state)=)/i;

/** The end of the input is not a cancel: without a keyboard another flow may be under way. */
const forwardPastes = (input: Readable, run: LoginRun): Disposable => {
	const lines = createInterface({input});
	lines.on('line', text => {
		if (redirectLike.test(text)) run.command({type: 'paste', text: text.trim()});
	});
	// A terminal that went away is the same as an end.
	input.on('error', () => lines.close());
	return {
		[Symbol.dispose]() {
			lines.close();
			input.pause();
		},
	};
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
	const environment = detectEnvironment(streams?.stdout);
	// Whoever serves a terminal to someone knows that they are there.
	const isThere = show === 'ndjson' || streams !== undefined || personIsThere(environment, {flow});
	const view = chooseView(environment, typeof show === 'function' ? 'screen' : show);
	const screenOn = streams?.stdout ?? process[view.stream];
	const toTerminal = (sequence: string) => screenOn.write(sequence);
	const terminal = {
		...createLoginTerminal(environment, {personIsThere: isThere, write: toTerminal}),
		...parts,
	};
	if (typeof show === 'function') return show({engine, options: {...rest, flow, terminal}, view, streams, messages});
	const isOpen = flow === 'auto' || flow === 'ask';
	// Whatever the server can do: nothing of it is for nobody. A terminal that recommends has its own judge.
	if (!isThere && isOpen && parts.recommend === undefined && engine.provider.clientSecret === undefined)
		throw personRequired();

	// Lines have no picker.
	const run = engine.login({...rest, flow: flow === 'ask' ? 'auto' : flow, terminal});
	const pastes = input ?? streams?.stdin;
	using _ = pastes && forwardPastes(pastes, run);
	if (view.kind === 'ndjson') {
		await showNdjson(run, {write: write ?? (text => process.stdout.write(text))});
	} else {
		const linesOn = streams?.stdout ?? process.stderr;
		await showPlain(run, {
			write: write ?? (text => linesOn.write(text)),
			spelled: view.kind === 'spoken',
			columns: () => (write === undefined ? linesOn : screenOn).columns,
			unicode: supportsUnicode(environment),
			forward: terminal.forwardLine,
			readsPastes: () => pastes !== undefined && !pastes.readableEnded,
			copy: terminal.clipboard,
			next: rest.next,
			messages,
		});
	}

	// The end has been told; ports, timers and requests are gone after this.
	await run.cancel();
	return await run.session;
};
