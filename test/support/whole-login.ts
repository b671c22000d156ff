import assert from 'node:assert/strict';
import {LoginError, type LoginErrorCode} from '../../source/core/errors.js';
import type {EventOf, LoginEvent} from '../../source/login/events.js';
import type {LoginOptions, LoginRun} from '../../source/login/flow.js';
import type {Provider} from '../../source/oauth/provider.js';
import type {Session, TokenStore} from '../../source/session/types.js';
import {TokenEngine} from '../../source/token-engine.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {
	createManualClock,
	startScriptedServer,
	type ManualClock,
	type ScriptedServer,
	type ServerScript,
} from '../../source/testing/index.js';
import {EngineWithBrowser} from './engine-with-browser.js';

/** A whole engine, its scripted provider in memory, and a browser whose person allows everything. */
export type WholeLogin = {
	readonly server: ScriptedServer;
	readonly store: TokenStore;
	readonly engine: TokenEngine;
	/** Signs in with the browser. */
	browser(options?: LoginOptions): Promise<Session>;
};

export const providerIssuer = 'https://op.example.test';

/** @param settings - of the provider, beside those that the scripted one gives */
export const prepareLogin = async (
	script: ServerScript = {},
	settings: Partial<Provider> = {},
): Promise<WholeLogin> => {
	const server = await startScriptedServer({issuer: providerIssuer, ...script});
	const store = createMemoryStore();
	const engine = new EngineWithBrowser({
		provider: {...server.provider, ...settings},
		store,
		fetch: server.fetch,
		openBrowser: server.openBrowser,
	});
	return {server, store, engine, browser: async options => engine.login({flow: 'browser', ...options}).session};
};

export type DeviceLogin = {
	readonly server: ScriptedServer;
	readonly clock: ManualClock;
	readonly store: TokenStore;
	readonly engine: TokenEngine;
	/** Signs in with a code; time passes as fast as it can, and `onEvent` is the person. */
	device(onEvent?: (event: LoginEvent) => void): Promise<EndedLogin>;
	/** Seconds between the polls, the first counted from the code's request. */
	waits(): readonly number[];
};

export type EndedLogin = {
	readonly events: readonly LoginEvent[];
	readonly session?: Session;
	readonly error?: LoginError;
};

export const eventsOf = <Type extends LoginEvent['type']>(
	events: readonly LoginEvent[],
	type: Type,
): readonly EventOf<Type>[] => events.filter((event): event is EventOf<Type> => event.type === type);

/** Lets time pass until the login has ended. */
export const hurry = async (run: LoginRun, clock: ManualClock): Promise<EndedLogin> => {
	const events: LoginEvent[] = [];
	const reading = (async () => {
		for await (const event of run) events.push(event);
	})();
	let hasEnded = false;
	const outcome = run.session
		.then(
			session => ({session}),
			(error: unknown) => {
				assert.ok(error instanceof LoginError, 'nothing but a LoginError leaves the engine');
				return {error};
			},
		)
		.finally(() => {
			hasEnded = true;
		});
	const isOver = () => hasEnded;
	while (!isOver()) {
		await clock.settle();
		if (!isOver() && clock.sleepers > 0) await clock.advanceToNextSleeper();
	}

	await reading;
	return {events, ...(await outcome)};
};

/** A login with a code against a provider in memory, on a clock that is moved by hand. */
export const prepareDeviceLogin = async (
	script: ServerScript = {},
	settings: Partial<Provider> = {},
): Promise<DeviceLogin> => {
	const clock = createManualClock();
	const server = await startScriptedServer({issuer: providerIssuer, clock, ...script});
	const store = createMemoryStore({clock});
	const engine = new TokenEngine({provider: {...server.provider, ...settings}, store, fetch: server.fetch, clock});
	return {
		server,
		clock,
		store,
		engine,
		async device(onEvent = approveAtOnce(server)) {
			const run = engine.login({flow: 'device'});
			run.subscribe(tellNew(run, onEvent));
			return hurry(run, clock);
		},
		waits() {
			const moments = [...server.requestsTo('deviceAuthorization'), ...server.requestsTo('token')].map(({at}) => at);
			return moments.slice(1).map((at, index) => (at - (moments[index] ?? at)) / 1000);
		},
	};
};

/** A person who allows the code as soon as it is shown. */
export const approveAtOnce =
	(server: ScriptedServer) =>
	({type}: LoginEvent): void => {
		if (type === 'device-code') server.approve();
	};

/** Tells each event at the moment it happens: an iterator is told only later. */
const tellNew = (run: LoginRun, tell: (event: LoginEvent) => void): (() => void) => {
	let code: LoginEvent | undefined;
	return () => {
		const shown = run.state.flows.device?.code;
		if (shown !== undefined && shown !== code) {
			code = shown;
			tell(shown);
		}
	};
};

/** The error that the work fails with; fails itself where that is not one of the engine's, or has another code. */
export const refusal = async (work: Promise<unknown>, ...codes: readonly LoginErrorCode[]): Promise<LoginError> => {
	try {
		await work;
	} catch (error) {
		assert.ok(error instanceof LoginError, `${String(error)} is no LoginError`);
		if (codes.length > 0) assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
		assert.match(error.message, /^.+$/, 'one line');
		assert.notEqual(error.hint, '');
		return error;
	}

	assert.fail('it was not refused');
};

/** Refused, its tokens used for nothing and kept nowhere. */
export const assertDiscarded = async ({server, store}: Pick<WholeLogin, 'server' | 'store'>): Promise<void> => {
	assert.equal(server.requestsTo('userInfo').length, 0, 'no userinfo call');
	assert.deepEqual(await store.list(), [], 'nothing stored');
};
