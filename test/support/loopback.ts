import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo, Server} from 'node:net';
import type {Scope} from './built-command.js';

/** Has a server listen on a port of its own; it ends with the test. */
export const listen = async (t: Scope, server: Server & {closeAllConnections?: () => void}): Promise<number> => {
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	t.after(() => {
		server.closeAllConnections?.();
		server.close();
	});
	return (server.address() as AddressInfo).port;
};

/** Serves over HTTP for as long as the test runs; resolves to the origin. */
export const serve = async (t: Scope, listener: RequestListener): Promise<string> =>
	`http://127.0.0.1:${await listen(t, createServer(listener))}`;

/** A port at which nothing listens. */
export const freePort = async (): Promise<number> => {
	const server = createServer();
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	await new Promise(resolve => server.close(resolve));
	return port;
};
