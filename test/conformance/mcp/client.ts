/**
 * The client that the MCP conformance suite is shown: the SDK with `createMcpFetch`. The suite appends the server's URL to
 * its command, and says the rest in the environment.
 */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {Client, StreamableHTTPClientTransport} from '@modelcontextprotocol/client';
import {clientKeyFile, createMemoryStore, resource, TokenEngine} from '../../../source/engine.js';
import {createMcpFetch} from '../../../source/mcp.js';
import {createWillingBrowser} from '../../../source/testing/scripted-server.js';

type Context = {
	readonly client_id?: string;
	readonly client_secret?: string;
	readonly issuer?: string;
	readonly private_key_pem?: string;
	readonly valid_jwt?: string;
};

const {env, argv} = process;
const {
	MCP_CONFORMANCE_SCENARIO: scenario = '',
	MCP_CONFORMANCE_PROTOCOL_VERSION: version = '',
	MCP_CONFORMANCE_CONTEXT: text = '{}',
} = env;
const context = JSON.parse(text) as Context;
const url = argv.at(-1) ?? '';

const keyFile = (pem: string): string => {
	const folder = mkdtempSync(path.join(os.tmpdir(), 'ink-login-test-'));
	process.once('exit', () => rmSync(folder, {recursive: true}));
	writeFileSync(path.join(folder, 'key.pem'), pem, {mode: 0o600});
	return path.join(folder, 'key.pem');
};

const {client_id: clientId, client_secret: clientSecret, issuer, private_key_pem: pem, valid_jwt: workload} = context;
if (workload !== undefined) env['WORKLOAD_TOKEN'] = workload;
const provider = resource(url, {
	// The only one that the suite's server takes.
	clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
	...(clientId !== undefined && {clientId}),
	...(clientSecret !== undefined && {clientSecret}),
	...(pem !== undefined && {clientKey: clientKeyFile(keyFile(pem))}),
	...(workload !== undefined && {workloadIdentity: {source: {env: 'WORKLOAD_TOKEN'}}}),
	...(issuer !== undefined && {issuer}),
});
const engine = new TokenEngine({provider, store: createMemoryStore()});
const fetch = createMcpFetch(engine, {
	flow: scenario.startsWith('auth/client-credentials')
		? 'client-credentials'
		: workload === undefined
			? 'browser'
			: 'workload-identity',
	// The suite's sign-in pages redirect at once.
	terminal: {openBrowser: createWillingBrowser(() => globalThis.fetch)},
});

const isStateless = version >= '2026';
const client = new Client(
	{name: 'ink-login-conformance', version: '1'},
	{versionNegotiation: {mode: isStateless ? {pin: version} : 'legacy'}},
);
await client.connect(new StreamableHTTPClientTransport(new URL(url), {fetch}));
const {tools} = await client.listTools();
for (const {name} of tools) await client.callTool({name, arguments: {}});
await client.close();
