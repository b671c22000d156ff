import type {Choice} from '../components/lay-out-picker.js';
import {showLogin} from '../components/show-login.js';
import type {Identity} from '../engine/login-event.js';
import type {LoginOptions} from '../engine/flow.js';
import type {LoginState} from '../engine/login-state.js';
import type {Session} from '../engine/session.js';
import type {Engine} from './command.js';

/** What the screen of `demo` can do beside a login's. */
export type Demo = {
	/** Approves what waits for approval, as the demo's own user; rejects where that does not work. */
	readonly approve: (state: LoginState, signal: AbortSignal) => Promise<void>;
};

export type ScreenOptions = {
	readonly engine: Engine;
	readonly options: LoginOptions;
	/** The terminal to draw on. */
	readonly stdout: NodeJS.WriteStream & {readonly fd: number};
	readonly currentIdentity: Identity | undefined;
	/** What the person has selected before the screen was loaded. */
	readonly initialChoice: Choice | undefined;
	readonly showQr: boolean;
	/** What to type where somebody else should have signed in. */
	readonly switchCommand: string | undefined;
	readonly demo: Demo | undefined;
	/** What the person wants each time for this profile, and where to keep another wish. */
	readonly preferredRoute: 'browser' | 'device' | undefined;
	readonly prefer: ((route: 'browser' | 'device' | undefined) => Promise<void>) | undefined;
};

/**
 * Shows the login as a screen, to its end.
 *
 * @throws LoginError
 */
export const showScreen = async (screen: ScreenOptions): Promise<Session> => {
	const {engine, options, stdout, currentIdentity, initialChoice, switchCommand, showQr} = screen;
	const {demo, preferredRoute, prefer} = screen;
	const {signal, attended: _, ...login} = options;
	return showLogin({
		engine,
		stdout,
		signal,
		login: {
			...login,
			...(currentIdentity && {currentIdentity}),
			...(switchCommand !== undefined && {switchCommand}),
			initialChoice,
			showQr,
			preferredRoute,
			...(prefer && {onPrefer: prefer}),
		},
		// There nobody needs a browser to approve; what it could not approve stays open for the person.
		footer: demo && {
			key: 'a',
			text: " a approve as Alice Demo, the demo's own user",
			done: ' Approved as Alice Demo: the next check sees it.',
			isUseful: ({routes}) => [routes.device, routes.browser].some(way => way?.phase.status === 'waiting'),
			act: demo.approve,
		},
	});
};
