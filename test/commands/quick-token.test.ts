import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, {after, beforeEach} from 'node:test';
import {quickToken} from '../../source/commands/quick-token.js';
import type {StoredSession} from '../../source/engine/token-store.js';
import {createFileStore} from '../../source/store/index.js';
import {storedSession, tokenSet} from './command-double.js';

const home = mkdtempSync(path.join(os.tmpdir(), 'ink-login-'));
process.env['INK_LOGIN_HOME'] = home;
after(() => rmSync(home, {recursive: true}));

const keep = async (session: StoredSession, profile = 'default') =>
	createFileStore({directory: home}).write(profile, session);
const minute = 60_000;
const fresh = () => tokenSet({issuedAt: Date.now() - minute, expiresAt: Date.now() + 59 * minute});

beforeEach(async () => keep(storedSession({tokens: fresh()})));

test('a fresh token in a file is found at once, in the form that was asked for', async () => {
	const {accessToken} = fresh();
	assert.equal(await quickToken(['token']), `${accessToken}\n`);
	assert.equal(await quickToken(['token', '--format', 'header']), `Authorization: Bearer ${accessToken}\n`);
	assert.match((await quickToken(['token', '--format=json', '--store', 'auto'])) ?? '', /"type":"access"/);
	await keep(storedSession({tokens: {...fresh(), accessToken: 'another'}}), 'work');
	assert.equal(await quickToken(['token', 'work']), 'another\n');
});

test('whatever else is asked for is left to the command', async () => {
	for (const more of [
		['--type', 'id'],
		['--login', '--issuer', 'https://b.example', '--client-id', 'other'],
		['--scope', 'admin'],
		['--format', 'kubernetes'],
		['--store', 'memory'],
		['nobody'],
		['--nonsense'],
	]) {
		assert.equal(await quickToken(['token', ...more]), undefined, more.join(' '));
	}
});

test('a token that is about to expire, or a session that is over, is left to the command', async () => {
	await keep(storedSession({tokens: {...fresh(), expiresAt: Date.now() + 1000}}));
	assert.equal(await quickToken(['token']), undefined);
	await keep({...storedSession({tokens: fresh()}), dead: true});
	assert.equal(await quickToken(['token']), undefined);
});

test('a file that is damaged is left to the command, which sets it aside and says so', async () => {
	writeFileSync(path.join(home, 'profile-default.json'), '{"version":1,"profile":"default","session":{}}');
	assert.equal(await quickToken(['token']), undefined);
});
