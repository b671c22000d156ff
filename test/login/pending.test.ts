import assert from 'node:assert/strict';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {LoginError, PendingError} from '../../source/core/errors.js';
import type {LoginEvent} from '../../source/login/events.js';
import type {LoginOptions, PendingOptions} from '../../source/login/flow.js';
import {listPending, markCancelled, readPending} from '../../source/login/pending-record.js';
import {createEncryption} from '../../source/session/store/encryption.js';
import {createFileStore} from '../../source/session/store/file-store.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import type {Session} from '../../source/session/types.js';
import type {TokenEngine} from '../../source/token-engine.js';
import {isThorough} from '../support/thorough.js';
import {pendingWorld, type PendingWorld} from '../support/pending-world.js';
import {deadProcess, dyingFileSystem} from '../session/store/fixtures.js';

/** A login to its end, with all that it told; time goes on as it needs. */
const play = async (
	{clock}: PendingWorld,
	engine: TokenEngine,
	options: LoginOptions,
	isDead: () => boolean = () => false,
	pasted?: string,
) => {
	const run = engine.login(options);
	const events: LoginEvent[] = [];
	const listening = (async () => {
		for await (const event of run) {
			events.push(event);
			if (event.type === 'authorization-url' && pasted !== undefined) run.command({type: 'paste', text: pasted});
		}
	})();
	// What is loaded and written meanwhile takes no time on this clock.
	const isUnderWay = () =>
		!events.some(({type}) => ['device-code', 'authorization-url', 'waiting', 'exchange'].includes(type));
	const ended = run.session.catch((error: unknown) => error as LoginError);
	const progress = {isOver: false};
	void ended.then(() => (progress.isOver = true));
	while (!progress.isOver && !isDead() && isUnderWay()) await new Promise(resolve => void setImmediate(resolve));
	while (!progress.isOver && !isDead()) {
		await clock.settle();
		if (clock.untilNextSleeper !== undefined) await clock.advance(clock.untilNextSleeper);
	}

	if (isDead()) {
		// It does nothing any more: not even its end is waited for.
		void run.cancel();
		return {outcome: new LoginError('internal_error', 'Killed.', {hint: ''}), events, types: []};
	}

	const outcome = await ended;
	await clock.advanceUntil(Promise.all([listening, run.cancel()]));
	return {outcome, events, types: events.map(({type}) => type)};
};

const outcomeText = (outcome: Session | LoginError): string =>
	outcome instanceof Error ? outcome.message : `a session by ${outcome.flow}`;

const isSession = (outcome: Session | LoginError): outcome is Session => !(outcome instanceof Error);

const begin = async (world: PendingWorld, options: LoginOptions = {flow: 'device'}, engine = world.openProcess()) => {
	const {outcome, events} = await play(world, engine, {...options, pending: {wait: 0}});
	assert.ok(outcome instanceof PendingError, outcomeText(outcome));
	return {id: outcome.id, events};
};

const filesIn = (home: string) =>
	readdirSync(home)
		.filter(name => name.endsWith('.record.json'))
		.map(name => readFileSync(path.join(home, name), 'utf8'))
		.join('\n');

const deviceCodeOf = ({server}: PendingWorld) => {
	const [request] = server.requestsTo('token');
	return request?.parameters.get('device_code') ?? 'device-code-';
};

