import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import type {LoginEvent} from '../../source/login/events.js';
import type {LoginOptions} from '../../source/login/flow.js';
import {TokenEngine} from '../../source/token-engine.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {
	startScriptedServer,
	type ScriptedResponse,
	type ScriptedServer,
	type ServerEndpoint,
} from '../../source/testing/index.js';
import {hostileResponses} from '../support/hostile-responses.js';
import {createHurriedClock} from '../support/hurried-clock.js';
import {approveAtOnce, providerIssuer} from '../support/whole-login.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

/** A limit of thirty seconds takes one. */
const factor = 30;

type Victim = {readonly server: ScriptedServer; readonly engine: TokenEngine};

/** What is done at the moment of the attack. */
type Step = {
	readonly endpoints: readonly ServerEndpoint[];
	/** Before the attack begins. */
	readonly prepare?: (victim: Victim) => Promise<unknown>;
	readonly run: (victim: Victim) => Promise<unknown>;
	/** How long it may take in all, in seconds: one request's limit, or a code's lifetime where it is polled for. */
	readonly limit: number;
};

const requestLimit = 30;

/** Signs in, and checks how the login tells of its end. */
const signIn = async ({server, engine}: Victim, options: LoginOptions): Promise<void> => {
	const run = engine.login(options);
	const events: LoginEvent[] = [];
	const approve = approveAtOnce(server);
	for await (const event of run) {
		events.push(event);
		// A response that the server never made has no code that could be approved.
		if (server.requestsTo('deviceAuthorization').length > 0 && event.type === 'device-code') {
			try {
				approve(event);
			} catch {
				server.script.responses = {token: {status: 400, body: {error: 'access_denied'}}};
			}
		}
	}

	const ends = events.filter(({type}) => type === 'signed-in' || type === 'failed');
	assert.equal(ends.length, 1, 'one end');
	assert.equal(events.at(-1), ends[0], 'and nothing after it');
	await run.session;
};

const signedIn = async (victim: Victim) => signIn(victim, {flow: 'browser'});

const steps: Readonly<Record<string, Step>> = {
	discovery: {
		endpoints: ['openidConfiguration', 'oauthMetadata'],
		run: signedIn,
		limit: 2 * requestLimit,
	},
	'the keys': {endpoints: ['jwks'], run: signedIn, limit: 3 * requestLimit},
	'a pushed request': {
		endpoints: ['pushedAuthorization'],
		prepare: async ({server}) => void (server.script.requirePushedAuthorization = true),
		run: signedIn,
		limit: requestLimit,
	},
	'the code exchange': {endpoints: ['token'], run: signedIn, limit: requestLimit},
	'the device request': {
		endpoints: ['deviceAuthorization'],
		run: async victim => signIn(victim, {flow: 'device'}),
		limit: requestLimit + 60,
	},
	'a poll': {
		endpoints: ['token'],
		prepare: async ({server}) => void (server.script.deviceCodeLifetime = 60),
		run: async victim => signIn(victim, {flow: 'device'}),
		limit: 60 + requestLimit,
	},
	'client credentials': {
		endpoints: ['token'],
		run: async victim => signIn(victim, {flow: 'client-credentials'}),
		limit: requestLimit,
	},
	'a refresh': {
		endpoints: ['token'],
		prepare: signedIn,
		run: async ({engine}) => engine.token({rejected: await engine.token()}),
		// One more request where the connection broke.
		limit: 2 * requestLimit,
	},
	userinfo: {
		endpoints: ['userInfo'],
		prepare: signedIn,
		run: async ({engine}) => engine.userInfo(),
		limit: 4 * requestLimit,
	},
	'an exchange': {
		endpoints: ['token'],
		prepare: signedIn,
		run: async ({engine}) => engine.exchange({audience: 'service-b'}),
		limit: requestLimit,
	},
	revocation: {
		endpoints: ['revocation'],
		prepare: signedIn,
		async run({engine}) {
			await engine.logout();
			assert.deepEqual(await engine.store.list(), [], 'forgotten, whatever the server says');
		},
		limit: 2 * requestLimit,
	},
};

/** Most of them are waits. */
const atATime = {concurrency: 4};

/** For the machine's own pace, which the hurried clock multiplies. */
const leniency = 30;

const attack = async (step: Step, answer: ScriptedResponse): Promise<LoginError | undefined> => {
	const clock = createHurriedClock(factor);
	const server = await startScriptedServer({
		issuer: providerIssuer,
		clock,
		client: {id: 'cli', secret: 'client-secret'},
	});
	const engine = new EngineWithBrowser({
		provider: server.provider,
		store: createMemoryStore({clock}),
		fetch: server.fetch,
		openBrowser: server.openBrowser,
		clock,
	});
	await step.prepare?.({server, engine});
	server.script.responses = Object.fromEntries(step.endpoints.map(endpoint => [endpoint, answer]));
	const begin = clock.monotonic();
	try {
		await step.run({server, engine});
		return undefined;
	} catch (error) {
		assert.ok(error instanceof LoginError, `not ours: ${String(error)}`);
		return error;
	} finally {
		const seconds = (clock.monotonic() - begin) / 1000;
		assert.ok(seconds < step.limit + leniency, `${Math.round(seconds)} s`);
	}
};

for (const [place, step] of Object.entries(steps)) {
	test(
		`S29, S30, S31, S32: whatever a server answers at ${place}, it ends in time, in one clear error or well`,
		atATime,
		async t => {
			await Promise.all(
				Object.entries(hostileResponses).map(async ([name, answer]) =>
					t.test(name, async () => {
						const error = await attack(step, answer);
						if (error === undefined) return;
						assert.notEqual(error.code, 'internal_error', error.message);
						assert.notEqual(error.code, 'cancelled');
						assert.doesNotMatch(error.message + error.hint, /[\p{Cc}\p{Cf}]/u);
						assert.ok(error.message.length < 500 && error.message.length > 10 && error.hint !== '');
						assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
					}),
				),
			);
		},
	);
}

for (const name of [
	'no response ever',
	'a closed connection',
	'half a response',
	'status 500 with a page',
	'status 429',
] as const) {
	test(`D17, S29: after ${name} at one poll the login goes on, and ends well`, async () => {
		const clock = createHurriedClock(factor);
		const server = await startScriptedServer({
			issuer: providerIssuer,
			clock,
			responses: {token: [hostileResponses[name]]},
		});
		const store = createMemoryStore({clock});
		const engine = new TokenEngine({provider: server.provider, store, fetch: server.fetch, clock});
		await signIn({server, engine}, {flow: 'device'});
		assert.equal(server.requestsTo('token').length, 2);
	});
}

test('S35: whatever the first response for the keys was, the next one counts', atATime, async t => {
	await Promise.all(
		Object.entries(hostileResponses).map(async ([name, answer]) =>
			t.test(name, async () => {
				// A GET is sent once more by itself where its connection broke, so that must be spoiled as well.
				const jwks: readonly ScriptedResponse[] =
					name === 'a closed connection' || name === 'half a response' ? [answer, answer] : [answer];
				const clock = createHurriedClock(factor);
				const server = await startScriptedServer({issuer: providerIssuer, clock, responses: {jwks}});
				const store = createMemoryStore({clock});
				const {provider, fetch, openBrowser} = server;
				const engine = new EngineWithBrowser({provider, store, fetch, openBrowser, clock});
				await signIn({server, engine}, {flow: 'browser'});
				assert.equal(server.requestsTo('jwks').length, jwks.length + 1);
			}),
		),
	);
});
