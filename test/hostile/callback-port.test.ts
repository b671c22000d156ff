import assert from 'node:assert/strict';
import net, {type Socket} from 'node:net';
import {test} from 'node:test';
import type {BrowserOpener} from '../../source/login/terminal.js';
import {TokenEngine} from '../../source/token-engine.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {get, rawRequest} from '../support/raw-request.js';
import {eventsOf, providerIssuer} from '../support/whole-login.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

type Attack = {
	/** Of the loopback server. */
	readonly port: number;
	readonly redirectUri: string;
	/** Where the browser would go. */
	readonly address: URL;
	/** Goes there for the person, who allows everything, and comes back with the true response. */
	readonly signIn: () => Promise<void>;
};

/** A whole login during which someone else on this computer works on the port. */
const underAttack = async (attack: (attack: Attack) => Promise<void>) => {
	const server = await startScriptedServer({issuer: providerIssuer});
	let failure: unknown;
	const openBrowser: BrowserOpener = async opened => {
		const address = new URL((await get(opened)).headers.get('location')!);
		const redirectUri = address.searchParams.get('redirect_uri')!;
		const signIn = async () => {
			await server.openBrowser(opened, new AbortController().signal);
		};
		try {
			await attack({port: Number(new URL(redirectUri).port), redirectUri, address, signIn});
		} catch (error) {
			failure = error;
			void run.cancel();
		}

		return {status: 'opened'};
	};
	const engine = new EngineWithBrowser({
		provider: server.provider,
		store: createMemoryStore(),
		fetch: server.fetch,
		openBrowser,
	});
	const run = engine.login({flow: 'browser', timeout: 60});
	const events = [];
	for await (const event of run) events.push(event);
	if (failure !== undefined) throw failure as Error;
	return {events, server, session: await run.session};
};

const connect = async (port: number): Promise<Socket> =>
	new Promise((resolve, reject) => {
		const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
		socket.once('error', reject);
	});

const forgeries = (redirectUri: string): readonly string[] => [
	'?error=access_denied',
	'?error=access_denied&state=x',
	'?code=evil&state=x',
	'?code=evil',
	'?state=',
	'?code=evil&state=x&state=y',
	'',
	'?error=invalid_request&error_description=%3Cscript%3Ealert(1)%3C/script%3E%1B%5B2J',
	`?code=evil&redirect_uri=https://evil.example&return_to=${encodeURIComponent(redirectUri)}`,
];

test('S7, B09: of a thousand forged answers that race the true one none ends the login, and none leads anywhere', async () => {
	const {session, events, server} = await underAttack(async ({redirectUri, signIn}) => {
		const queries = forgeries(redirectUri);
		let sent = 0;
		const forge = async () => {
			while (sent < 1000) {
				const answer = await get(redirectUri + queries[sent++ % queries.length]!);
				// The port closes as soon as the true response was taken.
				if (answer.status === 0) return;
				assert.ok([200, 400].includes(answer.status), `${answer.status}`);
				assert.equal(answer.headers.has('location'), false);
				assert.doesNotMatch(answer.body, /<script|evil|\p{Cc}(?<![\t\n])/u);
			}
		};
		const forgers = Array.from({length: 10}, forge);
		while (sent < 500) await new Promise(resolve => setImmediate(resolve));
		await signIn();
		await Promise.all(forgers);
	});
	assert.equal(session.identity?.subject, 'user-1');
	assert.ok(eventsOf(events, 'callback-ignored').length >= 400);
	assert.equal(server.requestsTo('token').length, 1);
});

