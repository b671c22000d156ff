import {once} from 'node:events';
import http from 'node:http';
import net, {type AddressInfo, type Socket} from 'node:net';

export type ForwardProxy = {
	readonly url: string;
	readonly port: number;
	/** What was asked of it, as in `CONNECT auth.test:443` and `GET http://auth.test/`. */
	readonly requests: readonly string[];
	/** The `Proxy-Authorization` of each request. */
	readonly authorizations: readonly (string | undefined)[];
	[Symbol.asyncDispose](): Promise<void>;
};

/**
 * A real forward proxy on loopback (RFC 9110 §9.3.6) that alone knows where the hosts of its table are.
 *
 * @param hosts - ports on loopback, by `host:port` as the client asks for it.
 * @param refusal - the status for all others.
 */
export const startForwardProxy = async (
	hosts: Readonly<Record<string, number>>,
	refusal = '502 Bad Gateway',
): Promise<ForwardProxy> => {
	const requests: string[] = [];
	const authorizations: (string | undefined)[] = [];
	const sockets = new Set<Socket>();
	const note = (request: http.IncomingMessage) => {
		requests.push(`${request.method} ${request.url}`);
		authorizations.push(request.headers['proxy-authorization']);
	};
	const server = http.createServer((request, response) => {
		note(request);
		const {host, pathname, search} = new URL(request.url ?? '');
		const port = hosts[host.includes(':') ? host : `${host}:80`];
		if (port === undefined) {
			response.writeHead(502).end();
			return;
		}

		const onward = http.request({port, host: '127.0.0.1', method: request.method, path: pathname + search}, answer => {
			response.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(response);
		});
		request.pipe(onward);
	});
	server.on('connection', socket => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
	});
	server.on('connect', (request: http.IncomingMessage, client: Socket, head: Buffer) => {
		note(request);
		const port = hosts[request.url ?? ''];
		if (port === undefined) {
			client.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
			return;
		}

		const target = net.connect(port, '127.0.0.1', () => {
			client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
			target.write(head);
			target.pipe(client).pipe(target);
		});
		target.on('error', () => client.destroy());
		client.on('error', () => target.destroy());
		client.on('close', () => target.destroy());
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	return {
		port,
		url: `http://127.0.0.1:${port}`,
		requests,
		authorizations,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
};
