import assert from 'node:assert/strict';
import {EventEmitter, once} from 'node:events';
import {test} from 'node:test';
import {ProviderResolver} from '../../source/engine/provider-resolver.js';
import {createManualClock} from '../../source/testing/manual-clock.js';

const issuer = 'https://auth.example';

type Request = {readonly signal: AbortSignal; answer(response: Response | Error): void};

const start = () => {
	const requests: Request[] = [];
	const made = new EventEmitter();
	const resolver = new ProviderResolver({
		provider: {name: 'oidc', issuer, clientId: 'cli'},
		clock: createManualClock(),
		loadFetch: async () => async (_, init) =>
			new Promise((resolve, reject) => {
				const signal = init?.signal ?? new AbortController().signal;
				signal.addEventListener('abort', () => reject(signal.reason as Error));
				requests.push({
					signal,
					answer: response => (response instanceof Error ? reject(response) : resolve(response)),
				});
				made.emit('request');
			}),
	});
	/** Resolves to the request of this number once it is made. */
	const requested = async (count: number) => {
		while (requests.length < count) await once(made, 'request');
		assert.equal(requests.length, count);
		return requests[count - 1]!;
	};
	return {resolver, requests, requested};
};

const metadata = () =>
	Response.json({issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`});
const {signal} = new AbortController();

test('what was asked ahead is taken by the next login, and by that one alone', async () => {
	const {resolver, requests, requested} = start();
	resolver.prepare();
	resolver.prepare();
	const first = await requested(1);
	const login = resolver.resolve(signal);
	first.answer(metadata());
	assert.equal((await login).server.token_endpoint, `${issuer}/token`);
	assert.equal(requests.length, 1);
	const next = resolver.resolve(signal);
	(await requested(2)).answer(metadata());
	assert.equal((await next).issuer, issuer);
});

test('what failed before the login began is asked again by it', async () => {
	const {resolver, requested} = start();
	resolver.prepare();
	(await requested(1)).answer(new TypeError('fetch failed'));
	for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
	const login = resolver.resolve(signal);
	(await requested(2)).answer(metadata());
	assert.equal((await login).issuer, issuer);
});

test('a failure while the login waits for it is its own', async () => {
	const {resolver, requests, requested} = start();
	resolver.prepare();
	const first = await requested(1);
	const login = resolver.resolve(signal);
	first.answer(new TypeError('fetch failed'));
	await assert.rejects(login);
	assert.equal(requests.length, 1);
});

test('a login that is cancelled ends the request that was made ahead of it', async () => {
	const {resolver, requested} = start();
	const controller = new AbortController();
	resolver.prepare();
	const first = await requested(1);
	const login = resolver.resolve(controller.signal);
	controller.abort();
	await assert.rejects(login);
	assert.equal(first.signal.aborted, true);
});
