import {fork} from 'node:child_process';
import {once} from 'node:events';
import {LoginError} from '../../../source/core/errors.js';
import type {DemoRequest, DemoServerMessage, DemoServerOptions} from './demo-server-options.js';
import {demoClientId, demoPassword, machineClient, type Person} from './registrations.js';

/** The embedded authorization server, running in a process of its own. */
export type DemoServer = {
	readonly issuer: string;
	/** The public client of the browser and the device flow. */
	readonly clientId: string;
	/** The confidential client, for client credentials and token exchange. */
	readonly machineClient: {readonly clientId: string; readonly clientSecret: string};
	/** Alice Demo; her password counts in the password grant alone. */
	readonly user: Person & {readonly password: string};
	/** Ends the server's process; resolves when its port is free again. */
	stop(): Promise<void>;
};

type StartOptions = DemoServerOptions & {
	/** Ends the server, like `stop`. */
	readonly signal?: AbortSignal;
	/** Is told each request that the server answered. */
	readonly onRequest?: (request: DemoRequest) => void;
};

/** Milliseconds for a process to start in, on the slowest of machines. */
const patience = 60_000;

/**
 * Starts oidc-provider, the tests' independent authorization server, on a loopback port. It ends with this process, however this one ends.
 *
 * @throws {@link LoginError} `port_in_use` or `internal_error` when the server does not start, `cancelled` on `signal`.
 */
export const startDemoServer = async ({signal, onRequest, ...options}: StartOptions = {}): Promise<DemoServer> => {
	if (signal?.aborted) throw notStarted('it was cancelled', 'cancelled');
	const server = fork(new URL('server.ts', import.meta.url), [JSON.stringify(options)], {
		execArgv: ['--import', import.meta.resolve('tsx')],
		// oidc-provider warns that it is a development set-up. It is.
		stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
	});
	// A process that could not even be made has ended too.
	const exited = once(server, 'exit').catch(() => undefined);
	const stop = async () => {
		server.kill('SIGKILL');
		await exited;
	};
	const onAbort = () => void stop();
	signal?.addEventListener('abort', onAbort);
	void exited.then(() => signal?.removeEventListener('abort', onAbort));

	let isTooLate = false;
	const limit = setTimeout(() => {
		isTooLate = true;
		void stop();
	}, patience);
	const issuer = await new Promise<string>((resolve, reject) => {
		server.on('message', (message: DemoServerMessage) => {
			if (message.type === 'listening') resolve(message.issuer);
			if (message.type === 'failed') reject(notStarted(message.reason));
			if (message.type === 'request') onRequest?.(message.request);
		});
		void exited.then(() => {
			if (signal?.aborted) reject(notStarted('it was cancelled', 'cancelled'));
			else reject(notStarted(isTooLate ? "its process didn't listen within a minute" : 'its process ended at once'));
		});
	}).finally(() => clearTimeout(limit));
	return {issuer, clientId: demoClientId, machineClient, user, stop};
};

const user = {login: 'alice', name: 'Alice Demo', email: 'alice@example.test', password: demoPassword};

const notStarted = (reason: string, code?: 'cancelled') =>
	new LoginError(
		code ?? (reason.includes('EADDRINUSE') ? 'port_in_use' : 'internal_error'),
		`Couldn't start the demo server: ${reason}.`,
		{hint: 'Start the demo again.'},
	);
