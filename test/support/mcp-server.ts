import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {McpServer} from '@modelcontextprotocol/sdk/server/mcp.js';
import {StreamableHTTPServerTransport} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type {Scope} from './built-command.js';

/** What a guard says of a request: nothing where it may pass, otherwise a status and the parameters of a challenge. */
type Refusal = {readonly status: 401 | 403; readonly challenge?: string} | undefined;

type Guard = (token: string | undefined, request: IncomingMessage, body: string) => Refusal | Promise<Refusal>;

export type McpTestServer = {
	readonly url: URL;
	/** What came, in order. */
	readonly requests: readonly {readonly method: string; readonly token: string | undefined; readonly status: number}[];
};

const readBody = async (request: IncomingMessage): Promise<string> => {
	let body = '';
	for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
	return body;
};

/** An MCP server of the SDK, with sessions, a stream of its own and the tool `echo`, behind a guard. */
export const startMcpServer = async (t: Scope, guard: Guard): Promise<McpTestServer> => {
	const requests: {method: string; token: string | undefined; status: number}[] = [];
	const sessions = new Map<string, StreamableHTTPServerTransport>();
	const open = async (): Promise<StreamableHTTPServerTransport> => {
		const transport = new StreamableHTTPServerTransport({
			sessionIdGenerator: () => crypto.randomUUID(),
			onsessioninitialized: id => void sessions.set(id, transport),
		});
		const server = new McpServer({name: 'test', version: '1'});
		server.registerTool('echo', {description: 'Says hello.'}, () => ({content: [{type: 'text', text: 'hello'}]}));
		await server.connect(transport);
		return transport;
	};
	const http = createServer((request, response) => {
		void (async () => {
			const {method = '', headers} = request;
			const token = headers.authorization?.replace(/^Bearer /, '');
			const body = await readBody(request);
			const refusal = await guard(token, request, body);
			response.once('close', () => requests.push({method, token, status: response.statusCode}));
			if (refusal !== undefined) {
				const {status, challenge} = refusal;
				response.writeHead(status, challenge === undefined ? {} : {'www-authenticate': `Bearer ${challenge}`}).end();
				return;
			}

			const known = sessions.get(String(headers['mcp-session-id']));
			await (known ?? (await open())).handleRequest(request, response, body === '' ? undefined : JSON.parse(body));
		})();
	});
	await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
	t.after(() => {
		http.closeAllConnections();
		http.close();
	});
	return {
		url: new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`),
		requests,
	};
};
