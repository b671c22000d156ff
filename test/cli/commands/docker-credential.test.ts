import assert from 'node:assert/strict';
import test from 'node:test';
import {failure, runDouble, storedSession, tokenSet} from '../command-double.js';

const provider = {
	...storedSession().provider,
	resource: ['https://registry.example:5000/v2', 'urn:not-a-url', 'http://localhost:5001/'],
};
const sessions = {default: storedSession({provider})};
const engine = {tokens: async () => tokenSet()};

/** As docker's client calls it: a word, something on stdin, no line end. */
const docker = async (action: string, stdin: string, double: Parameters<typeof runDouble>[1] = {sessions, engine}) => {
	const {exit, stdout, stderr} = await runDouble(['helper', 'docker', action], {...double, stdin});
	return {exit, stdout, stderr};
};

const missing = {exit: 1, stdout: 'credentials not found in native keychain\n', stderr: ''};

test("docker gets the token as a user's password, for the registries of the session alone", async () => {
	for (const registry of [
		'registry.example:5000',
		'https://registry.example:5000',
		'https://registry.example:5000/v2/',
		'auth.example',
		'localhost:5001',
		'http://localhost:5001',
	]) {
		const {exit, stdout, stderr} = await docker('get', registry);
		assert.deepEqual([exit, stderr], [0, ''], registry);
		assert.deepEqual(JSON.parse(stdout), {ServerURL: registry, Username: 'oauth2', Secret: 'access-1'});
	}

	for (const registry of [
		'registry.example',
		'http://registry.example:5000',
		'https://index.docker.io/v1/',
		'auth.example@evil.dev',
		'evil.dev#auth.example',
		'auth.example.evil.dev',
		'https:///auth.example',
		'localhost:5002',
		'',
	])
		assert.deepEqual(await docker('get', registry), missing, registry);
});

test('without a session docker goes on without credentials', async () => {
	assert.deepEqual(await docker('get', 'auth.example', {}), missing);
	assert.deepEqual(await docker('list', 'unused', {}), {exit: 0, stdout: '{}\n', stderr: ''});
});

test('docker reads on stdout why there is no token, and what to do', async () => {
	const dead = await docker('get', 'auth.example', {sessions: {default: storedSession({dead: true})}});
	assert.deepEqual([dead.exit, dead.stderr], [3, '']);
	assert.equal(dead.stdout, 'The session of "default" has ended. Run: ink-login login\n');
	const tokens = async () => Promise.reject(failure('network_error'));
	const offline = await docker('get', 'auth.example', {sessions, engine: {tokens}});
	assert.deepEqual([offline.exit, offline.stdout], [5, 'It failed: network_error. Do this next.\n']);
});

test('list names the registries of the session', async () => {
	const {stdout} = await docker('list', 'unused');
	assert.deepEqual(JSON.parse(stdout), {
		'https://auth.example': 'oauth2',
		'https://registry.example:5000': 'oauth2',
		'http://localhost:5001': 'oauth2',
	});
});

test('docker may store what it got, and nothing else; erase ends no session', async () => {
	const store = async (Secret: unknown) =>
		docker('store', JSON.stringify({ServerURL: 'auth.example', Username: 'oauth2', Secret}));
	assert.deepEqual(await store('access-1'), {exit: 0, stdout: '', stderr: ''});
	const other = await store('hunter2');
	assert.equal(other.exit, 1);
	assert.match(other.stdout, /^ink-login doesn't save passwords\. .*ink-login login\n$/);
	for (const text of ['', 'null', '[]', '{', '"x"']) assert.equal((await docker('store', text)).exit, 1, text);
	for (const word of ['erase', 'version']) {
		const {exit, stdout, store} = await runDouble(['helper', 'docker', word], {
			sessions,
			engine,
			stdin: 'auth.example',
		});
		assert.deepEqual([exit, stdout], [0, '']);
		assert.ok(await store.read('default'));
	}
});
