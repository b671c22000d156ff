import {type ComponentType, useCallback, useEffect, useMemo, useReducer, useRef, useState, type ReactNode} from 'react';
import {Box, useStdout} from 'ink';
import {systemClock} from '../core/clock.js';
import type {LoginError} from '../core/errors.js';
import type {LoginOptions, LoginRun} from '../login/flow.js';
import {applicationOf} from '../oauth/provider.js';
import type {Session} from '../session/types.js';
import type {TokenEngine} from '../token-engine.js';
import {type LoginStarter, useLogin} from '../hooks/use-login.js';
import {type BrowserScreenProps, BrowserScreen} from './browser-screen.js';
import {type CredentialsScreenProps, CredentialsScreen} from './credentials-screen.js';
import {type DeviceCodeScreenProps, DeviceCodeScreen} from './device-code-screen.js';
import {type FlowPickerProps, FlowPicker} from './flow-picker.js';
import {FrameView} from './frame.js';
import {type DisplayProps, displayOf} from '../layout/theme.js';
import type {ScreenProps, FlowPreference, FrameParts} from '../hooks/screen-props.js';
import {isOpen, openFlows, type LoginState} from '../login/state.js';
import {useBracketedPaste, useKeys, usePresses} from '../hooks/use-keys.js';
import {looksLikeRedirect} from '../terminal/pastes.js';
import {useOverdue} from '../hooks/use-countdown.js';
import {useOwnWidth, useTerminalSize} from '../hooks/use-size.js';
import {useScreen} from '../hooks/use-screen.js';
import {useTerminal} from '../hooks/use-terminal.js';
import {AccountPromptScreen} from './account-prompt.js';
import {ResourcePromptScreen, ServerPromptScreen} from './resource-prompt.js';
import {layOutWaiting} from '../layout/browser.js';
import {consentHeader, type ConsentHeader} from '../layout/header.js';
import {runKey, type Key} from '../layout/keys.js';
import {recommendationBy, type Choice} from '../layout/picker.js';
import {Failure, keysAfterEnd, keysAfterFailure, SignedIn} from './outcome.js';
import {ReplacedPart} from './replaced-part.js';
import {SpokenLines, spokenKeys} from './screen-reader.js';
import {isOwnFlow, isTypedFlow, type FlowName, type Identity} from '../core/types.js';

/** Parts that an application may replace by its own. */
export type LoginComponents = FrameParts & {
	/** The choice. */
	readonly FlowPicker?: ComponentType<FlowPickerProps>;
	/** The device flow. */
	readonly DeviceCodeScreen?: ComponentType<DeviceCodeScreenProps>;
	/** The browser flow. */
	readonly BrowserScreen?: ComponentType<BrowserScreenProps>;
	/** The password flow and the one-time-code flow. */
	readonly CredentialsScreen?: ComponentType<CredentialsScreenProps>;
};

/** What differs from the defaults, whichever login it is. What `terminal` and `environment` leave out is looked up by where the terminal is. */
type CommonProps = DisplayProps &
	Pick<ScreenProps, 'maxRows' | 'isActive' | 'application' | 'showQr'> & {
		/** Who is signed in already; the picker offers to stay so. */
		readonly currentIdentity?: Identity | undefined;
		/** What to run once signed in, such as `acme deploy`. @default nothing is shown */
		readonly next?: string | undefined;
		/** What to type where someone else should have signed in, such as `acme login --switch-account`. */
		readonly switchCommand?: string | undefined;
		/**
		 * Whether a link that cannot be copied may be written above the screen, raw and whole. It stays there: not for a
		 * screen that stands among others.
		 *
		 * @default false
		 */
		readonly canWriteAbove?: boolean;
		/** The flow that this person wants each time. */
		readonly preferredFlow?: 'browser' | 'device' | undefined;
		/** Keeps what the person wants each time, or forgets it; without it no such key is offered. */
		readonly onPrefer?: (flow: 'browser' | 'device' | undefined) => Promise<void>;
		/** Parts of your own instead of ours: each in a box of its own, and ours where one throws. */
		readonly components?: LoginComponents;
		/** Called once with the session; the last frame is drawn by then or soon after. */
		readonly onSignedIn?: (session: Session) => void;
		/**
		 * The login ended without a session, other than by the person's wish.
		 *
		 * @default the person can try again, where an engine was handed in
		 */
		readonly onError?: (error: LoginError) => void;
		/** The person left. Also called for `Stay …`, with `stay`. */
		readonly onCancel?: (reason: 'left' | 'stay') => void;
	};