test('S15: among slow clients that never finish a header the true response gets through, and the port is free at the end', async () => {
	const slow: Socket[] = [];
	let taken = 0;
	await underAttack(async ({port, signIn}) => {
		taken = port;
		for (let index = 0; index < 60; index++) {
			const socket = await connect(port);
			socket.on('error', () => undefined);
			socket.write('GET /callback HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
			slow.push(socket);
		}

		const drip = setInterval(() => {
			for (const socket of slow) if (socket.writable) socket.write('x');
		}, 10);
		await signIn().finally(() => clearInterval(drip));
	});
	await assert.rejects(connect(taken), {code: 'ECONNREFUSED'});
	for (const socket of slow) socket.destroy();
});

test('S15: with a full backlog of silent connections the true response gets through', async () => {
	const {session} = await underAttack(async ({port, signIn}) => {
		const silent = Array.from({length: 700}, () => net.connect(port, '127.0.0.1').on('error', () => undefined));
		await signIn();
		for (const socket of silent) socket.destroy();
	});
	assert.equal(session.identity?.subject, 'user-1');
});

test('S9, S10, S11, S13, S14: the matrix of requests that are none of ours, over the wire, before the true response', async () => {
	const {session, server} = await underAttack(async ({port, address, signIn}) => {
		const state = address.searchParams.get('state')!;
		const target = `/callback?code=evil&state=${state}`;
		const host = `Host: 127.0.0.1:${port}`;
		const matrix: readonly (readonly [request: string, ...statuses: readonly number[]])[] = [
			// Anyone who knows the state still needs the right kind of request.
			[`HEAD ${target} HTTP/1.1\r\n${host}`, 405],
			[`POST ${target} HTTP/1.1\r\n${host}\r\nContent-Length: 0`, 405],
			[`OPTIONS ${target} HTTP/1.1\r\n${host}\r\nAccess-Control-Request-Private-Network: true`, 405],
			[`GET ${target} HTTP/1.1\r\nHost: evil.example`, 421],
			[`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port + 1}`, 421],
			[`GET ${target} HTTP/1.1\r\nHost: localhost:${port}`, 421],
			[`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}.evil.example`, 421],
			[`GET ${target} HTTP/1.1\r\n${host}\r\nHost: evil.example`, 400],
			[`GET ${target} HTTP/1.1`, 400],
			[`GET ${target} HTTP/1.0`, 400],
			[`GET http://127.0.0.1:${port}${target} HTTP/1.1\r\n${host}`, 400],
			[`GET http://evil.example${target} HTTP/1.1\r\n${host}`, 400],
			[`GET //evil.example${target} HTTP/1.1\r\n${host}`, 404],
			[`GET /callback/..${target} HTTP/1.1\r\n${host}`, 404],
			[`GET /%63allback?code=evil&state=${state} HTTP/1.1\r\n${host}`, 404],
			[`GET /callback/?code=evil&state=${state} HTTP/1.1\r\n${host}`, 404],
			[`GET /Callback?code=evil&state=${state} HTTP/1.1\r\n${host}`, 404],
			['GET /favicon.ico HTTP/1.1\r\n' + host, 404],
			['GET / HTTP/1.1\r\n' + host, 404],
			[`GET ${target} HTTP/1.1\r\n${host}\r\nSec-Fetch-Dest: empty`, 403],
			[`GET ${target} HTTP/1.1\r\n${host}\r\nSec-Fetch-Dest: iframe`, 403],
			[`GET ${target} HTTP/1.1\r\n${host}\r\nSec-Fetch-Dest: image`, 403],
			[`GET ${target} HTTP/1.1\r\n${host}\r\nSec-Purpose: prefetch;prerender`, 503],
			[`GET ${target} HTTP/1.1\r\n${host}\r\nPurpose: prefetch`, 503],
			[`GET ${target}&x=${'x'.repeat(17_000)} HTTP/1.1\r\n${host}`, 431],
			[`GET ${target} HTTP/1.1\r\n${host}\r\nX: ${'x'.repeat(17_000)}`, 431],
			[`CONNECT evil.example:443 HTTP/1.1\r\n${host}`, 0, 405],
			[
				`GET ${target} HTTP/1.1\r\n${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-Fetch-Dest: websocket`,
				0,
				403,
			],
			[`PRI * HTTP/2.0\r\n\r\nSM`, 400],
			['\u0016\u0003\u0001\u0002\u0000', 400],
		];
		for (const [request, ...statuses] of matrix) {
			const answer = await rawRequest(port, `${request}\r\n\r\n`);
			assert.ok(statuses.includes(answer.status), `${answer.status} to ${request.slice(0, 90)}`);
			assert.equal(answer.headers.has('access-control-allow-origin'), false);
			assert.equal(answer.headers.has('location'), false);
			assert.doesNotMatch(answer.body, /evil/);
		}

		await signIn();
	});
	assert.equal(session.identity?.subject, 'user-1');
	assert.doesNotMatch(server.requestsTo('token')[0]!.body, /evil/);
});

test('B14: the short link leads to the server by 302, never by a status that repeats a body', async () => {
	const server = await startScriptedServer({issuer: providerIssuer});
	const engine = new TokenEngine({provider: server.provider, store: createMemoryStore(), fetch: server.fetch});
	const run = engine.login({flow: 'browser'});
	for await (const event of run) {
		if (event.type !== 'authorization-url') continue;
		const answer = await get(event.shortUrl);
		assert.equal(answer.status, 302);
		assert.equal(answer.headers.get('location'), event.url);
		const {port, pathname} = new URL(event.shortUrl);
		const post = await rawRequest(
			Number(port),
			`POST ${pathname} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1\r\n\r\nx`,
		);
		assert.equal(post.status, 405);
		break;
	}

	await run.cancel();
});
