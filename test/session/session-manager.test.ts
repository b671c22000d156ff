import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import {TokenEngine, type TokenEngineOptions} from '../../source/token-engine.js';
import type {StoredSession, TokenStore} from '../../source/session/types.js';
import {createMemoryStore} from '../../source/session/store/memory-store.js';
import {createManualClock, type ManualClock} from '../../source/testing/manual-clock.js';

const issuer = 'https://auth.example';
const minute = 60_000;

type Reply = (body: URLSearchParams) => Response | Promise<Response>;

const json = (body: unknown, status = 200): Response =>
	new Response(JSON.stringify(body), {status, headers: {'content-type': 'application/json'}});

const stored = (clock: ManualClock, change: Partial<StoredSession['tokens']> = {}): StoredSession => ({
	version: 1,
	flow: 'device',
	provider: {name: 'oauth', issuer, clientId: 'cli', discovery: 'none', endpoints: {token: `${issuer}/token`}},
	server: {issuer, token_endpoint: `${issuer}/token`, revocation_endpoint: `${issuer}/revoke`},
	tokens: {
		accessToken: 'at-1',
		tokenType: 'bearer',
		issuedAt: clock.now(),
		expiresAt: clock.now() + 10 * minute,
		refreshToken: 'rt-1',
		scope: 'read',
		...change,
	},
});

/** An engine on a signed-in profile; `replies` answer its requests in order. */
const signedIn = async (
	replies: readonly Reply[],
	change: Partial<StoredSession> = {},
	store: TokenStore = createMemoryStore(),
	warn?: TokenEngineOptions['warn'],
) => {
	const clock = createManualClock({now: 1_700_000_000_000});
	const requests: {path: string; body: URLSearchParams}[] = [];
	const queue = [...replies];
	const session = {...stored(clock), ...change};
	const options: TokenEngineOptions = {
		provider: session.provider,
		store,
		clock,
		...(warn && {warn}),
		fetch: async (input, init) => {
			const {pathname} = new URL(input instanceof Request ? input.url : input);
			const body = init?.body instanceof URLSearchParams ? init.body : new URLSearchParams();
			requests.push({path: pathname, body});
			const reply = queue.shift();
			assert.ok(reply, `an unexpected request: ${pathname} ${body.toString()}`);
			return reply(body);
		},
	};
	const engine = new TokenEngine(options);
	await store.write('default', session);
	/** An engine that has the client's secret as well. */
	const withSecret = () => new TokenEngine({...options, provider: {...session.provider, clientSecret: 'hush'}});
	return {engine, clock, store, requests, withSecret};
};

let serial = 1;
const renewed =
	(more: Record<string, unknown> = {}): Reply =>
	() => {
		serial += 1;
		return json({
			access_token: `at-${serial}`,
			token_type: 'bearer',
			expires_in: 600,
			refresh_token: `rt-${serial}`,
			...more,
		});
	};

const oauthError =
	(error: string, status = 400): Reply =>
	() =>
		json({error}, status);
const dropped: Reply = () => {
	throw new TypeError('fetch failed', {cause: {code: 'ECONNRESET'}});
};

test('a valid token costs no request', async () => {
	const {engine, requests, clock} = await signedIn([]);
	assert.equal(await engine.token(), 'at-1');
	await clock.advance(8 * minute);
	assert.equal(await engine.token(), 'at-1');
	assert.equal(requests.length, 0);
});

test('B05: near its end it is refreshed, and the new tokens are stored before they are handed out', async () => {
	const {engine, clock, store, requests} = await signedIn([renewed()]);
	await clock.advance(9.5 * minute);
	const token = await engine.token();
	assert.notEqual(token, 'at-1');
	const session = await store.read('default');
	assert.equal(session?.tokens.accessToken, token);
	assert.equal(requests[0]?.body.get('refresh_token'), 'rt-1');
});

test('what is asked for is capped at a tenth of the lifetime', async () => {
	const {engine, clock, requests} = await signedIn([renewed()]);
	await clock.advance(8.9 * minute);
	assert.equal(await engine.token({minimumValidity: 3600}), 'at-1');
	await clock.advance(0.2 * minute);
	await engine.token({minimumValidity: 3600});
	assert.equal(requests.length, 1);
});

