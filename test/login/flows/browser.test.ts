import {everyFlow} from '../../../source/core/types.js';
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import net from 'node:net';
import {test, type TestContext} from 'node:test';
import {systemRandom} from '../../../source/core/clock.js';
import {CommandQueue} from '../../../source/login/flow-race.js';
import type {FlowContext, FlowCommand} from '../../../source/login/flow.js';
import type {BrowserOutcome, LocalSockets} from '../../../source/login/terminal.js';
import {browserFlow} from '../../../source/login/flows/browser.js';
import {LoginError} from '../../../source/core/errors.js';
import type {EventOf, LoginEvent} from '../../../source/login/events.js';
import {callbackPages} from '../../../source/login/loopback/pages.js';
import type {ResolvedProvider} from '../../../source/oauth/provider.js';
import {createManualClock} from '../../../source/testing/manual-clock.js';
import {get, rawRequest} from '../../support/raw-request.js';
import {shortest} from '../../support/shortest.js';

const issuer = 'https://auth.acme.dev';
const acme: ResolvedProvider = {
	name: 'acme',
	issuer,
	clientId: 'cli',
	requestedScope: 'read',
	flows: {...everyFlow, 'workload-identity': 'none', password: 'off', 'one-time-code': 'off'},
	server: {
		issuer,
		authorization_endpoint: `${issuer}/authorize`,
		token_endpoint: `${issuer}/token`,
		pushed_authorization_request_endpoint: `${issuer}/par`,
	},
};

type Request = {readonly path: string; readonly form: URLSearchParams};
type Settings = {
	readonly provider?: Partial<ResolvedProvider>;
	readonly server?: Partial<ResolvedProvider['server']>;
	readonly autoOpen?: boolean;
	readonly open?: () => Promise<BrowserOutcome>;
	readonly sockets?: LocalSockets;
	readonly answer?: (request: Request) => Response | Promise<Response>;
};

