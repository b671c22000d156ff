import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {createAuthorizationServer} from './authorization-server.js';
import type {DemoServerMessage, DemoServerOptions} from './demo-server-options.js';

/**
 * The process in which the tests' authorization server lives; {@link startDemoServer} starts it. It is a process of its
 * own since oidc-provider writes to the console, which would tear a screen.
 */

const tell = (message: DemoServerMessage) => process.send?.(message);

// It ends with the process that started it, however that one ended; Ctrl-C in the terminal is that one's business.
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => undefined);

const options = JSON.parse(process.argv[2] ?? '{}') as DemoServerOptions;
const server = createServer();

server.on('error', error => {
	tell({type: 'failed', reason: error.message});
	process.disconnect();
});

// The issuer names the port, so the port comes first.
server.listen(options.port ?? 0, '127.0.0.1', () => {
	const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const provider = createAuthorizationServer(issuer, options, request => tell({type: 'request', request}));
	const handle = provider.callback();
	server.on('request', (request, response) => void handle(request, response));
	tell({type: 'listening', issuer});
});
