import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {toLoginError} from '../../source/core/errors.js';
import {TokenEngine} from '../../source/token-engine.js';
import {createFileStore} from '../../source/session/store/file-store.js';
import type {ScriptedResponse} from '../../source/testing/index.js';
import type {Scope} from './built-command.js';
import {scriptedSession, type ScriptedSession} from './scripted-session.js';

/** Milliseconds: a waiter gives up on a stuck lock after 30 seconds; a busy machine with a slow disk takes a few. */
const longestStuck = 20_000;

/**
 * What a server does with a refresh token that comes a second time: `strict` ends the grant (RFC 9700 §4.14.2), `lenient`
 * gives the same response again, as those with a leeway do.
 */
export type Manner = 'strict' | 'lenient';

const repeatResponses = (): ScriptedResponse => {
	const given = new Map<
		string,
		ReturnType<Parameters<Extract<ScriptedResponse, (...values: never[]) => unknown>>[1]>
	>();
	return async ({parameters}, conforming) => {
		const token = parameters.get('refresh_token');
		if (token === null) return 'default';
		const answer = given.get(token) ?? conforming();
		given.set(token, answer);
		return answer;
	};
};

const open = async (t: Scope, manner: Manner) => {
	const session = await scriptedSession(t);
	if (manner === 'lenient') session.server.script.responses = {token: repeatResponses()};
	return session;
};

const signInAgain = async ({signIn, server}: ScriptedSession) =>
	signIn({issuer: server.issuer, clientId: server.provider.clientId}, {credentials: ['ada', 'analytical engine']});

/** Whether a refresh token was sent to the server. */
const isSpent = ({server}: ScriptedSession, refreshToken: string | undefined) =>
	server.requestsTo('token').some(({parameters}) => parameters.get('refresh_token') === refreshToken);

export type Toll = {
	/** Sessions that ended because the server had rotated, and the only copy of its response died with a process. */
	readonly lost: number;
	/** The longest that anybody waited for a token after a kill, in milliseconds. */
	readonly longest: number;
};

/**
 * Two processes refresh; both are killed at random moments, again and again. After each time the next one gets its token,
 * unless a strict server had answered a process that died with the response in hand.
 */
export const killRefreshes = async (t: Scope, manner: Manner, kills: number): Promise<Toll> => {
	const session = await open(t, manner);
	const {start, home, server} = session;
	let [lost, longest, usual] = [0, 0, 400];
	for (let kill = 0; kill < kills; kill++) {
		session.expire();
		const before = session.session().tokens.refreshToken;
		const began = performance.now();
		const victims = [start(['token']), start(['token'])];
		// Half of them at any moment, the others around the request, where it matters.
		const patience = Math.random() * usual;
		if (kill % 2 === 0) await delay(patience);
		else {
			await Promise.race([server.received('token', server.requestsTo('token').length + 1), victims[0]!.ended]);
			await delay(Math.random() * 30);
		}

		for (const {child} of victims) child.kill('SIGKILL');
		const ended = await Promise.all(victims.map(async ({ended}) => ended));
		if (ended.some(({exit}) => exit === 0)) usual = (usual * 3 + (performance.now() - began)) / 4;

		const store = createFileStore({directory: home});
		const stored = await store.read('default');
		assert.deepEqual(store.notices, [], 'a torn file');
		assert.ok(stored, 'a file that is gone');
		const engine = new TokenEngine({provider: stored.provider, store});
		const asked = performance.now();
		const wasSpent = stored.tokens.refreshToken === before && isSpent(session, before);
		const outcome = await engine.token().then(
			() => 'alive' as const,
			(error: unknown) => toLoginError(error).code,
		);
		longest = Math.max(longest, performance.now() - asked);
		assert.ok(longest < longestStuck, 'a stuck lock');
		if (outcome === 'alive') continue;
		assert.equal(outcome, 'person_required');
		assert.ok(manner === 'strict' && wasSpent, 'a session was lost, and no response');
		lost++;
		await signInAgain(session);
	}

	return {lost, longest};
};

/** A process dies in the middle of a refresh, and 20 others want a token at the same moment. */
export const meetDeadRefresh = async (t: Scope, processes = 20): Promise<void> => {
	const session = await open(t, 'strict');
	const {server, start} = session;
	session.expire();
	server.answer('token', 'hang');
	const dying = start(['token']);
	await server.received('token', 2);
	dying.child.kill('SIGKILL');
	await dying.ended;
	// None of them waits until its patience is at an end, or it would end with 5.
	const ended = await Promise.all(Array.from({length: processes}, async () => start(['token']).ended));
	for (const {exit, stderr} of ended) assert.deepEqual([exit, stderr], [0, '']);
	assert.equal(new Set(ended.map(({stdout}) => stdout)).size, 1);
	assert.equal(session.refreshes(), 2, 'the one that died, and one more');
};
