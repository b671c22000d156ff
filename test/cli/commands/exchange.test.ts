import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {omitUndefined} from '../../../source/core/clock.js';
import type {ExchangeRequest, ExchangedToken} from '../../../source/oauth/token-exchange.js';
import {now, runDouble, storedSession} from '../command-double.js';

const sessions = {default: storedSession()};
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const exchanged: ExchangedToken = {
	token: 'exchanged-1',
	issuedTokenType: accessTokenType,
	tokenType: 'bearer',
	expiresAt: now + 60_000,
	scope: 'service-b:read',
};

const exchange = async (args: readonly string[], answer: Partial<ExchangedToken> = {}, stdin = '') => {
	const asked: ExchangeRequest[] = [];
	const result = await runDouble(['exchange', ...args], {
		sessions,
		stdin,
		engine: {exchange: async request => (asked.push(request), {...exchanged, ...answer})},
	});
	const {signal: _, ...request} = asked[0] ?? {};
	return {...result, request: omitUndefined(request)};
};

test('it asks for what the options say, and prints the token alone', async () => {
	const {exit, stdout, stderr, request} = await exchange([
		...['--audience', 'a', '--audience', 'b', '--resource', 'https://r.example', '--scope', 's'],
		...['--requested-token-type', 'jwt'],
	]);
	assert.deepEqual({exit, stdout, stderr}, {exit: 0, stdout: 'exchanged-1\n', stderr: ''});
	assert.deepEqual(request, {
		audience: ['a', 'b'],
		resource: ['https://r.example'],
		scope: 's',
		requestedTokenType: 'urn:ietf:params:oauth:token-type:jwt',
	});
	assert.deepEqual((await exchange([])).request, {});
});

test('RFC 8707 §2: a resource that is no address is wrong usage, and nothing is asked', async () => {
	for (const resource of ['service-b', 'https://r.example/#part']) {
		const {exit, stderr, request} = await exchange(['--resource', resource]);
		assert.deepEqual([exit, request], [2, {}]);
		assert.match(stderr, /^ink-login: --resource needs a full URL without #\.\n/);
	}
});

test('a scope that nobody named is left out of the JSON', async () => {
	const {stdout} = await exchange(['--format', 'json'], {scope: ''});
	assert.equal('scope' in (JSON.parse(stdout) as object), false);
});

test('RFC 8693 §2.1: an actor makes it a delegation, and the acting party is told on stderr', async context => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'ink-login-'));
	context.after(async () => rm(folder, {recursive: true}));
	const file = path.join(folder, 'actor');
	await writeFile(file, 'actor-1\n');
	const expected = {actorToken: {token: 'actor-1', type: accessTokenType}};
	const {stdout, stderr, request} = await exchange(['--actor-token-file', file], {actingParty: 'service-a\u001B[2J'});
	assert.deepEqual(request, expected);
	assert.equal(stdout, 'exchanged-1\n');
	assert.equal(stderr, 'service-a, acting for the subject\n');
	assert.deepEqual((await exchange(['--actor-token-file', '-'], {}, 'actor-1\n')).request, expected);
});

test('RFC 8693 §2.2.1: what is no bearer token makes no header', async () => {
	const answer = {tokenType: 'n_a', issuedTokenType: 'urn:ietf:params:oauth:token-type:id_token'};
	assert.equal((await exchange(['--format', 'header'], answer)).exit, 1);
	assert.equal(
		(JSON.parse((await exchange(['--format', 'json'], answer)).stdout) as {type: string}).type,
		answer.issuedTokenType,
	);
});

test('an actor whose token cannot be read, and a type that is none, are told', async () => {
	const missing = await exchange(['--actor-token-file', '/nowhere/at-all']);
	assert.equal(missing.exit, 1);
	assert.match(missing.stderr, /Can't read the actor's token from \/nowhere\/at-all \(ENOENT\)/);
	assert.equal((await exchange(['--actor-token-file', '-'])).exit, 1);
	assert.equal((await exchange(['--requested-token-type', 'magic'])).exit, 2);
});
