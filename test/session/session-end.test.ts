import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {LoginEvent} from '../../source/login/events.js';
import {signInDue} from '../../source/session/freshness.js';
import type {SessionState} from '../../source/session/session-state.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {createManualClock, startScriptedServer} from '../../source/testing/index.js';
import {TokenEngine} from '../../source/token-engine.js';

const start = Date.UTC(2026, 10, 21);
const hour = 3_600_000;
const day = 24 * hour;

/** An engine that is signed in; each token response has another part of `said` in it, the last one for good. */
const signedIn = async (...said: readonly Record<string, unknown>[]) => {
	const clock = createManualClock({now: start});
	const parts = [...said];
	const server = await startScriptedServer({
		issuer: 'https://auth.example',
		clock,
		responses: {
			async token(_, conforming) {
				const reply = await conforming();
				return {...reply, body: {...(reply.body as object), ...(parts.length > 1 ? parts.shift() : parts[0])}};
			},
		},
	});
	const engine = new TokenEngine({
		provider: server.provider,
		store: createMemoryStore({clock}),
		clock,
		fetch: server.fetch,
	});
	const run = engine.login({flow: 'browser', terminal: {openBrowser: server.openBrowser}});
	const events: LoginEvent[] = [];
	for await (const event of run) events.push(event);
	await run.session;
	const event = events.at(-1);
	assert.ok(event?.type === 'signed-in');
	const end = async () => (await engine.session())?.sessionExpiresAt;
	return {engine, clock, event, end};
};

/** Read anew each time: TypeScript takes a property that was compared for one that stays. */
const stateOf = (engine: TokenEngine): SessionState => engine.state;

test('the end of the session is told to the second, however the server spells it', async () => {
	for (const name of ['refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in']) {
		for (const seconds of [2_592_001, '2592001']) {
			const {engine, event, end} = await signedIn({[name]: seconds});
			const due = start + 2_592_001_000;
			assert.equal(await end(), due, name);
			assert.equal(event.sessionExpiresAt, due);
			const state = stateOf(engine);
			assert.equal(state.status === 'signed-in' && state.sessionExpiresAt, due);
		}
	}
});

test('no end is told where the server says none, says that there is none, or says nonsense', async () => {
	const {event} = await signedIn({});
	assert.ok(!('sessionExpiresAt' in event) || event.sessionExpiresAt === undefined);
	const lives = [0, '0', -1, 'NaN', 'soon', '', '-5', '1e999', null, true, [60], {}, 1e300, 9e15, 315_360_001];
	for (const life of lives) {
		const {end} = await signedIn({refresh_expires_in: life});
		assert.equal(await end(), undefined, JSON.stringify(life));
	}
});

test('a program that signs in by itself waits for nobody, whatever a server says of refresh tokens', async () => {
	const {engine} = await signedIn({refresh_expires_in: 86_400});
	const stored = await engine.store.read('default');
	assert.ok(stored !== undefined);
	assert.equal(signInDue(stored), start + day);
	for (const flow of ['client-credentials', 'workload-identity'] as const) {
		assert.equal(signInDue({...stored, flow}), undefined, flow);
	}
});

test('a session that cannot renew itself ends with its token', async () => {
	const {end} = await signedIn({refresh_token: undefined, refresh_expires_in: 86_400});
	assert.equal(await end(), start + hour);
});

test('a session outlives its refresh token for as long as its last token is good', async () => {
	const {end} = await signedIn({refresh_expires_in: 1800});
	assert.equal(await end(), start + hour);
});

test('a refresh moves the end, leaves it, or takes it away, as the server says', async () => {
	const life = {refresh_expires_in: 86_400};
	const afterRefresh = async (...said: readonly Record<string, unknown>[]) => {
		const {engine, clock, end} = await signedIn(...said);
		await clock.advance(2 * hour);
		await engine.token();
		return end();
	};

	assert.equal(await afterRefresh(life), start + 2 * hour + day, 'moved');
	assert.equal(await afterRefresh(life, {refresh_expires_in: 79_200}), start + day, 'the same end, told again');
	assert.equal(await afterRefresh(life, {refresh_token: undefined}), start + day, 'the same refresh token');
	assert.equal(await afterRefresh(life, {refresh_expires_in: 0}), undefined, 'no limit any more');
	assert.equal(await afterRefresh(life, {}), undefined, 'a new refresh token, of which nothing was said');
});

test('a session that has ended is told from none: to listeners, and by what a token fails of', async () => {
	const {engine, clock} = await signedIn({refresh_token: undefined});
	const stop = engine.subscribe(() => undefined);
	await clock.advance(2 * hour);
	assert.deepEqual(stateOf(engine), {status: 'signed-out', ended: true});
	await assert.rejects(engine.token(), {code: 'person_required', message: /^The session has expired/});
	await engine.logout();
	assert.deepEqual(stateOf(engine), {status: 'signed-out', ended: false});
	await assert.rejects(engine.token(), {code: 'person_required', message: /^Nobody is signed in/});
	stop();
});
