import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import type {LoginOptions} from '../../source/login/flow.js';
import {createAuthProvider, createMcpFetch, type McpOptions} from '../../source/mcp.js';
import {resource} from '../../source/oauth/presets/resource.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {createManualClock, startScriptedServer} from '../../source/testing/index.js';
import {TokenEngine, type TokenEngineOptions} from '../../source/token-engine.js';

const url = 'https://mcp.example/mcp';

type Serve = (token: string | undefined, request: Request) => Response | Promise<Response>;

const refuse = (challenge = '') =>
	new Response(null, {status: 401, headers: {'www-authenticate': `Bearer ${challenge}`}});
const forbid = (scope: string) =>
	new Response(null, {
		status: 403,
		headers: {'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"`},
	});
const needsToken: Serve = token => (token === undefined ? refuse() : new Response('ok'));

/** Nobody is signed in; what is asked of the MCP server comes to `serve`. */
const prepare = async (serve: Serve, change: Partial<Omit<TokenEngineOptions, 'store'>> = {}) => {
	const clock = createManualClock();
	const server = await startScriptedServer({issuer: 'https://auth.example', clock});
	const sent: (string | undefined)[] = [];
	const logins: LoginOptions[] = [];
	const engine = new TokenEngine({
		provider: server.provider,
		store: createMemoryStore({clock}),
		clock,
		origins: [new URL(url).origin],
		signInHint: 'Run: acme login',
		async fetch(input, init) {
			if (new URL(input instanceof Request ? input.url : input).origin === server.issuer)
				return server.fetch(input, init);
			const request = new Request(input, init);
			const token = request.headers.get('authorization')?.replace('Bearer ', '');
			sent.push(token);
			return serve(token, request);
		},
		async show({engine: shown, options}) {
			logins.push(options);
			return shown.login({...options, flow: 'browser', terminal: {openBrowser: server.openBrowser}}).session;
		},
		...change,
	});
	const refreshes = () =>
		server.requestsTo('token').filter(({parameters}) => parameters.get('grant_type') === 'refresh_token').length;
	const post = async (options?: McpOptions) => createMcpFetch(engine, options)(url, {method: 'POST', body: '{}'});
	return {engine, server, clock, sent, logins, refreshes, post};
};

/** Whether someone is there is the engine's own affair, and tested with it. */
process.env['INK_LOGIN_AGENT'] = '1';

test('a server that asks nobody to sign in is asked without a token', async () => {
	const {post, sent, logins} = await prepare(() => new Response('ok'));
	assert.equal((await post()).status, 200);
	assert.deepEqual([sent, logins.length], [[undefined], 0]);
});

test('many calls that are refused share one login, and each is sent again with its token', async () => {
	const {engine, sent, logins} = await prepare(needsToken);
	const fetch = createMcpFetch(engine);
	const calls = Array.from({length: 5}, async () => fetch(url, {method: 'POST', body: '{}'}));
	assert.deepEqual(
		(await Promise.all(calls)).map(({status}) => status),
		Array(5).fill(200),
	);
	assert.equal(logins.length, 1);
	assert.deepEqual(sent, [...Array<undefined>(5).fill(undefined), ...Array<string>(5).fill(await engine.token())]);
});

test('the login is for the scope of the challenge where a resource() names none of its own', async () => {
	const {post, logins} = await prepare(token =>
		token === undefined ? refuse('scope="mcp:read"') : new Response('ok'),
	);
	await post();
	assert.equal(logins[0]?.challengedScope, 'mcp:read');
});

for (const [what, init] of [
	['a stream', {method: 'GET'}],
	['the end of a session', {method: 'DELETE'}],
	['a notification', {method: 'POST', body: '{"jsonrpc":"2.0","method":"notifications/cancelled"}'}],
	["the response to a server's request", {method: 'POST', body: '[{"jsonrpc":"2.0","id":1,"result":{}}]'}],
	['a subscription', {method: 'POST', body: '{}', headers: {'mcp-method': 'subscriptions/listen'}}],
] as const) {
	test(`${what} that needs a login fails, and shows none`, async () => {
		const {engine, logins} = await prepare(needsToken);
		await assert.rejects(createMcpFetch(engine)(url, init), {code: 'person_required', hint: 'Run: acme login'});
		assert.deepEqual(logins, []);
	});
}

test('a cancel counts for all calls that waited; streams show no login after it, and a later call asks again', async () => {
	let cancels = 1;
	const {engine, logins, server} = await prepare(needsToken, {
		async show({engine: shown, options}) {
			logins.push(options);
			const run = shown.login({...options, flow: 'browser', terminal: {openBrowser: server.openBrowser}});
			if (cancels-- > 0) void run.cancel();
			return run.session;
		},
	});
	const fetch = createMcpFetch(engine);
	const call = async () => fetch(url, {method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'});
	const outcomes = await Promise.allSettled([call(), call(), call()]);
	assert.deepEqual(
		outcomes.map(outcome => outcome.status === 'rejected' && (outcome.reason as LoginError).code),
		Array(3).fill('cancelled'),
	);
	await assert.rejects(fetch(url), {code: 'person_required'});
	assert.equal(logins.length, 1);
	assert.equal((await call()).status, 200);
	assert.equal(logins.length, 2);
});

test('where a resource describes itself when it refuses a call is known to the login, and where another API does is not', async () => {
	const other = 'https://api.example/data';
	const elsewhere = 'https://elsewhere.example/metadata';
	const store = createMemoryStore();
	const logins: LoginOptions[] = [];
	const needsMore = `error="insufficient_scope", scope="write", resource_metadata="${elsewhere}"`;
	const engine = new TokenEngine({
		provider: resource(url),
		store,
		origins: [new URL(other).origin],
		fetch: async (_, init) =>
			new Headers(init?.headers).has('authorization')
				? new Response(null, {status: 403, headers: {'www-authenticate': `Bearer ${needsMore}`}})
				: refuse(`resource_metadata="${elsewhere}"`),
		async show({options}) {
			logins.push(options);
			return Promise.reject(new LoginError('cancelled', 'No.', {hint: ''}));
		},
	});
	for (const at of [url, other]) {
		await assert.rejects(createMcpFetch(engine)(at, {method: 'POST', body: '{}'}), {code: 'cancelled'});
	}

	const issuer = 'https://auth.example';
	await store.write(url, {
		...{version: 1, signedInAt: 0, flow: 'browser', server: {issuer}},
		provider: {...engine.provider, issuer, clientId: 'c'},
		tokens: {accessToken: 'at', tokenType: 'bearer', scope: 'read', issuedAt: 0},
	});
	for (const at of [url, other]) {
		await assert.rejects(createMcpFetch(engine)(at, {method: 'POST', body: '{}'}), {code: 'cancelled'});
	}

	assert.deepEqual(
		logins.map(({scope, challengedMetadata}) => [scope, challengedMetadata]),
		[
			[undefined, elsewhere],
			[undefined, undefined],
			['read write', elsewhere],
			['read write', undefined],
		],
	);
});

test('a connection that nobody waits for shows no login, and uses the session that there is', async () => {
	const {engine, post, logins} = await prepare(needsToken);
	await assert.rejects(post({interactive: false}), {code: 'person_required'});
	await engine.ensure();
	assert.equal((await post({interactive: false})).status, 200);
	assert.equal(logins.length, 1);
});

test('a token that is refused is refreshed, then someone signs in, then it is an error', async () => {
	const {engine, post, sent, logins, refreshes} = await prepare(() => refuse());
	await engine.ensure();
	await assert.rejects(
		post(),
		(error: LoginError) => error.code === 'token_rejected' && error.message.startsWith("mcp.example doesn't accept"),
	);
	assert.deepEqual([sent.length, new Set(sent).size, refreshes(), logins.length], [3, 3, 1, 2]);
});

test('a scope that is missing is asked for beside those that there are, by the login that the options describe', async () => {
	const refusals = ['write', 'admin'];
	const {engine, post, logins} = await prepare(() => {
		const scope = refusals.shift();
		return scope === undefined ? new Response('ok') : forbid(scope);
	});
	await engine.ensure({scope: 'openid read'});
	assert.equal((await post({flow: 'browser', next: 'acme chat'})).status, 200);
	assert.deepEqual(
		logins.slice(1).map(({scope, next}) => [scope, next]),
		[
			['openid read write', 'acme chat'],
			['openid read write admin', 'acme chat'],
		],
	);
	const stream = await prepare(() => forbid('write'));
	await stream.engine.ensure();
	assert.equal((await createMcpFetch(stream.engine)(url)).status, 403);
	assert.equal(stream.logins.length, 1);
});

test('several servers wait their turn for the one screen', async () => {
	let shown = 0;
	let most = 0;
	const show: TokenEngineOptions['show'] = async ({engine, options}) => {
		most = Math.max(most, ++shown);
		const {openBrowser} = servers.find(({engine: own}) => own === engine)!.server;
		const session = await engine.login({...options, flow: 'browser', terminal: {openBrowser}}).session;
		shown -= 1;
		return session;
	};
	const servers: readonly Awaited<ReturnType<typeof prepare>>[] = await Promise.all(
		Array.from({length: 4}, async () => prepare(needsToken, {show})),
	);
	const responses = await Promise.all(servers.map(async ({post}) => post()));
	assert.deepEqual([most, responses.every(({ok}) => ok)], [1, true]);
});

test('two connections to one server, each with an engine of its own, need one login', async () => {
	const first = await prepare(needsToken);
	const {store, provider} = first.engine;
	const {logins} = first;
	const show: TokenEngineOptions['show'] = async ({engine, options}) => {
		logins.push(options);
		return engine.login({...options, flow: 'browser', terminal: {openBrowser: first.server.openBrowser}}).session;
	};
	const fetch: typeof globalThis.fetch = async (input, init) =>
		new URL(input instanceof Request ? input.url : input).origin === first.server.issuer
			? first.server.fetch(input, init)
			: needsToken(new Headers(init?.headers).get('authorization') ?? undefined, new Request(input, init));
	const others = [1, 2].map(
		() => new TokenEngine({provider, store, clock: first.clock, origins: [new URL(url).origin], show, fetch}),
	);
	await Promise.all(others.map(async engine => createMcpFetch(engine)(url, {method: 'POST', body: '{}'})));
	assert.equal(logins.length, 1);
});

test('the authProvider gives no token before someone has signed in, and a login only while a connection is made', async () => {
	const {engine, clock, logins, refreshes} = await prepare(needsToken);
	const provider = createAuthProvider(engine);
	assert.equal(await provider.token(), undefined);
	await provider.onUnauthorized();
	const first = await provider.token();
	assert.deepEqual([typeof first, logins.length], ['string', 1]);
	await provider.onUnauthorized();
	const second = await provider.token();
	assert.notEqual(second, first);
	// One that went out before.
	await provider.onUnauthorized();
	assert.deepEqual([await provider.token(), refreshes()], [second, 1]);
	assert.equal(await provider.token(), second);
	// Another process has refreshed, and its token is dead by the time that this one uses it.
	const other = await engine.token({rejected: second});
	await clock.advance(6000);
	assert.equal(await provider.token(), other);
	await provider.onUnauthorized();
	assert.notEqual(await provider.token(), other);
	await clock.advance(6000);
	await engine.logout();
	await assert.rejects(provider.onUnauthorized(), {code: 'person_required'});
	assert.equal(logins.length, 1);
});
