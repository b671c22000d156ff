import assert from 'node:assert/strict';
import {LoginError} from '../../source/core/errors.js';
import type {LoginEvent} from '../../source/login/events.js';
import type {LoginRun} from '../../source/login/flow.js';
import type {LoginState} from '../../source/login/state.js';
import type {Provider} from '../../source/oauth/provider.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {createManualClock, recordLogin, type ManualClock, type Recording} from '../../source/testing/index.js';
import {canary, type Happening, type LoginScript, type ScriptedResponse} from './arbitrary-login.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

const issuer = 'https://auth.example';

const provider: Provider = {
	name: 'property',
	issuer,
	clientId: 'cli',
	clientSecret: `${canary}client-secret`,
	scope: 'read',
	idToken: 'ignore',
	// No port is bound: the person pastes.
	redirect: {uri: 'https://acme.example/signed-in'},
};

const endpoints = {
	authorization: `${issuer}/authorize`,
	token: `${issuer}/token`,
	deviceAuthorization: `${issuer}/device`,
	revocation: `${issuer}/revoke`,
};

export type SentRequest = {
	readonly path: string;
	readonly body: string;
	/** Milliseconds by the monotonic clock. */
	readonly at: number;
	readonly answer: ScriptedResponse;
	/** When the response was there. */
	answeredAt?: number;
};

export type PlayedLogin = {
	readonly events: readonly LoginEvent[];
	readonly state: LoginState;
	readonly error?: LoginError;
	readonly recording: Recording;
	readonly requests: readonly SentRequest[];
	/** How many requests were sent after the last event. */
	readonly requestsAfterEnd: number;
	/** What the engine drew from chance, as it stands in requests. */
	readonly drawn: readonly string[];
	readonly mostPollsAtOnce: number;
	readonly wasCancelled: boolean;
};

const honest: Readonly<Record<string, unknown>> = {
	'/device': {
		device_code: `${canary}device-code`,
		user_code: 'WDJB-MJHT',
		verification_uri: 'https://auth.example/activate',
		expires_in: 600,
	},
	'/token': {error: 'authorization_pending'},
	'/revoke': {},
};

const isNull = (status: number) => status === 204;

const toResponse = (answer: Extract<ScriptedResponse, {kind: 'answer' | 'text'}>): Response => {
	const {status} = answer;
	if (isNull(status)) return new Response(null, {status});
	return answer.kind === 'text'
		? new Response(answer.text, {status})
		: new Response(JSON.stringify(answer.body), {
				status,
				headers: {'content-type': 'application/json', ...answer.headers},
			});
};

const until = async (signal: AbortSignal | null | undefined): Promise<never> =>
	new Promise((_resolve, reject) => {
		const stop = () => reject(signal?.reason as Error);
		if (signal?.aborted === true) stop();
		signal?.addEventListener('abort', stop, {once: true});
	});

const respond = async (answer: ScriptedResponse, signal: AbortSignal | null | undefined): Promise<Response> => {
	if (answer.kind === 'hang') return until(signal);
	if (answer.kind === 'drop') throw new TypeError('fetch failed', {cause: {code: 'ECONNRESET'}});
	return toResponse(answer as Extract<ScriptedResponse, {kind: 'answer' | 'text'}>);
};

/**
 * Nothing is under way any more. What works on other threads, or is loaded, is given its time: little where the login
 * stands at the picker and is likely to wait for a person (`mayWait`), seconds where it should go on.
 */
const isIdle = async (
	clock: ManualClock,
	run: LoginRun,
	{mayWait, hasEnded}: {readonly mayWait: boolean; readonly hasEnded: () => boolean},
): Promise<boolean> => {
	const begin = performance.now();
	const isChoosing = () => mayWait && run.state.discovery !== undefined && run.state.phase === 'choosing';
	for (let turn = 0; turn < 20 || performance.now() < begin + (isChoosing() ? 20 : 5000); turn++) {
		await clock.settle();
		if (clock.sleepers > 0 || hasEnded()) return false;
	}

	return true;
};

/** Longer than any login of a script can go on by itself: every code lives half an hour at most. */
const longest = 6 * 3_600_000;

/** A login that renews its codes would go on for ever. */
const longestRenewing = 3_600_000;

