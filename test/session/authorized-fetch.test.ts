import type {RequestListener} from 'node:http';
import assert from 'node:assert/strict';
import {test, type TestContext} from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import type {LoginEvent} from '../../source/login/events.js';
import type {LoginOptions} from '../../source/login/flow.js';
import type {Provider} from '../../source/oauth/provider.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {createManualClock, startScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {TokenEngine, type TokenEngineOptions} from '../../source/token-engine.js';
import {serve} from '../support/loopback.js';

const api = 'https://api.example';

type Api = (request: Request, token: string | undefined, count: number) => Response | Promise<Response>;

type Change = {
	readonly script?: ServerScript;
	readonly provider?: Partial<Provider>;
	readonly engine?: Partial<Omit<TokenEngineOptions, 'store'>>;
};

/** Someone is signed in; all that is asked of hosts other than the authorization server's comes to `serve`. */
const signedIn = async (serve: Api, {script, provider, engine: options}: Change = {}) => {
	const clock = createManualClock({now: Date.UTC(2026, 10, 21)});
	const server = await startScriptedServer({issuer: 'https://auth.example', clock, ...script});
	const store = createMemoryStore({clock});
	const sent: {readonly url: string; readonly token: string | undefined}[] = [];
	const logins: LoginOptions[] = [];
	const events: LoginEvent[] = [];
	const engine = new TokenEngine({
		provider: {...server.provider, ...provider},
		store,
		clock,
		origins: [api],
		signInHint: 'Run: acme login',
		async fetch(input, init) {
			if (new URL(input instanceof Request ? input.url : input).origin === server.issuer)
				return server.fetch(input, init);
			const request = new Request(
				input,
				init && {...init, ...(init.body instanceof ReadableStream && {duplex: 'half'})},
			);
			const token = request.headers.get('authorization')?.replace('Bearer ', '');
			sent.push({url: request.url, token});
			return serve(request, token, sent.length);
		},
		async show({engine: shown, options: login}) {
			logins.push(login);
			const run = shown.login({...login, flow: 'browser', terminal: {openBrowser: server.openBrowser}});
			for await (const event of run) events.push(event);
			return run.session;
		},
		...options,
	});
	await engine.login({flow: 'browser', terminal: {openBrowser: server.openBrowser}}).session;
	const {accessToken: first} = (await store.read('default'))!.tokens;
	const refreshes = () =>
		server.requestsTo('token').filter(({parameters}) => parameters.get('grant_type') === 'refresh_token').length;
	return {engine, server, store, clock, sent, logins, events, first, refreshes};
};

const ok: Api = () => new Response('ok');
const unauthorized = (body?: ReadableStream) => new Response(body, {status: 401});
const challenge = (status: number, parameters: string) =>
	new Response('no', {status, headers: {'www-authenticate': `Bearer ${parameters}`}});
const redirect = (status: number, location: string) => new Response('gone', {status, headers: {location}});

test('the token goes to the origins that are named, and to those of the resources', async () => {
	const provider = {resource: ['https://files.example/v1', 'urn:example:mail']};
	const {engine, sent, first} = await signedIn(ok, {provider, engine: {origins: [`${api}/`]}});
	const {fetch} = engine;
	assert.equal(await (await fetch(`${api}/me?x=1`, {headers: {accept: 'text/plain'}})).text(), 'ok');
	await fetch(new URL('https://files.example/other'));
	assert.deepEqual(sent, [
		{url: `${api}/me?x=1`, token: first},
		{url: 'https://files.example/other', token: first},
	]);
});

for (const url of ['https://other.example/', 'http://api.example/', 'https://api.example:444/', 'data:text/plain,x']) {
	test(`nothing is sent to another origin (${url})`, async () => {
		const {engine, sent} = await signedIn(ok);
		await assert.rejects(
			engine.fetch(url),
			(error: LoginError) => error.code === 'config_error' && error.hint.includes('`origins`'),
		);
		assert.deepEqual(sent, []);
	});
}

for (const origin of [
	'http://api.example',
	'https://api.example/v1',
	'https://a@api.example',
	'api.example',
	'https://api.example?x',
]) {
	test(`${origin} is no origin for the token`, async () => {
		const {engine} = await signedIn(ok, {engine: {origins: [origin]}});
		await assert.rejects(engine.fetch(api), {code: 'config_error'});
	});
}

