import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createMemoryStore} from '../../source/session/store/index.js';
import {createManualClock} from '../../source/testing/index.js';
import {prepareLogin, type WholeLogin} from '../support/whole-login.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

const bob = {sub: 'user-2', name: 'Bob'};

const revokedBy = async ({engine, server}: WholeLogin): Promise<readonly (string | null)[]> => {
	await engine.settled();
	return server.requestsTo('revocation').map(({parameters}) => parameters.get('token'));
};

test('a session of another person is revoked once the new one is saved', async () => {
	const login = await prepareLogin();
	await login.browser();
	const {accessToken, refreshToken} = (await login.store.read('default'))!.tokens;
	login.server.script.user = bob;
	await login.browser({switchAccount: true});
	assert.deepEqual(await revokedBy(login), [refreshToken, accessToken]);
	assert.equal((await login.engine.userInfo()).identity.subject, 'user-2');
});

test('tokens of a login that replaces nothing are not revoked where that could end the session that stays', async () => {
	const login = await prepareLogin();
	await login.browser();
	const other = new EngineWithBrowser({
		provider: {...login.server.provider, resource: ['https://api.example']},
		store: login.store,
		fetch: login.server.fetch,
		openBrowser: login.server.openBrowser,
	});
	const run = other.login({flow: 'browser'});
	await assert.rejects(run.session, {code: 'identity_check_failed'});
	await run.cancel();
	assert.deepEqual(await revokedBy(login), []);
	await login.engine.userInfo();
});

test('a session of another client is revoked with its own settings', async () => {
	const login = await prepareLogin();
	await login.browser();
	const before = (await login.store.read('default'))!;
	await login.store.write('default', {...before, provider: {...before.provider, clientId: 'another'}});
	await login.browser({switchAccount: true});
	await login.engine.settled();
	const [first] = login.server.requestsTo('revocation');
	assert.equal(first?.parameters.get('client_id'), 'another');
});

test('the same person’s is left alone where revoking it may end the new one, and revoked where the provider is known for better', async () => {
	const many = await prepareLogin();
	await many.browser();
	await many.browser();
	assert.deepEqual(await revokedBy(many), []);

	const single = await prepareLogin({}, {revocation: 'single-login'});
	await single.browser();
	const {accessToken, refreshToken} = (await single.store.read('default'))!.tokens;
	await single.browser();
	assert.deepEqual(await revokedBy(single), [refreshToken, accessToken]);
	await single.engine.userInfo();
});

test('a server that never answers the revocation delays no login, and holds up the end for five seconds at most', async () => {
	const clock = createManualClock();
	const {server} = await prepareLogin({clock});
	const fetchOrHang: typeof fetch = async (input, init) =>
		new URL(input instanceof Request ? input.url : input).pathname.includes('revo')
			? new Promise(() => undefined)
			: server.fetch(input, init);
	const engine = new EngineWithBrowser({
		provider: {...server.provider, revocation: 'single-login'},
		store: createMemoryStore({clock}),
		clock,
		fetch: fetchOrHang,
		openBrowser: server.openBrowser,
	});
	await engine.login({flow: 'browser'}).session;
	assert.ok(await engine.login({flow: 'browser'}).session);
	let isSettled = false;
	const settled = engine.settled().then(() => (isSettled = true));
	await clock.settle();
	assert.equal(isSettled, false);
	assert.equal(await clock.advanceToNextSleeper(), 5000);
	await settled;
});