test('a login that was begun is on disk before it is shown, and a later process signs in with it', async t => {
	const world = await pendingWorld(t);
	const engine = world.openProcess();
	const run = engine.login({flow: 'device', pending: {wait: 0, message: 'Claude wants to deploy\u001B[2J'}});
	run.subscribe(() => {
		if (run.state.flows.device?.code !== undefined) assert.match(filesIn(world.home), /device-code-/);
	});
	const failure = await world.clock.advanceUntil(run.session.catch((error: unknown) => error));
	assert.ok(failure instanceof PendingError);
	assert.match(failure.tell, /The agent says: "Claude wants to deploy/);
	assert.ok(!failure.tell.includes('\u001B'));
	assert.equal(world.server.requestsTo('token').length, 0);

	world.server.approve();
	const {outcome} = await play(world, world.openProcess(), {pending: {id: failure.id}});
	assert.ok(isSession(outcome), outcomeText(outcome));
	assert.equal(outcome.identity?.name, 'Ada Lovelace');
	assert.equal(world.told.grants, 1);
	assert.equal(world.server.requestsTo('deviceAuthorization').length, 1);
});

test('begin() leaves at once and resume() goes on, also where the engine is another process', async t => {
	const world = await pendingWorld(t);
	const begun = await world.clock.advanceUntil(
		world.openProcess().begin({message: 'to deploy', resumeCommand: id => `acme login --resume ${id}`}),
	);
	assert.equal(begun.next, `acme login --resume ${begun.id}`);
	assert.ok(begun.expiresAt > world.clock.now());
	const waiting = world.openProcess().resume(begun.id, {wait: 12});
	await assert.rejects(world.clock.advanceUntil(waiting), (error: unknown) => {
		assert.ok(error instanceof PendingError);
		assert.deepEqual([error.code, error.id], ['login_pending', begun.id]);
		return true;
	});
	world.server.approve();
	const session = await world.clock.advanceUntil(world.openProcess().resume(begun.id));
	assert.equal(session.flow, 'device');
	const again = await world.clock.advanceUntil(world.openProcess().resume(begun.id));
	assert.equal(await again.getToken(), await session.getToken());
	await assert.rejects(world.openProcess({options: {profile: 'work'}}).resume(begun.id), /another profile/);
});

test('exactly one of signed-in, failed and pending is the last event, and pending says how to go on', async t => {
	const world = await pendingWorld(t);
	const first = await begin(world);
	assert.deepEqual(
		first.events.filter(({type}) => ['pending', 'signed-in', 'failed'].includes(type)),
		[first.events.at(-1)],
	);
	const shown = first.events.find(event => event.type === 'device-code');
	const {type: _, ...details} = first.events.at(-1) as Extract<LoginEvent, {readonly type: 'pending'}>;
	assert.deepEqual(shown?.pending, details);
	world.server.deny();
	const refused = await play(world, world.openProcess(), {pending: {id: first.id}});
	assert.equal((refused.outcome as LoginError).code, 'access_denied');
	assert.equal(refused.types.at(-1), 'failed');
	const later = await play(world, world.openProcess(), {pending: {id: first.id}});
	assert.equal((later.outcome as LoginError).code, 'access_denied', 'what it ended with stays');
});

test('a login that asks for the same goes on with the one that is pending; one that asks for more is another', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	assert.equal((await begin(world)).id, id);
	assert.equal(world.server.requestsTo('deviceAuthorization').length, 1);
	assert.notEqual((await begin(world, {flow: 'device', scope: 'openid more'})).id, id);
	assert.equal((await listPending(createFileStore({directory: world.home, clock: world.clock}))).length, 2);
});

test('the server is never asked sooner than it allows, however many processes come and go', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	for (const wait of [0, 0, 3, 0, 12, 1, 0, 7, 0]) {
		await play(world, world.openProcess(), {pending: {id, wait}});
		await world.clock.advance(700);
	}

	assert.equal(world.told.early, 0);
	assert.ok(world.server.requestsTo('token').length >= 4);
	world.server.slowDown();
	await world.clock.advance(12_000);
	const {events} = await play(world, world.openProcess(), {pending: {id, wait: 0}});
	const told = events.find(event => event.type === 'slow-down');
	assert.equal(told?.interval, 10);
	const before = world.server.requestsTo('token').length;
	while (world.clock.now() < told.nextPollAt - 1000) {
		await play(world, world.openProcess(), {pending: {id, wait: 0}});
		await world.clock.advance(1000);
	}

	assert.equal(world.server.requestsTo('token').length, before, 'a longer interval holds for later processes too');
	assert.equal(world.told.early, 1, 'the one that was asked for');
});

test('a wait of 0 asks once where the server may be asked', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	await play(world, world.openProcess(), {pending: {id, wait: 0}});
	assert.equal(world.server.requestsTo('token').length, 0);
	await world.clock.advance(6000);
	world.server.approve();
	const {outcome} = await play(world, world.openProcess(), {pending: {id, wait: 0}});
	assert.ok(isSession(outcome), outcomeText(outcome));
});

test('one that expired says so, and nothing of it stays', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	await world.clock.advance(601_000);
	const {outcome} = await play(world, world.openProcess(), {pending: {id}});
	assert.equal((outcome as LoginError).code, 'expired_token');
	const store = createFileStore({directory: world.home, clock: world.clock});
	assert.deepEqual(await listPending(store), []);
	assert.equal(filesIn(world.home), '');
});