test('an Authorization header of the caller is sent as it is, and its rejection is the caller’s', async () => {
	const {engine, sent, refreshes} = await signedIn(() => unauthorized());
	assert.equal((await engine.fetch(api, {headers: {Authorization: 'Bearer own'}})).status, 401);
	assert.deepEqual(sent, [{url: `${api}/`, token: 'own'}]);
	assert.equal(refreshes(), 0);
});

test('a redirect keeps the token at its origin, and leaves it behind elsewhere, also on the way back', async () => {
	const steps: Readonly<Record<string, Response>> = {
		[`${api}/1`]: redirect(302, '/2'),
		[`${api}/2`]: redirect(307, 'https://files.example/3'),
		'https://files.example/3': redirect(302, `${api}/4`),
		[`${api}/4`]: unauthorized(),
	};
	const {engine, sent, first, refreshes} = await signedIn(({url}) => steps[url]!, {
		engine: {origins: [api, 'https://files.example']},
	});
	assert.equal((await engine.fetch(`${api}/1`)).status, 401);
	assert.deepEqual(
		sent.map(({token}) => token),
		[first, first, undefined, undefined],
	);
	assert.equal(refreshes(), 0);
});

for (const [status, method, expected] of [
	[301, 'POST', 'GET'],
	[302, 'POST', 'GET'],
	[303, 'PUT', 'GET'],
	[303, 'HEAD', 'HEAD'],
	[302, 'PUT', 'PUT'],
	[307, 'POST', 'POST'],
	[308, 'PATCH', 'PATCH'],
] as const) {
	test(`a ${status} makes ${expected} of ${method}, as with fetch`, async () => {
		const seen: unknown[] = [];
		const {engine} = await signedIn(async (request, _token, count) => {
			if (count === 1) return redirect(status, '/to');
			seen.push([request.method, request.headers.get('content-type'), await request.text()]);
			return new Response(null);
		});
		const body = method === 'HEAD' ? {} : {body: 'x=1', headers: {'content-type': 'text/x'}};
		await engine.fetch(api, {method, ...body});
		const stays = expected === method && method !== 'HEAD';
		assert.deepEqual(seen, [[expected, stays ? 'text/x' : null, stays ? 'x=1' : '']]);
	});
}

test('a redirect is followed 20 times, and never from https to http or off the web', async () => {
	const {engine, sent} = await signedIn(() => redirect(302, '/again'));
	await assert.rejects(engine.fetch(api), {code: 'bad_response'});
	assert.equal(sent.length, 21);
	for (const location of ['http://api.example/', 'file:///etc/passwd', 'https://[']) {
		const {engine, sent} = await signedIn(() => redirect(302, location));
		await assert.rejects(engine.fetch(api), {code: 'bad_response'});
		assert.equal(sent.length, 1);
	}
});

test('a redirect is handed out where the caller follows it, and is an error where none is wanted', async () => {
	const {engine} = await signedIn(({redirect: mode}) => {
		if (mode === 'error') throw new TypeError('fetch failed');
		return redirect(302, '/next');
	});
	const response = await engine.fetch(api, {redirect: 'manual'});
	assert.deepEqual([response.status, response.headers.get('location')], [302, '/next']);
	await assert.rejects(engine.fetch(api, {redirect: 'error'}), TypeError);
});

test('of 200 calls with a token that the server rejects, half of which hear of it late, one refreshes', async () => {
	const late: (() => void)[] = [];
	const {engine, first, refreshes, sent} = await signedIn(async (_request, token, count) => {
		if (token !== first) return new Response('ok');
		if (count % 2 === 0) await new Promise<void>(resolve => late.push(resolve));
		return unauthorized();
	});
	const calls = Array.from({length: 200}, async () => (await engine.fetch(api)).status);
	await Promise.all(calls.filter((_, index) => index % 2 === 0));
	assert.equal(refreshes(), 1);
	for (const answer of late) answer();
	assert.deepEqual(new Set(await Promise.all(calls)), new Set([200]));
	assert.equal(refreshes(), 1);
	assert.equal(sent.length, 400);
});

test('a token that is rejected although it was just refreshed leads to one more request, and the 401 is handed out', async () => {
	const {engine, sent, refreshes} = await signedIn(() => new Response('still no', {status: 401}));
	const response = await engine.fetch(api);
	assert.deepEqual([response.status, await response.text(), sent.length, refreshes()], [401, 'still no', 2, 1]);
});

test('the body of a rejection is cancelled before the request is sent again', async () => {
	const steps: string[] = [];
	const {engine} = await signedIn((_request, _token, count) => {
		steps.push(`sent ${count}`);
		if (count > 1) return new Response();
		return unauthorized(new ReadableStream({cancel: () => void steps.push('cancelled')}));
	});
	await engine.fetch(api);
	assert.deepEqual(steps, ['sent 1', 'cancelled', 'sent 2']);
});