test('calls in one process share one refresh', async () => {
	const {engine, clock, requests} = await signedIn([renewed()]);
	await clock.advance(10 * minute);
	const tokens = await Promise.all(Array.from({length: 20}, async () => engine.token()));
	assert.equal(new Set(tokens).size, 1);
	assert.equal(requests.length, 1);
});

test('a call that is aborted while the store is read starts no refresh', async () => {
	const store = createMemoryStore();
	const {engine, clock, requests} = await signedIn([], {}, store);
	await clock.advance(11 * minute);
	const aborting = new AbortController();
	const read = store.read.bind(store);
	store.read = async profile => {
		aborting.abort();
		return read(profile);
	};
	await assert.rejects(engine.token({signal: aborting.signal}));
	await engine.settled();
	assert.equal(requests.length, 0);
});

test('F09: a response without a refresh token keeps the old one', async () => {
	const {engine, clock, store} = await signedIn([renewed({refresh_token: undefined})]);
	await clock.advance(10 * minute);
	await engine.token();
	assert.equal((await store.read('default'))?.tokens.refreshToken, 'rt-1');
});

test('S27: a response that was lost on the wire is asked for once more with the same token', async () => {
	const {engine, clock, requests} = await signedIn([dropped, renewed()]);
	await clock.advance(10 * minute);
	await engine.token();
	assert.deepEqual(
		requests.map(({body}) => body.get('refresh_token')),
		['rt-1', 'rt-1'],
	);
});

for (const [name, replies, code] of [
	['a network that is down', [dropped, dropped], 'network_error'],
	['a server that fails', [oauthError('server_error', 503)], 'server_unavailable'],
] as const) {
	test(`demand 40: ${name} leaves the session as it was`, async () => {
		const {engine, clock, store} = await signedIn(replies);
		const before = await store.read('default');
		await clock.advance(10 * minute);
		await assert.rejects(engine.token(), {code});
		assert.deepEqual(await store.read('default'), before);
	});
}

test('a token that is still valid is handed out while the server cannot be reached', async () => {
	const {engine, clock} = await signedIn([dropped, dropped]);
	await clock.advance(9.5 * minute);
	assert.equal(await engine.token(), 'at-1');
});

test('demand 39: after invalid_grant a sibling’s newer session is adopted', async () => {
	const store = createMemoryStore();
	const {engine, clock} = await signedIn(
		[
			async () => {
				// The sibling does not share our lock: another machine on the same home directory.
				const session = await store.read('default');
				await store.write('default', {
					...session!,
					tokens: {
						...session!.tokens,
						accessToken: 'at-sibling',
						refreshToken: 'rt-sibling',
						issuedAt: clock.now(),
						expiresAt: clock.now() + 10 * minute,
					},
				});
				return json({error: 'invalid_grant'}, 400);
			},
		],
		{},
		store,
	);
	await clock.advance(10 * minute);
	assert.equal(await engine.token(), 'at-sibling');
});

test('B15: a session that the server called over is marked, so that nobody asks again', async () => {
	const {engine, clock, requests} = await signedIn([oauthError('invalid_grant')]);
	await clock.advance(10 * minute);
	await assert.rejects(engine.token(), {code: 'person_required'});
	await assert.rejects(engine.token(), {code: 'person_required'});
	assert.equal(requests.length, 1);
	assert.equal(await engine.session(), undefined);
});

test('O22: after a refresh that named another person the session is over, and its spent refresh token is never sent again', async () => {
	const change = stored(createManualClock({now: 1_700_000_000_000}));
	const claims = {iss: issuer, sub: 'ada', aud: 'cli', iat: 1_699_999_000, exp: 1_700_003_600};
	const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const eve = `${part({alg: 'RS256'})}.${part({...claims, sub: 'eve', iat: 1_700_000_600, exp: 1_700_009_000})}.AAAA`;
	const {engine, clock, store, requests} = await signedIn([renewed({id_token: eve})], {
		tokens: {...change.tokens, claims},
	});
	await clock.advance(10 * minute);
	await assert.rejects(engine.token(), {
		code: 'person_required',
		message: /a different person than the login.* So the session has ended/,
		hint: 'Sign in again.',
	});
	assert.equal((await store.read('default'))?.dead, true);
	await assert.rejects(engine.token(), {code: 'person_required'});
	assert.equal(requests.filter(({path}) => path === '/token').length, 1);
});

