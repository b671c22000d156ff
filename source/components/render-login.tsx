import {Box, render, Text} from 'ink';
import type {ReactNode} from 'react';
import {cancelled, toLoginError, type LoginError} from '../core/errors.js';
import type {LoginRun} from '../login/flow.js';
import type {LoginState} from '../login/state.js';
import type {Session} from '../session/types.js';
import {login, type ScreenLogin} from '../login.js';
import {useKeys} from '../hooks/use-keys.js';
import {useTerminalSize} from '../hooks/use-size.js';
import {wordsOver} from '../text/messages.js';
import {detectEnvironment} from '../terminal/environment.js';
import {drawn, resizable, softWrapping} from '../terminal/ink-output.js';
import {supportsHyperlinks} from '../terminal/capabilities.js';
import {guardTerminal} from '../terminal/restore.js';
import {gridOf} from '../layout/header.js';
import {Login, type LoginProps} from './login.js';
import type {Identity} from '../core/types.js';

/** One row below the login, and a key that does what it says. */
export type ScreenFooter = {
	/** The key. */
	readonly key: string;
	/** What the key does; shown while there is something to do. */
	readonly text: string;
	/** What stands there once it has done it. */
	readonly done: string;
	/** Whether there is something to do. */
	readonly isUseful: (state: LoginState) => boolean;
	/** What it could not do may fail in silence: the login goes on. */
	readonly act: (state: LoginState, signal: AbortSignal) => Promise<void>;
};

/** What `screen` takes besides the login: how it looks, and what it knows of the person. */
export type ScreenOptions = Pick<
	LoginProps,
	| 'application'
	| 'components'
	| 'currentIdentity'
	| 'environment'
	| 'onPrefer'
	| 'preferredFlow'
	| 'showQr'
	| 'switchCommand'
	| 'theme'
> & {
	/** A row below the login. @default none */
	readonly footer?: ScreenFooter | undefined;
};

type FrameProps = {
	readonly login: LoginProps;
	/** Undefined where there never is one: its row is kept for it. */
	readonly footer: string | undefined;
	readonly onKey: (key: string) => void;
	/** Draws nothing and takes no keys, but is as wide as before. */
	readonly isSuspended: boolean;
};

function Frame({login, footer, onKey, isSuspended}: FrameProps): ReactNode {
	const {columns, rows} = useTerminalSize();
	useKeys({onKey, isActive: !isSuspended});
	return (
		<Box flexDirection="column" {...(isSuspended && {height: 0, overflow: 'hidden'})}>
			<Login {...login} isActive={!isSuspended} maxRows={footer === undefined ? rows - 1 : rows - 2} />
			{footer !== undefined && footer !== '' && (
				<Text bold wrap="truncate">
					{' '.repeat(gridOf(columns).mark)}
					{footer}
				</Text>
			)}
		</Box>
	);
}

/** Ink uses of these no more than what `TerminalStreams` has. */
type InkStreams = {readonly stdin: NodeJS.ReadStream; readonly stdout: NodeJS.WriteStream};

type End = {readonly session: Session} | {readonly error: LoginError} | {readonly left: 'left' | 'stay'};

/** Whose session there is, for a picker that offers to stay so; one that cannot be read keeps nobody from signing in. */
const presentIdentity = async ({engine, options}: ScreenLogin): Promise<Identity | undefined> =>
	options.flow === 'ask' ? (await engine.session().catch(() => undefined))?.identity : undefined;

/**
 * Shows a login as a screen of its own, to its end; the terminal is then as it was, with the last frame in the
 * scrollback. Where no screen is possible it writes plain lines. For `login()` and engines, as it is or with looks of your
 * own.
 *
 * @example
 * ```ts
 * await login(engine, {show: screen});
 * await login(engine, {show: shown => screen(shown, {theme: {accent: 'magenta'}})});
 * ```
 *
 * @throws LoginError
 */