const form = new FormData();
form.set('x', '1');
for (const [name, body, expected] of [
	['a string', 'x=1', /^x=1$/],
	['a buffer', new TextEncoder().encode('x=1'), /^x=1$/],
	['parameters', new URLSearchParams({x: '1'}), /^x=1$/],
	['a Blob', new Blob(['x=1']), /^x=1$/],
	['a form', form, /name="x"\r\n\r\n1\r\n/],
] as const) {
	for (const wrap of [false, true]) {
		test(`a request with ${name}${wrap ? ' in a Request' : ''} is sent again`, async () => {
			const bodies: string[] = [];
			const {engine} = await signedIn(async (request, _token, count) => {
				bodies.push(await request.text());
				return count === 1 ? unauthorized() : new Response();
			});
			const init = {method: 'POST', body};
			const response = wrap ? engine.fetch(new Request(api, init)) : engine.fetch(api, init);
			assert.equal((await response).status, 200);
			assert.equal(bodies.length, 2);
			for (const body of bodies) assert.match(body, expected);
		});
	}
}

test('a request with a stream is sent once; its refusal comes when another would be accepted', async () => {
	const {engine, sent, refreshes, logins} = await signedIn((_request, _token, count) => {
		if (count === 1) return unauthorized();
		return count === 3 ? challenge(403, 'error="insufficient_scope", scope="write"') : new Response('ok');
	});
	const upload = async () => {
		const body = new Blob(['x']).stream();
		return (await engine.fetch(api, {method: 'POST', body, duplex: 'half'} as RequestInit)).status;
	};
	assert.deepEqual([await upload(), sent.length, refreshes()], [401, 1, 1]);
	assert.deepEqual([await upload(), sent.length, refreshes()], [200, 2, 1]);
	assert.deepEqual([await upload(), sent.length, logins.length], [403, 3, 1]);
	assert.equal(await upload(), 200);
});

test('a Request whose body was read is refused as fetch refuses it', async () => {
	const {engine, sent} = await signedIn(ok);
	const request = new Request(api, {method: 'POST', body: 'x'});
	await request.text();
	await assert.rejects(engine.fetch(request), TypeError);
	assert.equal(sent.length, 0);
});

test('a session that ended says that someone has to sign in', async () => {
	const {engine, server} = await signedIn(() => unauthorized());
	server.answer('token', {status: 400, body: {error: 'invalid_grant'}});
	await assert.rejects(engine.fetch(api), {code: 'person_required', hint: 'Run: acme login'});
});

test('an abort ends the request, the wait for a refresh and the wait for a login with its own reason', async () => {
	const reason = new Error('enough');
	const abortedIn = async (serve: (abort: () => void) => Api, change: (abort: () => void) => Change = () => ({})) => {
		const controller = new AbortController();
		const abort = () => controller.abort(reason);
		const {engine} = await signedIn(serve(abort), change(abort));
		await assert.rejects(engine.fetch(api, {signal: controller.signal}), reason);
		await engine.settled();
	};

	const controller = new AbortController();
	controller.abort(reason);
	const {engine, sent} = await signedIn(ok);
	await assert.rejects(engine.fetch(api, {signal: controller.signal}), reason);
	await assert.rejects(engine.fetch(new Request(api, {signal: controller.signal})), reason);
	assert.equal(sent.length, 0);

	await abortedIn(abort => async ({signal}) => {
		abort();
		signal.throwIfAborted();
		return new Response();
	});
	await abortedIn(
		() => () => unauthorized(),
		abort => ({
			script: {
				responses: {
					token: (request, conforming) => {
						if (request.parameters.get('grant_type') === 'refresh_token') abort();
						return conforming();
					},
				},
			},
		}),
	);
	let ended = false;
	await abortedIn(
		() => () => challenge(403, 'error="insufficient_scope", scope="mail.send"'),
		abort => ({
			engine: {
				async show({options: {signal}}) {
					abort();
					await new Promise(resolve => signal?.addEventListener('abort', resolve, {once: true}));
					ended = true;
					throw new LoginError('cancelled', 'Cancelled.', {hint: ''});
				},
			},
		}),
	);
	assert.ok(ended, 'nobody waits for the login any longer');
});

