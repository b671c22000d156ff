import assert from 'node:assert/strict';
import {EventEmitter, once} from 'node:events';
import {test} from 'node:test';
import {createMemoryStore} from '../source/session/store/index.js';
import {TokenEngine} from '../source/token-engine.js';

const issuer = 'https://auth.example';

type Request = {readonly signal: AbortSignal; answer(response: Response): void};

const start = () => {
	const requests: Request[] = [];
	const made = new EventEmitter();
	const engine = new TokenEngine({
		provider: {name: 'oidc', issuer, clientId: 'cli'},
		store: createMemoryStore(),
		fetch: async (_, init) =>
			new Promise((resolve, reject) => {
				const signal = init?.signal ?? new AbortController().signal;
				signal.addEventListener('abort', () => reject(signal.reason as Error));
				requests.push({signal, answer: resolve});
				made.emit('request');
			}),
	});
	/** Resolves to the request of this number once it is made. */
	const requested = async (count: number) => {
		while (requests.length < count) await once(made, 'request');
		assert.equal(requests.length, count);
		return requests[count - 1]!;
	};
	return {engine, requests, requested};
};

const metadata = () =>
	Response.json({issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`});
const anotherIssuer = () => Response.json({issuer: 'https://other.example'});

/** A login begins one macrotask after it was made. */
const started = async () => new Promise(resolve => setTimeout(resolve, 0));

/** Starts a login; resolves to the issuer that it has discovered. */
const discovered = async (engine: TokenEngine, signal?: AbortSignal) => {
	const run = engine.login({flow: 'ask', signal});
	for await (const event of run) {
		if (event.type === 'discovery') return event.issuer;
	}

	await run.session;
	return undefined;
};

test('what was asked ahead is taken by the next login, and by that one alone', async () => {
	const {engine, requests, requested} = start();
	engine.prepare();
	engine.prepare();
	const first = await requested(1);
	const login = discovered(engine);
	first.answer(metadata());
	assert.equal(await login, issuer);
	assert.equal(requests.length, 1);
	const next = discovered(engine);
	(await requested(2)).answer(metadata());
	assert.equal(await next, issuer);
});

test('what failed before the login began is asked again by it', async () => {
	const {engine, requested} = start();
	engine.prepare();
	(await requested(1)).answer(anotherIssuer());
	for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
	const login = discovered(engine);
	(await requested(2)).answer(metadata());
	assert.equal(await login, issuer);
});

test('a failure while the login waits for it is its own', async () => {
	const {engine, requests, requested} = start();
	engine.prepare();
	const first = await requested(1);
	const login = discovered(engine);
	await started();
	first.answer(anotherIssuer());
	await assert.rejects(login);
	assert.equal(requests.length, 1);
});

test('a login that is cancelled ends the request that was made ahead of it', async () => {
	const {engine, requested} = start();
	const controller = new AbortController();
	engine.prepare();
	const first = await requested(1);
	const login = discovered(engine, controller.signal);
	await started();
	controller.abort();
	await assert.rejects(login);
	assert.equal(first.signal.aborted, true);
});
