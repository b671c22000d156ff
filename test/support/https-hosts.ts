import {once} from 'node:events';
import https from 'node:https';
import type {AddressInfo} from 'node:net';
import type {TestContext} from 'node:test';
import type {PrivateCa} from './certificates.js';

/** Serves https names on loopback from a server in memory, with a certificate of a private authority. */
export const listenOverHttps = async (
	ca: PrivateCa,
	names: readonly string[],
	serve: typeof fetch,
): Promise<{readonly port: number; readonly close: () => void}> => {
	const listener = https.createServer(await ca.issue(...names), (request, response) => {
		const respond = async () => {
			const chunks: Buffer[] = [];
			for await (const chunk of request) chunks.push(chunk as Buffer);
			const headers = Object.entries(request.headers).flatMap(([name, value]) =>
				typeof value === 'string' && !/^(host|connection|content-length|transfer-encoding)$/.test(name)
					? [[name, value] as [string, string]]
					: [],
			);
			const {method = 'GET', url = '/'} = request;
			const {host = ''} = request.headers;
			const replied = await serve(`https://${host}${url}`, {
				method,
				headers,
				redirect: 'manual',
				...(method === 'POST' && {body: Buffer.concat(chunks)}),
			});
			const body = Buffer.from(await replied.arrayBuffer());
			response.writeHead(replied.status, {...Object.fromEntries(replied.headers), 'content-length': body.length});
			response.end(body);
		};
		respond().catch(() => response.destroy());
	});
	listener.listen(0, '127.0.0.1');
	await once(listener, 'listening');
	return {
		port: (listener.address() as AddressInfo).port,
		close() {
			listener.closeAllConnections();
			listener.close();
		},
	};
};

/** The same until the end of a test. Resolves to the port. */
export const serveOverHttps = async (
	t: TestContext,
	...serving: Parameters<typeof listenOverHttps>
): Promise<number> => {
	const {port, close} = await listenOverHttps(...serving);
	t.after(close);
	return port;
};