const json = (body: unknown, status = 200) => Response.json(body, {status});
const tokens = {access_token: 'at-1', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt-1'};

/** Starts the flow in a world of its own; nothing waits in it but for what really happens. */
const start = (t: TestContext, settings: Settings = {}) => {
	const clock = createManualClock();
	const abort = new AbortController();
	const events: LoginEvent[] = [];
	const listeners = new Set<() => void>();
	const requests: Request[] = [];
	const opened: string[] = [];
	const commands = new CommandQueue();
	const claims = {open: 0, total: 0};

	const context: FlowContext = {
		provider: {...acme, ...settings.provider, server: {...acme.server, ...settings.server}},
		clock,
		random: systemRandom,
		signal: abort.signal,
		async fetch(input, init) {
			const request = {
				path: new URL(input instanceof Request ? input.url : input).pathname,
				form: new URLSearchParams(String(init?.body as URLSearchParams)),
			};
			requests.push(request);
			return settings.answer?.(request) ?? json(tokens);
		},
		emit(event) {
			events.push(event);
			for (const listener of listeners) listener();
		},
		commands,
		claim() {
			claims.open += 1;
			claims.total += 1;
			return {[Symbol.dispose]: () => void (claims.open -= 1)};
		},
		terminal: {
			async openBrowser(url) {
				opened.push(url);
				return settings.open?.() ?? {status: 'opened'};
			},
			sockets: settings.sockets,
		},
		autoOpen: settings.autoOpen ?? false,
		autoRenew: false,
	};
	const result = browserFlow(context);
	result.catch(() => undefined);
	t.after(() => abort.abort());

	/** The nth event of a type, once it comes. */
	const until = async <Type extends LoginEvent['type']>(type: Type, nth = 0): Promise<EventOf<Type>> =>
		new Promise((resolve, reject) => {
			const display = () => {
				const event = events.filter((event): event is EventOf<Type> => event.type === type)[nth];
				if (event === undefined) return;
				listeners.delete(display);
				resolve(event);
			};
			listeners.add(display);
			display();
			result.catch(reject);
		});
	const send = (command: FlowCommand) => commands.put(command);

	return {context, clock, abort, events, requests, opened, claims, result, until, send};
};

const never = new Promise<never>(() => undefined);

/** A server that responses when it is told to. */
const gate = () => {
	let open: ((response: Response) => void) | undefined;
	const opened = new Promise<Response>(resolve => (open = resolve));
	return {answer: async () => opened, release: (response: Response) => open?.(response)};
};

type Login = ReturnType<typeof start>;

/** The redirect as a server makes it. */
const redirectOf = ({url, redirectUri}: EventOf<'authorization-url'>, changes: Record<string, string> = {}) => {
	const state = new URL(url).searchParams.get('state') ?? '';
	return `${redirectUri}?${new URLSearchParams({code: 'code-0123456789', state, ...changes}).toString()}`;
};

const paste = (login: Login, text: string) => login.send({type: 'paste', text});

const failure = async (login: Login): Promise<LoginError> => {
	const error: unknown = await login.result.then(
		() => undefined,
		(error: unknown) => error,
	);
	assert.ok(error instanceof LoginError, String(error));
	return error;
};

const isFree = async (redirectUri: string): Promise<boolean> => {
	const probe = net.createServer();
	const free = await new Promise<boolean>(resolve => {
		probe.once('error', () => resolve(false));
		probe.listen({port: Number(new URL(redirectUri).port), host: '127.0.0.1', exclusive: true}, () => resolve(true));
	});
	if (free) await new Promise(resolve => probe.close(resolve));
	return free;
};

test('a callback becomes tokens, and the browser sees that it worked', async t => {
	const login = start(t);
	const address = await login.until('authorization-url');
	const {status, body} = await get(redirectOf(address), 'Sec-Fetch-Dest: document');
	assert.equal(status, 200);
	assert.match(body, /Signed in to auth\.acme\.dev/);
	const {accessToken, refreshToken, scope} = await login.result;
	assert.deepEqual([accessToken, refreshToken, scope], ['at-1', 'rt-1', 'read']);
	assert.deepEqual(
		login.events.map(({type}) => type),
		['authorization-url', 'browser', 'exchange'],
	);
	assert.equal(login.claims.total, 1);
	assert.equal(login.claims.open, 0);
	assert.equal(await isFree(address.redirectUri), true);
	assert.equal(login.clock.sleepers, 0);
});

test('P01, P02, P03, P04, N01, F14: PKCE: each login has its own verifier, its S256 challenge, and one redirect URI to the byte', async t => {
	const verifiers = new Set<string>();
	for (const _ of [1, 2]) {
		const login = start(t);
		const address = await login.until('authorization-url');
		const query = new URL(address.url).searchParams;
		await get(redirectOf(address));
		await login.result;
		const {form} = login.requests[0]!;
		const verifier = form.get('code_verifier')!;
		assert.match(verifier, /^[\w.~-]{43,128}$/);
		assert.equal(query.get('code_challenge_method'), 'S256');
		assert.equal(query.get('code_challenge'), createHash('sha256').update(verifier).digest('base64url'));
		assert.equal(form.get('redirect_uri'), address.redirectUri);
		assert.equal(query.get('redirect_uri'), address.redirectUri);
		verifiers.add(verifier);
		assert.equal(JSON.stringify(login.events).includes(verifier), false);
		assert.equal(JSON.stringify(login.events).includes('code-0123456789'), false);
	}

	assert.equal(verifiers.size, 2);
});

test('the authorization request carries what the provider was set up with', async t => {
	const login = start(t, {
		provider: {
			requestedScope: 'openid offline_access',
			audience: 'https://api.acme.dev',
			resource: ['https://a.acme.dev', 'https://b.acme.dev'],
			loginHint: 'alice@example.test',
			parameters: {authorize: {organization: 'org_1', max_age: '60'}},
		},
		server: {authorization_endpoint: `${issuer}/authorize?tenant=x&state=old`},
	});
	const query = new URL((await login.until('authorization-url')).url).searchParams;
	assert.equal(query.get('response_type'), 'code');
	assert.equal(query.get('client_id'), 'cli');
	assert.equal(query.get('scope'), 'openid offline_access');
	assert.equal(query.get('audience'), 'https://api.acme.dev');
	assert.deepEqual(query.getAll('resource'), ['https://a.acme.dev', 'https://b.acme.dev']);
	assert.equal(query.get('login_hint'), 'alice@example.test');
	assert.equal(query.get('organization'), 'org_1');
	assert.equal(query.get('max_age'), '60');
	assert.equal(query.get('tenant'), 'x');
	assert.equal(query.getAll('state').length, 1);
	assert.match(query.get('state')!, /^[\w-]{43}$/);
	assert.match(query.get('nonce')!, /^[\w-]{43}$/);
	assert.notEqual(query.get('nonce'), query.get('state'));
});

test('O02: consent is asked for with offline_access alone, and never over a prompt of someone else', async t => {
	const promptWith = async (provider: Partial<ResolvedProvider>) =>
		new URL((await start(t, {provider}).until('authorization-url')).url).searchParams.get('prompt');
	const requestedScope = 'openid offline_access';
	assert.equal(await promptWith({requestedScope}), 'consent');
	assert.equal(await promptWith({requestedScope: 'openid'}), null);
	assert.equal(await promptWith({requestedScope, prompt: 'login'}), 'login');
	assert.equal(await promptWith({requestedScope, prompt: ''}), null);
	assert.equal(
		await promptWith({requestedScope, parameters: {authorize: {prompt: 'select_account'}}}),
		'select_account',
	);
});

test('nobody is sent to the browser for a client whose secret cannot be had', async t => {
	const clientSecret = () => {
		throw new LoginError('config_error', 'The variable ACME_SECRET is not set.', {hint: 'Set it.'});
	};
	const login = start(t, {provider: {clientSecret}});
	assert.equal((await failure(login)).message, 'The variable ACME_SECRET is not set.');
	assert.deepEqual(login.events, []);
});

test('the nonce is sent where an ID token is expected, and only there', async t => {
	const query = new URL((await start(t).until('authorization-url')).url).searchParams;
	assert.equal(query.has('nonce'), false);
});

test('S7, demand 28: a hundred forged answers change nothing, and the true one wins', async t => {
	const login = start(t);
	const address = await login.until('authorization-url');
	const forged = [
		`${address.redirectUri}?code=evil&state=guess`,
		`${address.redirectUri}?error=access_denied`,
		`${redirectOf(address)}&state=guess`,
		`${address.redirectUri}?state=`,
		address.redirectUri,
	];
	const responses = await Promise.all(
		Array.from({length: 100}, async (_, count) => get(forged[count % forged.length]!)),
	);
	assert.deepEqual(
		new Set(responses.map(({status, body}) => `${status} ${body}`)),
		new Set([`400 ${callbackPages.terminal}`]),
	);
	assert.equal(login.requests.length, 0);
	assert.equal(login.events.filter(({type}) => type === 'callback-ignored').length, 100);
	await get(redirectOf(address));
	assert.equal((await login.result).accessToken, 'at-1');
	assert.equal(login.requests[0]!.form.get('code'), 'code-0123456789');
});

test('S19: after the true response every further one sees the same neutral page', async t => {
	const {answer, release} = gate();
	const login = start(t, {answer});
	const address = await login.until('authorization-url');
	const first = get(redirectOf(address));
	await login.until('exchange');
	for (const late of [redirectOf(address), redirectOf(address, {code: 'other'}), `${address.redirectUri}?state=x`]) {
		const {status, body} = await get(late);
		assert.deepEqual([status, body], [200, callbackPages.terminal]);
	}

	assert.equal(login.claims.open, 1);
	release(json(tokens));
	assert.match((await first).body, /Signed in to/);
	await login.result;
	assert.equal(login.requests.length, 1);
	assert.equal(
		login.events.some(({type}) => type === 'callback-ignored'),
		false,
	);
});

test('demand 26: a failed exchange is a failed page', async t => {
	const login = start(t, {answer: () => json({error: 'invalid_grant'}, 400)});
	const {body} = await get(redirectOf(await login.until('authorization-url')));
	assert.match(body, /not signed in[^]*invalid_grant/);
	assert.equal((await failure(login)).code, 'invalid_grant');
	assert.equal(login.claims.open, 0);
});

test('a slow exchange sends the browser to the terminal after three seconds and goes on', async t => {
	const {answer, release} = gate();
	const login = start(t, {answer});
	const waiting = get(redirectOf(await login.until('authorization-url')));
	await login.until('exchange');
	await login.clock.advance(3000);
	assert.equal((await waiting).body, callbackPages.terminal);
	release(json(tokens));
	assert.equal((await login.result).accessToken, 'at-1');
});

test("the server's error ends the flow with its own code", async t => {
	const cases = {
		access_denied: 'access_denied',
		login_required: 'interaction_required',
		invalid_scope: 'invalid_scope',
		temporarily_unavailable: 'server_unavailable',
		'\u001B[31msomething': 'server_rejected',
		constructor: 'server_rejected',
	};
	for (const [error, code] of Object.entries(cases)) {
		const login = start(t);
		const address = await login.until('authorization-url');
		// An error counts even where a code stands beside it.
		const {body} = await get(redirectOf(address, {error, error_description: 'no\u001B]0;x\u0007 flow'}));
		assert.ok(body.includes(`Error code <code>${code}</code>`));
		const thrown = await failure(login);
		assert.equal(thrown.code, code);
		assert.match(thrown.message, /no flow/);
		assert.equal(login.requests.length, 0);
	}
});

test("a provider's own error code is understood", async t => {
	const errorAliases = {authorization_declined: 'access_denied'};
	const login = start(t, {provider: {dialect: {errorAliases}}});
	await get(redirectOf(await login.until('authorization-url'), {error: 'authorization_declined'}));
	assert.equal((await failure(login)).code, 'access_denied');
});

test('a response from another issuer ends the flow without a token request', async t => {
	const login = start(t);
	await get(redirectOf(await login.until('authorization-url'), {iss: 'https://evil.example'}));
	assert.equal((await failure(login)).code, 'identity_check_failed');
	assert.equal(login.requests.length, 0);
});

test('demands 30, 31: the response may be pasted, however it was copied', async t => {
	const forms: Readonly<Record<string, (address: string) => string>> = {
		'the whole address': address => address,
		'with line ends': address => `${address}\r\n`,
		'wrapped by a terminal': address =>
			address.slice(0, 40) + '\r\n   ' + address.slice(40, 70) + '\n' + address.slice(70),
		'in quotes': address => ` "${address}" `,
		'in brackets': address => `<${address}>`,
		'as a bracketed paste': address => `\u001B[200~${address}\u001B[201~`,
		'with blanks in it': address => address.replace('?', '? '),
		'without its scheme': address => address.replace('http://', ''),
		'its query': address => address.slice(address.indexOf('?')),
		'its query without the question mark': address => address.slice(address.indexOf('?') + 1),
		'its path and query': address => address.slice(address.indexOf('/callback')),
		'with a fragment': address => `${address}#_=_`,
	};
	for (const [name, form] of Object.entries(forms)) {
		const login = start(t);
		const address = await login.until('authorization-url');
		paste(login, form(redirectOf(address)));
		assert.equal((await login.result).accessToken, 'at-1', name);
		assert.equal(login.requests[0]!.form.get('code'), 'code-0123456789', name);
		assert.equal(login.claims.total, 1);
		assert.equal(await isFree(address.redirectUri), true);
	}
});

test('where only a paste can finish it, the end of the input ends it; a port waits on', async t => {
	const elsewhere = start(t, {provider: {redirect: {uri: 'acme://callback'}}});
	await elsewhere.until('authorization-url');
	paste(elsewhere, 'acme://callback?code=code-0123456789&state=other');
	elsewhere.send({type: 'paste', text: undefined});
	assert.equal((await failure(elsewhere)).code, 'person_required');

	const here = start(t);
	const address = await here.until('authorization-url');
	here.send({type: 'paste', text: undefined});
	await get(redirectOf(address));
	assert.equal((await here.result).accessToken, 'at-1');
});

test('demand 30: a bare code will do, where the server has none to name', async t => {
	for (const [pasted, code] of [
		['  4/0AeanS0aB-c_d.e~f \n', '4/0AeanS0aB-c_d.e~f'],
		['4%2F0AeanS0aB', '4/0AeanS0aB'],
		['M.C507_BAY.2.U.0b9!x*$', 'M.C507_BAY.2.U.0b9!x*$'],
	] as const) {
		const login = start(t);
		await login.until('authorization-url');
		paste(login, pasted);
		await login.result;
		assert.equal(login.requests[0]!.form.get('code'), code);
	}
});

test('demand 30: a bad paste is told in a sentence, costs nothing, and the next one counts', async t => {
	const login = start(t);
	const address = await login.until('authorization-url');
	const bad: readonly [string, RegExp][] = [
		['', /Nothing was pasted/],
		['hello', /isn't a sign-in response/],
		['what should I paste here?', /isn't a sign-in response/],
		[address.url, /a different link/],
		[address.shortUrl, /a different link/],
		['https://evil.example/callback?code=abcdefgh&state=x', /a different link/],
		[redirectOf(address, {state: 'other'}), /another sign-in/],
		[`${redirectOf(address)}&state=other`, /Copy it again/],
		[`${address.redirectUri}?code=code-0123456789`, /^Part of that link is missing/],
		[`?${new URL(redirectOf(address, {code: ''})).searchParams.toString()}`, /no response in it yet/],
		[`${address.redirectUri}?error=access_denied`, /missing/],
		['http://[', /damaged/],
		['x'.repeat(20_000), /too long/],
	];
	for (const [index, [text, expected]] of bad.entries()) {
		paste(login, text);
		const {reason} = await login.until('paste-rejected', index);
		assert.match(reason, expected, text.slice(0, 80));
		assert.match(reason, /^[A-Z].*\.$/);
	}

	assert.equal(login.requests.length, 0);
	assert.equal(login.claims.total, 0);
	paste(login, redirectOf(address));
	assert.equal((await login.result).accessToken, 'at-1');
});

test('I02: a bare code does not stand for the response of a server that names itself', async t => {
	const login = start(t, {server: {authorization_response_iss_parameter_supported: true}});
	const address = await login.until('authorization-url');
	paste(login, 'code-0123456789');
	assert.match((await login.until('paste-rejected')).reason, /whole link/);
	paste(login, redirectOf(address, {iss: issuer}));
	assert.equal((await login.result).accessToken, 'at-1');
});

test('a refusal can be pasted as well', async t => {
	const login = start(t);
	paste(login, redirectOf(await login.until('authorization-url'), {error: 'access_denied'}));
	assert.equal((await failure(login)).code, 'access_denied');
});

test('demand 10: the address is told before a browser is opened, and how that went comes after', async t => {
	const login = start(t, {autoOpen: true, open: async () => ({status: 'failed', detail: 'There is no browser.'})});
	await login.until('browser', 1);
	assert.deepEqual(
		login.events.map(event => (event.type === 'browser' ? event.status : event.type)),
		['authorization-url', 'opening', 'failed'],
	);
	assert.deepEqual(login.opened, [(await login.until('authorization-url')).shortUrl]);
	login.send({type: 'renew-code'});
	login.send({type: 'open-browser'});
	await login.until('browser', 3);
	assert.equal(login.opened.length, 2);
});

test('an opener that never ends, or breaks, holds nothing up', async t => {
	const slow = start(t, {autoOpen: true, open: async () => never});
	await get(redirectOf(await slow.until('authorization-url')));
	assert.equal((await slow.result).accessToken, 'at-1');

	const broken = start(t, {autoOpen: true, open: async () => Promise.reject(new Error('secret'))});
	const {status, detail} = await broken.until('browser', 1);
	assert.equal(status, 'failed');
	assert.doesNotMatch(detail!, /secret/);

	const throwing = start(t, {autoOpen: true});
	Object.assign(throwing.context.terminal, {
		openBrowser() {
			throw new Error('before any promise');
		},
	});
	assert.equal((await throwing.until('browser', 1)).status, 'failed');
});

test('no browser is opened unless it was asked for', async t => {
	const login = start(t);
	assert.equal((await login.until('browser')).status, 'skipped');
	assert.deepEqual(login.opened, []);
	login.send({type: 'open-browser'});
	await login.until('browser', 2);
	assert.equal(login.opened.length, 1);
});

test('a browser is started with the short link alone, on the host of the redirect URI, and it leads to the sign-in page each time', async t => {
	for (const redirect of [{}, {host: 'localhost'}] as const) {
		const login = start(t, {autoOpen: true, provider: {redirect}});
		const {url, shortUrl, redirectUri} = await login.until('authorization-url');
		login.send({type: 'open-browser'});
		await login.until('browser', 3);
		assert.deepEqual(login.opened, [shortUrl, shortUrl]);
		assert.equal(new URL(shortUrl).origin, new URL(redirectUri).origin);
		for (const visit of [1, 2]) {
			const {status, headers} = await get(shortUrl);
			assert.equal(status, 302, `visit ${visit}`);
			assert.equal(headers.get('location'), url);
		}
	}
});

test('a forwarded port leads to the sign-in page by a link, and says how to come back', async t => {
	const login = start(t);
	const {url, shortUrl} = await login.until('authorization-url');
	const {port, pathname} = new URL(shortUrl);
	for (const host of ['127.0.0.1:9000', 'localhost:9000', '[::1]:9000', 'localhost']) {
		const {status, body} = await rawRequest(Number(port), `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
		assert.equal(status, 200, host);
		assert.ok(body.includes(`<a href="${url.replaceAll('&', '&amp;')}">`));
		assert.match(body, /paste it into\s+your terminal/);
	}

	for (const host of ['evil.example:9000', '127.0.0.1.evil.example', 'localhost:9000.evil', '192.168.0.1:9000']) {
		const {status, body} = await rawRequest(Number(port), `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
		assert.deepEqual([status, body], [421, ''], host);
	}
});

test("another user's visits and callbacks come to nothing, and the login goes on; a connection is looked at twice", async t => {
	let verdicts: boolean[] = [];
	const sockets = {findPortOwner: async () => undefined, isOurs: async () => verdicts.shift() ?? true};
	const login = start(t, {sockets});
	const address = await login.until('authorization-url');
	for (const looks of [[false], [true, false]]) {
		verdicts = [...looks];
		const visit = await get(address.shortUrl);
		assert.deepEqual([visit.status, visit.headers.has('location')], [403, false]);
		assert.equal(visit.body, callbackPages['others-visit']);
		const responses: readonly Record<string, string>[] = [{}, {error: 'access_denied'}];
		for (const changes of responses) {
			verdicts = [...looks];
			const {status, body} = await get(redirectOf(address, changes));
			assert.deepEqual([status, body], [403, callbackPages['others-callback']]);
		}
	}

	assert.equal(login.requests.length, 0);
	assert.equal((await get(address.shortUrl)).status, 302);
	paste(login, redirectOf(address));
	assert.equal((await login.result).accessToken, 'at-1');
});

test('Q03, Q04, Q05: with pushed requests the address holds a reference only, and every visit gets its own', async t => {
	for (const settings of [
		{provider: {pushedAuthorization: true}},
		{server: {require_pushed_authorization_requests: true}},
	]) {
		let count = 0;
		const login = start(t, {
			...settings,
			autoOpen: true,
			answer: ({path}) =>
				path === '/par' ? json({request_uri: `urn:x:${++count}`, expires_in: 60}, 201) : json(tokens),
		});
		const {url, shortUrl, redirectUri} = await login.until('authorization-url');
		assert.equal(url, shortUrl);
		assert.deepEqual(login.opened, [shortUrl]);
		const {port, pathname} = new URL(shortUrl);
		for (const request of [`HEAD ${pathname} HTTP/1.1\r\n`, `GET ${pathname} HTTP/1.1\r\nPurpose: prefetch\r\n`]) {
			await rawRequest(Number(port), `${request}Host: 127.0.0.1:${port}\r\n\r\n`);
		}

		assert.equal(login.requests.length, 0, 'nothing is pushed before a visit');
		for (const visit of [1, 2]) {
			const {headers} = await get(shortUrl);
			assert.equal(headers.get('location'), `${issuer}/authorize?client_id=cli&request_uri=urn%3Ax%3A${visit}`);
		}

		const [first, second] = login.requests;
		assert.equal(first!.path, '/par');
		assert.equal(first!.form.get('redirect_uri'), redirectUri);
		assert.equal(first!.form.get('code_challenge_method'), 'S256');
		assert.equal(first!.form.get('state'), second!.form.get('state'));
		await get(`${redirectUri}?code=abc&state=${first!.form.get('state')}`);
		assert.equal((await login.result).accessToken, 'at-1');
	}
});

test('Q06: a refused push is the end, and never becomes plain parameters', async t => {
	const login = start(t, {
		server: {require_pushed_authorization_requests: true},
		answer: () => json({error: 'invalid_scope'}, 400),
	});
	const {body, headers} = await get((await login.until('authorization-url')).shortUrl);
	assert.equal(headers.has('location'), false);
	assert.ok(body === callbackPages.terminal || body.includes('invalid_scope'));
	assert.equal((await failure(login)).code, 'invalid_scope');
});

test('Q06: a later push that fails is told, and the login goes on', async t => {
	let works = true;
	const login = start(t, {
		provider: {pushedAuthorization: true},
		answer: ({path}) => {
			if (path !== '/par') return json(tokens);
			return works ? json({request_uri: 'urn:x', expires_in: 60}, 201) : json({error: 'server_error'}, 400);
		},
	});
	const {shortUrl, redirectUri} = await login.until('authorization-url');
	await get(shortUrl);
	works = false;
	assert.equal((await get(shortUrl)).status, 503);
	assert.equal((await login.until('browser', 1)).status, 'failed');
	await get(`${redirectUri}?code=abc&state=${login.requests[0]!.form.get('state')}`);
	assert.equal((await login.result).accessToken, 'at-1');
});

test('demand 27: after five minutes the flow ends, says what it saw, and frees the port', async t => {
	const login = start(t);
	const {redirectUri, expiresAt} = await login.until('authorization-url');
	assert.equal(expiresAt, login.clock.now() + 300_000);
	await get(`${redirectUri}?code=x&state=old-tab`);
	await login.clock.advance(299_999);
	assert.equal(await isFree(redirectUri), false);
	await login.clock.advance(1);
	const {code, message, hint} = await failure(login);
	assert.equal(code, 'timeout');
	assert.match(message, /5 minutes.*A response came in .* old tab/);
	assert.ok(hint.includes(redirectUri));
	assert.equal(await isFree(redirectUri), true);
});

test('S36: time that was slept through counts', async t => {
	const login = start(t);
	await login.until('authorization-url');
	await login.clock.settle();
	await login.clock.suspend(400_000);
	await login.clock.advance(5000);
	assert.equal((await failure(login)).code, 'timeout');
});

test('demands 22, 23: an abort frees the port within 100 ms, even in the middle of the exchange', async t => {
	for (const isExchanging of [false, true]) {
		const took = await shortest(100, async () => {
			const login = start(t, isExchanging ? {answer: async () => never} : {});
			const {redirectUri} = await login.until('authorization-url');
			const browser = isExchanging ? get(redirectOf(await login.until('authorization-url'))) : undefined;
			if (browser !== undefined) await login.until('exchange');
			const before = performance.now();
			login.abort.abort(new LoginError('cancelled', 'Left.', {hint: ''}));
			if (!isExchanging) assert.equal((await failure(login)).code, 'cancelled');
			while (!(await isFree(redirectUri)));
			const took = performance.now() - before;
			if (browser !== undefined) assert.equal((await browser).body, callbackPages.terminal);
			assert.equal(login.clock.sleepers, 0);
			return took;
		});
		assert.ok(took < 100, `${took} ms`);
	}
});

test('demand 22: a port that is taken is named', async t => {
	const first = start(t);
	const {redirectUri} = await first.until('authorization-url');
	const port = Number(new URL(redirectUri).port);
	const second = start(t, {provider: {redirect: {ports: [port]}}});
	const {code, message} = await failure(second);
	assert.equal(code, 'port_in_use');
	assert.ok(message.includes(String(port)));
});

test('a redirect to a page elsewhere binds no port, and is answered by paste', async t => {
	const uri = 'https://acme.dev/code';
	const login = start(t, {autoOpen: true, provider: {redirect: {uri}, loginHint: 'x'.repeat(2000)}});
	const address = await login.until('authorization-url');
	assert.equal(address.redirectUri, uri);
	assert.equal(address.shortUrl, address.url);
	assert.deepEqual(login.opened, [address.url]);
	paste(login, redirectOf(address));
	await login.result;
	assert.equal(login.requests[0]!.form.get('redirect_uri'), uri);
});

test('F01: a server without a safe sign-in page is a configuration error', async t => {
	for (const authorization_endpoint of [undefined, 'http://auth.acme.dev/authorize', 'javascript:alert(1)']) {
		const login = start(t, {server: {authorization_endpoint}});
		assert.equal((await failure(login)).code, 'config_error');
		assert.deepEqual(login.events, []);
	}
});

test('max_age is passed on, so that an ID token has to say when the person signed in', async t => {
	const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
	let nonce = '';
	const login = start(t, {
		provider: {
			requestedScope: 'openid',
			idToken: 'tls-only',
			parameters: {authorize: {max_age: '60'}},
		},
		answer() {
			const now = Math.floor(login.clock.now() / 1000);
			const claims = {iss: issuer, sub: 'alice', aud: 'cli', iat: now, exp: now + 300, nonce};
			const idToken = `${encode({alg: 'RS256'})}.${encode(claims)}.${encode('unsigned')}`;
			return json({...tokens, id_token: idToken});
		},
	});
	const address = await login.until('authorization-url');
	nonce = new URL(address.url).searchParams.get('nonce')!;
	await get(redirectOf(address));
	const {code, message} = await failure(login);
	assert.equal(code, 'identity_check_failed');
	assert.match(message, /auth_time/);
});
