import {displayText} from '../../source/core/safe-text.js';
import type {EventOf, LoginEvent} from '../../source/login/events.js';
import {escapeHref} from '../../source/core/safe-url.js';

/** 21 November 2026, 16:50 UTC. */
export const start = Date.UTC(2026, 10, 21, 16, 50);
export const minutes = (count: number) => count * 60_000;

const issuer = 'https://auth.acme.dev';

/** One whole event of every type: TypeScript refuses a type that is missing here. */
export const samples: {readonly [Type in LoginEvent['type']]: EventOf<Type>} = {
	discovery: {
		type: 'discovery',
		issuer,
		application: displayText('Acme'),
		requestedScope: 'openid profile',
		flows: {
			browser: true,
			device: true,
			'client-credentials': 'No client secret is configured.',
			'workload-identity': 'None.',
			password: 'Off.',
			'one-time-code': 'Off.',
		},
	},
	client: {type: 'client', how: 'registered', clientId: displayText('c-1')},
	pending: {
		type: 'pending',
		id: 'k3f9x2ab',
		expiresAt: start + minutes(15),
		tell: 'Open https://acme.dev/device and type WDJB-MJHT to sign in to Acme. Approve only if you asked for this.',
		next: 'ink-login login --resume k3f9x2ab',
	},
	'step-up': {
		type: 'step-up',
		scope: 'openid profile mail.send',
		acrValues: 'phr',
		reason: displayText('api.acme.dev needs more permissions: mail.send.'),
	},
	'flow-opened': {type: 'flow-opened', flow: 'device', reason: 'You asked for it.'},
	'flow-closed': {
		type: 'flow-closed',
		flow: 'device',
		reason: 'Alice said no.',
		code: 'access_denied',
		hint: 'Ask Alice.',
	},
	'authorization-url': {
		type: 'authorization-url',
		url: escapeHref('https://auth.acme.dev/authorize?state=s1'),
		shortUrl: escapeHref('http://127.0.0.1:53114/k7q2mfxt9ahr3'),
		redirectUri: 'http://127.0.0.1:53114/callback',
		expiresAt: start + minutes(10),
	},
	browser: {type: 'browser', status: 'failed', detail: 'xdg-open was not found.'},
	'device-code': {
		type: 'device-code',
		userCode: displayText('WDJB-MJHT'),
		verificationUri: escapeHref('https://acme.dev/device'),
		verificationUriComplete: escapeHref('https://acme.dev/device?user_code=WDJB-MJHT'),
		expiresAt: start + minutes(15),
		interval: 5,
		nextPollAt: start + 6000,
		renewal: 0,
	},
	poll: {type: 'poll', attempt: 1, interval: 5, nextPollAt: start + 12_000},
	'slow-down': {type: 'slow-down', interval: 10, nextPollAt: start + 24_000},
	backoff: {type: 'backoff', reason: 'No response from auth.acme.dev.', retryAt: start + 40_000},
	resumed: {type: 'resumed', sleptFor: 3_600_000},
	'callback-ignored': {type: 'callback-ignored', reason: 'The state is not ours.'},
	'paste-rejected': {type: 'paste-rejected', reason: 'it has no code'},
	question: {type: 'question', flow: 'password', asks: 'username', reason: 'They were wrong.'},
	'code-sent': {type: 'code-sent', channel: 'email', to: displayText('a***@example.com')},
	'code-rejected': {type: 'code-rejected', reason: 'That code is wrong. 2 tries left.'},
	waiting: {type: 'waiting', for: 'other-login'},
	exchange: {type: 'exchange', flow: 'browser'},
	'signed-in': {
		type: 'signed-in',
		identity: {
			issuer,
			subject: 'alice',
			name: displayText('Alice Demo'),
			email: displayText('alice@example.test'),
		},
		scope: 'openid profile',
		expiresAt: start + minutes(60),
		sessionExpiresAt: start + minutes(60 * 24 * 30),
		refreshable: true,
		store: 'keyring',
		profile: 'default',
		flow: 'device',
	},
	failed: {
		type: 'failed',
		code: 'expired_token',
		message: 'The code expired.',
		hint: 'Start the login again.',
	},
};
