import assert from 'node:assert/strict';
import {test} from 'node:test';
import {lockLogin} from '../../source/login/login-lock.js';
import type {StoredSession} from '../../source/session/types.js';
import {createMemoryStore} from '../../source/session/store/memory-store.js';
import {createManualClock} from '../../source/testing/manual-clock.js';

const begin = Date.UTC(2030, 0, 1);
const never = new AbortController().signal;
const issuer = 'https://auth.example';

const session = (accessToken: string, signedInAt: number): StoredSession => ({
	version: 1,
	flow: 'browser',
	signedInAt,
	provider: {name: 'oauth', issuer, clientId: 'cli'},
	server: {issuer},
	tokens: {accessToken, tokenType: 'bearer', issuedAt: signedInAt, scope: ''},
});

/** A login that shows itself, and another that comes a minute later and waits for it. */
const meet = async (present?: StoredSession, takesOver = false) => {
	const clock = createManualClock({now: begin});
	const store = createMemoryStore({clock});
	if (present) await store.write('work', present);
	const asked = {store, profile: 'work', clock, provider: {issuer, clientId: 'cli'}, takesOver, since: begin};
	const shown = await lockLogin(asked, () => assert.fail('the first one waits for nobody'), never);
	assert.ok('release' in shown);
	await clock.advance(60_000);
	return {
		clock,
		store,
		shown,
		comeLater: async (signal = never) => {
			const heard = {waits: 0};
			const entered = lockLogin(asked, () => heard.waits++, signal);
			entered.catch(() => undefined);
			await clock.settle();
			return {heard, entered};
		},
	};
};

test('demand 41: anyone who comes second waits once, and takes the session of the first', async () => {
	const {clock, store, comeLater} = await meet();
	const {heard, entered} = await comeLater();
	assert.equal(heard.waits, 1);
	await store.write('work', session('new', clock.now()));
	await clock.advance(1000);
	assert.deepEqual(await entered, session('new', clock.now() - 1000));
});

test('a session that the first stored just before the second came is taken all the same', async () => {
	const {clock, store, shown, comeLater} = await meet();
	await store.write('work', session('new', clock.now()));
	await clock.advance(50);
	const {entered} = await comeLater();
	await shown.release();
	await clock.advance(1000);
	assert.deepEqual(await entered, session('new', begin + 60_000));
});

test('a session that was stored since the login began is taken, though nobody holds the lock any more', async () => {
	const {clock, store, shown, comeLater} = await meet();
	await store.write('work', session('new', clock.now()));
	await shown.release();
	const {heard, entered} = await comeLater();
	assert.deepEqual([await entered, heard.waits], [session('new', clock.now()), 0]);
});

test('a refresh of the session that was there is not taken for the sign-in', async () => {
	const old = session('old', begin - 3_600_000);
	const {clock, store, shown, comeLater} = await meet(old);
	const {entered} = await comeLater();
	await store.write('work', {...old, tokens: {...old.tokens, accessToken: 'refreshed', issuedAt: clock.now()}});
	await clock.advance(1000);
	await shown.release();
	await clock.advance(1000);
	await assert.rejects(entered, {code: 'person_required'});
});

test('demand 41: when the first one gives up, so does everybody who waited for it, and says so', async () => {
	const {clock, shown, comeLater} = await meet();
	const waiting = await Promise.all([comeLater(), comeLater(), comeLater()]);
	await shown.release();
	await clock.advance(1000);
	for (const {entered} of waiting) {
		await assert.rejects(entered, {
			code: 'person_required',
			message: /^The other terminal's sign-in ended without a session/,
		});
	}

	const next = await comeLater();
	assert.equal(next.heard.waits, 0, 'the way is free again');
	assert.ok('release' in (await next.entered));
});

test('a wait for another login can be cancelled', async () => {
	const {comeLater} = await meet();
	const controller = new AbortController();
	const {entered} = await comeLater(controller.signal);
	controller.abort();
	await assert.rejects(entered, {code: 'cancelled'});
});

test("another login's session that is not the one asked for is not taken: one of those who waited goes on, the rest wait for it", async () => {
	const {clock, store, shown, comeLater} = await meet();
	const waiting = await Promise.all([comeLater(), comeLater()]);
	const other = session('other', clock.now());
	await store.write('work', {...other, provider: {...other.provider, issuer: 'https://b.example'}});
	await shown.release();
	await clock.advance(1000);
	const next = await Promise.race(waiting.map(async ({entered}) => entered));
	assert.ok('release' in next, 'it shows its own login');
	const mine = session('mine', clock.now());
	await store.write('work', mine);
	await next.release();
	await clock.advance(1000);
	const entered = await Promise.all(waiting.map(async ({entered}) => entered));
	assert.equal(entered.filter(one => one === next).length, 1, 'the other one shows none');
	assert.deepEqual(
		entered.find(one => one !== next),
		mine,
	);
});

test('where the first login is given up, a second one with a person there goes on, and one without gives up too', async () => {
	for (const takesOver of [true, false]) {
		const {clock, shown, comeLater} = await meet(undefined, takesOver);
		const {entered} = await comeLater();
		await shown.release();
		await clock.advance(1000);
		if (takesOver) assert.ok('release' in (await entered));
		else await assert.rejects(entered, {code: 'person_required'});
	}
});

test('a session that cannot be read once the lock is held leaves the lock to others', async () => {
	const clock = createManualClock({now: begin});
	const store = createMemoryStore({clock});
	const asked = {profile: 'work', clock, provider: {issuer, clientId: 'cli'}, takesOver: true, since: begin};
	let reads = 0;
	const read: typeof store.read = async profile => {
		reads += 1;
		if (reads === 2) throw new Error('It is locked.');
		return store.read(profile);
	};
	const ignore = () => undefined;
	await assert.rejects(lockLogin({...asked, store: {...store, read}}, ignore, never), /It is locked/);
	const later = await lockLogin({...asked, store}, () => assert.fail('nobody has it'), never);
	assert.ok('release' in later);
});
