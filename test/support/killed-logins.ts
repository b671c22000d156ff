import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {startScriptedServer} from '../../source/testing/index.js';
import {temporaryFolder, type Scope} from './built-command.js';
import {startCommand} from './session-command.js';

/** What a server counted. */
export type Counted = {
	readonly codes: number;
	readonly polls: number;
	/** Polls that came before the interval was over, of whichever process. */
	readonly early: number;
	readonly grants: number;
};

/** A server whose polls are a second apart, and that counts. */
const openServer = async (t: Scope) => {
	const interval = 1;
	const state = {grants: 0};
	const server = await startScriptedServer({
		interval,
		responses: {
			async token(_, conforming) {
				const reply = await conforming();
				if (reply.status === 200) state.grants += 1;
				return reply;
			},
		},
	});
	t.after(async () => server.close());
	const counted = (): Counted => {
		const last = new Map<string | null, number>();
		let early = 0;
		for (const {at, parameters} of server.requestsTo('token')) {
			const code = parameters.get('device_code');
			if (at - (last.get(code) ?? 0) < interval * 1000) early += 1;
			last.set(code, at);
		}

		const [polls, codes] = [server.requestsTo('token').length, server.requestsTo('deviceAuthorization').length];
		return {codes, polls, early, grants: state.grants};
	};
	return {server, counted};
};

/**
 * Processes that go on with a login are killed with SIGKILL at random moments, while the person approves before, between or
 * after them; then one more goes on. It signs in, unless the server's response died with a process.
 *
 * @returns how many had not ended when they were killed, and how many approvals were lost so
 */
export const killResumers = async (
	t: Scope,
	kills: number,
): Promise<Counted & {readonly killed: number; readonly lost: number}> => {
	let [killed, lost] = [0, 0];
	const {server, counted} = await openServer(t);
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	let usual = 2500;
	for (let kill = 0; kill < kills; kill++) {
		const home = await temporaryFolder(t);
		const run = (...args: readonly string[]) => startCommand(t, home, ['login', '--json', ...args]);
		const begun = await run(...provider, '--no-wait').ended;
		assert.equal(begun.exit, 4, begun.stderr);
		const {id} = JSON.parse(begun.stdout.trimEnd().split('\n').at(-1) ?? '') as {readonly id: string};
		const before = counted().grants;
		const approval = kill % 3;
		if (approval === 0) server.approve();
		const began = performance.now();
		const victim = run('--resume', id);
		const took = victim.ended.then(() => performance.now() - began);
		await delay(Math.random() * usual);
		if (approval === 1) server.approve();
		await delay(Math.random() * usual);
		victim.child.kill('SIGKILL');
		const {exit} = await victim.ended;
		if (exit === 0) usual = (usual * 3 + (await took)) / 4;
		else killed += 1;
		if (approval === 2) server.approve();

		const last = await run('--resume', id, '--wait', '30').ended;
		const {early, grants} = counted();
		assert.equal(early, 0, 'the server was asked too soon');
		if (last.exit === 0) {
			assert.equal(grants, before + 1);
			assert.equal((await run('--resume', id).ended).exit, 0);
			continue;
		}

		assert.equal(grants, before + 1, `an approval was lost, and no response: ${last.stdout}`);
		lost += 1;
	}

	assert.equal(counted().codes, kills);
	return {...counted(), killed, lost};
};

/** Two go on with the same login at the same time: one signs in, the other reports the same session. */
export const raceResumers = async (t: Scope, races: number): Promise<Counted> => {
	const {server, counted} = await openServer(t);
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	for (let race = 0; race < races; race++) {
		const home = await temporaryFolder(t);
		const run = (...args: readonly string[]) => startCommand(t, home, ['login', '--json', ...args]);
		const begun = await run(...provider, '--no-wait').ended;
		const {id} = JSON.parse(begun.stdout.trimEnd().split('\n').at(-1) ?? '') as {readonly id: string};
		const both = [run('--resume', id), run('--resume', id)];
		await delay(Math.random() * 1500);
		server.approve();
		const ended = await Promise.all(both.map(async ({ended: end}) => end));
		const last = ended.map(({stdout}) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {type: string});
		assert.deepEqual([...ended.map(({exit}) => exit), ...last.map(({type}) => type)], [0, 0, 'signed-in', 'signed-in']);
		assert.deepEqual(last[0], last[1]);
		const {early, grants, codes} = counted();
		assert.deepEqual({early, grants, codes}, {early: 0, grants: race + 1, codes: race + 1});
	}

	return counted();
};
