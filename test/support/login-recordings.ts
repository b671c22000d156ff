import {displayText} from '../../source/core/safe-text.js';
import type {EventOf, LoginEvent} from '../../source/login/events.js';
import {initialLoginState, reduceLogin, type LoginState} from '../../source/login/state.js';
import {safeUrl} from '../../source/core/safe-url.js';
import type {FlowName, Identity} from '../../source/core/types.js';

/** When all of these logins began; a quarter of an hour is what a code lives. */
export const start = Date.UTC(2026, 10, 21, 16, 50);
export const minute = 60_000;

export const foldEvents = (...events: readonly LoginEvent[]): LoginState =>
	events.reduce(reduceLogin, initialLoginState);

export const alice: Identity = {
	issuer: 'https://auth.acme.dev',
	subject: 'alice',
	name: displayText('Alice Demo'),
	email: displayText('alice@example.test'),
};

export const discovery: EventOf<'discovery'> = {
	type: 'discovery',
	issuer: 'https://auth.acme.dev',
	application: displayText('Acme'),
	requestedScope: 'openid profile offline_access',
	flows: {
		browser: true,
		device: true,
		'client-credentials': 'no client secret',
		'workload-identity': 'none',
		password: 'not offered',
		'one-time-code': 'not offered',
	},
};

export const opened = (flow: FlowName): LoginEvent => ({
	type: 'flow-opened',
	flow,
	reason: 'it was chosen',
});

export const deviceCode: EventOf<'device-code'> = {
	type: 'device-code',
	userCode: displayText('WDJB-MJHT'),
	verificationUri: safeUrl('https://auth.acme.dev/device', 'test'),
	verificationUriComplete: safeUrl('https://auth.acme.dev/device?user_code=WDJB-MJHT', 'test'),
	expiresAt: start + 15 * minute,
	interval: 5,
	nextPollAt: start + 5000,
	renewal: 0,
};

export const authorizationUrl: EventOf<'authorization-url'> = {
	type: 'authorization-url',
	url: safeUrl(
		`https://auth.acme.dev/authorize?client_id=demo&state=${'s'.repeat(43)}&code_challenge=${'c'.repeat(43)}`,
		'test',
	),
	shortUrl: safeUrl('http://127.0.0.1:53114/k7q2mfxt9ahr3', 'test'),
	redirectUri: 'http://127.0.0.1:53114/callback',
	expiresAt: start + 5 * minute,
};

export const browserOpened: LoginEvent = {type: 'browser', status: 'opened'};

export const signedIn: EventOf<'signed-in'> = {
	type: 'signed-in',
	identity: alice,
	scope: 'openid profile offline_access',
	expiresAt: start + 52 * minute,
	refreshable: true,
	store: 'keyring',
	profile: 'default',
	flow: 'device',
};

export const codeShown = [discovery, opened('device'), deviceCode] as const;
export const browserShown = [discovery, opened('browser'), authorizationUrl, browserOpened] as const;

/** After three checks, 28 seconds in. */
export const polled: EventOf<'poll'> = {type: 'poll', attempt: 3, interval: 5, nextPollAt: start + 32_000};