type StartOptions = Pick<LoginOptions, 'flow' | 'open' | 'renew' | 'switchAccount' | 'timeout'>;

/** What `<Login>` takes with an engine. The login begins with `flow: 'ask'` where nothing else is said: the picker first. */
export type EngineLoginProps = CommonProps &
	StartOptions & {
		/**
		 * Starts a login when mounted, and cancels it when unmounted. Mounted again in the same moment, as with another
		 * parent, it shows the same login.
		 */
		readonly engine: LoginStarter & Pick<TokenEngine, 'provider'>;
		readonly run?: never;
	};

/** What `<Login>` takes with a login that was started elsewhere, how it goes included. */
export type RunLoginProps = CommonProps &
	Readonly<Partial<Record<keyof StartOptions | 'engine', never>>> & {
		/** Goes on when this is unmounted: `useAuth(engine).login()`, say. */
		readonly run: LoginRun;
	};

/** What `<Login>` takes: an engine or a run, and what differs from the defaults. */
export type LoginProps = EngineLoginProps | RunLoginProps;

/** Where the person looks: at the choice, or at the flow they have chosen. */
type View = 'picker' | 'flow';

/** The flows that a person can take, of those that are possible as far as is known. */
const flowsOf = ({discovery}: LoginState): readonly ('browser' | 'device')[] =>
	(['browser', 'device'] as const).filter(flow => discovery?.flows[flow] === true);

const usePreference = ({preferredFlow, onPrefer}: CommonProps): FlowPreference | undefined => {
	const [flow, setFlow] = useState(preferredFlow);
	if (onPrefer === undefined) return undefined;
	return {
		flow,
		async change(next) {
			await onPrefer(next);
			setFlow(next);
		},
	};
};

type WaitingProps = Pick<
	ScreenProps,
	'clock' | 'columns' | 'components' | 'environment' | 'isActive' | 'maxRows' | 'messages' | 'theme'
> & {
	readonly asking: ConsentHeader;
	readonly words: string;
	readonly keys: readonly Key[];
	/** Whether a request is under way. */
	readonly works: boolean;
};

/** One thing is waited for, and there is nothing else to say. */
function Waiting({asking, words, keys, works, ...props}: WaitingProps): ReactNode {
	const {clock = systemClock, isActive = true} = props;
	const {display, size, speaks} = useScreen(props);
	const [since] = useState(() => clock.now());
	const isBusy = useOverdue(works && !speaks ? since : undefined, clock);
	const presses = usePresses(isActive);
	if (speaks) return <SpokenLines lines={[words, ...(keys.length === 0 ? [] : [spokenKeys(keys, display)])]} />;
	const frame = layOutWaiting(size, {asking, waiting: words, isBusy, keys, presses}, display);
	return <FrameView frame={frame} columns={size.columns} display={display} parts={props.components} />;
}

/**
 * The whole login: choose, wait, and the end. A guest in its host's screen: it draws in its own box alone, takes keys
 * only while `isActive`, never ends the application, and leaves nothing running when it is unmounted.
 *
 * @example
 * ```tsx
 * <Login engine={engine} onSignedIn={session => setSession(session)} />
 * ```
 */
export function Login(props: LoginProps): ReactNode {
	const [attempt, again] = useReducer((attempts: number) => attempts + 1, 0);
	const isOurs = props.run === undefined && props.onError === undefined;
	return <Attempt key={attempt} {...props} onAgain={isOurs ? again : undefined} />;
}