test('of two that resume at the same time one signs in, and the other reports the same session', async t => {
	for (let race = 0; race < (isThorough ? 200 : 6); race++) {
		const world = await pendingWorld(t);
		const {id} = await begin(world);
		if (race % 2 === 0) world.server.approve();
		const resumed = Promise.all([world.openProcess().resume(id), world.openProcess().resume(id)]);
		if (race % 2 === 1) {
			await world.clock.advance(6000);
			world.server.approve();
		}

		const [one, other] = await world.clock.advanceUntil(resumed);
		assert.equal(await one.getToken(), await other.getToken());
		assert.deepEqual(world.told, {early: 0, grants: 1, atOnce: 1});
	}
});

test('tokens that come after a cancel are revoked, and no session comes of them', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	const store = createFileStore({directory: world.home, clock: world.clock});
	const run = world.openProcess().login({pending: {id}});
	await world.clock.advance(1000);
	world.server.answer('token', async (_, conforming) => {
		world.server.approve();
		await markCancelled(store, await readPending(store, id), world.clock.now());
		return conforming();
	});
	await world.clock.advanceUntil(world.server.received('token', 1));
	await assert.rejects(run.session, /cancelled/);
	await run.cancel();
	assert.equal(await store.read('default'), undefined);
	assert.ok(world.server.requestsTo('revocation').length > 0);
	assert.doesNotMatch(filesIn(world.home), /access-token|refresh-token|device-code-/);
	const later = await play(world, world.openProcess(), {pending: {id}});
	assert.equal((later.outcome as LoginError).code, 'cancelled');
});

test('tokens of a flow beside the one that goes on are revoked where no session comes of them', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	const store = Object.assign(createFileStore({directory: world.home, clock: world.clock}), {
		write: async () => Promise.reject(new Error('The disk is full.')),
	});
	const run = world.openProcess({store}).login({pending: {id}, open: false});
	let pasted: Promise<void> | undefined;
	run.command({type: 'open', flow: 'browser'});
	run.subscribe(() => {
		const {url} = run.state.flows.browser?.address ?? {};
		if (url !== undefined && pasted === undefined) {
			pasted = lastPage(world, url).then(text => run.command({type: 'paste', text}));
		}
	});
	await assert.rejects(world.clock.advanceUntil(run.session));
	await run.cancel();
	assert.equal(world.told.grants, 1);
	assert.ok(world.server.requestsTo('revocation').length > 0);
	world.server.approve();
	const {outcome} = await play(world, world.openProcess(), {pending: {id}});
	assert.ok(isSession(outcome), outcomeText(outcome));
	assert.equal(outcome.flow, 'device');
});

test('when it is over nothing secret is left of it, and every later process reports its session until it ends', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	world.server.approve();
	await play(world, world.openProcess(), {pending: {id}});
	const text = filesIn(world.home);
	assert.match(text, new RegExp(id));
	assert.doesNotMatch(text, /access-token|refresh-token|device-code-|eyJ/);
	assert.ok(!text.includes(deviceCodeOf(world)));
	const {outcome, types} = await play(world, world.openProcess(), {pending: {id}});
	assert.ok(isSession(outcome));
	assert.deepEqual(types, ['signed-in']);
	await world.clock.advanceUntil(world.openProcess().logout());
	const after = await play(world, world.openProcess(), {pending: {id}});
	assert.equal((after.outcome as LoginError).code, 'person_required');
});

