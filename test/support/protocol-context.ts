import assert from 'node:assert/strict';
import {inspect} from 'node:util';
import type {Clock} from '../../source/core/clock.js';
import {LoginError} from '../../source/core/errors.js';
import type {Provider} from '../../source/oauth/provider.js';
import {discover} from '../../source/oauth/discovery.js';
import type {RequestContext} from '../../source/oauth/request.js';

/** What a scripted server was asked. */
export type Sent = {
	readonly url: string;
	readonly path: string;
	readonly method: string;
	readonly headers: Headers;
	readonly text: string;
	readonly form: URLSearchParams;
};

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
	new Response(JSON.stringify(body), {status, headers: {'content-type': 'application/json', ...headers}});

type Responses = Readonly<Record<string, (sent: Sent) => Response | Promise<Response>>>;

/** A fetch that responses by path; an unknown path is a 404. */
export const scriptedFetch = (responses: Responses): {fetch: typeof fetch; sent: Sent[]} => {
	const sent: Sent[] = [];
	return {
		sent,
		async fetch(input, init = {}) {
			const url = new URL(input instanceof Request ? input.url : input);
			const text = init.body instanceof URLSearchParams ? init.body.toString() : ((init.body ?? '') as string);
			const request: Sent = {
				url: url.href,
				path: url.pathname,
				method: init.method ?? 'GET',
				headers: new Headers(init.headers),
				text,
				form: new URLSearchParams(text),
			};
			sent.push(request);
			init.signal?.throwIfAborted();
			return responses[url.pathname]?.(request) ?? new Response('not here', {status: 404});
		},
	};
};

/** A time far from the system's, so that whatever asks the system for it is found out. */
export const testTime = Date.UTC(2031, 4, 6, 7, 8, 9);

export const stillClock = (now = testTime): Clock => ({
	now: () => now,
	monotonic: () => 0,
	sleep: async (_ms, signal) =>
		new Promise((_resolve, reject) => {
			signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true});
		}),
});

export const issuer = 'https://login.example.com';

export const testProvider: Provider = {
	name: 'test',
	issuer,
	discovery: 'none',
	clientId: 'my-cli',
	scope: 'openid profile',
	endpoints: {
		authorization: `${issuer}/authorize`,
		token: `${issuer}/token`,
		deviceAuthorization: `${issuer}/device`,
		userInfo: `${issuer}/userinfo`,
		revocation: `${issuer}/revoke`,
		pushedAuthorization: `${issuer}/par`,
		jwks: `${issuer}/jwks`,
	},
};

/** The context of one login with the test provider, whose server answers as scripted. */
export const testContext = async (
	responses: Responses,
	settings: Partial<Provider> = {},
	{clock = stillClock(), signal = new AbortController().signal}: {clock?: Clock; signal?: AbortSignal} = {},
): Promise<RequestContext & {readonly sent: Sent[]}> => {
	const {fetch, sent} = scriptedFetch(responses);
	const provider = await discover({...testProvider, ...settings}, {fetch, clock, signal});
	return {provider, fetch, clock, signal, sent};
};

/** For `assert.rejects`: an error with this code, in which no canary is, wherever one looks. */
export const withCode =
	(expected: string, pattern = /./) =>
	(error: unknown): boolean => {
		assert.ok(error instanceof LoginError, inspect(error));
		assert.equal(error.code, expected, error.message);
		assert.match(error.message, pattern);
		assert.equal(inspect(error, {depth: 9, showHidden: true}).includes('canary'), false);
		assert.equal(error.cause, undefined);
		return true;
	};
