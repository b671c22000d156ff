import {everyFlow} from '../../../source/core/types.js';
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {CommandQueue} from '../../../source/login/flow-race.js';
import type {FlowContext} from '../../../source/login/flow.js';
import {deviceFlow} from '../../../source/login/flows/device.js';
import {hardenedFetch} from '../../../source/oauth/hardened-fetch.js';
import {cancelled} from '../../../source/core/errors.js';
import type {LoginEvent} from '../../../source/login/events.js';
import type {ResolvedProvider} from '../../../source/oauth/provider.js';
import type {TokenSet} from '../../../source/oauth/token-set.js';
import {createManualClock} from '../../../source/testing/manual-clock.js';

const issuer = 'https://auth.example';
const provider: ResolvedProvider = {
	name: 'oauth',
	issuer,
	clientId: 'cli',
	server: {issuer, device_authorization_endpoint: `${issuer}/device`, token_endpoint: `${issuer}/token`},
	flows: {...everyFlow, browser: 'no', 'client-credentials': 'no'},
	requestedScope: 'read',
};

type ScriptedResponse = Response | 'drop' | 'hang';

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
	new Response(JSON.stringify(body), {status, headers: {'content-type': 'application/json', ...headers}});
const oauthError = (error: string, status = 400, more: Record<string, unknown> = {}): Response =>
	json({error, ...more}, status);
const pending = () => oauthError('authorization_pending');
const slowDown = (more: Record<string, unknown> = {}) => oauthError('slow_down', 400, more);
const granted = () => json({access_token: 'at', token_type: 'Bearer', expires_in: 3600});

type Setup = {
	readonly responses: readonly ScriptedResponse[];
	readonly device?: Record<string, unknown>;
	readonly autoRenew?: boolean;
};

/** Runs the device flow against scripted answers; nothing in it waits for real time. */
const start = ({responses, device = {}, autoRenew = false}: Setup) => {
	const clock = createManualClock({now: 1_700_000_000_000});
	const begin = clock.now();
	const controller = new AbortController();
	const queue = [...responses];
	const polls: number[] = [];
	const events: LoginEvent[] = [];
	const commands = new CommandQueue();
	let codes = 0;
	let inFlight = 0;
	let mostInFlight = 0;

	const token = async (signal: AbortSignal | null | undefined): Promise<Response> => {
		polls.push((clock.now() - begin) / 1000);
		const answer = queue.shift() ?? pending();
		if (answer === 'drop') throw new TypeError('fetch failed', {cause: {code: 'ECONNRESET'}});
		if (answer === 'hang') {
			return new Promise((_, reject) => {
				signal?.addEventListener('abort', () => reject(signal.reason as Error));
			});
		}

		return answer;
	};

	const scriptedFetch: typeof fetch = async (input, init) => {
		const {pathname} = new URL(input instanceof Request ? input.url : input);
		if (pathname === '/device') {
			codes += 1;
			return json({
				device_code: `device-code-canary-${codes}`,
				user_code: `CODE-${codes}`,
				verification_uri: `${issuer}/activate`,
				expires_in: 600,
				interval: 5,
				...device,
			});
		}

		inFlight += 1;
		mostInFlight = Math.max(mostInFlight, inFlight);
		try {
			return await token(init?.signal);
		} finally {
			inFlight -= 1;
		}
	};

	const opened: string[] = [];
	const context: FlowContext = {
		provider,
		fetch: hardenedFetch({fetch: scriptedFetch, clock}),
		clock,
		signal: controller.signal,
		random: count => new Uint8Array(count),
		emit: event => events.push(event),
		commands,
		claim: () => ({[Symbol.dispose]: () => undefined}),
		terminal: {
			async openBrowser(url) {
				opened.push(url);
				return {status: 'opened'};
			},
		},
		autoOpen: true,
		autoRenew,
	};
	const result: {tokens?: TokenSet; error?: {readonly code?: string}} = {};
	const done = deviceFlow(context).then(
		tokens => {
			result.tokens = tokens;
		},
		(error: unknown) => {
			result.error = error as {readonly code?: string};
		},
	);
	return {
		clock,
		controller,
		polls,
		events,
		commands,
		opened,
		result,
		done,
		codes: () => codes,
		mostInFlight: () => mostInFlight,
		/** Lets the clock run until the flow has ended, at most so many seconds. */
		async run(seconds: number) {
			for (let passed = 0; passed < seconds && result.tokens === undefined && result.error === undefined; passed += 1) {
				await clock.advance(1000);
			}
		},
	};
};

/** The times of the polls, in seconds since the code was asked for. */
const pollsOf = async (responses: readonly ScriptedResponse[], seconds = 700, device: Record<string, unknown> = {}) => {
	const flow = start({responses, device});
	await flow.run(seconds);
	return {...flow, code: flow.result.error?.code};
};

test('a browser is started with the plain link: who reads process lists does not get the code', async () => {
	const device = {verification_uri_complete: `${issuer}/activate?user_code=CODE-1`};
	const flow = start({responses: [granted()], device});
	flow.commands.put({type: 'open-browser'});
	await flow.run(10);
	assert.deepEqual(flow.opened, [`${issuer}/activate`]);
});