test('where the keyring holds the key, nothing secret is in the file, and another computer says where it was begun', async t => {
	const world = await pendingWorld(t);
	const secrets = new Map<string, string>();
	const keyringStore = (keys: Map<string, string>) =>
		createFileStore({
			directory: world.home,
			clock: world.clock,
			kind: 'keyring',
			encryption: async () =>
				createEncryption({
					get: async () => keys.get('key'),
					set: async secret => void keys.set('key', secret),
					probe: async () => undefined,
				}),
		});
	const {id} = await begin(world, {flow: 'device'}, world.openProcess({store: keyringStore(secrets)}));
	assert.doesNotMatch(filesIn(world.home), /device-code-|auth\.example|BCDF|client/);
	const file = path.join(world.home, `profile-${id}.record.json`);
	writeFileSync(file, readFileSync(file, 'utf8').replace(/"host":"[^"]*"/, '"host":"build-7"'), {mode: 0o600});
	const elsewhere = keyringStore(new Map([['key', Buffer.alloc(32).toString('base64')]]));
	await assert.rejects(readPending(elsewhere, id), /started on build-7, and only the keyring there can open it/);
	world.server.approve();
	const {outcome} = await play(world, world.openProcess({store: keyringStore(secrets)}), {pending: {id}});
	assert.ok(isSession(outcome), outcomeText(outcome));
});

test('a file that others could write to is no login', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	const file = path.join(world.home, `profile-${id}.record.json`);
	const {chmodSync} = await import('node:fs');
	chmodSync(file, 0o666);
	const {outcome} = await play(world, world.openProcess(), {pending: {id}});
	assert.equal((outcome as LoginError).code, 'expired_token');
	for (const name of ['../../etc/passwd', 'k3f9x2ab-cancelled', '']) {
		await assert.rejects(readPending(createFileStore({directory: world.home}), name), /There's no sign-in/);
	}
});

test('a store in memory, or of an app, keeps pending logins too', async t => {
	const world = await pendingWorld(t);
	const store = createMemoryStore({clock: world.clock});
	const {id} = await begin(world, {flow: 'device'}, world.openProcess({store}));
	assert.deepEqual(
		(await listPending(store)).map(login => login.id),
		[id],
	);
	world.server.approve();
	const {outcome} = await play(world, world.openProcess({store}), {pending: {id}});
	assert.ok(isSession(outcome), outcomeText(outcome));
});

test('tokens that a later process fetches from the disk expire when the server said, not later', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	world.server.approve();
	const openStore = () => createFileStore({directory: world.home, clock: world.clock});
	const write = async () => Promise.reject(new LoginError('store_error', 'Disk full.', {hint: ''}));
	const full = Object.assign(openStore(), {write});
	const lost = await play(world, world.openProcess({store: full}), {pending: {id}});
	assert.equal(outcomeText(lost.outcome), 'Disk full.');
	const arrived = world.clock.now();

	await world.clock.advance(600_000);
	const {outcome} = await play(world, world.openProcess(), {pending: {id}});
	assert.ok(isSession(outcome), outcomeText(outcome));
	const {tokens, signedInAt} = (await openStore().read('default')) ?? {};
	assert.equal(tokens?.expiresAt, outcome.expiresAt);
	assert.equal(outcome.expiresAt, arrived + 3_600_000);
	assert.equal(tokens?.issuedAt, signedInAt);
	assert.equal(world.told.grants, 1);
});

test('another account replaces a session only where the login that was begun said so', async t => {
	const world = await pendingWorld(t);
	const {id: first} = await begin(world);
	world.server.approve();
	await play(world, world.openProcess(), {pending: {id: first}});
	const bob = {sub: 'bob', name: 'Bob', email: 'bob@example.com'};
	const refusing = await begin(world);
	world.server.approve(undefined, bob);
	const refused = await play(world, world.openProcess(), {pending: {id: refusing.id}});
	assert.equal((refused.outcome as LoginError).code, 'identity_check_failed');
	const switching = await begin(world, {flow: 'device', switchAccount: true});
	world.server.approve(undefined, bob);
	const {outcome} = await play(world, world.openProcess(), {pending: {id: switching.id}});
	assert.ok(isSession(outcome), outcomeText(outcome));
	assert.equal(outcome.identity?.name, 'Bob');
});

test('a record that is damaged is no login, and keeps no other from beginning or being listed', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	const file = path.join(world.home, `profile-${id}.record.json`);
	const record = JSON.parse(readFileSync(file, 'utf8')) as {text: string};
	const login = JSON.parse(record.text) as object;
	const store = createFileStore({directory: world.home, clock: world.clock});
	const damaged = ['{"version":1', 'null', JSON.stringify({version: 1, id}), JSON.stringify({...login, progress: {}})];
	for (const text of [...damaged, JSON.stringify({...login, provider: {issuer: 'no URL'}})]) {
		writeFileSync(file, JSON.stringify({...record, text}), {mode: 0o600});
		await assert.rejects(readPending(store, id), /There's no sign-in/);
		await listPending(store);
		const other = await begin(world);
		assert.notEqual(other.id, id);
		await markCancelled(store, await readPending(store, other.id), world.clock.now());
	}
});

