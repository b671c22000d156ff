import assert from 'node:assert/strict';
import {once} from 'node:events';
import http from 'node:http';
import net from 'node:net';
import {test, type TestContext} from 'node:test';
import {systemClock, systemRandom, type Clock} from '../../../source/core/clock.js';
import {callbackPages} from '../../../source/login/loopback/pages.js';
import {openLoopback, type LoopbackOptions} from '../../../source/login/loopback/server.js';
import {redirectTarget} from '../../../source/login/loopback/redirect-uri.js';
import type {ProviderSettings} from '../../../source/oauth/provider.js';
import {escapeHref} from '../../../source/core/safe-url.js';
import {createManualClock} from '../../../source/testing/manual-clock.js';
import {get, rawRequest} from '../../support/raw-request.js';
import {shortest} from '../../support/shortest.js';

type Options = Partial<LoopbackOptions> & {readonly redirect?: ProviderSettings['redirect']; readonly clock?: Clock};

/** A server that holds every callback whose query is `code=true`. */
const open = async (t: TestContext, {redirect, ...options}: Options = {}) => {
	const target = redirectTarget(redirect);
	assert.equal(target.kind, 'loopback');
	const abort = new AbortController();
	const seen: string[] = [];
	let held: (() => void) | undefined;
	const holding = new Promise<void>(resolve => (held = resolve));
	const server = await openLoopback({
		target: target,
		clock: systemClock,
		random: systemRandom,
		signal: abort.signal,
		onCallback(parameters) {
			seen.push(String(parameters));
			if (parameters.get('code') !== 'true') return 'ignored';
			held?.();
			return 'hold';
		},
		onVisit: async () => escapeHref('https://auth.acme.dev/authorize?client_id=x'),
		...options,
	});
	t.after(async () => server.close());
	const {port, host} = new URL(server.redirectUri);
	return {server, abort, seen, holding, port: Number(port), host};
};

/** Resolves to whether a new program could have the port. */
const isFree = async (port: number, host = '127.0.0.1'): Promise<boolean> => {
	const probe = net.createServer();
	const outcome = await new Promise<boolean>(resolve => {
		probe.once('error', () => resolve(false));
		probe.listen({port, host, exclusive: true}, () => resolve(true));
	});
	if (outcome) await new Promise(resolve => probe.close(resolve));
	return outcome;
};

