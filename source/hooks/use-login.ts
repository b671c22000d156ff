import {useEffect, useRef, useState, useSyncExternalStore} from 'react';
import type {Clock} from '../core/clock.js';
import type {AskingResource, LoginCommand, LoginOptions, LoginRun, ServerChoice} from '../login/flow.js';
import type {LoginError} from '../core/errors.js';
import {initialLoginState, type LoginState} from '../login/state.js';
import type {Session} from '../session/types.js';
import type {TokenEngine} from '../token-engine.js';
import type {AccountSwitch} from '../session/account-switch.js';

/** Asked before a session is replaced that is not the login's own. */
export type AccountPrompt = AccountSwitch & {
	/** Replaces the session, or keeps it and ends the login. */
	readonly answer: (replace: boolean) => void;
};

/** Asked before the first login at a resource whose server is on another host. */
export type ResourcePrompt = AskingResource & {
	/** Goes on, or ends the login. */
	readonly answer: (goOn: boolean) => void;
};

/** Asked where a resource lets people sign in at several servers. */
export type ServerPrompt = ServerChoice & {
	/** Takes one of the servers, or ends the login. */
	readonly answer: (issuer: string | undefined) => void;
};

type LoginSnapshot = {
	readonly state: LoginState;
	readonly prompt?: AccountPrompt;
	readonly resourcePrompt?: ResourcePrompt;
	readonly serverPrompt?: ServerPrompt;
};

type Configuration = {
	readonly options: () => LoginOptions;
	readonly onSignedIn: (session: Session) => void;
	readonly onError: (error: LoginError) => void;
};

/** What `useSyncExternalStore` needs of a login. */
type LoginSubscription = {
	/** Its options and callbacks; those of the last subscriber are called. */
	configure(configuration: Configuration): void;
	readonly subscribe: (listener: () => void) => () => void;
	readonly snapshot: () => LoginSnapshot;
	readonly command: (command: LoginCommand) => void;
	readonly cancel: () => Promise<void>;
	readonly clock: Clock;
	/** The login, while it goes on. */
	readonly run: () => LoginRun | undefined;
};

/** What starts logins: a `TokenEngine`, or an object that stands in for one. */
export type LoginStarter = Pick<TokenEngine, 'login' | 'clock'>;

const isStarter = (source: LoginStarter | LoginRun): source is LoginStarter => 'login' in source;

/** The logins that go on, by what started them. */
const going = new WeakMap<LoginStarter | LoginRun, LoginSubscription>();

/** The login that a screen has started with this engine and shows. */
export const loginOnScreen = (engine: LoginStarter): LoginRun | undefined => going.get(engine)?.run();

/**
 * Starts a login with its first subscriber and cancels it with its last one, unless another comes in the same moment: a
 * component that is mounted again, or React under StrictMode.
 */
export const subscriptionTo = (source: LoginStarter | LoginRun): LoginSubscription =>
	going.get(source) ?? create(source);

