import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type RequestListener} from 'node:http';
import type {AddressInfo} from 'node:net';
import {test} from 'node:test';
import {gzipSync} from 'node:zlib';
import type {Clock} from '../../source/core/clock.js';
import {hardenedFetch} from '../../source/oauth/hardened-fetch.js';
import {LoginError} from '../../source/core/errors.js';
import {stillClock} from '../support/protocol-context.js';

const clock = stillClock();
const code = (expected: string) => (error: unknown) => error instanceof LoginError && error.code === expected;

/** A hardened fetch over answers that are given one after the other. */
const over = (...responses: (Response | Error)[]) => {
	const requests: RequestInit[] = [];
	const reach: typeof fetch = async (_input, init = {}) => {
		requests.push(init);
		const answer = responses.shift() ?? new Error('nothing more was expected');
		if (answer instanceof Error) throw answer;
		return answer;
	};

	return {fetch: hardenedFetch({fetch: reach, clock}), requests};
};

const withServer = async (listener: RequestListener, work: (origin: string) => Promise<void>) => {
	const server = createServer(listener).listen(0, '127.0.0.1');
	await once(server, 'listening');
	try {
		await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	} finally {
		server.closeAllConnections();
		server.close();
		await once(server, 'close');
	}
};

test('D02, S34: plain http is refused anywhere but on loopback, and nothing is sent', async () => {
	for (const url of ['http://login.example.com/token', 'http://10.0.0.1/', 'http://localhost.example.com/']) {
		const {fetch, requests} = over(new Response());
		await assert.rejects(fetch(url), code('config_error'));
		assert.equal(requests.length, 0);
	}

	for (const url of ['http://127.0.0.1:8080/', 'http://[::1]/', 'http://localhost/', 'https://login.example.com/']) {
		assert.equal((await over(new Response('{}')).fetch(url)).status, 200);
	}
});

test('A19: an address with a user name or a fragment is refused, and the error shows no query', async () => {
	for (const url of [
		'https://user:secret@login.example.com/',
		'https://login.example.com/#x',
		'ftp://login.example.com',
	]) {
		await assert.rejects(over(new Response()).fetch(url), code('config_error'));
	}

	await assert.rejects(over().fetch('http://login.example.com/?code=canary'), (error: LoginError) => {
		assert.doesNotMatch(error.message + error.hint, /canary/);
		return true;
	});
});

test('S30: a redirect is handed back and never followed', async () => {
	let hits = 0;
	await withServer(
		(_request, response) => {
			hits++;
			response.writeHead(307, {location: '/elsewhere'}).end();
		},
		async origin => {
			const response = await hardenedFetch({clock})(`${origin}/token`, {
				method: 'POST',
				body: 'secret=1',
				redirect: 'follow',
			});
			assert.equal(response.status, 307);
			assert.equal(hits, 1);
		},
	);
});

test('S29: a body over a megabyte is refused, also where it was compressed to next to nothing', async () => {
	const large = 'a'.repeat(2 ** 20 + 1);
	await withServer(
		(request, response) => {
			if (request.url === '/bomb') response.writeHead(200, {'content-encoding': 'gzip'}).end(gzipSync(large));
			else response.writeHead(request.url === '/busy' ? 503 : 200).end(large.slice(request.url === '/fits' ? 1 : 0));
		},
		async origin => {
			const fetch = hardenedFetch({clock});
			await assert.rejects(fetch(`${origin}/bomb`), code('bad_response'));
			await assert.rejects(fetch(`${origin}/large`), code('bad_response'));
			assert.equal((await (await fetch(`${origin}/fits`)).text()).length, 2 ** 20);
			const busy = await fetch(`${origin}/busy`);
			assert.deepEqual([busy.status, await busy.text()], [503, ''], 'the status of an error page is enough');
		},
	);
});

test('S31: text that is not UTF-8 is refused, and a byte order mark is dropped', async () => {
	await assert.rejects(
		over(new Response(new Uint8Array([0x7b, 0xff, 0x7d]))).fetch('https://a.example'),
		code('bad_response'),
	);
	const response = await over(new Response('\uFEFF{"a":1}')).fetch('https://a.example');
	assert.deepEqual(new Uint8Array(await response.arrayBuffer()), new TextEncoder().encode('{"a":1}'));
});

test('S31: JSON nested more than 32 levels deep is refused, brackets in strings not counted', async () => {
	const nested = (levels: number) => new Response('['.repeat(levels) + ']'.repeat(levels));
	await assert.rejects(over(nested(33)).fetch('https://a.example'), code('bad_response'));
	assert.equal((await over(nested(32)).fetch('https://a.example')).status, 200);
	const quoted = JSON.stringify({text: '"\\' + '['.repeat(100)});
	assert.equal(await (await over(new Response(quoted)).fetch('https://a.example')).text(), quoted);
});

test('1.5: the rebuilt answer keeps status and headers, but none that describe the transfer', async () => {
	const {fetch} = over(
		new Response('{}', {status: 400, headers: {'content-type': 'a/b', 'content-encoding': 'br', 'retry-after': '3'}}),
	);
	const response = await fetch('https://a.example');
	assert.equal(response.status, 400);
	assert.deepEqual(Object.fromEntries(response.headers), {'content-type': 'a/b', 'retry-after': '3'});
	assert.equal((await over(new Response(null, {status: 204})).fetch('https://a.example')).status, 204);
});

test('1.5: a GET whose connection breaks is sent once more; a POST never is', async () => {
	const broken = new TypeError('fetch failed');
	const once = over(broken, new Response('{}'));
	assert.equal((await once.fetch('https://a.example')).status, 200);
	assert.equal(once.requests.length, 2);

	const twice = over(broken, broken, new Response('{}'));
	await assert.rejects(twice.fetch('https://a.example'), broken);
	assert.equal(twice.requests.length, 2);

	const post = over(broken, new Response('{}'));
	await assert.rejects(post.fetch('https://a.example', {method: 'POST'}), broken);
	assert.equal(post.requests.length, 1);
});

test('D19: an abort ends the request at once with its reason, and is never followed by another', async () => {
	const controller = new AbortController();
	let requests = 0;
	const silent: typeof fetch = async () => {
		requests++;
		return new Promise(() => undefined);
	};
	const answer = hardenedFetch({fetch: silent, clock})('https://a.example', {signal: controller.signal});
	const reason = new Error('enough');
	controller.abort(reason);
	await assert.rejects(answer, reason);
	await assert.rejects(hardenedFetch({fetch: silent, clock})('https://a.example', {signal: controller.signal}), reason);
	assert.equal(requests, 1);
});

test('1.5: a server that stays silent, or never ends its response, runs into the time limit, and its request is aborted', async () => {
	const endless = () => new Response(new ReadableStream({pull: async () => new Promise(() => undefined)}));
	for (const answer of [async () => new Promise<Response>(() => undefined), async () => endless()]) {
		const slept: number[] = [];
		const impatient: Clock = {...clock, sleep: async ms => void slept.push(ms)};
		let seen: AbortSignal | null | undefined;
		const reach: typeof fetch = async (_input, init) => {
			seen = init?.signal;
			return answer();
		};
		await assert.rejects(
			hardenedFetch({fetch: reach, clock: impatient})('https://a.example/path?secret'),
			(error: LoginError) => {
				assert.equal(error.code, 'timeout');
				assert.equal(error.endpoint, 'https://a.example/path');
				return true;
			},
		);
		assert.deepEqual(slept, [30_000]);
		assert.equal(seen?.aborted, true);
	}
});
