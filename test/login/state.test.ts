import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';
import {displayText} from '../../source/core/safe-text.js';
import type {LoginEvent} from '../../source/login/events.js';
import {initialLoginState, isOpen, openFlows, reduceLogin, type LoginState} from '../../source/login/state.js';
import {safeUrl} from '../../source/core/safe-url.js';
import type {FlowName} from '../../source/core/types.js';

const fold = (...events: LoginEvent[]): LoginState => events.reduce(reduceLogin, initialLoginState);

const code = (userCode: string, renewal = 0): LoginEvent => ({
	type: 'device-code',
	userCode: displayText(userCode),
	verificationUri: safeUrl('https://auth.example/device', 'The page'),
	expiresAt: 900_000,
	interval: 5,
	nextPollAt: 6000,
	renewal,
});

const opened = (flow: FlowName): LoginEvent => ({type: 'flow-opened', flow, reason: 'You chose this flow.'});
const ignored: LoginEvent = {type: 'callback-ignored', reason: 'It carried another state.'};
const signedIn: LoginEvent = {
	type: 'signed-in',
	scope: 'openid',
	refreshable: true,
	store: 'memory',
	profile: 'default',
	flow: 'device',
};

test('a login begins at the picker and goes back there when its last flow has closed', () => {
	assert.equal(initialLoginState.phase, 'choosing');
	const running = fold(opened('device'), opened('browser'));
	assert.equal(running.phase, 'signing-in');
	const one = reduceLogin(running, {type: 'flow-closed', flow: 'device', reason: 'Refused.', code: 'access_denied'});
	assert.equal(one.phase, 'signing-in');
	assert.deepEqual(
		openFlows(one).map(({flow}) => flow),
		['browser'],
	);
	const none = reduceLogin(one, {
		type: 'flow-closed',
		flow: 'browser',
		reason: 'No response.',
		code: 'timeout',
		hint: 'Try again.',
	});
	assert.equal(none.phase, 'choosing');
	assert.deepEqual(none.lastFailure, {flow: 'browser', reason: 'No response.', code: 'timeout', hint: 'Try again.'});
});

test('a flow that the person closed is no failure, and a new one takes the last failure off the screen', () => {
	const closed = fold(opened('device'), {type: 'flow-closed', flow: 'device', reason: 'Closed.', code: 'cancelled'});
	assert.equal(closed.lastFailure, undefined);
	const failed = fold(opened('device'), {
		type: 'flow-closed',
		flow: 'device',
		reason: 'Refused.',
		code: 'access_denied',
	});
	assert.equal(reduceLogin(failed, opened('browser')).lastFailure, undefined);
});

test('polling tells how often was asked, what was answered and when the next check is', () => {
	const {device} = fold(
		opened('device'),
		code('ABCD'),
		{type: 'poll', attempt: 1, interval: 5, nextPollAt: 12_000},
		{type: 'slow-down', interval: 10, nextPollAt: 26_000},
	).flows;
	assert.deepEqual(device?.polling, {
		kind: 'slowed-down',
		checks: 2,
		interval: 10,
		nextPollAt: 26_000,
		inARow: 1,
	});
	const slowDown = {type: 'slow-down', interval: 15, nextPollAt: 50_000} as const;
	const pending = {type: 'poll', attempt: 3, interval: 15, nextPollAt: 70_000} as const;
	const inARow = (...events: readonly LoginEvent[]) => {
		const {polling} = fold(opened('device'), code('ABCD'), ...events).flows.device ?? {};
		return polling?.kind === 'slowed-down' && polling.inARow;
	};
	assert.deepEqual([inARow(slowDown, slowDown), inARow(slowDown, pending, slowDown)], [2, 1]);
	const backedOff = fold(opened('device'), code('ABCD'), {type: 'backoff', reason: 'No response.', retryAt: 16_000});
	assert.deepEqual(backedOff.flows.device?.polling, {
		kind: 'backoff',
		checks: 0,
		reason: 'No response.',
		retryAt: 16_000,
	});
	const resumed = fold(opened('device'), code('ABCD'), {type: 'resumed', sleptFor: 3_600_000});
	assert.equal(resumed.flows.device?.polling?.kind, 'resumed');
});

test('demand 34: a code that was replaced is remembered by name', () => {
	const {device} = fold(opened('device'), code('ABCD'), code('EFGH', 1), code('IJKL', 2)).flows;
	assert.equal(device?.code?.userCode, 'IJKL');
	assert.deepEqual(device.formerCodes, ['ABCD', 'EFGH']);
});

test('stray callbacks are counted with the last reason, and a rejected paste is told where no flow is open, too', () => {
	const {browser} = fold(opened('browser'), ignored, ignored).flows;
	assert.deepEqual(browser?.ignored, {count: 2, reason: 'It carried another state.'});
	assert.equal(fold({type: 'paste-rejected', reason: 'That is no address.'}).pasteRejected, 'That is no address.');
	const rejected = fold(opened('browser'), {type: 'paste-rejected', reason: 'That is no address.'});
	assert.equal(rejected.flows.browser?.pasteRejected, 'That is no address.');
});

test('the outcome of opening belongs to the browser flow, or to the code where only that is open', () => {
	const event: LoginEvent = {type: 'browser', status: 'failed', detail: 'No program opens addresses here.'};
	assert.equal(fold(opened('device'), event).flows.device?.opener?.status, 'failed');
	const both = fold(opened('device'), opened('browser'), event);
	assert.equal(both.flows.device?.opener, undefined);
	assert.equal(both.flows.browser?.opener?.status, 'failed');
});

test('nothing that comes after the end changes anything', () => {
	const ended = fold(opened('device'), signedIn);
	assert.equal(ended.phase, 'signed-in');
	for (const event of [opened('browser'), code('ABCD'), ignored]) assert.equal(reduceLogin(ended, event), ended);
});

test('the reducer is total: no order of events throws, and the phase always agrees with the open flows', () => {
	const flow = fc.constantFrom<FlowName>('browser', 'device', 'client-credentials', 'password', 'one-time-code');
	const event = fc.oneof(
		flow.map(opened),
		flow.map((closed): LoginEvent => ({type: 'flow-closed', flow: closed, reason: 'Closed.'})),
		flow.map((exchanging): LoginEvent => ({type: 'exchange', flow: exchanging})),
		fc.constantFrom<LoginEvent>(
			code('ABCD'),
			ignored,
			{type: 'waiting', for: 'other-login'},
			{type: 'poll', attempt: 1, interval: 5, nextPollAt: 1},
			{type: 'slow-down', interval: 10, nextPollAt: 1},
			{type: 'backoff', reason: 'No response.', retryAt: 1},
			{type: 'resumed', sleptFor: 1},
			{type: 'browser', status: 'opening'},
			{type: 'question', flow: 'password', asks: 'password'},
			{type: 'code-sent', channel: 'sms', to: displayText('+49***67')},
			{type: 'code-rejected', reason: 'That code is wrong.'},
		),
	);
	fc.assert(
		fc.property(fc.array(event, {maxLength: 40}), events => {
			const state = fold(...events);
			const hasOpen = (['browser', 'device', 'client-credentials', 'password', 'one-time-code'] as const).some(name =>
				isOpen(state.flows[name]),
			);
			assert.equal(openFlows(state).length > 0, hasOpen);
			if (state.phase === 'choosing') assert.equal(hasOpen, false);
		}),
	);
});
