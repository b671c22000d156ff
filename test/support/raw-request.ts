import net from 'node:net';

export type RawResponse = {
	readonly status: number;
	readonly headers: ReadonlyMap<string, string>;
	readonly body: string;
};

/** Sends exactly these bytes and reads until the other side closes; an empty response has the status 0. */
export const rawRequest = async (port: number, text: string, host = '127.0.0.1'): Promise<RawResponse> => {
	const socket = net.connect(port, host);
	const chunks: Buffer[] = [];
	await new Promise<void>(resolve => {
		socket.on('data', chunk => chunks.push(chunk));
		socket.on('error', () => undefined);
		socket.on('close', () => resolve());
		socket.write(text);
	});
	const [head = '', ...body] = Buffer.concat(chunks).toString().split('\r\n\r\n');
	const [statusLine = '', ...lines] = head.split('\r\n');
	const headers = lines.map(line => {
		const colon = line.indexOf(':');
		return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
	});
	return {status: Number(statusLine.split(' ')[1] ?? 0), headers: new Map(headers), body: body.join('\r\n\r\n')};
};

/** A request as a browser on this computer makes it; `headers` are whole lines that come after Host. */
export const get = async (address: string, ...headers: readonly string[]): Promise<RawResponse> => {
	const url = new URL(address);
	const lines = [`GET ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`, ...headers];
	return rawRequest(Number(url.port), lines.join('\r\n') + '\r\n\r\n', url.hostname.replaceAll(/[[\]]/g, ''));
};