const create = (source: LoginStarter | LoginRun): LoginSubscription => {
	const listeners = new Set<() => void>();
	let configuration: Configuration | undefined;
	let current: {readonly run: LoginRun; readonly stop: () => void} | undefined;
	let shown: LoginSnapshot = {state: isStarter(source) ? initialLoginState : source.state};

	const show = (next: LoginSnapshot) => {
		shown = next;
		for (const listener of listeners) listener();
	};

	const ask = async <Answer>(
		promptWith: (answer: (given: Answer) => void) => Omit<LoginSnapshot, 'state'>,
		no: Answer,
		signal: AbortSignal,
	): Promise<Answer> =>
		new Promise(resolve => {
			const answer = (given: Answer) => {
				signal.removeEventListener('abort', onAbort);
				show({state: shown.state});
				resolve(given);
			};
			const onAbort = () => answer(no);
			signal.addEventListener('abort', onAbort, {once: true});
			show({state: shown.state, ...promptWith(answer)});
		});

	const makeRun = (): LoginRun => {
		if (!isStarter(source)) return source;
		const options = configuration?.options();
		return source.login({
			attended: true,
			confirmResource: async (asking, signal) =>
				ask<boolean>(answer => ({resourcePrompt: {...asking, answer}}), false, signal),
			chooseServer: async (choice, signal) =>
				ask<string | undefined>(answer => ({serverPrompt: {...choice, answer}}), undefined, signal),
			...options,
			switchAccount:
				options?.switchAccount ??
				(async (replaced, signal) => ask<boolean>(answer => ({prompt: {...replaced, answer}}), false, signal)),
		});
	};

	const start = () => {
		const run = makeRun();
		const stop = run.subscribe(() => show({...shown, state: run.state}));
		const started = {run, stop};
		current = started;
		shown = {state: run.state};
		going.set(source, subscription);
		// A caller that has left is not told any more.
		const end = (tell: (configuration: Configuration) => void) => {
			if (current !== started) return;
			// The next login is another one.
			going.delete(source);
			if (configuration !== undefined) tell(configuration);
		};
		run.session.then(
			session => end(({onSignedIn}) => onSignedIn(session)),
			(error: unknown) => end(({onError}) => onError(error as LoginError)),
		);
	};

	const leave = () => {
		if (listeners.size > 0) return;
		const left = current;
		current = undefined;
		if (going.get(source) === subscription) going.delete(source);
		left?.stop();
		// A run that was handed in goes on; it belongs to its maker.
		if (isStarter(source)) void left?.run.cancel();
	};

	const subscription: LoginSubscription = {
		configure(next) {
			configuration = next;
		},
		subscribe(listener) {
			listeners.add(listener);
			if (current === undefined) start();
			return () => {
				listeners.delete(listener);
				if (listeners.size === 0) queueMicrotask(leave);
			};
		},
		snapshot: () => shown,
		command: command => current?.run.command(command),
		cancel: async () => current?.run.cancel(),
		clock: source.clock,
		run: () => current?.run,
	};
	return subscription;
};

/** What `useLogin` takes besides the engine: those of the moment the login starts count. */
export type UseLoginOptions = Omit<LoginOptions, 'signal'> & {
	/** Called once with the session. */
	readonly onSignedIn?: (session: Session) => void;
	/** Called once where the login ends without one; a cancelled login is an error too (`cancelled`). */
	readonly onError?: (error: LoginError) => void;
};

/** What `useLogin` returns. */
export type UseLogin = {
	/** All events so far, folded. */
	readonly state: LoginState;
	/** Asks for something; what comes of it is in the state. */
	readonly command: (command: LoginCommand) => void;
	/** Resolves when ports, timers and requests are gone. */
	readonly cancel: () => Promise<void>;
	/** The clock that the state's times are by. */
	readonly clock: Clock;
	/** Waits for the person: someone else's session would be replaced. */
	readonly prompt?: AccountPrompt;
	/** Waits for the person: a resource has them sign in on another host. */
	readonly resourcePrompt?: ResourcePrompt;
	/** Waits for the person: a resource lets them sign in at several servers. */
	readonly serverPrompt?: ServerPrompt;
};

/**
 * A login as state. With an engine the login starts when the component is mounted and is cancelled when it is
 * unmounted, unless one is mounted in the same moment; a run that was made elsewhere belongs to its maker. The options are those of the moment it starts.
 */
export const useLogin = (source: LoginStarter | LoginRun, options: UseLoginOptions = {}): UseLogin => {
	const latest = useRef(options);
	useEffect(() => {
		latest.current = options;
	});

	const [kept, setKept] = useState(() => ({source, login: subscriptionTo(source)}));
	const {login} = kept.source === source ? kept : {login: subscriptionTo(source)};
	if (kept.login !== login) setKept({source, login});

	// Declared before the subscription, which starts the run: it reads the options then.
	useEffect(() => {
		login.configure({
			options() {
				const {onSignedIn: _, onError: __, ...loginOptions} = latest.current;
				return loginOptions;
			},
			onSignedIn: session => latest.current.onSignedIn?.(session),
			onError: error => latest.current.onError?.(error),
		});
	}, [login]);

	const snapshot = useSyncExternalStore(login.subscribe, login.snapshot, login.snapshot);
	return {...snapshot, command: login.command, cancel: login.cancel, clock: login.clock};
};
