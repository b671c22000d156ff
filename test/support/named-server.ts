import {once} from 'node:events';
import https from 'node:https';
import type {AddressInfo} from 'node:net';
import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {createPrivateCa, type PrivateCa} from './certificates.js';
import {startForwardProxy, type ForwardProxy} from './forward-proxy.js';

/** An authorization server by HTTPS, and what leads to it. */
export type NamedServer = AsyncDisposable & {
	/** Signs its certificate, which is for `localhost` too. */
	readonly ca: PrivateCa;
	/** Alone knows where the host is. */
	readonly proxy: ForwardProxy;
	readonly server: ScriptedServer;
	/** The port on loopback behind the proxy. */
	readonly port: number;
};

/** An authorization server under the name of a host that only a proxy finds, with a certificate of a private authority. */
export const startNamedServer = async (
	host: string,
	{issuerAt = () => `https://${host}`, ...script}: ServerScript & {readonly issuerAt?: (port: number) => string} = {},
): Promise<NamedServer> => {
	const ca = await createPrivateCa();
	const listener = https.createServer(await ca.issue(host, 'localhost'));
	listener.listen(0, '127.0.0.1');
	await once(listener, 'listening');
	const {port} = listener.address() as AddressInfo;
	const issuer = issuerAt(port);
	const server = await startScriptedServer({...script, issuer});
	listener.on('request', (request, response) => {
		const answer = async () => {
			const chunks: Buffer[] = [];
			for await (const chunk of request) chunks.push(chunk as Buffer);
			const headers = Object.entries(request.headers).flatMap(([name, value]) =>
				typeof value === 'string' && !/^(host|connection|content-length|transfer-encoding)$/.test(name)
					? [[name, value] as [string, string]]
					: [],
			);
			const {method = 'GET'} = request;
			const replied = await server.fetch(issuer + (request.url ?? ''), {
				method,
				headers,
				redirect: 'manual',
				...(method === 'POST' && {body: Buffer.concat(chunks)}),
			});
			const body = Buffer.from(await replied.arrayBuffer());
			response.writeHead(replied.status, {...Object.fromEntries(replied.headers), 'content-length': body.length});
			response.end(body);
		};
		answer().catch(() => response.destroy());
	});
	const proxy = await startForwardProxy({[`${host}:443`]: port});
	return {
		ca,
		proxy,
		server,
		port,
		async [Symbol.asyncDispose]() {
			listener.closeAllConnections();
			listener.close();
			await proxy[Symbol.asyncDispose]();
			await ca[Symbol.asyncDispose]();
		},
	};
};
