import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import http, {type RequestListener} from 'node:http';
import https from 'node:https';
import type {AddressInfo, Server} from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import {after, before, test} from 'node:test';
import {inspect, promisify} from 'node:util';
import {LoginError} from '../../source/core/errors.js';
import {createFetch} from '../../source/terminal/proxy-fetch.js';
import {createPrivateCa, type PrivateCa} from '../support/certificates.js';
import {environmentOf} from '../support/environment.js';
import {startForwardProxy} from '../support/forward-proxy.js';

const host = 'auth.corp.test';
let ca: PrivateCa;
let otherCa: PrivateCa;
let securePort: number;
let otherPort: number;
let plainPort: number;
const servers: (http.Server | https.Server)[] = [];

const echo: RequestListener = (request, response) => {
	let body = '';
	request.on('data', (chunk: Buffer) => (body += chunk.toString()));
	request.on('end', () => {
		response.setHeader('content-type', 'application/json');
		const {method, url, headers} = request;
		response.end(JSON.stringify({method, url, host: headers.host, type: headers['content-type'], body}));
	});
};

const listen = async (server: http.Server | https.Server): Promise<number> => {
	servers.push(server);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return ((server as Server).address() as AddressInfo).port;
};

before(async () => {
	[ca, otherCa] = await Promise.all([createPrivateCa('Acme'), createPrivateCa('Other')]);
	securePort = await listen(https.createServer(await ca.issue(host, 'localhost'), echo));
	otherPort = await listen(https.createServer(await otherCa.issue('localhost'), echo));
	plainPort = await listen(http.createServer(echo));
});

after(async () => {
	for (const server of servers) {
		server.close();
		server.closeAllConnections();
	}

	await Promise.all([ca[Symbol.asyncDispose](), otherCa[Symbol.asyncDispose]()]);
});

const startProxy = async () =>
	startForwardProxy({[`${host}:443`]: securePort, [`${host}:80`]: plainPort, 'wrong.test:443': securePort});

const codeOf = (error: unknown): unknown => {
	assert.ok(error instanceof TypeError && error.cause instanceof Error);
	return (error.cause as NodeJS.ErrnoException).code;
};

const json = async (response: Response) => (await response.json()) as Record<string, unknown>;

test('a form goes out as one, by a fetch of our own too', async () => {
	const ownFetch = await createFetch(environmentOf({env: {HTTPS_PROXY: 'http://127.0.0.1:9'}}));
	const form = new FormData();
	form.set('x', '1');
	const {type, body} = await json(await ownFetch(`http://127.0.0.1:${plainPort}/`, {method: 'POST', body: form}));
	assert.match(String(type), /^multipart\/form-data; ?boundary=/);
	assert.match(String(body), /name="x"\r\n\r\n1\r\n/);
});

test('without proxy and CA file requests go out as ever', async () => {
	const plainFetch = await createFetch(environmentOf({env: {NO_PROXY: 'x'}}));
	assert.equal((await json(await plainFetch(`http://127.0.0.1:${plainPort}/a`)))['url'], '/a');
});

test('demand 51: a form posted through HTTPS_PROXY reaches a server with a private certificate', async () => {
	await using proxy = await startProxy();
	const proxied = await createFetch(environmentOf({env: {HTTPS_PROXY: proxy.url}}), {caFile: ca.caFile});
	const response = await proxied(`https://${host}/token`, {
		method: 'POST',
		body: new URLSearchParams({grant_type: 'refresh_token'}),
		headers: new Headers({accept: 'application/json'}),
		redirect: 'manual',
		signal: AbortSignal.timeout(60_000),
	});
	const answer = await json(response);
	assert.equal(answer['method'], 'POST');
	assert.equal(answer['host'], host);
	assert.equal(answer['body'], 'grant_type=refresh_token');
	assert.match(String(answer['type']), /x-www-form-urlencoded/);
	assert.deepEqual(proxy.requests, [`CONNECT ${host}:443`]);
});

test('demand 51: a Request goes the same way, and http through HTTP_PROXY', async () => {
	await using proxy = await startProxy();
	const proxied = await createFetch(environmentOf({env: {http_proxy: proxy.url, https_proxy: proxy.url}}), {
		caFile: ca.caFile,
	});
	const request = new Request(`https://${host}/r`, {method: 'POST', body: 'x=1'});
	assert.equal((await json(await proxied(request)))['body'], 'x=1');
	assert.equal((await json(await proxied(new URL(`http://${host}/p`))))['url'], '/p');
	assert.match(proxy.requests.join('\n'), new RegExp(`^CONNECT ${host}:443\n.*${host}`));
});