test("an agent's message stays within its quotation, on one line, and an empty one is none", async t => {
	const world = await pendingWorld(t);
	const tellOf = async (message: string) => {
		const engine = world.openProcess();
		return (await world.clock.advanceUntil(engine.begin({message, scope: `openid ${world.server.requests.length}`})))
			.tell;
	};
	const forged = await tellOf('done". Open https://evil.example and approve.\nSigned in as Ada Lovelace\u202E');
	assert.match(
		forged,
		/^The agent says: "done'. Open https:\/\/evil.example and approve. Signed in as Ada Lovelace"\. Open /,
	);
	assert.match(await tellOf('“a” \u001B[2J\u001B]0;title\u0007b'), /^The agent says: "'a' b"\. Open /);
	assert.ok((await tellOf('x'.repeat(10_000))).length < 500);
	for (const nothing of ['', '  \n', '\u200B']) assert.match(await tellOf(nothing), /^Open /);
});

test('a page of a network that wants a sign-in of its own ends no login', async t => {
	const world = await pendingWorld(t);
	const {id} = await begin(world);
	world.server.answer('token', {
		status: 200,
		body: '<html>Welcome to the hotel</html>',
		headers: {'content-type': 'text/html'},
	});
	const lost = await play(world, world.openProcess(), {pending: {id}});
	assert.equal((lost.outcome as LoginError).code, 'bad_response', outcomeText(lost.outcome));
	world.server.approve();
	await world.clock.advance(10_000);
	const {outcome} = await play(world, world.openProcess(), {pending: {id}});
	assert.ok(isSession(outcome), outcomeText(outcome));
	assert.equal(world.server.requestsTo('deviceAuthorization').length, 1);
});

test('a login goes on after the computer slept, and where its clock was set back', async t => {
	for (const jump of ['sleep', 'back'] as const) {
		const world = await pendingWorld(t);
		const {id} = await begin(world);
		if (jump === 'sleep') await world.clock.suspend(300_000);
		else {
			await world.clock.advance(6000);
			world.clock.jumpWall(-3_600_000);
		}

		world.server.approve();
		const {outcome} = await play(world, world.openProcess(), {pending: {id, wait: jump === 'sleep' ? 0 : 10}});
		assert.ok(isSession(outcome), `${jump}: ${outcomeText(outcome)}`);
		assert.equal(world.told.early, 0);
	}
});

test('two logins that wait for one profile are told apart, and each brings its own session', async t => {
	const world = await pendingWorld(t);
	const [one, other] = [await begin(world), await begin(world, {flow: 'device', scope: 'openid more'})];
	const codeOf = (events: readonly LoginEvent[]) => events.find(event => event.type === 'device-code')?.userCode;
	world.server.approve(codeOf(other.events));
	const second = await play(world, world.openProcess(), {pending: {id: other.id}});
	assert.ok(isSession(second.outcome), outcomeText(second.outcome));
	const still = await play(world, world.openProcess(), {pending: {id: one.id, wait: 0}});
	assert.ok(still.outcome instanceof PendingError, 'a session that appears meanwhile is not its own');
	world.server.approve(codeOf(one.events));
	const first = await play(world, world.openProcess(), {pending: {id: one.id}});
	assert.ok(isSession(first.outcome), outcomeText(first.outcome));
	const replaced = await play(world, world.openProcess(), {pending: {id: other.id}});
	assert.equal((replaced.outcome as LoginError).code, 'person_required');
	assert.deepEqual([world.told.early, world.told.grants], [0, 2]);
});

/** The steps of a login that takes three processes. */
const steps: readonly PendingOptions[] = [{wait: 0}, {wait: 7}, {wait: 30}];

/**
 * One process of the three dies in the middle of its `at`th call of the file system, and the person approves before one of
 * them; then others go on until it is over.
 */
const dieOnce = async (t: TestContext, dying: number, approval: number, at: number) => {
	const world = await pendingWorld(t);
	const {server, told} = world;
	const death = dyingFileSystem(at);
	const {fileSystem} = death;
	const codes = new Set<string>();
	let grantsAtDeath = 0;
	let hasApproved = false;
	/** Who was shown the link knows what to go on with. */
	let id: string | undefined;
	/** The person knows the code that they were shown. */
	const approve = () => {
		const [code] = codes;
		if (hasApproved || code === undefined) return;
		server.approve(code);
		hasApproved = true;
	};

	const goOn = async (engine: TokenEngine, pending: PendingOptions, isDead?: () => boolean) => {
		const {outcome, events} = await play(world, engine, {flow: 'device', pending: {...pending, id}}, isDead);
		for (const event of events) {
			if (event.type !== 'device-code') continue;
			codes.add(event.userCode);
			id = event.pending?.id;
		}

		return outcome;
	};

	for (const [index, pending] of steps.entries()) {
		if (index >= approval) approve();
		const isDying = index === dying;
		const before = told.grants;
		const engine = isDying
			? world.openProcess({fileSystem, processes: deadProcess, isDead: () => death.hasDied})
			: world.openProcess();
		const outcome = await goOn(engine, pending, isDying ? () => death.hasDied : undefined);
		if (isDying) grantsAtDeath = told.grants - before;
		if (isSession(outcome)) break;
	}

	approve();
	const store = createFileStore({directory: world.home, clock: world.clock});
	let isLost = (await store.read('default')) === undefined;
	for (let attempt = 0; isLost && attempt < 3; attempt++)
		isLost = !isSession(await goOn(world.openProcess(), {wait: 50}));
	return {told, isLost, codes, hasDied: death.hasDied, grantsAtDeath};
};