test('insufficient scope leads to one login for all scopes, shared by all who heard of it, and the old session lives until then', async () => {
	const late: (() => void)[] = [];
	let before: string | undefined;
	const {engine, logins, first, store, server, events} = await signedIn(async (_request, token, count) => {
		if (token !== first) return new Response('ok');
		if (count % 2 === 0) await new Promise<void>(resolve => late.push(resolve));
		return challenge(403, 'error="insufficient_scope", scope="mail.send openid"');
	});
	server.answer('authorization', async (_request, conforming) => {
		before = (await store.read('default'))?.tokens.accessToken;
		return conforming();
	});
	const calls = Array.from({length: 10}, async () => (await engine.fetch(api)).status);
	await Promise.all(calls.filter((_, index) => index % 2 === 0));
	for (const answer of late) answer();
	assert.deepEqual(new Set(await Promise.all(calls)), new Set([200]));
	assert.equal(logins.length, 1);
	assert.equal(before, first);
	const scope = 'openid profile email offline_access mail.send';
	assert.equal(server.requestsTo('authorization').at(-1)?.parameters.get('scope'), scope);
	assert.equal((await store.read('default'))?.requestedScope, scope);
	assert.deepEqual(
		events.find(({type}) => type === 'step-up'),
		{type: 'step-up', scope, reason: 'api.example needs more permissions: mail.send openid.'},
	);
});

test('a stronger or more recent sign-in is asked for with the next login alone', async () => {
	const {engine, first, store, server} = await signedIn((_request, token) =>
		token === first
			? challenge(401, 'error="insufficient_user_authentication", acr_values="phr phrh", max_age="60"')
			: new Response('ok'),
	);
	assert.equal((await engine.fetch(api)).status, 200);
	const parameters = server.requestsTo('authorization').at(-1)?.parameters;
	assert.deepEqual([parameters?.get('acr_values'), parameters?.get('max_age')], ['phr phrh', '60']);
	assert.equal((await store.read('default'))?.provider.parameters?.authorize?.['acr_values'], undefined);
});

test('a request that heard late of a scope goes again without a login, if one has brought that scope meanwhile', async () => {
	const {engine, logins, sent, first} = await signedIn(async (_, token) => {
		if (token !== first) return new Response('ok');
		await engine.ensure({scope: 'mail.send'});
		return challenge(403, 'error="insufficient_scope", scope="mail.send"');
	});
	assert.equal(await (await engine.fetch(api)).text(), 'ok');
	assert.equal(logins.length, 1);
	assert.equal(sent.length, 2);
});

test('a stronger sign-in that has to wait for a login of another engine is asked for all the same', async () => {
	let waits: Promise<unknown> | undefined;
	const {engine, logins, first, server} = await signedIn(async (_request, token) => {
		if (token !== first) return new Response('ok');
		waits ??= other.ensure();
		while (logins.length === 0) await new Promise(resolve => setImmediate(resolve));
		return challenge(401, 'error="insufficient_user_authentication", acr_values="phr"');
	});
	const other = new TokenEngine({...engine.options, store: createMemoryStore()});
	assert.equal((await engine.fetch(api)).status, 200);
	await waits;
	assert.equal(server.requestsTo('authorization').at(-1)?.parameters.get('acr_values'), 'phr');
});

test('a login asks for what its options say; its session keeps the scope and the organization, and the next login asks for no more', async () => {
	const {engine, server, store} = await signedIn(ok);
	const {openBrowser} = server;
	const asked = {scope: 'openid email', organization: 'org_1', prompt: 'login', loginHint: 'ada', maxAge: 0};
	await engine.login({...asked, flow: 'browser', terminal: {openBrowser}, switchAccount: true}).session;
	const parameters = server.requestsTo('authorization').at(-1)?.parameters;
	assert.deepEqual(
		['scope', 'organization', 'prompt', 'login_hint', 'max_age'].map(name => parameters?.get(name)),
		['openid email', 'org_1', 'login', 'ada', '0'],
	);
	const {provider, requestedScope} = (await store.read('default'))!;
	assert.deepEqual(
		[requestedScope, provider.parameters?.authorize, provider.prompt, provider.loginHint],
		['openid email', {organization: 'org_1'}, undefined, undefined],
	);
});

test('different needs lead to one login after the other, two for an operation at most, and never twice for the same', async () => {
	const needs = ['a', 'b', 'c'];
	const {engine, logins, sent} = await signedIn((_request, _token, count) =>
		challenge(403, `error="insufficient_scope", scope="${needs[count - 1] ?? ''}"`),
	);
	assert.equal((await engine.fetch(api)).status, 403);
	assert.deepEqual(
		logins.map(({scope}) => scope?.replace('openid profile email offline_access ', '')),
		['a', 'a b'],
	);
	assert.equal(sent.length, 3);

	const same = await signedIn(() => challenge(403, 'error="insufficient_scope", scope="a"'));
	assert.equal((await same.engine.fetch(api)).status, 403);
	assert.equal(same.logins.length, 1);
});

