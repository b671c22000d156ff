import {LoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {startScriptedServer, type ScriptedServer} from '../testing/scripted-server.js';
import {addPages} from './pages.js';

/** Who signs in to the demo; the password counts in the password grant alone. */
export const demoUser = {sub: 'alice', name: 'Alice Demo', email: 'alice@example.test', email_verified: true};
export const demoPassword = {username: 'alice', password: 'demo'};

/** The clients' ids, and a secret that guards nothing but a demo. */
const publicClient = {id: 'ink-login-demo'};
const machineClient = {id: 'ink-login-demo-machine', secret: 'ink-login-demo-secret'};

/**
 * Starts the demo's server: the test kit's, with pages for a person.
 *
 * @throws LoginError `port_in_use` or `internal_error`
 */
export const startDemo = async ({
	application = 'the demo',
	asMachine = false,
	port,
}: {
	/** What the pages say someone signs in to. @default 'the demo' */
	readonly application?: string | undefined;
	/** Registers a client with a secret, for client credentials. */
	readonly asMachine?: boolean;
	/** @default a free one */
	readonly port?: number | undefined;
} = {}): Promise<ScriptedServer> => {
	try {
		const server = await startScriptedServer({
			port,
			client: asMachine ? machineClient : publicClient,
			user: demoUser,
			password: demoPassword,
			accessTokenLifetime: 300,
			// Issued before the person has read the page.
			codeLifetime: 600,
		});
		addPages(server, `${demoUser.name} · ${demoUser.email}`, displayText(application, 60));
		return server;
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new LoginError(
			reason.includes('EADDRINUSE') ? 'port_in_use' : 'internal_error',
			`Couldn't start the demo server: ${reason}.`,
			{hint: port === undefined ? 'Start the demo again.' : 'Choose another --port.'},
		);
	}
};