test('D13, device-respects-interval: every wait is the interval with a margin, the first one too', async () => {
	const {polls, result} = await pollsOf([pending(), pending(), granted()]);
	assert.deepEqual(polls, [5.25, 10.5, 15.75]);
	assert.equal(result.tokens?.accessToken, 'at');
});

test('D06: without an interval five seconds hold', async () => {
	const {polls} = await pollsOf([granted()], 700, {interval: undefined});
	assert.deepEqual(polls, [5.25]);
});

test('D14, device-slow-down: each slow_down adds five seconds for good, with a greater margin from then on', async () => {
	const {polls, events} = await pollsOf([pending(), slowDown(), pending(), slowDown(), pending(), granted()]);
	// 5.25 · +5.25 · +10×1.2 · +12 · +15×1.2 · +18
	assert.deepEqual(polls, [5.25, 10.5, 22.5, 34.5, 52.5, 70.5]);
	assert.deepEqual(
		events.flatMap(event => (event.type === 'slow-down' ? [event.interval] : [])),
		[10, 15],
	);
});

test('D14: the interval that the server names in a slow_down is honoured, unless it is shorter or absurd', async () => {
	const {polls} = await pollsOf([slowDown({interval: 30}), slowDown({interval: 1}), granted()]);
	// 5.25 · +30×1.2 · +35×1.2
	assert.deepEqual(polls, [5.25, 41.25, 83.25]);
	const absurd = await pollsOf([slowDown({interval: 'soon'}), granted()]);
	assert.deepEqual(absurd.polls, [5.25, 17.25]);
});

test('demand 33: Retry-After is waited for where it is longer than the interval', async () => {
	const wait = json({error: 'authorization_pending'}, 400, {'retry-after': '20'});
	const {polls} = await pollsOf([wait, granted()]);
	assert.deepEqual(polls, [5.25, 25.25]);
});

const dispositions: readonly (readonly [string, (status: number) => Response, string])[] = [
	['authorization_pending', status => oauthError('authorization_pending', status), 'goes on'],
	['slow_down', status => oauthError('slow_down', status), 'goes on'],
	['access_denied', status => oauthError('access_denied', status), 'access_denied'],
	['expired_token', status => oauthError('expired_token', status), 'expired_token'],
	['invalid_client', status => oauthError('invalid_client', status), 'invalid_client'],
	['an unknown error', status => oauthError('out_of_coffee', status), 'server_rejected'],
];

for (const [name, answer, outcome] of dispositions) {
	for (const status of [200, 400, 401, 403, 428, 429]) {
		test(`D15, D16, device-${name.replaceAll(/[ _]/g, '-')} with status ${status}: the error decides, not the status`, async () => {
			const {polls, code, result} = await pollsOf([answer(status), granted()]);
			if (outcome === 'goes on') {
				assert.deepEqual(polls, [5.25, name === 'slow_down' ? 17.25 : 10.5]);
				assert.equal(result.tokens?.accessToken, 'at');
			} else {
				assert.equal(code, outcome);
				assert.deepEqual(polls, [5.25], 'no request follows a terminal answer');
			}
		});
	}
}

test('device-429 without a body is a slow_down', async () => {
	const {polls} = await pollsOf([new Response('', {status: 429}), granted()]);
	assert.deepEqual(polls, [5.25, 17.25]);
});

for (const [name, answer] of [
	['a dropped connection', () => 'drop'],
	['status 500', () => oauthError('server_error', 500)],
	[
		'status 502 with HTML',
		() => new Response('<h1>Bad gateway</h1>', {status: 502, headers: {'content-type': 'text/html'}}),
	],
	['status 408', () => new Response('', {status: 408})],
] as const satisfies readonly (readonly [string, () => ScriptedResponse])[]) {
	test(`D17: ${name} doubles the wait each time, up to a minute, and back after a response`, async () => {
		const {polls, events, result} = await pollsOf([
			answer(),
			answer(),
			answer(),
			answer(),
			answer(),
			pending(),
			granted(),
		]);
		// 5.25 · +10 · +20 · +40 · +60 · +60 · +5.25
		assert.deepEqual(polls, [5.25, 15.25, 35.25, 75.25, 135.25, 195.25, 200.5]);
		assert.equal(events.filter(event => event.type === 'backoff').length, 5);
		assert.equal(result.tokens?.accessToken, 'at');
	});
}

test('D17: an endpoint that never answers is given up in its time and asked again', async () => {
	const {polls, result} = await pollsOf(['hang', granted()]);
	assert.equal(polls.length, 2);
	assert.ok(polls[1]! >= 5.25 + 10 + 10, `asked again at ${polls[1]}`);
	assert.equal(result.tokens?.accessToken, 'at');
});