test('a session that cannot renew itself lives until its token ends', async () => {
	const {engine, clock} = await signedIn([]);
	const {tokens, ...rest} = stored(clock);
	const {refreshToken: _, ...withoutRefresh} = tokens;
	await engine.store.write('default', {...rest, tokens: withoutRefresh});
	await clock.advance(9.9 * minute);
	assert.equal(await engine.token(), 'at-1');
	await clock.advance(minute);
	await assert.rejects(engine.token(), {code: 'person_required'});
});

test('a clock that was set back does not keep an old token alive', async () => {
	const {engine, clock, requests} = await signedIn([renewed()]);
	clock.jumpWall(-60 * minute);
	await engine.token();
	assert.equal(requests.length, 1);
});

test('nobody signed in, and a session of another client, both need a person', async () => {
	const {engine, store, clock} = await signedIn([]);
	await store.remove('default');
	await assert.rejects(engine.token(), {code: 'person_required'});
	const session = stored(clock);
	await store.write('default', {...session, provider: {...session.provider, clientId: 'another'}});
	await assert.rejects(engine.token(), {code: 'person_required'});
});

test('who has to sign in is told so in the words of the application, and by default without the name of any command', async () => {
	const {engine, clock, store} = await signedIn([]);
	await store.remove('default');
	await assert.rejects(engine.token(), {code: 'person_required', hint: 'Sign in again.'});
	const {provider} = engine;
	const acme = new TokenEngine({provider, store, clock, signInHint: 'Run: acme login'});
	await assert.rejects(acme.token(), {code: 'person_required', hint: 'Run: acme login'});
	await store.write('default', {...stored(clock), dead: true});
	await assert.rejects(acme.token(), {code: 'person_required', hint: 'Run: acme login'});
});

test('client credentials are asked for again when the token ends', async () => {
	const store = createMemoryStore();
	const {engine, clock, requests, withSecret} = await signedIn(
		[renewed({refresh_token: undefined})],
		{flow: 'client-credentials'},
		store,
	);
	await clock.advance(10 * minute);
	await assert.rejects(engine.token(), {code: 'config_error', message: /without its client secret/});
	assert.equal(requests.length, 0);
	await withSecret().token();
	assert.equal(requests[0]?.body.get('grant_type'), 'client_credentials');
});

test('a caller who gives up does not stop the refresh, whose response is kept', async () => {
	let answer: (response: Response) => void = () => undefined;
	const {engine, clock, store, requests} = await signedIn([async () => new Promise(resolve => (answer = resolve))]);
	await clock.advance(10 * minute);
	const controller = new AbortController();
	const asking = engine.token({signal: controller.signal});
	// What the refresh needs is loaded from disk first, which takes real turns.
	while (requests.length === 0) await new Promise(resolve => setImmediate(resolve));
	controller.abort(new LoginError('cancelled', 'Never mind.', {hint: ''}));
	await assert.rejects(asking, {code: 'cancelled'});
	answer(json({access_token: 'at-late', token_type: 'bearer', expires_in: 600, refresh_token: 'rt-late'}));
	assert.equal(await engine.token(), 'at-late');
	assert.equal((await store.read('default'))?.tokens.refreshToken, 'rt-late');
});

test('a disk that is full says so before the refresh token is spent', async () => {
	const {engine, clock, requests, store} = await signedIn([]);
	store.write = async () => {
		throw new LoginError('store_error', 'The disk is full.', {hint: 'Make room.'});
	};

	await clock.advance(10 * minute);
	await assert.rejects(engine.token(), {code: 'store_error'});
	assert.equal(requests.length, 0);
});