test('a login that the person gives up ends the requests that waited for it, and the session stays', async () => {
	let shown = 0;
	const {engine, first} = await signedIn(() => challenge(403, 'error="insufficient_scope", scope="a"'), {
		engine: {
			async show() {
				shown += 1;
				throw new LoginError('cancelled', 'Sign-in cancelled.', {hint: ''});
			},
		},
	});
	const outcomes = await Promise.allSettled([engine.fetch(api), engine.fetch(api)]);
	for (const outcome of outcomes) assert.equal((outcome as {reason?: LoginError}).reason?.code, 'cancelled');
	assert.equal(shown, 1);
	assert.equal(await engine.token(), first);
});

test('without a person the error says what is needed and what to run', async () => {
	const refuse = () => challenge(403, 'error="insufficient_scope", scope="mail.send"');
	const nobody = async () => {
		throw new LoginError('person_required', 'Nobody is there.', {hint: ''});
	};
	for (const show of [undefined, nobody]) {
		const {engine} = await signedIn(refuse, {engine: {show}});
		await assert.rejects(engine.fetch(api), {
			code: 'person_required',
			message: 'api.example needs more permissions: mail.send.',
			hint: 'Run: acme login',
		});
	}
});

for (const [name, response] of [
	['a 403 without a challenge', () => new Response('no', {status: 403})],
	['a challenge that names no scope', () => challenge(403, 'error="insufficient_scope"')],
	['another error', () => challenge(403, 'error="access_denied", scope="x"')],
] as const) {
	test(`${name} is handed out as it came`, async () => {
		const {engine, logins, sent} = await signedIn(response);
		assert.equal(await (await engine.fetch(api)).text(), 'no');
		assert.deepEqual([logins.length, sent.length], [0, 1]);
	});
}

test('a token is handed out only for a scope and resources that the session is for', async () => {
	const {engine, first} = await signedIn(ok, {provider: {resource: ['https://a.example/']}});
	assert.equal(await engine.token({scope: 'email', resource: ['https://a.example/']}), first);
	await assert.rejects(engine.token({scope: 'mail.send'}), {
		code: 'person_required',
		message: /It lacks the scope mail\.send\./,
	});
	await assert.rejects(engine.token({resource: ['https://b.example/']}), {code: 'person_required'});
	assert.notEqual(await engine.token({rejected: first}), first);
});

/** A server on loopback, and the fetch of the runtime. */
const onLoopback = async (t: TestContext, answer: RequestListener) => {
	const origin = await serve(t, answer);
	const server = await startScriptedServer();
	t.after(async () => server.close());
	const engine = new TokenEngine({provider: server.provider, store: createMemoryStore(), origins: [origin]});
	await engine.login({flow: 'browser', terminal: {openBrowser: server.openBrowser}}).session;
	return {engine, origin};
};

test('a response is streamed as it comes, and an abort ends it', async t => {
	let closed!: () => void;
	const whenClosed = new Promise<void>(resolve => (closed = resolve));
	const {engine, origin} = await onLoopback(t, (request, response) => {
		response.on('close', closed);
		response.write(request.headers.authorization?.slice(0, 7));
	});
	const controller = new AbortController();
	const response = await engine.fetch(origin, {signal: controller.signal});
	const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
	assert.deepEqual(await reader.read(), {done: false, value: 'Bearer '});
	controller.abort(new Error('enough'));
	await assert.rejects(reader.read(), /enough/);
	await whenClosed;
});

test('a Request goes over the wire whole, also after a rejection', async t => {
	const seen: unknown[] = [];
	const {engine, origin} = await onLoopback(t, (request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', chunk => (body += String(chunk)));
		request.on('end', () => {
			seen.push([request.method, request.headers['content-length'], request.headers['content-type'], body]);
			response.writeHead(seen.length === 1 ? 401 : 200).end();
		});
	});
	const request = new Request(origin, {method: 'PUT', body: 'x=1', headers: {'content-type': 'text/x'}});
	assert.equal((await engine.fetch(request)).status, 200);
	assert.deepEqual(seen, Array(2).fill(['PUT', '3', 'text/x', 'x=1']));
});
