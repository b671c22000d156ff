import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {LoginEvent} from '../../source/login/events.js';
import {initialLoginState, reduceLogin} from '../../source/login/state.js';
import {playRecording} from '../../source/testing/index.js';
import {arbitraryLogin, canary, type ScriptedResponse} from './arbitrary-login.js';
import {playLogin, type PlayedLogin, type SentRequest} from './played-login.js';

const isEnd = ({type}: LoginEvent) => type === 'signed-in' || type === 'failed';

/** One end, told last, in an error of ours, and no request after it. */
const checkEnd = ({events, error, requestsAfterEnd, mostPollsAtOnce}: PlayedLogin) => {
	assert.equal(events.filter(isEnd).length, 1, 'one end');
	assert.ok(isEnd(events.at(-1)!), 'and it is the last event');
	assert.notEqual(error?.code, 'internal_error', error?.message);
	assert.equal(requestsAfterEnd, 0, 'no request after the end');
	assert.ok(mostPollsAtOnce <= 1, 'never two polls at once');
};

/** Codes, tokens and verifiers are in no event; what else was drawn from chance is in an address at most. */
const checkSecrets = ({events, drawn, requests, error}: PlayedLogin) => {
	const told = JSON.stringify(events) + JSON.stringify(error) + String(error?.stack);
	assert.ok(!told.includes(canary), 'a secret of the server');
	for (const {body} of requests) {
		const verifier = new URLSearchParams(body).get('code_verifier');
		assert.ok(verifier === null || !told.includes(verifier), 'the verifier');
	}

	const withoutAddresses = JSON.stringify(events.filter(({type}) => type !== 'authorization-url'));
	for (const value of drawn) assert.ok(!withoutAddresses.includes(value), 'state or nonce');
};

/** The state is what the events fold into, and a recording plays to the same one, but for what it takes out of addresses. */
const checkState = ({events, state, recording}: PlayedLogin) => {
	assert.deepEqual(events.reduce(reduceLogin, initialLoginState), state);
	const played = playRecording(recording).state;
	const withoutAddress = ({flows: {browser, ...flows}, ...rest}: typeof state) => ({
		...rest,
		flows: {...flows, browser: browser === undefined ? undefined : {...browser, address: browser.address?.expiresAt}},
	});
	assert.deepEqual(withoutAddress(played), withoutAddress(state));
};

/** Text that any reporter will show is fit to be shown. */
const checkText = ({events}: PlayedLogin) => {
	for (const event of events) {
		for (const [name, value] of Object.entries(event)) {
			if (typeof value === 'string') assert.doesNotMatch(value, /[\p{Cc}\p{Cf}]/u, `${event.type}.${name}`);
		}
	}
};

const isSlowDown = (answer: ScriptedResponse): boolean =>
	answer.kind === 'answer' &&
	typeof answer.body === 'object' &&
	(answer.body as {error?: unknown} | null)?.error === 'slow_down' &&
	(answer.body as {access_token?: unknown}).access_token === undefined &&
	answer.status < 300;

const second = 1000;

/** RFC 8628 §3.5, by a count of its own: five seconds more for each slow_down, and never less than a second. */
const checkWaits = ({events, requests}: PlayedLogin) => {
	const code = events.find(event => event.type === 'device-code');
	if (code === undefined) return;
	let interval = Math.max(1, code.interval);
	const [request, ...polls] = requests.filter(({path}) => path === '/device' || path === '/token');
	let before: SentRequest = request!;
	for (const poll of polls) {
		const wait = poll.at - (before.answeredAt ?? before.at);
		assert.ok(wait >= interval * second, `waited ${wait} ms where ${interval} s were in force`);
		if (isSlowDown(poll.answer)) interval += 5;
		before = poll;
	}

	const lifetime = code.expiresAt - 1_900_000_000_000;
	for (const {at} of polls) assert.ok(at < lifetime, 'no poll after the code has expired');
};

export type Property = {readonly name: string; readonly property: fc.IAsyncProperty<unknown[]>};

/** What holds of every login, whatever the server, the person and the computer do. */
export const properties: readonly Property[] = [
	{
		name: 'any sequence of responses, commands, pastes and suspensions ends in one end, without a secret, in a state that a recording repeats',
		property: fc.asyncProperty(arbitraryLogin(), async script => {
			const played = await playLogin(script);
			checkEnd(played);
			checkSecrets(played);
			checkState(played);
			checkText(played);
			const mayGoOn = script.attended || script.renew || script.flow === 'ask';
			if (!mayGoOn) assert.ok(!played.wasCancelled, 'an unattended login ends by itself');
		}),
	},
	{
		name: 'S32: whatever a server answers to polls, every wait keeps the interval in force, and no poll comes after the end',
		property: fc.asyncProperty(arbitraryLogin({quiet: true}), async script => {
			const played = await playLogin(script);
			checkEnd(played);
			checkWaits(played);
			assert.ok(!played.wasCancelled, 'it ends by itself');
		}),
	},
];
