import assert from 'node:assert/strict';
import {once} from 'node:events';
import https from 'node:https';
import type {AddressInfo} from 'node:net';
import {test, type TestContext} from 'node:test';
import type {LoginEvent} from '../../source/engine/login-event.js';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {pipedCommand, temporaryFolder, type PipedCommand} from '../support/built-command.js';
import {createPrivateCa, type PrivateCa} from '../support/certificates.js';
import {startForwardProxy, type ForwardProxy} from '../support/forward-proxy.js';

type Network = {
	readonly ca: PrivateCa;
	readonly proxy: ForwardProxy;
	readonly server: ScriptedServer;
	/** The port of the server behind the proxy. */
	readonly port: number;
};

/** An authorization server with a certificate of the company's own, under a name that the proxy alone knows. */
const corporateNetwork = async (t: TestContext, issuerAt: (port: number) => string): Promise<Network> => {
	const ca = await createPrivateCa();
	t.after(async () => ca[Symbol.asyncDispose]());
	const listener = https.createServer(await ca.issue('login.corp.test', 'localhost'));
	listener.listen(0, '127.0.0.1');
	await once(listener, 'listening');
	const {port} = listener.address() as AddressInfo;
	const issuer = issuerAt(port);
	const server = await startScriptedServer({issuer, interval: 1});
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
	t.after(() => {
		listener.closeAllConnections();
		listener.close();
	});
	const proxy = await startForwardProxy({'login.corp.test:443': port});
	t.after(async () => proxy[Symbol.asyncDispose]());
	return {ca, proxy, server, port};
};

const login = (issuer: string, ...more: readonly string[]): string[] => [
	...['login', '--issuer', issuer, '--client-id', 'test-client', '--json', '--store', 'file'],
	...more,
];

const lastEvent = ({heard}: PipedCommand): LoginEvent =>
	JSON.parse(heard.stdout.trimEnd().split('\n').at(-1) ?? '') as LoginEvent;

const trust = {
	'--ca-file': ({caFile}: PrivateCa) => ({args: ['--ca-file', caFile], env: {}}),
	NODE_EXTRA_CA_CERTS: ({caFile}: PrivateCa) => ({args: [], env: {NODE_EXTRA_CA_CERTS: caFile}}),
} as const;

for (const [name, by] of Object.entries(trust)) {
	test(`demand 51: behind a proxy, with a private CA by ${name}, every request of a whole session goes through it`, async t => {
		const issuer = 'https://login.corp.test';
		const {ca, proxy, server} = await corporateNetwork(t, () => issuer);
		const {args, env: trusted} = by(ca);
		const script = await browserScript(t);
		const home = await temporaryFolder(t);
		const env = {HTTPS_PROXY: proxy.url, INK_LOGIN_HOME: home, BROWSER: script.program, ...trusted};

		const device = await pipedCommand(t, login(issuer, '--flow', 'device', ...args), env);
		await device.line('stdout', /"device-code"/);
		server.approve();
		assert.equal(await device.ended, 0, device.heard.stdout + device.heard.stderr);
		assert.equal(lastEvent(device).type, 'signed-in');

		// The callback on loopback knows nothing of the proxy, and the person's browser goes its own way.
		const browser = await pipedCommand(t, login(issuer, '--flow', 'browser', ...args), env);
		await browser.line('stdout', /"opened"/);
		await server.openBrowser((await script.next()) as never, t.signal);
		assert.equal(await browser.ended, 0, browser.heard.stdout + browser.heard.stderr);

		const userInfo = await pipedCommand(t, ['status', '--userinfo', '--json', '--store', 'file', ...args], env);
		assert.equal(await userInfo.ended, 0, userInfo.heard.stderr);
		const logout = await pipedCommand(t, ['logout', '--store', 'file', ...args], env);
		assert.equal(await logout.ended, 0, logout.heard.stderr);
		for (const endpoint of ['openidConfiguration', 'deviceAuthorization', 'token', 'jwks', 'userInfo', 'revocation']) {
			assert.ok(server.requestsTo(endpoint as never).length > 0, `${endpoint} was asked`);
		}

		assert.deepEqual([...new Set(proxy.requests)], ['CONNECT login.corp.test:443']);
	});
}

test('demand 51: what NO_PROXY names is asked directly', async t => {
	const {ca, proxy, server, port} = await corporateNetwork(t, at => `https://localhost:${at}`);
	const args = login(`https://localhost:${port}`, '--flow', 'device', '--ca-file', ca.caFile);
	const env = {HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost,127.0.0.1'};
	const command = await pipedCommand(t, args, env);
	await command.line('stdout', /"device-code"/);
	server.approve();
	assert.equal(await command.ended, 0, command.heard.stdout);
	assert.deepEqual(proxy.requests, []);
});

test('demand 51: a certificate that is not trusted is named as the cause, with the way out', async t => {
	const {proxy, port} = await corporateNetwork(t, at => `https://localhost:${at}`);
	const behindProxy = await pipedCommand(t, login('https://login.corp.test', '--flow', 'device'), {
		HTTPS_PROXY: proxy.url,
	});
	const direct = await pipedCommand(t, login(`https://localhost:${port}`, '--flow', 'device'));
	for (const command of [behindProxy, direct]) {
		assert.equal(await command.ended, 1);
		const event = lastEvent(command);
		assert.ok(event.type === 'failed');
		assert.equal(event.code, 'tls_error');
		assert.match(event.message, /certificate/);
		assert.match(event.hint, /--ca-file/);
		assert.match(event.hint, /NODE_EXTRA_CA_CERTS/);
	}
});

test('demand 51: a proxy that is not there is named', async t => {
	const {proxy} = await corporateNetwork(t, () => 'https://login.corp.test');
	const {port} = proxy;
	await proxy[Symbol.asyncDispose]();
	const env = {HTTPS_PROXY: `http://127.0.0.1:${port}`};
	const command = await pipedCommand(t, login('https://login.corp.test', '--flow', 'device'), env);
	assert.equal(await command.ended, 1);
	const event = lastEvent(command);
	assert.ok(event.type === 'failed' && event.code === 'network_error');
	assert.match(`${event.message} ${event.hint}`, /proxy/i);
});