test('N03, N07: it listens on 127.0.0.1 alone, on a port of the system', async t => {
	const {server, port} = await open(t);
	assert.match(server.redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
	assert.equal(await isFree(port), false);
	assert.equal(await isFree(port, '127.0.0.2'), true);
});

test('the short link has 65 random bits and leads to the authorization server', async t => {
	const first = await open(t);
	const second = await open(t);
	const path = new URL(first.server.shortUrl).pathname;
	assert.match(path, /^\/[a-z2-9]{13}$/);
	assert.notEqual(path, new URL(second.server.shortUrl).pathname);
	const {status, headers, body} = await get(first.server.shortUrl, 'Sec-Fetch-Dest: document');
	assert.equal(status, 302);
	assert.equal(headers.get('location'), 'https://auth.acme.dev/authorize?client_id=x');
	assert.equal(headers.get('referrer-policy'), 'no-referrer');
	assert.equal(headers.get('cache-control'), 'no-store');
	assert.equal(body, '');
});

test('the short link answers 503 when there is nowhere to lead to', async t => {
	const {server} = await open(t, {onVisit: async () => Promise.reject(new Error('https://secret.example'))});
	const {status, body} = await get(server.shortUrl);
	assert.equal(status, 503);
	assert.equal(body, callbackPages.terminal);
});

test('S16, S17: every response has the strict headers, and reflects nothing', async t => {
	const {server} = await open(t);
	const payload = encodeURIComponent('"><script>alert(1)</script>\r\nSet-Cookie: a=b');
	const responses = [
		await get(`${server.redirectUri}?error=${payload}&error_description=${payload}&state=${payload}`),
		await get(`${server.redirectUri}/${payload}`),
		await get(server.shortUrl),
		await get(server.redirectUri, 'Sec-Fetch-Dest: iframe'),
	];
	assert.deepEqual(
		responses.map(({status}) => status),
		[400, 404, 302, 403],
	);
	for (const {headers, body} of responses) {
		assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
		assert.match(
			headers.get('content-security-policy')!,
			/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; frame-ancestors 'none'; base-uri 'none'; form-action 'none'$/,
		);
		assert.equal(headers.get('x-content-type-options'), 'nosniff');
		assert.equal(headers.get('referrer-policy'), 'no-referrer');
		assert.equal(headers.get('cache-control'), 'no-store');
		assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
		assert.equal(headers.get('connection'), 'close');
		assert.equal(headers.has('access-control-allow-origin'), false);
		assert.equal(headers.has('set-cookie'), false);
		assert.ok(body === '' || body === callbackPages.terminal);
	}
});

test('S9, S10, S14: over the wire, odd requests are turned away and none reaches the login', async t => {
	const {port, host, seen} = await open(t);
	const request = async (...lines: readonly string[]) => {
		const {status} = await rawRequest(port, lines.join('\r\n') + '\r\n\r\n');
		return status;
	};

	assert.equal(await request('GET /callback?code=true HTTP/1.1', `Host: ${host}`, 'Host: evil.example'), 400);
	assert.equal(await request('GET /callback?code=true HTTP/1.1'), 400);
	assert.equal(await request('GET /callback?code=true HTTP/1.0'), 400);
	assert.equal(await request('GET /callback?code=true HTTP/1.1', 'Host: evil.example'), 421);
	assert.equal(await request('GET /callback?code=true HTTP/1.1', `Host: localhost:${port}`), 421);
	assert.equal(await request(`GET http://${host}/callback?code=true HTTP/1.1`, `Host: ${host}`), 400);
	assert.equal(await request('GET //evil/callback?code=true HTTP/1.1', `Host: ${host}`), 404);
	assert.equal(await request('HEAD /callback?code=true HTTP/1.1', `Host: ${host}`), 405);
	assert.equal(await request('OPTIONS /callback HTTP/1.1', `Host: ${host}`, 'Origin: https://evil.example'), 405);
	assert.equal(await request('POST /callback?code=true HTTP/1.1', `Host: ${host}`, 'Content-Length: 0'), 405);
	assert.equal(await request('GET /callback?code=true HTTP/1.1', `Host: ${host}`, 'Purpose: prefetch'), 503);
	assert.equal(await request('GET /favicon.ico HTTP/1.1', `Host: ${host}`), 404);
	assert.equal(await request('not http'), 400);
	assert.deepEqual(seen, []);
});

test('S15: a header of more than 16 KiB is refused', async t => {
	const {server, seen} = await open(t);
	const {status} = await get(`${server.redirectUri}?code=${'x'.repeat(17 * 1024)}`);
	assert.equal(status, 431);
	assert.deepEqual(seen, []);
});

test('S15: with too many connections the oldest idle one goes, and the true callback gets through', async t => {
	const {server, port, holding} = await open(t);
	const sockets: net.Socket[] = [];
	t.after(() => sockets.forEach(socket => socket.destroy()));
	const idle = async () => {
		const socket = net.connect(port, '127.0.0.1');
		socket.on('error', () => undefined);
		sockets.push(socket);
		await once(socket, 'connect');
		socket.write('GET /callback HTTP/1.1\r\n');
		return socket;
	};

	const first = await idle();
	const firstClosed = once(first, 'close');
	const waiting = get(`${server.redirectUri}?code=true`);
	await holding;
	for (let count = 0; count < 40; count += 1) await idle();
	await firstClosed;
	assert.equal(sockets.filter(socket => !socket.destroyed).length <= 21, true);
	server.respond('the outcome');
	assert.equal((await waiting).body, 'the outcome');
});

test('demand 26: the browser waits for the outcome, and has the whole page before the port closes', async t => {
	const {server, port, holding} = await open(t);
	const waiting = get(`${server.redirectUri}?code=true`);
	await holding;
	server.respond('the outcome');
	await server.close();
	const {status, headers, body} = await waiting;
	assert.equal(status, 200);
	assert.equal(headers.has('location'), false);
	assert.equal(body, 'the outcome');
	assert.equal(await isFree(port), true);
});

test('after three seconds the browser is sent to the terminal', async t => {
	const clock = createManualClock();
	const {server, holding} = await open(t, {clock});
	const waiting = get(`${server.redirectUri}?code=true`);
	await holding;
	assert.equal(clock.untilNextSleeper, 3000);
	await clock.advanceToNextSleeper();
	assert.equal((await waiting).body, callbackPages.terminal);
	server.respond('the outcome');
});

test('demands 23, 25: an abort frees the port within 100 ms, with a keep-alive browser and an idle connection attached', async t => {
	const took = await shortest(100, async () => {
		const {server, abort, port, holding} = await open(t);
		const agent = new http.Agent({keepAlive: true});
		t.after(() => agent.destroy());
		const ask = async (query: string) =>
			new Promise<string>((resolve, reject) => {
				http
					.get(server.redirectUri + query, {agent}, response => {
						response.setEncoding('utf8');
						let body = '';
						response.on('data', (chunk: string) => (body += chunk));
						response.on('end', () => resolve(body));
					})
					.on('error', reject);
			});
		await ask('?code=false');
		const idle = net.connect(port, '127.0.0.1');
		await once(idle, 'connect');
		const idleClosed = once(idle, 'close');
		const waiting = ask('?code=true');
		await holding;
		const before = performance.now();
		abort.abort();
		await server.close();
		await idleClosed;
		assert.equal(await isFree(port), true);
		const took = performance.now() - before;
		assert.equal(await waiting, callbackPages.terminal);
		return took;
	});
	assert.ok(took < 100, `${took} ms`);
});

test('an abort before the port is open leaves none open', async t => {
	const abort = new AbortController();
	abort.abort(new Error('left'));
	await assert.rejects(open(t, {signal: abort.signal}), /left/);
});

test('a browser that does not read cannot hold the port', async t => {
	const took = await shortest(100, async () => {
		const {server, port, holding} = await open(t);
		const socket = net.connect({port, host: '127.0.0.1', allowHalfOpen: true});
		t.after(() => socket.destroy());
		socket.on('error', () => undefined);
		socket.pause();
		socket.write(`GET /callback?code=true HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
		await holding;
		const before = performance.now();
		await server.close();
		return performance.now() - before;
	});
	assert.ok(took < 100, `${took} ms`);
});

test('demand 22: a taken port is passed over, and the port in the redirect URI is the one that was bound', async t => {
	const first = await open(t);
	const spare = await open(t);
	const {port} = spare;
	await spare.server.close();
	const second = await open(t, {redirect: {ports: [first.port, port]}});
	assert.equal(second.server.redirectUri, `http://127.0.0.1:${port}/callback`);
	await assert.rejects(open(t, {redirect: {ports: [first.port, port]}}), {
		code: 'port_in_use',
		message: `The ports ${first.port} and ${port} are all in use.`,
	});
	await assert.rejects(open(t, {redirect: {uri: first.server.redirectUri}}), {
		code: 'port_in_use',
		message: `Port ${first.port} is in use.`,
	});
});

const hasIpv6 = await isFree(0, '::1');

test('S8, demand 19: localhost answers on both protocols at one port', {skip: !hasIpv6 && 'no IPv6'}, async t => {
	const {server, port} = await open(t, {redirect: {host: 'localhost'}});
	assert.equal(server.redirectUri, `http://localhost:${port}/callback`);
	const text = `GET /callback HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
	assert.equal((await rawRequest(port, text, '127.0.0.1')).status, 400);
	assert.equal((await rawRequest(port, text, '::1')).status, 400);
	assert.equal((await get(server.shortUrl)).status, 302);
	await server.close();
	assert.equal((await isFree(port)) && (await isFree(port, '::1')), true);
});

test('N04: a redirect to [::1] is served there', {skip: !hasIpv6 && 'no IPv6'}, async t => {
	const {server, port, seen} = await open(t, {redirect: {uri: 'http://[::1]/cb'}});
	assert.equal(server.redirectUri, `http://[::1]:${port}/cb`);
	assert.equal((await get(`${server.redirectUri}?code=false`)).status, 400);
	assert.deepEqual(seen, ['code=false']);
});

test('demands 18, 20, 21: a redirect to another name that is forwarded here binds one of the ports and answers under that name', async t => {
	const uri = 'https://fluffy-8400.app.github.dev/back';
	const first = await open(t);
	const spare = await open(t);
	await spare.server.close();
	const {server, seen} = await open(t, {redirect: {uri, ports: [first.port, spare.port]}});
	assert.equal(server.redirectUri, uri);
	assert.match(server.shortUrl, /^https:\/\/fluffy-8400\.app\.github\.dev\/\w{13}$/);
	const ask = async (host: string, path: string) =>
		(await rawRequest(spare.port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status;
	const {pathname} = new URL(server.shortUrl);
	// A forwarder keeps the name, or gives ours.
	assert.equal(await ask('fluffy-8400.app.github.dev', pathname), 302);
	assert.equal(await ask(`localhost:${spare.port}`, pathname), 302);
	assert.equal(await ask(`127.0.0.1:${spare.port}`, '/back?code=false'), 400);
	assert.deepEqual(seen, ['code=false']);
	assert.equal(await ask('fluffy-8401.app.github.dev', pathname), 421);
	assert.equal(await ask('fluffy-8400.app.github.dev', '/callback'), 404);
	assert.equal(await isFree(spare.port, '127.0.0.2'), true, 'and on loopback alone');
});