for (const [dying, what] of ['begins', 'waits', 'is there for the approval'].entries()) {
	test(`a process that is killed at any write while it ${what} loses no approval`, async t => {
		let kills = 0;
		for (const approval of [1, 2, 3]) {
			let lost = 0;
			for (let at = approval; ; at += isThorough ? 1 : 7) {
				const {told, isLost, codes, hasDied, grantsAtDeath} = await dieOnce(t, dying, approval, at);
				const where = `approved before ${approval}, killed in call ${at}`;
				assert.deepEqual({...told, grants: 1}, {early: 0, grants: 1, atOnce: 1}, where);
				assert.equal(told.grants, 1, where);
				kills += 1;
				if (isLost) lost += 1;
				if (isLost) assert.ok(hasDied && grantsAtDeath === 1, `lost: ${where}`);
				else assert.equal(codes.size, 1, where);
				if (!hasDied) break;
			}

			// The one window that there is: the server's response is here, and the calls of one write have not put it on disk.
			t.diagnostic(`${kills} kills so far, ${lost} approvals lost in the one window`);
			assert.ok(lost <= 9, `${lost} approvals were lost`);
		}
	});
}

/** The URL of the page where the browser of a person ends who signs in. */
const lastPage = async (world: PendingWorld, url: string): Promise<string> => {
	const response = await world.server.fetch(url, {redirect: 'manual'});
	const location = new URL(response.headers.get('location') ?? '', url).href;
	return location.includes('/callback?') ? location : lastPage(world, location);
};

test('a process that is killed at any write after the last page was pasted loses no approval', async t => {
	let [kills, lost] = [0, 0];
	for (let at = 1; ; at += isThorough ? 1 : 7) {
		const world = await pendingWorld(t);
		const {id, events} = await begin(world, {flow: 'browser', open: false});
		const link = events.find(event => event.type === 'authorization-url');
		const pasted = await lastPage(world, link?.url ?? '');
		const death = dyingFileSystem(at);
		const isDead = () => death.hasDied;
		const dying = world.openProcess({fileSystem: death.fileSystem, processes: deadProcess, isDead});
		const pending = {open: false, pending: {id}};
		await play(world, dying, pending, isDead, pasted);
		const grantsAtDeath = world.told.grants;
		const {outcome} = await play(world, world.openProcess(), pending, undefined, pasted);
		assert.deepEqual({...world.told, early: 0}, {early: 0, grants: 1, atOnce: 1}, `killed in call ${at}`);
		if (!death.hasDied) break;
		kills += 1;
		if (isSession(outcome)) continue;
		lost += 1;
		assert.equal(grantsAtDeath, 1, `lost: killed in call ${at}: ${outcomeText(outcome)}`);
	}

	t.diagnostic(`${kills} kills, ${lost} approvals lost in the one window`);
	assert.ok(lost <= 9, `${lost} approvals were lost`);
});

test('what was asked of the person once is not saved with the session', async t => {
	const world = await pendingWorld(t);
	const asked = {flow: 'device', prompt: 'login', loginHint: 'ada', acrValues: 'high'} as const;
	const {id} = await begin(world, asked);
	world.server.approve();
	const {outcome} = await play(world, world.openProcess(), {pending: {id}});
	assert.ok(isSession(outcome), outcomeText(outcome));
	const store = createFileStore({directory: world.home, clock: world.clock});
	const {prompt, loginHint, parameters} = (await store.read('default'))?.provider ?? {};
	assert.deepEqual([prompt, loginHint, parameters?.device], [undefined, undefined, undefined]);
});
