import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import {Client as ClientV2, StreamableHTTPClientTransport as TransportV2} from '@modelcontextprotocol/client';
import {Client as ClientV1} from '@modelcontextprotocol/sdk/client/index.js';
import {StreamableHTTPClientTransport as TransportV1} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {LoginOptions} from '../../source/login/flow.js';
import {createAuthProvider, createMcpFetch} from '../../source/mcp.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {TokenEngine} from '../../source/token-engine.js';
import {startMcpServer, type McpTestServer} from '../support/mcp-server.js';

/** The clients as programs make them. */
const clients: Readonly<Record<string, (engine: TokenEngine, url: URL) => Promise<ClientV1 | ClientV2>>> = {
	'SDK v1 with createMcpFetch': async (engine, url) => {
		const client = new ClientV1({name: 'test', version: '1'});
		await client.connect(new TransportV1(url, {fetch: createMcpFetch(engine)}));
		return client;
	},
	'SDK v2 with createMcpFetch': async (engine, url) => {
		const client = new ClientV2({name: 'test', version: '1'});
		await client.connect(new TransportV2(url, {fetch: createMcpFetch(engine)}));
		return client;
	},
	'SDK v2 with createAuthProvider': async (engine, url) => {
		const client = new ClientV2({name: 'test', version: '1'});
		await client.connect(new TransportV2(url, {authProvider: createAuthProvider(engine)}));
		return client;
	},
};

const call = async (client: ClientV1 | ClientV2): Promise<unknown> =>
	client instanceof ClientV1
		? (await client.callTool({name: 'echo'})).content
		: (await client.callTool({name: 'echo'})).content;

const hello = [{type: 'text', text: 'hello'}];

type Guard = Parameters<typeof startMcpServer>[1];

/** An MCP server, an authorization server, and an engine whose person says yes to everything. */
const prepare = async (t: TestContext, guard: (dead: ReadonlySet<string>) => Guard = guardOf) => {
	const server = await startScriptedServer();
	t.after(async () => server.close());
	const dead = new Set<string>();
	const mcp: McpTestServer = await startMcpServer(t, guard(dead));
	const logins: LoginOptions[] = [];
	const engine = new TokenEngine({
		provider: server.provider,
		store: createMemoryStore(),
		origins: [mcp.url.origin],
		async show({engine: shown, options}) {
			logins.push(options);
			return shown.login({...options, flow: 'browser', terminal: {openBrowser: server.openBrowser}}).session;
		},
		signInHint: 'Run: acme login',
	});
	const refreshes = () =>
		server.requestsTo('token').filter(({parameters}) => parameters.get('grant_type') === 'refresh_token').length;
	return {engine, mcp, dead, logins, refreshes};
};

const guardOf =
	(dead: ReadonlySet<string>): Guard =>
	token =>
		token === undefined || dead.has(token) ? {status: 401} : undefined;

/** Whoever tests is there. */
process.env['INK_LOGIN_AGENT'] = '1';

for (const [name, connect] of Object.entries(clients)) {
	test(`${name}: connecting signs in once, and five calls with a dead token refresh it once`, async t => {
		const {engine, mcp, dead, logins, refreshes} = await prepare(t);
		const client = await connect(engine, mcp.url);
		t.after(async () => client.close());
		assert.equal(logins.length, 1);
		assert.deepEqual(await call(client), hello);
		dead.add(await engine.token());
		assert.deepEqual(await Promise.all(Array.from({length: 5}, async () => call(client))), Array(5).fill(hello));
		assert.deepEqual([logins.length, refreshes()], [1, 1]);
	});

	test(`${name}: a server that refuses every token is given up after a few tries`, async t => {
		const {engine, mcp, logins} = await prepare(t, () => () => ({status: 401}));
		await assert.rejects(connect(engine, mcp.url), /token|401/i);
		assert.equal(logins.length, 1);
		assert.equal(mcp.requests.length, 2);
	});
}
