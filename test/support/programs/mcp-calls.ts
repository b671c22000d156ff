/** Connects to an MCP server with the session of a folder, calls a tool five times at once, and prints what came. */
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StreamableHTTPClientTransport} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {createMcpFetch} from '../../../source/mcp.js';
import type {Provider} from '../../../source/oauth/provider.js';
import {createFileStore} from '../../../source/session/store/index.js';
import {TokenEngine} from '../../../source/token-engine.js';

const [directory = '', provider = '', url = ''] = process.argv.slice(2);
const engine = new TokenEngine({
	provider: JSON.parse(provider) as Provider,
	store: createFileStore({directory}),
	origins: [new URL(url).origin],
	show: async () => Promise.reject(new Error('a login was shown')),
});
const client = new Client({name: 'test', version: '1'});
await client.connect(new StreamableHTTPClientTransport(new URL(url), {fetch: createMcpFetch(engine)}));
const results = await Promise.all(Array.from({length: 5}, async () => client.callTool({name: 'echo'})));
process.stdout.write(JSON.stringify(results.map(({isError}) => isError ?? false)));
await client.close();