test('back-off never undercuts an interval that is longer than a minute', async () => {
	const slow = Array.from({length: 12}, () => slowDown());
	const {polls} = await pollsOf([...slow, 'drop', granted()], 1800, {expires_in: 1800});
	const last = polls.at(-1)! - polls.at(-2)!;
	assert.equal(last, 65 * 1.2);
});

test('D18: nothing is asked after the code has expired; the last poll comes just before, and keeps the interval', async () => {
	const {polls, code} = await pollsOf([], 700, {expires_in: 60});
	assert.deepEqual(polls, [5.25, 10.5, 15.75, 21, 26.25, 31.5, 36.75, 42, 47.25, 52.5, 59]);
	assert.equal(code, 'expired_token');
});

test('D18: the interval is kept to the end: a code that lives no longer than it is not asked for early', async () => {
	const {polls, code} = await pollsOf([slowDown({interval: 90})], 700, {expires_in: 60});
	assert.deepEqual(polls, [5.25]);
	assert.equal(code, 'expired_token');
	assert.deepEqual((await pollsOf([], 700, {expires_in: 2})).polls, []);
	const last = await pollsOf([slowDown({interval: 50}), granted()], 700, {expires_in: 60});
	assert.deepEqual(last.polls, [5.25, 59], 'a margin is no interval');
});

test('an invalid_grant after a pending answer means that the code has expired (Auth0)', async () => {
	const {code} = await pollsOf([pending(), oauthError('invalid_grant', 403)]);
	assert.equal(code, 'expired_token');
	const first = await pollsOf([oauthError('invalid_grant', 403)]);
	assert.equal(first.code, 'invalid_grant');
});

test('D19: a cancel while a poll is under way aborts it, and none follows', async () => {
	const flow = start({responses: ['hang']});
	await flow.run(7);
	flow.controller.abort(cancelled());
	await flow.done;
	assert.equal(flow.result.error?.code, 'cancelled');
	await flow.clock.advance(600_000);
	assert.deepEqual(flow.polls, [5.25]);
	assert.equal(flow.clock.sleepers, 0);
});

test('there is never a second poller, and none after success', async () => {
	const flow = start({responses: [pending(), 'drop', granted()]});
	await flow.run(700);
	await flow.clock.advance(600_000);
	assert.equal(flow.mostInFlight(), 1);
	assert.equal(flow.polls.length, 3);
	assert.equal(flow.clock.sleepers, 0);
});

test('D09: the device code is in no event', async () => {
	const {events} = await pollsOf([pending(), slowDown(), 'drop', granted()]);
	assert.doesNotMatch(JSON.stringify(events), /canary/);
});

test('demand 34: a new code replaces the old one on request, and only the new one is asked for', async () => {
	const flow = start({responses: [pending()]});
	await flow.run(7);
	flow.commands.put({type: 'renew-code'});
	await flow.clock.advance(0);
	const codes = flow.events.filter(event => event.type === 'device-code');
	assert.deepEqual(
		codes.map(({userCode, renewal}) => [userCode, renewal]),
		[
			['CODE-1', 0],
			['CODE-2', 1],
		],
	);
	const before = flow.polls.length;
	await flow.clock.advance(6000);
	assert.equal(flow.polls.length, before + 1);
	assert.equal(flow.mostInFlight(), 1);
	flow.controller.abort(cancelled());
	await flow.done;
});

test('D03: an expired code is renewed by itself only where that was asked for', async () => {
	const renewing = start({responses: [], device: {expires_in: 30}, autoRenew: true});
	await renewing.run(70);
	assert.equal(renewing.codes(), 3);
	renewing.controller.abort(cancelled());
	await renewing.done;
	const {codes} = await pollsOf([], 700, {expires_in: 30});
	assert.equal(codes(), 1);
});

test('S36: a computer that slept checks at once when it wakes, and says how long it slept', async () => {
	const flow = start({responses: [pending(), granted()], device: {expires_in: 1800}});
	await flow.run(7);
	await flow.clock.suspend(600_000);
	await flow.run(6);
	const resumed = flow.events.find(event => event.type === 'resumed');
	assert.ok(resumed !== undefined && Math.abs(resumed.sleptFor - 600_000) < 6000, JSON.stringify(resumed));
	assert.equal(flow.polls.length, 2);
	assert.equal(flow.result.tokens?.accessToken, 'at');
});

test('S36: a computer that slept past the end of the code asks nothing more', async () => {
	const flow = start({responses: [pending()]});
	await flow.run(7);
	await flow.clock.suspend(3_600_000);
	await flow.run(6);
	assert.equal(flow.result.error?.code, 'expired_token');
	assert.equal(flow.polls.length, 1);
});

test('S36: a clock that is set back neither stops the polls nor keeps the code alive', async () => {
	const flow = start({responses: [pending()]});
	await flow.run(7);
	flow.clock.jumpWall(-3_600_000);
	const before = flow.polls.length;
	await flow.clock.advance(12_000);
	assert.equal(flow.polls.length, before + 2);
	await flow.run(700);
	assert.equal(flow.result.error?.code, 'expired_token');
	assert.ok(flow.polls.length <= 115);
});