export const screen = async (shown: ScreenLogin, display: ScreenOptions = {}): Promise<Session> => {
	const {engine, options, view, streams, messages} = shown;
	if (view.kind !== 'screen') {
		const terminal = {...options.terminal, ...(streams !== undefined && {streams})};
		return login(engine, {...options, terminal, messages});
	}

	const {stdin, stdout} = (streams ?? {stdin: process.stdin, stdout: process[view.stream]}) as InkStreams;
	const {signal, attended: _, ...loginOptions} = options;
	const {footer, ...looks} = display;
	const currentIdentity = 'currentIdentity' in display ? display.currentIdentity : await presentIdentity(shown);
	// One that is served goes with its connection; what the process does is nothing to it.
	using guard = streams === undefined ? guardTerminal({output: process[view.stream].fd}) : undefined;
	const acting = new AbortController();
	let run: LoginRun | undefined;
	let hasActed = false;
	const pressed = {interrupt: false};
	let end!: (how: End) => void;
	const ended = new Promise<End>(resolve => {
		end = resolve;
	});

	const props: LoginProps = {
		...loginOptions,
		...looks,
		currentIdentity,
		messages,
		// The screen starts the login; its signal and its end are ours.
		engine: {
			provider: engine.provider,
			clock: engine.clock,
			login(asked) {
				run = engine.login({...asked, signal});
				if (footer) run.subscribe(showFooter);
				return run;
			},
		},
		canWriteAbove: true,
		// They say where an address goes on in the next row; the stream knows whether the terminal has them.
		environment: {...display.environment, hyperlinks: true},
		onSignedIn: session => end({session}),
		onError: error => end({error}),
		onCancel(left) {
			// At once: staying signed in is no cancel, so the login's last frame doesn't fit.
			if (left === 'stay') instance.rerender(<Text> {wordsOver(messages).end.stayed(currentIdentity)}</Text>);
			end({left});
		},
	};
	const act = async ({act: work}: ScreenFooter, {state}: LoginRun) => {
		await work(state, acting.signal);
		hasActed = true;
		showFooter();
	};
	const onKey = (key: string) => {
		if (key === 'ctrl+c') pressed.interrupt = true;
		if (key === 'ctrl+z' && process.platform !== 'win32' && guard !== undefined && !frame.isSuspended) void suspend();
		if (key === footer?.key && run && footer.isUseful(run.state)) act(footer, run).catch(() => undefined);
	};
	let frame: Pick<FrameProps, 'footer' | 'isSuspended'> = {footer: footer && '', isSuspended: false};
	const draw = () => <Frame login={props} onKey={onKey} {...frame} />;
	const show = (change: Partial<typeof frame>) => {
		frame = {...frame, ...change};
		instance.rerender(draw());
	};
	const showFooter = () => {
		if (!footer || !run || acting.signal.aborted) return;
		const isUseful = footer.isUseful(run.state);
		hasActed &&= isUseful;
		const text = isUseful ? (hasActed ? footer.done : footer.text) : '';
		if (text !== frame.footer) show({footer: text});
	};
	let onRender: (() => void) | undefined;
	/** Takes the screen away, so that no code stays behind in the scrollback, and draws it where `fg` leaves the cursor. */
	const suspend = async () => {
		const hasEnded = () => acting.signal.aborted;
		const erased = new Promise<void>(resolve => {
			onRender = resolve;
		});
		show({isSuspended: true});
		await erased;
		await drawn();
		if (hasEnded()) return;
		// Ink draws an empty screen as an empty row, and erases that row later.
		stdout.write('\u001B[1A');
		guard?.suspend();
		stdout.write('\n');
		// The window may have another size.
		await drawn();
		if (!hasEnded()) show({isSuspended: false});
	};
	const instance = render(draw(), {
		stdin,
		stdout: resizable(
			softWrapping(stdout, display.environment?.hyperlinks ?? supportsHyperlinks(detectEnvironment(streams?.stdout))),
		),
		stderr: process.stderr,
		exitOnCtrlC: false,
		onRender: () => onRender?.(),
		patchConsole: false,
	});

	// A screen that broke down ends the login too, and says so.
	instance.waitUntilExit().catch((error: unknown) => end({error: toLoginError(error)}));
	const how = await ended;
	acting.abort();
	await run?.cancel();
	const hasStayed = 'left' in how && how.left === 'stay';
	if ((footer || frame.isSuspended) && !hasStayed) show({footer: undefined, isSuspended: false});

	await drawn();
	instance.unmount();
	if ('session' in how) return how.session;
	if ('error' in how) throw how.error;
	const present = hasStayed ? await engine.session() : undefined;
	if (present) return present;
	// A login that is left after a failure ends with that failure; Ctrl-C always cancels.
	if (run === undefined || pressed.interrupt) throw Object.assign(cancelled(), {shown: true});
	return await run.session;
};
