import assert from 'node:assert/strict';
import {copyFile, rename} from 'node:fs/promises';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {createMemoryStore, TokenEngine} from '../../source/engine.js';
import type {LoginEvent} from '../../source/login/events.js';
import {browserScript} from '../support/browser-script.js';
import {pipedCommand, temporaryFolder, type PipedCommand} from '../support/built-command.js';
import {createPrivateCa, type PrivateCa} from '../support/certificates.js';
import {startNamedServer, type NamedServer} from '../support/named-server.js';
import {sessionHome} from '../support/session-command.js';

/** An authorization server with a certificate of the company's own, under a name that the proxy alone knows. */
const corporateNetwork = async (t: TestContext, issuerAt: (port: number) => string): Promise<NamedServer> => {
	const network = await startNamedServer('login.corp.test', {issuerAt, interval: 1});
	t.after(async () => network[Symbol.asyncDispose]());
	return network;
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

		// What comes after the login needs no option.
		const userInfo = await pipedCommand(t, ['status', '--userinfo', '--json', '--store', 'file'], env);
		assert.equal(await userInfo.ended, 0, userInfo.heard.stderr);
		const {expire} = await sessionHome(t, home);
		for (const command of [['token'], ['exec', '--', 'true']]) {
			expire();
			const {ended, heard} = await pipedCommand(t, command, env);
			assert.equal(await ended, 0, heard.stderr);
		}

		const logout = await pipedCommand(t, ['logout', '--store', 'file'], env);
		assert.equal(await logout.ended, 0, logout.heard.stderr);
		for (const endpoint of ['openidConfiguration', 'deviceAuthorization', 'token', 'jwks', 'userInfo', 'revocation']) {
			assert.ok(server.requestsTo(endpoint as never).length > 0, `${endpoint} was asked`);
		}

		assert.deepEqual([...new Set(proxy.requests)], ['CONNECT login.corp.test:443']);
	});
}

/** A home with an expired session at a server whose certificate is the company's own. */
const expiredSession = async (t: TestContext) => {
	const {ca, server, port} = await corporateNetwork(t, at => `https://localhost:${at}`);
	const caFile = path.join(await temporaryFolder(t), 'company.pem');
	await copyFile(ca.caFile, caFile);
	const session = await sessionHome(t);
	const issuer = `https://localhost:${port}`;
	const more = ['--ca-file', path.relative('.', caFile)];
	await session.signIn({issuer, clientId: 'test-client'}, {credentials: ['ada', 'analytical engine'], more});
	session.expire();
	const refreshes = () =>
		server.requestsTo('token').filter(({parameters}) => parameters.get('grant_type') === 'refresh_token').length;
	return {...session, caFile, refreshes};
};

test('a stored CA file that is gone is named, with the option that names another; nothing is sent', async t => {
	const {run, caFile, refreshes} = await expiredSession(t);
	await rename(caFile, `${caFile}.moved`);
	const {exit, stderr} = await run(['token']);
	assert.equal(exit, 1);
	assert.equal(stderr.split('\n')[0], `ink-login: The CA file ${caFile} can't be read, or has no certificate in it.`);
	assert.match(stderr, /--ca-file/);
	assert.equal(refreshes(), 0);
	assert.equal((await run(['token', '--ca-file', `${caFile}.moved`])).exit, 0);
});

test('NODE_TLS_REJECT_UNAUTHORIZED=0 hands no refresh token to a server that nobody vouches for', async t => {
	const {run, change, refreshes} = await expiredSession(t);
	const other = await createPrivateCa('Other');
	t.after(async () => other[Symbol.asyncDispose]());
	const env = {NODE_TLS_REJECT_UNAUTHORIZED: '0'};
	change(({caFile: _, ...session}) => session);
	for (const args of [['token'], ['token', '--ca-file', other.caFile]]) {
		const {exit, stdout, stderr} = await run(args, {env});
		assert.deepEqual([exit, stdout], [1, '']);
		assert.match(stderr, /certificate of localhost:\d+ isn't trusted here/);
	}

	assert.equal(refreshes(), 0);
});

test("a program's engine follows the proxy variables and trusts its caFile by itself", async t => {
	const issuer = 'https://login.corp.test';
	const {ca, proxy, server} = await corporateNetwork(t, () => issuer);
	process.env['HTTPS_PROXY'] = proxy.url;
	t.after(() => delete process.env['HTTPS_PROXY']);
	const {provider} = server;
	const engine = new TokenEngine({provider, store: createMemoryStore(), caFile: ca.caFile});
	const run = engine.login({flow: 'device'});
	for await (const {type} of run) {
		if (type === 'device-code') server.approve();
	}

	assert.equal((await run.session).identity?.name, 'Ada Lovelace');
	assert.deepEqual([...new Set(proxy.requests)], ['CONNECT login.corp.test:443']);
});

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