/** Plays a whole login by its script, on a clock that is moved by hand and without a socket. */
export const playLogin = async (script: LoginScript): Promise<PlayedLogin> => {
	const clock = createManualClock({now: 1_900_000_000_000});
	const requests: SentRequest[] = [];
	const queues: Readonly<Record<string, ScriptedResponse[]>> = {
		'/device': [...script.device],
		'/token': [...script.token],
		'/revoke': [...script.revocation],
	};
	let polling = 0;
	let mostPollsAtOnce = 0;

	const responseTo = (path: string): ScriptedResponse =>
		queues[path]?.shift() ??
		(path.startsWith('/.well-known') && script.metadata !== undefined
			? script.metadata
			: {
					kind: 'answer',
					status: path === '/token' ? 400 : honest[path] === undefined ? 404 : 200,
					headers: {},
					body: honest[path],
				});

	const scriptedFetch: typeof fetch = async (input, init) => {
		const {pathname: path} = new URL(input instanceof Request ? input.url : input);
		const body = init?.body instanceof URLSearchParams ? init.body.toString() : '';
		const answer = responseTo(path);
		const request: SentRequest = {path, body, at: clock.monotonic(), answer};
		requests.push(request);
		const isPoll = body.includes('device_code');
		if (isPoll) mostPollsAtOnce = Math.max(mostPollsAtOnce, ++polling);
		try {
			await Promise.resolve();
			return await respond(answer, init?.signal);
		} finally {
			request.answeredAt = clock.monotonic();
			if (isPoll) polling--;
		}
	};

	const drawn: string[] = [];
	let seed = 1;
	const engine = new EngineWithBrowser({
		provider: script.metadata === undefined ? {...provider, discovery: 'none', endpoints} : provider,
		store: createMemoryStore({clock}),
		fetch: scriptedFetch,
		clock,
		random(count) {
			const bytes = Uint8Array.from({length: count}, () => (seed = (seed * 48_271) % 2_147_483_647) & 255);
			drawn.push(Buffer.from(bytes).toString('base64url'));
			return bytes;
		},
		openBrowser: async () => ({status: 'skipped', detail: 'None here.'}),
	});

	const {flow, attended, renew} = script;
	const run = engine.login({flow, attended, renew});
	const events: LoginEvent[] = [];
	const reading = (async () => {
		for await (const event of run) events.push(event);
	})();
	const taping = recordLogin(run);
	let end: {error?: LoginError} | undefined;
	const outcome = run.session.then(
		() => ({}),
		(error: unknown) => {
			assert.ok(error instanceof LoginError, `not ours: ${String(error)}`);
			return {error};
		},
	);
	void outcome.then(result => {
		end = result;
	});
	const hasEnded = () => end !== undefined;

	const happen = async (happening: Happening) => {
		switch (happening.kind) {
			case 'command': {
				run.command(happening.command);
				return;
			}

			case 'paste': {
				const {url} = run.state.flows.browser?.address ?? {};
				const state = url === undefined ? '' : (new URL(url).searchParams.get('state') ?? '');
				const query = new URLSearchParams({state, ...(happening.query as Record<string, string>)});
				run.command({type: 'paste', text: `https://acme.example/signed-in?${query.toString()}`});
				return;
			}

			case 'suspend': {
				await clock.suspend(happening.ms, {monotonic: happening.monotonic});
				return;
			}

			case 'set-clock': {
				clock.jumpWall(happening.ms);
			}
		}
	};

	const happenings = [...script.happenings].sort(([a], [b]) => a - b);
	for (let step = 0; !hasEnded() && clock.monotonic() < (renew ? longestRenewing : longest); step++) {
		while (happenings[0] !== undefined && happenings[0][0] <= step) await happen(happenings.shift()![1]);
		if (clock.sleepers > 0) await clock.advance(clock.untilNextSleeper ?? 0);
		else if ((await isIdle(clock, run, {mayWait: attended || flow === 'ask', hasEnded})) && happenings.length === 0)
			break;
	}

	const wasCancelled = !hasEnded();
	if (wasCancelled) await run.cancel();
	const {error} = (await outcome) as {error?: LoginError};
	await reading;
	const sent = requests.length;
	await clock.advance(3_600_000);
	// A loser's tokens are taken back after the end: nothing else may be asked for.
	const requestsAfterEnd = requests.slice(sent).filter(({path}) => path !== '/revoke').length;
	return {
		events,
		state: run.state,
		recording: await taping,
		requests,
		requestsAfterEnd,
		drawn,
		mostPollsAtOnce,
		wasCancelled,
		...(error !== undefined && {error}),
	};
};
