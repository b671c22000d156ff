import assert from 'node:assert/strict';
import {readdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {temporaryFolder, type Scope} from './built-command.js';
import {countedServer} from './counted-server.js';
import {before, sessionHome} from './session-command.js';

/** Holds a process back, right before it does anything, until a file appears. */
const gate = (folder: string) =>
	before(`
		import {existsSync, writeFileSync} from 'node:fs';
		const folder = ${JSON.stringify(folder)};
		writeFileSync(folder + '/ready-' + process.pid, '');
		while (!existsSync(folder + '/go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
	`);

/**
 * 20 processes ask for a token at the moment at which it expires, again and again, against a server that ends the whole
 * grant where a refresh token is used twice.
 */
export const runRefreshRounds = async (
	t: Scope,
	{rounds, processes = 20}: {readonly rounds: number; readonly processes?: number},
): Promise<void> => {
	const server = await countedServer(t);
	const {run, start, signIn, session, expire} = await sessionHome(t);
	await signIn(server);
	await server.count('refresh_token');
	const spent = new Set([session().tokens.accessToken]);
	for (let round = 1; round <= rounds; round++) {
		const folder = await temporaryFolder(t);
		const started = Array.from({length: processes}, () => start(['token'], {nodeOptions: gate(folder)}));
		while (readdirSync(folder).filter(name => name.startsWith('ready-')).length < processes) await delay(5);
		expire();
		writeFileSync(path.join(folder, 'go'), '');
		const ended = await Promise.all(started.map(async ({ended}) => ended));
		const [token = ''] = new Set(ended.map(({stdout}) => stdout));
		for (const {exit, stdout, stderr} of ended) {
			assert.deepEqual({exit, stdout, stderr}, {exit: 0, stdout: token, stderr: ''}, `round ${round}`);
		}

		assert.ok(!spent.has(token.trim()), 'a fresh token');
		spent.add(token.trim());
		assert.deepEqual(await server.count('refresh_token'), [200], `one refresh in round ${round}`);
	}

	const {exit, stderr} = await run(['status', '--userinfo']);
	assert.deepEqual([exit, stderr], [0, ''], 'the session lives');
};
