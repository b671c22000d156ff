import assert from 'node:assert/strict';
import {test} from 'node:test';
import {EventLog} from '../../source/login/flow-race.js';
import {displayText, safeUrl, type LoginEvent, type LoginRun} from '../../source/engine.js';
import {
	createManualClock,
	playRecording,
	recordLogin,
	type ManualClock,
	type Recording,
} from '../../source/testing/index.js';

const start = Date.UTC(2026, 0, 1);

const events: readonly LoginEvent[] = [
	{
		type: 'discovery',
		issuer: 'https://id.example',
		requestedScope: 'openid',
		flows: {
			browser: true,
			device: true,
			'client-credentials': 'no secret',
			'workload-identity': 'none',
			password: 'not allowed',
			'one-time-code': 'off',
		},
	},
	{type: 'flow-opened', flow: 'browser', reason: 'You asked for this flow.'},
	{
		type: 'authorization-url',
		url: safeUrl(
			'https://id.example/authorize?client_id=app&state=STATE&nonce=NONCE&code_challenge=CHALLENGE&login_hint=ada&request_uri=PUSHED',
			'The address',
		),
		shortUrl: safeUrl('http://127.0.0.1:4000/RANDOMPATH', 'The address'),
		redirectUri: 'http://127.0.0.1:4000/callback',
		expiresAt: start + 600_000,
	},
	{type: 'flow-opened', flow: 'device', reason: 'You chose this flow.'},
	{
		type: 'device-code',
		userCode: displayText('WDJB-MJHT'),
		verificationUri: safeUrl('https://id.example/device', 'The page'),
		expiresAt: start + 900_000,
		interval: 5,
		nextPollAt: start + 6000,
		renewal: 0,
	},
	{type: 'backoff', reason: 'The network is away.', retryAt: start + 12_000},
	{type: 'flow-closed', flow: 'browser', reason: 'Another flow finished first.'},
	{
		type: 'signed-in',
		identity: {issuer: 'https://id.example', subject: 'user-1', email: displayText('ada@example.com')},
		scope: 'openid',
		expiresAt: start + 3_600_000,
		refreshable: true,
		store: 'memory',
		profile: 'default',
		flow: 'device',
	},
];

/** A login that does what the test says, a second for each event. */
const scriptedRun = (clock: ManualClock): {run: LoginRun; log: EventLog; finish: () => Promise<void>} => {
	const log = new EventLog();
	const run: LoginRun = {
		clock,
		flow: 'auto',
		session: new Promise(() => undefined),
		get state() {
			return log.state;
		},
		subscribe: listener => log.subscribe(listener),
		command: () => undefined,
		cancel: async () => undefined,
		[Symbol.asyncIterator]: () => log[Symbol.asyncIterator](),
	};
	const finish = async () => {
		for (const event of events) {
			log.append(event);
			await clock.advance(1000);
		}
	};
	return {run, log, finish};
};

const record = async (): Promise<{recording: Recording; log: EventLog}> => {
	const {run, log, finish} = scriptedRun(createManualClock({now: start}));
	const recording = recordLogin(run);
	await finish();
	return {recording: await recording, log};
};

test('a recording holds the events with their times, and nothing that ties an address to a login', async () => {
	const {recording} = await record();
	assert.deepEqual(
		recording.events.map(({at, event}) => [at - start, event.type]),
		events.map(({type}, index) => [index * 1000, type]),
	);
	const text = JSON.stringify(recording);
	assert.doesNotMatch(text, /STATE|NONCE|CHALLENGE|RANDOMPATH|PUSHED|login_hint/);
	assert.match(text, /"https:\/\/id\.example\/authorize\?client_id=app"/);
	assert.deepEqual(JSON.parse(text), recording);
});

test('a recording without a clock has been played already: the same state, but for the addresses', async () => {
	const {recording, log} = await record();
	const run = playRecording(recording);
	const addresses = ({flows: {browser, ...others}, ...state}: LoginRun['state']) => {
		const {address: _, ...rest} = browser!;
		return {...state, flows: {...others, browser: rest}};
	};
	assert.deepEqual(addresses(run.state), addresses(log.state));
	assert.equal(run.clock.now(), start + 7000);
	assert.deepEqual(await recordLogin(playRecording(recording)).then(({events}) => events.map(({event}) => event)), [
		...recording.events.map(({event}) => event),
	]);
	const session = await run.session;
	assert.equal(session.identity?.email, 'ada@example.com');
	await assert.rejects(session.getToken(), {name: 'LoginError', code: 'config_error'});
});

test('a recording on a clock keeps its pace, its times moved to now', async () => {
	const {recording} = await record();
	const clock = createManualClock({now: start + 1_000_000});
	const run = playRecording(recording, clock);
	let changes = 0;
	run.subscribe(() => changes++);
	await clock.advance(4500);
	assert.equal(changes, 5);
	assert.equal(run.state.flows.device?.code?.nextPollAt, start + 1_006_000);
	assert.equal(run.state.flows.device.code.expiresAt, start + 1_900_000);
	await clock.advance(500);
	assert.deepEqual(run.state.flows.device.polling, {
		kind: 'backoff',
		checks: 0,
		reason: 'The network is away.',
		retryAt: start + 1_012_000,
	});
	const again = createManualClock({now: start});
	const repeated = recordLogin(playRecording(recording, again));
	await again.advance(7000);
	assert.deepEqual(await repeated, recording);
});

test('a played login remembers its commands, and can be cancelled in the middle', async () => {
	const {recording} = await record();
	const clock = createManualClock();
	const run = playRecording(recording, clock);
	await clock.advance(4000);
	run.command({type: 'renew-code'});
	assert.deepEqual(run.commands, [{type: 'renew-code'}]);
	await run.cancel();
	assert.equal(clock.sleepers, 0);
	assert.equal(run.state.failed?.code, 'cancelled');
	assert.deepEqual([run.state.flows.browser?.phase.status, run.state.flows.device?.phase.status], ['closed', 'closed']);
	await assert.rejects(run.session, {code: 'cancelled'});
});

test('a failed login fails again with its reason, and a recording of another version is refused', async () => {
	const failed: LoginEvent = {type: 'failed', code: 'timeout', message: 'Nobody came.', hint: 'Try again.'};
	const {session} = playRecording({version: 1, events: [{at: start, event: failed}]});
	await assert.rejects(session, {name: 'LoginError', code: 'timeout', message: 'Nobody came.', hint: 'Try again.'});
	assert.throws(() => playRecording({version: 2 as never, events: []}), {code: 'config_error'});
});
