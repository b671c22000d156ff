import assert from 'node:assert/strict';
import {test} from 'node:test';
import {TokenEngine} from '../../source/engine.js';
import {github} from '../../source/oauth/presets/github.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {createManualClock, playRecording, recordLogin, startScriptedServer} from '../../source/testing/index.js';
import {startGithub} from '../support/dialects/github.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

test('an app tests its own sign-in: the browser, a token, and the logout, against a server of its own', async () => {
	await using server = await startScriptedServer();
	const {provider, openBrowser} = server;
	const engine = new EngineWithBrowser({provider, store: createMemoryStore(), openBrowser});
	const run = engine.login({flow: 'browser'});
	const recording = recordLogin(run);
	const session = await run.session;
	assert.equal(session.identity?.name, 'Ada Lovelace');
	assert.equal((await fetch(server.endpoints.userInfo, bearer(await session.getToken()))).status, 200);

	const {events} = await recording;
	const state = server.requestsTo('authorization')[0]?.parameters.get('state');
	assert.ok(state);
	assert.doesNotMatch(JSON.stringify(events), new RegExp(state));
	const played = playRecording({version: 1, events}).state;
	assert.deepEqual(played.signedIn, run.state.signedIn);
	assert.deepEqual(played.discovery, run.state.discovery);
	assert.deepEqual(played.order, run.state.order);

	assert.deepEqual(await session.logout(), {outcome: 'revoked'});
	assert.equal(await engine.session(), undefined);
});

test('an app tests the wait for a code without waiting, in memory', async () => {
	const clock = createManualClock();
	const server = await startScriptedServer({issuer: 'https://id.example', clock});
	const engine = new TokenEngine({provider: server.provider, store: createMemoryStore(), fetch: server.fetch, clock});
	const run = engine.login({flow: 'device'});
	void server.received('token', 3).then(() => server.approve());
	const session = await clock.advanceUntil(run.session);
	assert.equal(session.identity?.subject, 'user-1');
	assert.deepEqual(
		server.requestsTo('token').map(({at}, index, all) => index > 0 && at - all[index - 1]!.at >= 5000),
		[false, true, true, true],
	);
});

test('a preset goes through the whole engine: GitHub, in its own dialect', async () => {
	const clock = createManualClock();
	const server = await startGithub({clock});
	const provider = github({clientId: 'Iv1.github', scope: 'repo'});
	const engine = new TokenEngine({provider, store: createMemoryStore(), fetch: server.fetch, clock});
	const run = engine.login({flow: 'device'});
	void server.received('token').then(() => server.approve());
	const session = await clock.advanceUntil(run.session);
	assert.deepEqual([session.identity?.name, session.scope, session.refreshable], ['octocat', 'repo', false]);
	assert.deepEqual(await session.logout(), {outcome: 'not-supported'});
});

const bearer = (token: string) => ({headers: {authorization: `Bearer ${token}`}});