/** One login, to its end. */
function Attempt(props: LoginProps & {readonly onAgain: (() => void) | undefined}): ReactNode {
	const {isActive = true, maxRows, components, onSignedIn, onError, onCancel, onAgain} = props;
	const flow = props.run?.flow ?? props.flow ?? 'ask';
	const defaults = useTerminal();
	const terminal = useMemo(() => ({...defaults.terminal, ...props.terminal}), [defaults.terminal, props.terminal]);
	const environment = useMemo(
		() => ({...defaults.capabilities, ...props.environment}),
		[defaults.capabilities, props.environment],
	);
	const display = displayOf({...props, environment, terminal});
	const left = useRef(false);
	const leave = (reason: 'left' | 'stay') => {
		if (left.current) return;
		left.current = true;
		void login.cancel();
		onCancel?.(reason);
	};

	const login = useLogin(props.run ?? props.engine, {
		flow,
		terminal,
		next: props.next,
		open: props.open,
		renew: props.renew,
		timeout: props.timeout,
		switchAccount: props.switchAccount,
		onSignedIn,
		onError(error) {
			error.shown = true;
			// Cancelled by us, the person has been told already.
			if (left.current) return;
			if (error.code === 'cancelled') onCancel?.('left');
			else onError?.(error);
		},
	});
	const {state, command, clock, prompt, resourcePrompt, serverPrompt} = login;
	const isAsked = (prompt ?? resourcePrompt ?? serverPrompt) !== undefined;
	const [view, setView] = useState<View>(flow === 'ask' && openFlows(state).length === 0 ? 'picker' : 'flow');
	const [chosen, setChosen] = useState<FlowName>();
	const [notice, setNotice] = useState<string>();
	const preference = usePreference(props);
	const open = openFlows(state);
	const isOver = ['signed-in', 'failed', 'pending'].includes(state.phase);
	const lastFailure = state.phase === 'choosing' ? state.lastFailure : undefined;
	const hasFailed = lastFailure !== undefined;
	// With one possible flow there is nothing to choose, and nothing to go back to.
	const flows = flowsOf(state);
	const onlyFlow = flows.length === 1 && props.currentIdentity === undefined ? flows[0] : undefined;
	const isChoosing = !isOver && !hasFailed && view === 'picker' && onlyFlow === undefined;
	const takesOnlyFlow =
		!isOver && !hasFailed && view === 'picker' && state.phase === 'choosing' && onlyFlow !== undefined;
	// The flow chosen last is the screen.
	const shown = open.findLast(({flow}) => flow === chosen) ?? open.findLast(({flow}) => !isOwnFlow(flow));
	const isTyped = !isChoosing && isTypedFlow(shown?.flow);
	const canGoBack = onlyFlow === undefined;
	useEffect(() => {
		if (takesOnlyFlow) command({type: 'open', flow: onlyFlow});
	}, [takesOnlyFlow, onlyFlow, command]);

	const retryKeys: readonly Key[] =
		state.failed === undefined || onAgain === undefined ? [] : keysAfterEnd(state.failed.code, display, onAgain);
	const takesKeys = isActive && !isOver && !isAsked;
	useBracketedPaste(takesKeys);
	useKeys({
		onKey(key) {
			setNotice(undefined);
			if (state.phase === 'waiting') runKey(elsewhereKeys, key);
			if (key === 'ctrl+c') leave('left');
			else if (key === 'escape' && !isAsked) {
				if (isChoosing || hasFailed || isOver || state.phase === 'waiting') leave('left');
				else if (canGoBack) setView('picker');
			}
		},
		onPaste(text) {
			// What is pasted there is typed.
			if (isAsked || isOver || isTyped) return;
			// A flow that is open judges it, and says why it cannot use it.
			if (!looksLikeRedirect(text) && !isOpen(state.flows.browser)) {
				setNotice(display.messages.pasteUseless);
				return;
			}

			showFlow('browser');
			command({type: 'paste', text});
		},
		isActive: isActive && (!isOver || retryKeys.length > 0),
	});

	const {write} = useStdout();
	const writeAbove = useCallback((text: string) => write(`${text}\n`), [write]);
	const {ref, width} = useOwnWidth();
	const size = useTerminalSize();
	const columns = Math.min(width ?? size.columns, size.columns);
	const rows = Math.max(1, Math.min(maxRows ?? Number.POSITIVE_INFINITY, size.rows - 1));
	const provider = props.engine?.provider;
	const application = props.application ?? (provider && applicationOf(provider));
	const issuer = provider?.issuer;
	const scope = provider?.scope;
	const showFlow = (flow: FlowName) => {
		setChosen(flow);
		setView('flow');
	};
	const shared = {
		...props,
		environment,
		state,
		command,
		clock,
		terminal,
		columns,
		maxRows: rows,
		application,
		issuer,
		scope,
		notice,
		preference,
		isActive: takesKeys,
	};

	const elsewhereKeys: readonly Key[] = [
		{
			key: 'enter',
			label: display.messages.keys.signInHere,
			brief: display.messages.keys.signInHereBriefly,
			isMain: true,
			run: () => command({type: 'sign-in-here'}),
		},
		{key: 'escape', label: display.messages.keys.cancel, isMain: true},
	];

	const onChoose = (choice: Choice) => {
		if (choice === 'stay') leave('stay');
		else showFlow(choice);
	};

	const draw = (): ReactNode => {
		if (state.signedIn !== undefined) {
			return <SignedIn {...shared} signedIn={state.signedIn} />;
		}

		if (state.failed !== undefined) {
			const {code, message, hint} = state.failed;
			return <Failure {...shared} code={code} said={message} hint={hint} keys={retryKeys} isActive={isActive} />;
		}

		if (serverPrompt !== undefined) return <ServerPromptScreen {...shared} prompt={serverPrompt} isActive={isActive} />;
		if (resourcePrompt !== undefined)
			return <ResourcePromptScreen {...shared} prompt={resourcePrompt} isActive={isActive} />;
		if (prompt !== undefined) return <AccountPromptScreen {...shared} prompt={prompt} isActive={isActive} />;
		const asking = consentHeader(state, {application, issuer}, display);
		if (state.phase === 'waiting') {
			return (
				<Waiting
					{...shared}
					asking={asking}
					words={display.messages.waitingElsewhere}
					keys={elsewhereKeys}
					works={false}
				/>
			);
		}

		if (lastFailure !== undefined) {
			const {code, reason, hint} = lastFailure;
			const keys = keysAfterFailure(state, display, {command, onShow: showFlow});
			return <Failure {...shared} code={code} said={reason} hint={hint} keys={keys} />;
		}

		if (isChoosing) {
			const recommendation = recommendationBy(terminal.recommend, state);
			return (
				<ReplacedPart
					own={components?.FlowPicker}
					ours={FlowPicker}
					{...shared}
					onChoose={onChoose}
					recommendation={recommendation}
					currentIdentity={props.currentIdentity}
				/>
			);
		}

		const waiting = {...shared, canGoBack, writeAbove: props.canWriteAbove ? writeAbove : undefined, onShow: showFlow};
		if (shown?.flow === 'device')
			return <ReplacedPart key="device" own={components?.DeviceCodeScreen} ours={DeviceCodeScreen} {...waiting} />;
		if (shown?.flow === 'browser')
			return <ReplacedPart key="browser" own={components?.BrowserScreen} ours={BrowserScreen} {...waiting} />;
		const typed = shown?.flow;
		if (isTypedFlow(typed))
			return (
				<ReplacedPart
					key={typed}
					own={components?.CredentialsScreen}
					ours={CredentialsScreen}
					{...waiting}
					flow={typed}
				/>
			);
		const {machine, connecting, keys} = display.messages;
		const words = `${open.length > 0 ? machine.working : connecting(asking.host || (application ?? ''))}${display.glyphs.ellipsis}`;
		const back: Key = {key: 'escape', label: keys.back, when: canGoBack, isMain: true};
		return <Waiting {...shared} key="working" asking={asking} words={words} keys={[back]} works />;
	};

	return (
		<Box ref={ref} flexDirection="column" flexGrow={1} flexShrink={1} minWidth={0} width="100%">
			{width === undefined ? null : draw()}
		</Box>
	);
}
