import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import path from 'node:path';
import test from 'node:test';
import {promisify} from 'node:util';
import {oidc} from '../../source/oauth/presets/by-the-book.js';
import {createFileStore} from '../../source/session/store/index.js';
import {TokenEngine} from '../../source/token-engine.js';
import {temporaryFolder} from '../support/built-command.js';
import {countedServer} from '../support/counted-server.js';
import {callManyServers} from '../support/many-servers.js';
import {startMcpServer} from '../support/mcp-server.js';
import {approveAuthorization} from '../support/oidc-server/approve.js';

const program = path.join(import.meta.dirname, '../support/programs/mcp-calls.ts');
const processes = 10;

for (const how of ['has expired', 'is refused'] as const) {
	test(`of ten MCP clients whose token ${how} one refreshes, none shows a login, and every call succeeds`, async t => {
		// It rotates refresh tokens, and ends the grant when one comes twice.
		const server = await countedServer(t);
		const provider = oidc({issuer: server.issuer, clientId: server.clientId});
		const directory = await temporaryFolder(t);
		const store = createFileStore({directory});
		const {session} = new TokenEngine({provider, store}).login({
			flow: 'browser',
			terminal: {
				async openBrowser(url) {
					void approveAuthorization({url});
					return {status: 'opened'};
				},
			},
		});
		await session;
		const stored = (await store.read('default'))!;
		const {tokens} = stored;
		const mcp = await startMcpServer(t, async token => {
			if (token === undefined || token === tokens.accessToken) return {status: 401};
			const {ok} = await fetch(new URL('/me', server.issuer), {headers: {authorization: `Bearer ${token}`}});
			return ok ? undefined : {status: 401};
		});
		const now = Date.now();
		const ended = {...tokens, issuedAt: now - 3_600_000, expiresAt: now - 1000};
		if (how === 'has expired') await store.write('default', {...stored, tokens: ended});
		await server.count('refresh_token');
		const args = ['--import', 'tsx', program, directory, JSON.stringify(provider), mcp.url.href];
		const env = {...process.env, INK_LOGIN_AGENT: '1'};
		const outcomes = await Promise.all(
			Array.from({length: processes}, async () => promisify(execFile)(process.execPath, args, {env})),
		);
		for (const {stdout} of outcomes) assert.equal(stdout, JSON.stringify(Array(5).fill(false)));
		assert.deepEqual(await server.count('refresh_token'), [200]);
		if (how === 'has expired') assert.ok(mcp.requests.every(({token}) => token !== tokens.accessToken));
	});
}

test('processes that share the sessions of two servers sign in once at each, and survive when others are killed', async t => {
	const {calls, kills} = await callManyServers(t, {servers: 2, processes: 3, lifetime: 2, pause: 50, expiries: 2});
	assert.ok(calls > 0);
	assert.ok(kills > 0);
});
