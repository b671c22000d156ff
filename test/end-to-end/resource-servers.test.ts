import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {createServer} from 'node:http';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import Provider from 'oidc-provider';
import type {LoginEvent} from '../../source/login/events.js';
import {resource} from '../../source/oauth/presets/resource.js';
import {createMemoryStore} from '../../source/session/store/memory-store.js';
import {TokenEngine} from '../../source/token-engine.js';
import {browserScript} from '../support/browser-script.js';
import {commandInPty, pipedCommand, temporaryFolder} from '../support/built-command.js';
import {projectWith, snippet} from '../support/pages.js';
import {runInPty} from '../support/pty.js';
import {createVisitor, type Page} from '../support/oidc-server/visitor.js';
import {freePort, listen} from '../support/loopback.js';

/** The example server of the MCP SDK, which signs everyone in at once; resolves to its URL. */
const startExample = async (t: TestContext): Promise<string> => {
	const [port, signInPort] = [await freePort(), await freePort()];
	const folder = path.join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/sdk/dist/esm');
	const args = [path.join(folder, 'examples/server/simpleStreamableHttp.js'), '--oauth', '--oauth-strict'];
	const child = spawn(process.execPath, args, {
		env: {...process.env, MCP_PORT: String(port), MCP_AUTH_PORT: String(signInPort)},
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.after(() => child.kill());
	await new Promise<void>((resolve, reject) => {
		child.once('exit', () => reject(new Error('The example server has ended.')));
		child.stdout.on('data', (text: Buffer) => {
			if (text.toString().includes('MCP Streamable HTTP Server listening')) resolve();
		});
	});
	return `http://localhost:${port}/mcp`;
};

/** A browser whose person is known to the server. */
const follow = async (link: string): Promise<void> => {
	for (let at: string | undefined = link, count = 0; at !== undefined && count < 10; count++) {
		const {headers}: Response = await fetch(at, {redirect: 'manual'});
		const location = headers.get('location');
		at = location === null ? undefined : new URL(location, at).href;
	}
};

test("the command signs in to the SDK's example server by its URL alone, and again with the same client", async t => {
	const url = await startExample(t);
	const browser = await browserScript(t);
	const env = {BROWSER: browser.program, INK_LOGIN_HOME: await temporaryFolder(t), DISPLAY: ':0'};
	const port = String(await freePort());
	for (const how of ['registered', 'stored']) {
		const args = ['login', url, '--json', '--flow', 'browser', '--store', 'file', '--port', port];
		const command = await pipedCommand(t, args, env);
		await follow(await browser.next());
		assert.equal(await command.ended, 0, command.heard.stdout + command.heard.stderr);
		const events = command.heard.stdout
			.trim()
			.split('\n')
			.map(line => JSON.parse(line) as LoginEvent);
		const client = events.find(event => event.type === 'client');
		assert.equal(client?.how, how);
	}

	const token = await pipedCommand(t, ['token', url], env);
	assert.equal(await token.ended, 0);
	const response = await fetch(url, {
		method: 'POST',
		headers: {
			accept: 'application/json, text/event-stream',
			'content-type': 'application/json',
			authorization: `Bearer ${token.heard.stdout.trim()}`,
		},
		body: JSON.stringify({
			...{jsonrpc: '2.0', id: 1, method: 'initialize'},
			params: {protocolVersion: '2025-06-18', capabilities: {}, clientInfo: {name: 'test', version: '1'}},
		}),
	});
	assert.equal(response.status, 200);
});

test('the ten lines of an MCP client sign in once, and list the tools at each start', async t => {
	const lines = snippet('source/mcp/README.md', 'Ten lines', 'ts');
	assert.equal(lines.split('\n').filter(line => line !== '').length, 10);
	const url = await startExample(t);
	const cwd = await projectWith(t, {'client.ts': lines.replace('https://mcp.example.com/mcp', url)});
	const browser = await browserScript(t);
	const env = {BROWSER: browser.program, INK_LOGIN_HOME: path.join(cwd, 'home'), DISPLAY: ':0'};
	for (const start of ['first', 'second']) {
		await using client = runInPty({args: ['--import', 'tsx', 'client.ts'], cwd, env});
		if (start === 'first') await follow(await browser.next());
		assert.equal((await client.exit).code, 0, client.output);
		assert.match(client.output, /'greet'/);
	}

	assert.equal(browser.calls, 1);
});

test('the first run takes the URL of a resource, and asks for no client ID', async t => {
	const url = await startExample(t);
	const browser = await browserScript(t);
	const env = {BROWSER: browser.program, INK_LOGIN_HOME: await temporaryFolder(t)};
	const run = await commandInPty(t, ['--store', 'file'], {env, columns: 100});
	await run.waitFor(/Where do you want to sign in\?[^]*esc cancel/);
	run.write('1');
	await run.waitFor(/Its URL/);
	run.paste(url);
	await run.waitFor(({text}) => text.includes(`❯  ${url}`), url);
	run.write('\r');
	await follow(await browser.next());
	await run.waitFor(/Signed in to localhost:\d+/);
});

test('a link that is pasted ends the login of a URL, too', async t => {
	const url = await startExample(t);
	// A desktop, where the short link is shown.
	const env = {INK_LOGIN_HOME: await temporaryFolder(t), DISPLAY: ':0'};
	const command = await pipedCommand(
		t,
		['login', url, '--plain', '--flow', 'browser', '--no-open', '--store', 'file'],
		env,
	);
	const line = await command.line('stderr', /http:\/\/127\.0\.0\.1/);
	const short = await fetch(/http:\S+/.exec(line)?.[0] ?? '', {redirect: 'manual'});
	const page = await fetch(short.headers.get('location') ?? '', {redirect: 'manual'});
	command.child.stdin.write(`${page.headers.get('location')}\n`);
	assert.equal(await command.ended, 0, command.heard.stderr);
});

type Resource = {readonly url: string; readonly issuer: string; readonly provider: Provider};

const document = 'https://acme.example/client.json';

/** oidc-provider, with a resource beside it that checks nothing. */
const startProvider = async (t: TestContext): Promise<Resource> => {
	const server = createServer();
	const issuer = `http://127.0.0.1:${await listen(t, server)}`;
	const beside = createServer((request, response) => {
		const {origin} = new URL(url);
		if (request.url === '/.well-known/oauth-protected-resource/mcp') {
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify({resource: url, authorization_servers: [issuer], scopes_supported: ['mcp:read']}));
		} else {
			const place = `${origin}/.well-known/oauth-protected-resource/mcp`;
			response.writeHead(401, {'www-authenticate': `Bearer scope="mcp:read", resource_metadata="${place}"`}).end();
		}
	});
	const url = `http://127.0.0.1:${await listen(t, beside)}/mcp`;
	const provider = new Provider(issuer, {
		scopes: ['openid', 'offline_access', 'mcp:read'],
		features: {
			devInteractions: {enabled: true},
			revocation: {enabled: true},
			registration: {enabled: true},
			registrationManagement: {enabled: true},
			deviceFlow: {enabled: true},
			clientIdMetadataDocument: {enabled: true, ack: 'draft-02'},
			resourceIndicators: {
				enabled: true,
				getResourceServerInfo: (_, resource) => {
					if (resource !== url) throw new Error('another resource');
					return {scope: 'mcp:read', accessTokenFormat: 'jwt'};
				},
				useGrantedResource: () => true,
			},
		},
		// The document is nowhere; its host is asked for what it would be.
		fetch: async address =>
			(address instanceof Request ? address.url : address.toString()) === document
				? Response.json({
						client_id: document,
						client_name: 'Acme',
						application_type: 'native',
						redirect_uris: ['http://127.0.0.1/callback'],
						response_types: ['code'],
						grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
						token_endpoint_auth_method: 'none',
					})
				: new Response('', {status: 404}),
		findAccount: (_, accountId) => ({accountId, claims: () => ({sub: accountId})}),
	});
	const respond = provider.callback();
	server.on('request', (request, response) => void respond(request, response));
	return {url, issuer, provider};
};

/** A person who agrees with each page until there is none. */
const agree = async (link: string): Promise<void> => {
	const visitor = createVisitor();
	let page: Page = await visitor.get(link);
	for (let step = 0; page.form !== undefined && step < 4; step++) {
		page = await visitor.submit(page, page.form.fields.has('login') ? {login: 'alice', password: 'x'} : {});
	}

	if (page.callback !== undefined) await fetch(page.callback);
};

const claimsOf = (token: string) =>
	JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;

for (const [what, options, how] of [
	['registers', {}, 'registered'],
	['signs in by its document', {clientMetadataUrl: document}, 'metadata-document'],
] as const) {
	test(`with oidc-provider an app ${what}, and its token is for the resource and renews itself`, async t => {
		const {url, provider} = await startProvider(t);
		const engine = new TokenEngine({
			provider: resource(url, {redirect: {ports: [0]}, ...options}),
			store: createMemoryStore(),
		});
		const openBrowser = async (link: string) => {
			await agree(link);
			return {status: 'opened'} as const;
		};
		const run = engine.login({flow: 'browser', terminal: {openBrowser}});
		const session = await run.session;
		assert.equal(run.state.client?.how, how);
		assert.equal(session.refreshable, true, 'offline_access was asked for');
		const token = await engine.token();
		assert.equal(claimsOf(token)['aud'], url);
		const renewed = await engine.token({rejected: token});
		assert.notEqual(renewed, token);
		assert.equal(claimsOf(renewed)['aud'], url);
		assert.deepEqual(await engine.logout({forget: true}), {outcome: 'revoked'});
		const client = await provider.Client.find(run.state.client.clientId);
		assert.equal(client === undefined, how === 'registered', 'a registration is taken back');
	});
}