test('a disk that fills while the server answers: the new token is handed out, and it is said what is lost', async () => {
	for (const [more, lost] of [
		[{}, 1],
		// The refresh token that is stored still counts.
		[{refresh_token: 'rt-1'}, 0],
	] as const) {
		const told: string[] = [];
		const store = createMemoryStore();
		const full = async () => {
			throw new LoginError('store_error', 'The disk is full.', {hint: 'Make room.'});
		};
		const reply: Reply = body => {
			store.write = full;
			return renewed(more)(body);
		};
		const {engine, clock} = await signedIn([reply], {}, store, sentence => told.push(sentence));
		await clock.advance(10 * minute);
		assert.notEqual(await engine.token(), 'at-1');
		assert.equal(told.length, lost);
		if (lost) assert.match(told.join(), /^The disk is full\. .+ sign in again\.$/);
	}
});

const toRenew = (accessToken: string) => ({access_token: accessToken, token_type: 'bearer', expires_in: 600});

test('anyone who signs in without waiting any longer for a refresh keeps the new session', async () => {
	const store = createMemoryStore();
	const {engine, clock} = await signedIn(
		[
			async () => {
				const session = await store.read('default');
				const tokens = {...session!.tokens, accessToken: 'at-login', refreshToken: 'rt-login'};
				await store.write('default', {...session!, tokens: {...tokens, expiresAt: clock.now() + 10 * minute}});
				return json({...toRenew('at-late'), refresh_token: 'rt-late'});
			},
		],
		{},
		store,
	);
	await clock.advance(10 * minute);
	assert.equal(await engine.token(), 'at-login');
	assert.equal((await store.read('default'))?.tokens.refreshToken, 'rt-login');
});

test('a refresh that ends after a logout does not sign in again: its tokens are revoked', async () => {
	const store = createMemoryStore();
	const done: Reply = () => new Response(null, {status: 200});
	const {engine, clock, requests} = await signedIn(
		[
			async () => {
				await store.remove('default');
				return json({...toRenew('at-late'), refresh_token: 'rt-late'});
			},
			done,
			done,
		],
		{},
		store,
	);
	await clock.advance(10 * minute);
	await assert.rejects(engine.token(), {code: 'person_required'});
	assert.equal(await store.read('default'), undefined);
	assert.deepEqual(
		requests.slice(1).map(({body}) => body.get('token')),
		['rt-late', 'at-late'],
	);
});

test('settled() waits for the response of a refresh whose caller has left', async () => {
	let answer: (response: Response) => void = () => undefined;
	const {engine, clock, store, requests} = await signedIn([async () => new Promise(resolve => (answer = resolve))]);
	await engine.settled();
	await clock.advance(10 * minute);
	const controller = new AbortController();
	const asking = engine.token({signal: controller.signal});
	// What the refresh needs is loaded from disk first, which takes real turns.
	while (requests.length === 0) await new Promise(resolve => setImmediate(resolve));
	controller.abort(new LoginError('cancelled', 'Never mind.', {hint: ''}));
	await assert.rejects(asking, {code: 'cancelled'});
	const settled = engine.settled();
	answer(json({...toRenew('at-late'), refresh_token: 'rt-late'}));
	await settled;
	assert.equal((await store.read('default'))?.tokens.refreshToken, 'rt-late');
});

test('V05: logout revokes the refresh token first, then the access token, and forgets', async () => {
	const done: Reply = () => new Response(null, {status: 200});
	const {engine, requests, store} = await signedIn([done, done]);
	assert.deepEqual(await engine.logout(), {outcome: 'revoked'});
	assert.deepEqual(
		requests.map(({body}) => body.get('token')),
		['rt-1', 'at-1'],
	);
	assert.equal(await store.read('default'), undefined);
	assert.deepEqual(await engine.logout(), {outcome: 'no-session'});
});

test('a logout that is cancelled while the server is asked has forgotten the session, and says that it is only that', async () => {
	const {engine, store, requests} = await signedIn([async () => new Promise(() => undefined)]);
	const controller = new AbortController();
	const leaving = engine.logout({signal: controller.signal});
	while (requests.length === 0) await new Promise(resolve => setImmediate(resolve));
	controller.abort(new LoginError('cancelled', 'Never mind.', {hint: ''}));
	assert.deepEqual(await leaving, {outcome: 'not-revoked', reason: 'Never mind.'});
	assert.equal(await store.read('default'), undefined);
});

