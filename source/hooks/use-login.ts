import {useEffect, useRef, useState, useSyncExternalStore} from 'react';
import type {Clock} from '../engine/clock.js';
import type {LoginCommand, LoginOptions, LoginRun} from '../engine/flow.js';
import type {LoginError} from '../engine/login-error.js';
import type {LoginState} from '../engine/login-state.js';
import type {Session} from '../engine/session.js';
import {createLoginSubscription, type AccountPrompt, type LoginStarter} from './login-subscription.js';

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
};

/**
 * A login as state. With an engine the login starts when the component is mounted and is cancelled when it is
 * unmounted; a run that was made elsewhere belongs to its maker. The options are those of the moment it starts.
 */
export const useLogin = (source: LoginStarter | LoginRun, options: UseLoginOptions = {}): UseLogin => {
	const latest = useRef(options);
	useEffect(() => {
		latest.current = options;
	});

	const [kept, setKept] = useState(() => ({source, login: createLoginSubscription(source)}));
	const {login} = kept.source === source ? kept : {login: createLoginSubscription(source)};
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

	const {state, prompt} = useSyncExternalStore(login.subscribe, login.snapshot, login.snapshot);
	return {
		state,
		command: login.command,
		cancel: login.cancel,
		clock: login.clock,
		...(prompt !== undefined && {prompt}),
	};
};
