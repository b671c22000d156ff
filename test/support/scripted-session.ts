import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../source/testing/index.js';
import type {Scope} from './built-command.js';
import {sessionHome, type SessionHome, type SignIn} from './session-command.js';

export type ScriptedSession = SessionHome & {
	readonly server: ScriptedServer;
	/** The refreshes that were asked for so far. */
	readonly refreshes: () => number;
};

/** The command, signed in at a scripted server that rotates refresh tokens and ends the grant at the second use of one. */
export const scriptedSession = async (
	t: Scope,
	script: ServerScript = {},
	options: SignIn = {},
): Promise<ScriptedSession> => {
	const server = await startScriptedServer(script);
	t.after(async () => server.close());
	const home = await sessionHome(t);
	await home.signIn(
		{issuer: server.issuer, clientId: server.provider.clientId},
		{credentials: ['ada', 'analytical engine'], ...options},
	);
	return {
		...home,
		server,
		refreshes: () =>
			server.requestsTo('token').filter(({parameters}) => parameters.get('grant_type') === 'refresh_token').length,
	};
};