test('a rejected token of a session that cannot renew itself has not expired', async () => {
	const {engine, store} = await signedIn([]);
	const stored = await store.read('default');
	assert.ok(stored);
	const {refreshToken: _, ...tokens} = stored.tokens;
	await store.write('default', {...stored, tokens});
	await assert.rejects(engine.tokens({rejected: 'at-1'}), {
		code: 'person_required',
		message: "The session can't renew itself.",
	});
});

test('a disk that is full, and takes no lock, keeps nobody from signing out', async () => {
	const done: Reply = () => new Response(null, {status: 200});
	const {engine, store} = await signedIn([done, done]);
	store.lock = async () => {
		throw new LoginError('store_error', 'The disk is full.', {hint: 'Make room.'});
	};
	assert.deepEqual(await engine.logout(), {outcome: 'revoked'});
	assert.equal(await store.read('default'), undefined);
});

test('demand 50: a logout that the server did not confirm forgets all the same, and says so', async () => {
	const {engine, store} = await signedIn([dropped, dropped, dropped, dropped]);
	const result = await engine.logout();
	assert.equal(result.outcome, 'not-revoked');
	assert.ok(result.reason);
	assert.equal(await store.read('default'), undefined);
});

test('an early refresh that is refused ends nothing while the access token is valid, and nobody asks again', async () => {
	const {engine, clock, requests} = await signedIn([oauthError('invalid_grant')]);
	await clock.advance(9.5 * minute);
	assert.equal(await engine.token(), 'at-1');
	assert.equal(await engine.token(), 'at-1');
	assert.equal((await engine.session())?.refreshable, false);
	assert.equal(requests.length, 1);
	await clock.advance(minute);
	await assert.rejects(engine.token(), {code: 'person_required'});
	assert.equal(requests.length, 1);
});

test('a token that a server rejected and whose refresh is refused is the end at once', async () => {
	const {engine, store} = await signedIn([oauthError('invalid_grant')]);
	await assert.rejects(engine.token({rejected: 'at-1'}), {code: 'person_required'});
	assert.equal((await store.read('default'))?.dead, true);
});

test('a valid token is handed out whatever an early refresh fails of', async () => {
	const {engine, clock} = await signedIn([oauthError('invalid_client', 401)]);
	await clock.advance(9.5 * minute);
	assert.equal(await engine.token(), 'at-1');
});

test('however many hear of a 401, and however late, there is one refresh for the token that was rejected', async () => {
	const {engine, requests} = await signedIn([renewed()]);
	const rejected = await engine.token();
	const hear = async () => engine.token({rejected});
	const first = await Promise.all([hear(), hear(), hear()]);
	const late = await Promise.all([hear(), hear()]);
	assert.equal(new Set([...first, ...late]).size, 1);
	assert.notEqual(late[0], rejected);
	assert.equal(requests.length, 1);
});

test('a server that repeats the access token is asked once by two processes that wait for each other', async () => {
	const {engine, clock, store, requests} = await signedIn([
		async () => json({access_token: 'at-1', token_type: 'bearer', expires_in: 600}),
	]);
	await clock.advance(10 * minute);
	const other = signedInElsewhere(engine, store, clock, requests);
	assert.deepEqual(await Promise.all([engine.token(), other.token()]), ['at-1', 'at-1']);
	assert.equal(requests.length, 1);
});

test('the client secret is never sent to the server of another client, not even to sign out', async () => {
	const done: Reply = () => new Response(null, {status: 200});
	const {store, clock, requests, withSecret} = await signedIn([done, done]);
	const session = stored(clock);
	await store.write('default', {...session, provider: {...session.provider, clientId: 'another'}});
	await withSecret().logout();
	assert.deepEqual(
		requests.map(({body}) => [body.get('client_id'), body.get('client_secret')]),
		[
			['another', null],
			['another', null],
		],
	);
});

/** The same as another process: its requests fail the test. */
const signedInElsewhere = (
	{provider}: TokenEngine,
	store: TokenStore,
	clock: ManualClock,
	requests: {path: string; body: URLSearchParams}[],
) =>
	new TokenEngine({
		provider,
		store,
		clock,
		fetch: async () => {
			requests.push({path: 'again', body: new URLSearchParams()});
			return json({access_token: 'at-1', token_type: 'bearer', expires_in: 600});
		},
	});
