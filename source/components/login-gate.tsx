import {Box, useApp, useStderr} from 'ink';
import * as react from 'react';
import {useEffect, useRef, type ActivityProps, type ExoticComponent, type ReactNode} from 'react';
import {omitUndefined} from '../core/clock.js';
import {toLoginError, type LoginError} from '../core/errors.js';
import {useAskedLogin} from '../hooks/use-asked-login.js';
import {useAuth} from '../hooks/use-auth.js';
import {useOwnWidth} from '../hooks/use-size.js';
import {useTerminal} from '../hooks/use-terminal.js';
import {displayOf, type DisplayProps} from '../layout/theme.js';
import type {TokenEngine} from '../token-engine.js';
import {Failure} from './outcome.js';
import {Login, type EngineLoginProps} from './login.js';

/** What `<LoginGate>` takes: what `<Login>` does, and what is behind it. */
export type LoginGateProps = Omit<EngineLoginProps, 'engine' | 'run' | 'onSignedIn' | 'onError' | 'currentIdentity'> & {
	/** Whose session it is about. */
	readonly engine: TokenEngine;
	/** What is shown while there is a session. */
	readonly children: ReactNode;
	/** The person left the login. @default ends the Ink app */
	readonly onCancel?: () => void;
	/**
	 * There is no session, and no terminal to show a login on: `person_required`, say. On a terminal a failure is shown, and
	 * the person can try again.
	 *
	 * @default says it on stderr, and ends the Ink app with exit code 1
	 */
	readonly onError?: ((error: LoginError) => void) | undefined;
};

/** Hides its children, keeps their state and takes their keys away; React 19.0 and 19.1 have none. */
const Activity = (react as {readonly Activity?: ExoticComponent<ActivityProps>}).Activity;

/**
 * Shows the login until there is a session, its children while there is one, and the login again when it ends, in this
 * process or another. Nothing is drawn before the session was read. Without a terminal (CI, cron, pipes) it draws no
 * login: it does what `engine.ensure()` does there.
 *
 * While it is mounted, the logins that `engine.ensure()` and `engine.fetch` turn out to need are shown here, too, in place
 * of the children; the caller gets the error when the person leaves such a login. The children then come back, with
 * their state from React 19.2 on.
 *
 * @example
 * ```tsx
 * render(<LoginGate engine={engine}><App /></LoginGate>);
 * ```
 */
export function LoginGate({children, onError, ...props}: LoginGateProps): ReactNode {
	const {engine} = props;
	const {status, error, session} = useAuth(engine);
	const {exit} = useApp();
	const {onCancel = () => exit()} = props;
	const {isSeen} = useTerminal();
	const asked = useAskedLogin(engine, isSeen);
	const shown = {flow: 'auto', ...props, ...asked} as const;
	if (status === 'signed-in') {
		const isHidden = asked !== undefined;
		return (
			<>
				{isHidden && <Login key="asked" {...shown} onCancel={() => undefined} />}
				{Activity === undefined ? (
					!isHidden && children
				) : (
					<Activity mode={isHidden ? 'hidden' : 'visible'}>{children}</Activity>
				)}
			</>
		);
	}

	if (asked !== undefined) return <Login key="asked" {...shown} onCancel={() => onCancel()} />;
	if (status === 'loading') return null;
	if (!isSeen) return <Unseen {...props} onError={onError} />;
	if (error === undefined) return <Login {...props} onCancel={() => onCancel()} />;
	return (
		<Unreadable
			{...props}
			error={error}
			onCancel={onCancel}
			// What it comes to is in the state.
			onAgain={() => void session().catch(() => undefined)}
		/>
	);
}

/** Nobody sees a login here: the engine has the program sign in as itself, or says why it can't. */
function Unseen({engine, ...props}: Omit<LoginGateProps, 'children'>): ReactNode {
	const {exit} = useApp();
	const {stderr} = useStderr();
	const {messages} = displayOf(props);
	const tell = ({code, message, hint}: LoginError) => {
		stderr.write(`${messages.failure(code, message)}\n${messages.advice(code, hint)}\n`);
		process.exitCode = 1;
		exit();
	};
	const latest = useRef({...props, tell});
	useEffect(() => {
		latest.current = {...props, tell};
	});
	useEffect(() => {
		const {flow = 'auto', open, renew, switchAccount, timeout, terminal, next} = latest.current;
		const unmounted = new AbortController();
		const {signal} = unmounted;
		engine
			.ensure(omitUndefined({flow, open, renew, switchAccount, timeout, terminal, next, signal}))
			.catch((error: unknown) => {
				const {onError = latest.current.tell} = latest.current;
				if (!signal.aborted) onError(toLoginError(error));
			});
		return () => unmounted.abort();
	}, [engine]);
	return null;
}

type UnreadableProps = DisplayProps & {
	readonly error: LoginError;
	readonly onCancel: () => void;
	readonly onAgain: () => void;
};

/** The session is there, perhaps, and cannot be read: a login would replace it. */
function Unreadable({error, onCancel, onAgain, ...props}: UnreadableProps): ReactNode {
	const {ref, width} = useOwnWidth();
	const {keys} = displayOf(props).messages;
	const offered = [
		{key: 'enter', label: keys.again, isMain: true, run: onAgain},
		{key: 'escape', label: keys.cancel, isMain: true, run: onCancel},
	];
	return (
		<Box ref={ref} flexGrow={1} flexShrink={1} minWidth={0} width="100%">
			{width !== undefined && (
				<Failure {...props} code={error.code} said={error.message} hint={error.hint} keys={offered} columns={width} />
			)}
		</Box>
	);
}
