import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import type {ServerResponse} from 'node:http';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {promisify} from 'node:util';
import {createFileStore} from '../../source/session/store/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {TokenEngine} from '../../source/token-engine.js';
import {temporaryFolder} from '../support/built-command.js';
import {serve} from '../support/loopback.js';

const program = path.join(import.meta.dirname, '../support/programs/fetch-many.ts');
const run = promisify(execFile);

const processes = 4;
const each = 50;

/** Someone is signed in, and four processes fetch from an API on loopback that takes every token but those in `dead`. */
const prepare = async (t: TestContext) => {
	const server = await startScriptedServer();
	t.after(async () => server.close());
	const directory = await temporaryFolder(t);
	const store = createFileStore({directory});
	const engine = new TokenEngine({provider: server.provider, store});
	const {openBrowser} = server;
	await engine.login({flow: 'browser', terminal: {openBrowser}}).session;
	const session = (await store.read('default'))!;
	const dead = new Set<string>();
	const refused: ServerResponse[] = [];
	let taken = 0;
	const api = {
		/** How many requests with a good token came. */
		taken: () => taken,
		onRefused: (_responses: readonly ServerResponse[]): void => undefined,
		onTaken: (_count: number): void => undefined,
	};
	const origin = await serve(t, (request, response) => {
		const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
		if (dead.has(token)) {
			refused.push(response);
			api.onRefused(refused);
			return;
		}

		taken += 1;
		response.end('ok');
		api.onTaken(taken);
	});
	const url = `${origin}/`;
	const args = ['--import', 'tsx', program, directory, JSON.stringify(server.provider), url, String(each)];
	return {
		store,
		session,
		dead,
		api,
		run: async () => Promise.all(Array.from({length: processes}, async () => run(process.execPath, args))),
		refreshes: () =>
			server.requestsTo('token').filter(({parameters}) => parameters.get('grant_type') === 'refresh_token').length,
	};
};

const allFine = JSON.stringify(Array(each).fill(200));

test('of 200 requests in four processes with a token that the server no longer takes, half of which hear of it late, one refreshes', async t => {
	const {session, dead, api, run, refreshes} = await prepare(t);
	dead.add(session.tokens.accessToken);
	const refuse = (responses: readonly ServerResponse[]) => {
		for (const response of responses) response.writeHead(401).end();
	};
	let late: readonly ServerResponse[] = [];
	api.onRefused = responses => {
		if (responses.length < processes * each) return;
		late = responses.filter((_, index) => index % 2 === 1);
		refuse(responses.filter((_, index) => index % 2 === 0));
	};
	api.onTaken = count => {
		if (count === (processes * each) / 2) refuse(late);
	};
	for (const {stdout, stderr} of await run()) assert.deepEqual([stdout, stderr], [allFine, '']);
	assert.deepEqual([api.taken(), refreshes()], [processes * each, 1]);
});

test('of 200 requests in four processes with a token that has expired, one refreshes, and none is sent with the old token', async t => {
	const {session, store, dead, api, run, refreshes} = await prepare(t);
	const {tokens} = session;
	dead.add(tokens.accessToken);
	const now = Date.now();
	await store.write('default', {...session, tokens: {...tokens, issuedAt: now - 3_600_000, expiresAt: now - 1000}});
	for (const {stdout, stderr} of await run()) assert.deepEqual([stdout, stderr], [allFine, '']);
	assert.deepEqual([api.taken(), refreshes()], [processes * each, 1]);
});