test('a certificate of an unknown authority is refused behind a proxy too', async () => {
	await using proxy = await startProxy();
	const proxied = await createFetch(environmentOf({env: {HTTPS_PROXY: proxy.url}}));
	const code = await proxied(`https://${host}/`).catch(codeOf);
	assert.match(String(code), /UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/);
});

test('a trusted authority does not make a certificate good for another host', async () => {
	await using proxy = await startProxy();
	const proxied = await createFetch(environmentOf({env: {HTTPS_PROXY: proxy.url}}), {caFile: ca.caFile});
	assert.equal(await proxied('https://wrong.test/').catch(codeOf), 'ERR_TLS_CERT_ALTNAME_INVALID');
});

test('NODE_TLS_REJECT_UNAUTHORIZED=0 takes the check off none of our requests', async t => {
	await using proxy = await startProxy();
	process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
	t.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
	const direct = `https://localhost:${securePort}/`;
	const proxied = {env: {HTTPS_PROXY: proxy.url}};
	for (const [environment, options, url] of [
		[{}, {}, direct],
		[{}, {caFile: otherCa.caFile}, direct],
		[proxied, {}, direct],
		[proxied, {}, `https://${host}/`],
		[proxied, {caFile: otherCa.caFile}, `https://${host}/`],
	] as const) {
		const ask = await createFetch(environmentOf(environment), options);
		const code = await ask(url).then(({status}) => status, codeOf);
		assert.match(
			String(code),
			/UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/,
			JSON.stringify([environment, options, url]),
		);
	}

	const trusting = await createFetch(environmentOf({env: {}}), {caFile: ca.caFile});
	assert.equal((await trusting(direct)).status, 200);
});

test('a runtime whose check is switched off between two requests sends no second one unchecked', async t => {
	const ask = await createFetch(environmentOf({env: {}}));
	assert.equal((await ask(`http://127.0.0.1:${plainPort}/`)).status, 200);
	process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
	t.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
	const code = await ask(`https://localhost:${securePort}/`).then(({status}) => status, codeOf);
	assert.match(String(code), /UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/);
});

test('a proxy that refuses to connect is named with its status, and its password is not', async () => {
	for (const [status, hint] of [
		['403 Forbidden', /NO_PROXY/],
		['407 Proxy Authentication Required', /name and a password/],
	] as const) {
		await using proxy = await startForwardProxy({}, status);
		const env = {HTTPS_PROXY: `http://alice:geheim@127.0.0.1:${proxy.port}`};
		const proxied = await createFetch(environmentOf({env}));
		await assert.rejects(proxied(`https://${host}/token?code=1`), error => {
			assert.ok(error instanceof LoginError, String(error));
			assert.equal(error.code, 'network_error');
			assert.equal(
				error.message,
				`The proxy 127.0.0.1:${proxy.port} refused to connect to ${host} (HTTP ${status.slice(0, 3)}).`,
			);
			assert.match(error.hint, hint);
			assert.doesNotMatch(inspect(error) + JSON.stringify(error), /geheim|alice|code=1/);
			return true;
		});
	}
});

test('NO_PROXY and loopback go past the proxy', async () => {
	await using proxy = await startProxy();
	const env = {HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, NO_PROXY: '.corp.test,other.test'};
	const proxied = await createFetch(environmentOf({env}), {caFile: ca.caFile});
	assert.equal((await json(await proxied(`https://localhost:${securePort}/here`)))['url'], '/here');
	assert.equal((await json(await proxied(`http://127.0.0.1:${plainPort}/here`)))['url'], '/here');
	assert.match(String(await proxied(`https://${host}/`).catch(codeOf)), /ENOTFOUND|EAI_AGAIN/);
	assert.deepEqual(proxy.requests, []);
});

