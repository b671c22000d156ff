import assert from 'node:assert/strict';
import net from 'node:net';
import {after, test} from 'node:test';
import {approveAuthorization, approveDevice} from '../support/oidc-server/approve.js';
import type {DemoRequest} from '../support/oidc-server/demo-server-options.js';
import {startDemoServer} from '../support/oidc-server/start-demo-server.js';
import {presets} from '../../source/oauth/presets/index.js';
import type {EventOf, LoginEvent} from '../../source/login/events.js';
import type {LoginRun} from '../../source/login/flow.js';
import {TokenEngine} from '../../source/token-engine.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {createHurriedClock} from '../support/hurried-clock.js';
import {isThorough} from '../support/thorough.js';

const rounds = isThorough ? 200 : 30;

/** A poll every 150 ms. Each round has its own clock, or the server's times would soon be long ago. */
const hurry = 40;

const requests: DemoRequest[] = [];
const server = await startDemoServer({onRequest: request => requests.push(request)});
after(async () => server.stop());

/** Mulberry32: the order is random, and the same each time for a seed. */
const randomFrom = (seed: number) => () => {
	seed = (seed + 0x6d_2b_79_f5) | 0;
	let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
	mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
	return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const eventOf = async <Type extends LoginEvent['type']>(run: LoginRun, type: Type): Promise<EventOf<Type>> => {
	for await (const event of run) if (event.type === type) return event as EventOf<Type>;
	throw new Error(`No ${type} came.`);
};

const isClosed = async (port: number): Promise<boolean> =>
	new Promise(resolve => {
		const socket = net.connect(port, '127.0.0.1');
		socket.once('error', () => resolve(true));
		socket.once('connect', () => {
			socket.destroy();
			resolve(false);
		});
	});

const kinds = ['browser', 'device', 'paste', 'browser and device', 'paste and browser', 'paste and device'] as const;
type Kind = (typeof kinds)[number];

/** One login with both ways open; resolves to what it had asked of the server by its end, and to that list itself. */
const signIn = async (kind: Kind, random: () => number) => {
	const asked: string[] = [];
	let grants = 0;
	const engine = new TokenEngine({
		provider: {
			...presets.oidc({issuer: server.issuer, clientId: server.clientId}),
			// Here the loser's tokens can be revoked without an end to the winner's.
			revocation: 'single-login' as const,
		},
		store: createMemoryStore(),
		clock: createHurriedClock(hurry),
		async fetch(input, init) {
			asked.push(new URL(input instanceof Request ? input.url : input).pathname);
			const answer = await fetch(input, init);
			const text = await answer.text();
			if (answer.ok && answer.url.endsWith('/token')) grants++;
			return new Response(text, answer);
		},
	});
	const first = random() < 0.5 ? 'browser' : 'device';
	const run = engine.login({flow: first, open: false, attended: true});
	run.command({type: 'open', flow: first === 'browser' ? 'device' : 'browser'});
	const [{url, redirectUri}, {userCode}] = await Promise.all([
		eventOf(run, 'authorization-url'),
		eventOf(run, 'device-code'),
	]);
	const port = Number(new URL(redirectUri).port);
	const callback = kind === 'device' ? '' : await approveAuthorization({url, visit: false});
	const acts: Readonly<Record<'browser' | 'device' | 'paste', () => Promise<unknown>>> = {
		// Anyone who comes too late finds the port closed.
		browser: async () =>
			fetch(callback)
				.then(async answer => answer.text())
				.catch(() => undefined),
		paste: async () => run.command({type: 'paste', text: callback}),
		device: async () => approveDevice({issuer: server.issuer, userCode}),
	};
	const people = kind.split(' and ') as (keyof typeof acts)[];
	if (random() < 0.5) people.reverse();
	const acting = people.map(async person => {
		// The next poll is up to 150 ms away: either may be first.
		const wait = random() * (person === 'device' ? 20 : 200);
		await new Promise(resolve => setTimeout(resolve, wait));
		await acts[person]();
	});
	const session = await run.session;
	const closed = await isClosed(port);
	await run.cancel();
	const atTheEnd = asked.length;
	const ends = [];
	for await (const event of run) if (event.type === 'signed-in' || event.type === 'failed') ends.push(event.type);
	assert.deepEqual(ends, ['signed-in']);
	assert.equal(closed, true, `${kind}: the port is closed`);
	if (kind === 'device') assert.equal(session.flow, 'device');
	if (kind === 'browser' || kind === 'paste') assert.equal(session.flow, 'browser');
	await Promise.all(acting);
	return {asked, atTheEnd, grants, flow: session.flow};
};

const count = (name: string): number => process.getActiveResourcesInfo().filter(kind => kind === name).length;

test(`demands 22, 23, 25, 30: both ways open together ${rounds} times, approved in random order: one wins, and nothing of the other is left`, async t => {
	const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
	t.diagnostic(`SEED=${seed}`);
	const random = randomFrom(seed);
	const done: Awaited<ReturnType<typeof signIn>>[] = [];
	const before = {timers: count('Timeout'), sockets: 0};
	for (let round = 0; round < rounds; round++) {
		// The six kinds come equally often, their order is random.
		const kind = kinds[round < kinds.length ? round : Math.floor(random() * kinds.length)]!;
		done.push(await signIn(kind, random));
		assert.equal(count('TCPServerWrap'), 0, `no port is open after round ${round}, ${kind}`);
		if (round === 20) before.sockets = count('TCPSocketWrap');
	}

	// Long enough for a poll of any login that still went on.
	await new Promise(resolve => setTimeout(resolve, 500));
	for (const {asked, atTheEnd} of done) assert.equal(asked.length, atTheEnd, 'no request after the end');
	assert.ok(count('TCPSocketWrap') <= before.sockets + 10, 'connections that are kept do not add up');
	assert.ok(count('Timeout') <= before.timers + 10, 'timers do not add up');

	// A response that was still under way when its request was aborted is nobody's.
	const grants = done.reduce((sum, one) => sum + one.grants, 0);
	const revocations = requests.filter(({path}) => path === '/token/revocation').length;
	assert.ok(grants >= rounds);
	assert.ok(revocations >= grants - rounds, `${grants} grants and ${revocations} revocations`);
	const polls = requests.filter(({path}) => path === '/token').length;
	const sent = done.flatMap(({asked}) => asked).filter(path => path === '/token').length;
	// The server does not count one that was aborted before its response.
	assert.ok(polls <= sent, 'the server saw no request that was not seen here');
	const wonBy = (flow: string) => done.filter(one => one.flow === flow).length;
	t.diagnostic(`browser ${wonBy('browser')}, device ${wonBy('device')}, ${grants} grants`);
	assert.ok(wonBy('browser') > 0 && wonBy('device') > 0);
});
