import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createMemoryStore} from '../../../source/session/store/memory-store.js';
import {createManualClock} from '../../../source/testing/manual-clock.js';
import {makeSession, never} from './fixtures.js';

test('what is read or written is a copy', async () => {
	const store = createMemoryStore();
	const session = makeSession('one');
	await store.write('work', session);
	(session.tokens as {accessToken: string}).accessToken = 'changed';
	assert.equal((await store.read('work'))?.tokens.accessToken, 'one');
	assert.deepEqual(await store.list(), ['work']);
	assert.equal(await store.remove('work'), true);
	assert.equal(await store.remove('work'), false);
	await store.writePreferences('work', {flow: 'device'});
	assert.deepEqual(await store.readPreferences('work'), {flow: 'device'});
});

test('its locks hold between parts of one program, by profile and purpose', async () => {
	const clock = createManualClock();
	const store = createMemoryStore({clock});
	const lock = await store.lock('work', 'refresh', {signal: never});
	await (await store.lock('work', 'login', {signal: never, timeout: 0}))?.release();
	await (await store.lock('home', 'refresh', {signal: never, timeout: 0}))?.release();
	let waits = 0;
	const waiting = store.lock('work', 'refresh', {signal: never, onWait: () => waits++});
	await clock.advance(1000);
	await lock?.release();
	const second = await clock.advanceUntil(waiting);
	assert.equal(waits, 1);
	// A second release is not someone else's.
	await lock?.release();
	await assert.rejects(clock.advanceUntil(store.lock('work', 'refresh', {signal: never, timeout: 100})), {
		code: 'lock_timeout',
	});
	assert.equal(await store.lock('work', 'refresh', {signal: never, until: async () => true}), undefined);
	await assert.rejects(store.lock('work', 'refresh', {signal: AbortSignal.abort()}), {code: 'cancelled'});
	await second?.release();
});