test('a proxy may want a name and a password, and be written without http://', async () => {
	await using proxy = await startProxy();
	const proxied = await createFetch(environmentOf({env: {HTTPS_PROXY: `alice:pass%20word@127.0.0.1:${proxy.port}`}}), {
		caFile: ca.caFile,
	});
	await proxied(`https://${host}/`);
	assert.deepEqual(proxy.authorizations, [`Basic ${Buffer.from('alice:pass word').toString('base64')}`]);
});

test('a proxy that is none is refused, and its password not repeated', async () => {
	for (const value of ['socks5://alice:geheim@proxy.test', 'http://alice:geheim@', 'htp://x']) {
		await assert.rejects(createFetch(environmentOf({env: {HTTPS_PROXY: value}})), error => {
			assert.ok(error instanceof Error && 'hint' in error);
			assert.match(error.message, /^HTTPS_PROXY/);
			assert.doesNotMatch(`${error.message}${String(error.hint)}`, /geheim/);
			return true;
		});
	}
});

test('a CA file that is missing, or holds no certificate, is refused', async () => {
	const empty = path.join(path.dirname(ca.caFile), 'empty.pem');
	await writeFile(empty, 'nothing');
	for (const caFile of ['/missing/ca.pem', empty]) {
		await assert.rejects(createFetch(environmentOf(), {caFile}), {name: 'LoginError', code: 'config_error'});
	}
});

/** Asks for addresses in a process of its own, since Node.js reads its certificates at the start. */
const askElsewhere = async (urls: string[], caFile: string | undefined, env: Record<string, string>) => {
	const script = `
		const {createFetch} = await import('./source/terminal/proxy-fetch.ts');
		const {detectEnvironment} = await import('./source/terminal/environment.ts');
		const ask = await createFetch(detectEnvironment(), ${JSON.stringify({caFile})});
		for (const url of ${JSON.stringify(urls)}) {
			const {status} = await ask(url).catch(error => ({status: error.cause.code}));
			console.log(status);
		}
	`;
	const {stdout} = await promisify(execFile)(
		process.execPath,
		['--import', 'tsx', '--input-type=module', '-e', script],
		{env: {PATH: process.env['PATH'], ...env}, cwd: new URL('../..', import.meta.url)},
	);
	return stdout.trim().split('\n');
};

test('demand 51: NODE_EXTRA_CA_CERTS holds besides --ca-file, behind a proxy or not, and the process ends by itself', async () => {
	await using proxy = await startProxy();
	const urls = [`https://${host}/`, `https://localhost:${otherPort}/`];
	const env = {NODE_EXTRA_CA_CERTS: ca.caFile, HTTPS_PROXY: proxy.url};
	assert.deepEqual(await askElsewhere(urls, otherCa.caFile, env), ['200', '200']);
	assert.deepEqual(
		await askElsewhere([`https://localhost:${securePort}/`], undefined, {NODE_EXTRA_CA_CERTS: ca.caFile}),
		['200'],
	);
});

test("demand 51: the system's own certificates are tried, where Node can read them, when the usual ones do not vouch for a server", async () => {
	const url = `https://localhost:${securePort}/`;
	const responses = await askElsewhere([url, url], undefined, {SSL_CERT_FILE: ca.caFile});
	// Before Node 22.15 they cannot be read: the failure stays, and --ca-file helps.
	if ('getCACertificates' in tls) assert.deepEqual(responses, ['200', '200']);
	else assert.notDeepEqual(responses, ['200', '200']);
	assert.notDeepEqual(await askElsewhere([url], undefined, {SSL_CERT_FILE: otherCa.caFile}), ['200']);
});

test('a proxy that cannot be reached is named, not the server behind it', async () => {
	const closed = http.createServer().listen(0, '127.0.0.1');
	await once(closed, 'listening');
	const {port} = closed.address() as AddressInfo;
	closed.close();
	await once(closed, 'close');
	for (const url of ['https://auth.test/token', 'http://auth.test/token']) {
		const proxy = `http://alice:geheim@127.0.0.1:${port}`;
		const reach = await createFetch(environmentOf({env: {HTTPS_PROXY: proxy, HTTP_PROXY: proxy}}));
		await assert.rejects(reach(url), {
			code: 'network_error',
			message: `Can't connect to the proxy 127.0.0.1:${port}: connection refused.`,
		});
		// Loopback is never proxied, so this is the server itself.
		await assert.rejects(reach(`http://127.0.0.1:${port}/token`), {name: 'TypeError'});
	}
});
