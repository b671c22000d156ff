import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import type {LoginOptions} from '../../source/login/flow.js';
import type {Provider} from '../../source/oauth/provider.js';
import type {TokenEngineOptions} from '../../source/token-engine.js';
import {createMemoryStore, openStore} from '../../source/session/store/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';
import type {AccountSwitch} from '../../source/session/account-switch.js';
import type {TokenStore} from '../../source/session/types.js';

const client = {id: 'cli', secret: 'hush'};
const organization = {authorize: {organization: 'org_1'}};

/** A server and a store; each engine asks for what `change` says. */
const prepare = async () => {
	const server = await startScriptedServer({issuer: 'https://a.example', client});
	const store = createMemoryStore();
	const engineFor = (
		change: Partial<Provider> = {},
		more: Partial<Omit<TokenEngineOptions, 'store'>> & {readonly store?: TokenStore} = {},
	) =>
		new EngineWithBrowser({
			provider: {...server.provider, scope: 'openid profile', ...change},
			store,
			fetch: server.fetch,
			openBrowser: server.openBrowser,
			...more,
		});
	const signIn = async (change?: Partial<Provider>, options: LoginOptions = {}) =>
		engineFor(change).login({flow: 'browser', ...options}).session;
	return {server, store, engineFor, signIn};
};

test('an engine that asks for another service, organization or scope finds no session, and says what differs', async () => {
	const {engineFor, signIn} = await prepare();
	await signIn({audience: 'https://api.example', parameters: organization});
	const rows: readonly (readonly [Partial<Provider>, RegExp])[] = [
		[{issuer: 'https://b.example'}, /It's for https:\/\/a\.example, not https:\/\/b\.example\./],
		[{clientId: 'other'}, /It's for the client cli, not the client other\./],
		[{audience: 'https://b.example'}, /It's for the audience https:\/\/api\.example, not the audience https:\/\/b\./],
		[{resource: ['https://b.example']}, /It isn't for the resource https:\/\/b\.example\./],
		[{parameters: {device: {organization: 'org_2'}}}, /It's for the organization org_1, not the organization org_2\./],
		[{scope: 'openid api:write'}, /It lacks the scope api:write\./],
	];
	for (const [change, message] of rows) {
		const engine = engineFor(change);
		assert.equal(await engine.session(), undefined);
		await assert.rejects(engine.tokens(), {code: 'person_required', message});
	}

	assert.ok(await engineFor({parameters: organization}).session());
	const {scope: _, ...unscoped} = engineFor().provider;
	assert.ok(await engineFor({}, {provider: unscoped}).session(), 'what is not asked about is not compared');
});

test('a scope that the login asked for and the server withheld does not ask for a login each time', async () => {
	const {store, engineFor, signIn} = await prepare();
	await signIn({scope: 'openid email'});
	const stored = (await store.read('default'))!;
	await store.write('default', {...stored, tokens: {...stored.tokens, scope: 'openid'}});
	assert.ok(await engineFor({scope: 'email openid'}).session());
	// What an earlier version stored says only what was granted.
	const {requestedScope: _, ...earlier} = (await store.read('default'))!;
	await store.write('default', earlier);
	assert.ok(await engineFor({scope: 'openid'}).session());
	assert.equal(await engineFor({scope: 'email openid'}).session(), undefined);
});

test('a login that names nobody replaces no person unasked, and neither does one of another organization or service', async () => {
	const {store, signIn, engineFor} = await prepare();
	await signIn({parameters: organization});
	const before = await store.read('default');
	const asked: AccountSwitch[] = [];
	const ask = async (replaced: AccountSwitch) => asked.push(replaced) === 0;
	const rows = [
		[
			{},
			{flow: 'client-credentials'},
			/This sign-in doesn't say who you are, but .+ is signed in already\. Nothing was changed\./,
		],
		[{parameters: {authorize: {organization: 'org_2'}}}, {}, /another session here, for .+ organization org_1, not/],
		[{resource: ['https://c.example']}, {}, /another session here, for .+ isn't for the resource https:\/\/c\.example/],
	] as const;
	for (const [change, options, message] of rows) {
		await assert.rejects(signIn(change, options), {
			code: 'identity_check_failed',
			message,
			hint: /replace the session/,
		});
		await assert.rejects(signIn(change, {...options, switchAccount: ask}), {code: 'cancelled'});
		assert.deepEqual(await store.read('default'), before);
	}

	// Each was asked once, the latter two before anybody had signed in.
	assert.deepEqual(
		asked.map(({next, difference}) => [next, difference !== undefined]),
		[
			[undefined, false],
			[undefined, true],
			[undefined, true],
		],
	);
	await signIn({parameters: organization, scope: 'openid profile email'});
	assert.ok(await engineFor({scope: 'openid profile email'}).session(), 'other scopes need no question');
	await signIn({}, {flow: 'client-credentials', switchAccount: true});
	assert.equal((await store.read('default'))?.flow, 'client-credentials');
});

test('another session that is there is told before anyone signs in, and asked about once', async () => {
	const {server, signIn} = await prepare();
	await signIn({});
	const before = server.requests.length;
	const other = {resource: ['https://c.example']};
	await assert.rejects(signIn(other), {code: 'identity_check_failed'});
	assert.equal(server.requests.length, before, 'nothing was asked of the server');
	let questions = 0;
	await signIn(other, {switchAccount: async () => ++questions > 0});
	assert.equal(questions, 1);
});

test('a client secret is not sent to the server of a session that it does not belong to', async () => {
	const {server, store, engineFor} = await prepare();
	await engineFor({clientSecret: 'hush'}).login({flow: 'browser'}).session;
	const stored = (await store.read('default'))!;
	await store.write('default', {...stored, provider: {...stored.provider, clientId: 'another'}});
	await engineFor({clientSecret: 'not-for-them'}).logout();
	const [request] = server.requestsTo('revocation');
	assert.ok(request);
	assert.equal(request.parameters.get('client_secret'), null);
	assert.equal(request.headers['authorization'], undefined);
});

test('two programs that name themselves share no session and no folder with each other or with the command', async t => {
	const home = mkdtempSync(path.join(os.tmpdir(), 'ink-login-'));
	t.after(() => rmSync(home, {recursive: true}));
	const environment = {INK_LOGIN_HOME: home};
	const {server, engineFor} = await prepare();
	const open = async (app: string) => openStore({app, kind: 'file', environment});
	const login = async (app: string, sub: string) => {
		server.script.user = {sub};
		return engineFor({}, {store: await open(app)}).login({flow: 'browser'}).session;
	};
	await login('acme', 'alice');
	await login('globex', 'bob');
	const subjects = await Promise.all(
		['acme', 'globex', 'ink-login'].map(
			async app => (await (await open(app)).read('default'))?.tokens.identity?.subject,
		),
	);
	assert.deepEqual(subjects, ['alice', 'bob', undefined]);
	assert.ok(readFileSync(path.join(home, 'apps', 'acme', 'profile-default.json')));
	assert.equal(await openStore({home, kind: 'file'}).read('default'), undefined);
});

test('a login tries the keyring out by itself: no session lies in a file where there is one that works', async t => {
	const home = mkdtempSync(path.join(os.tmpdir(), 'ink-login-'));
	t.after(() => rmSync(home, {recursive: true}));
	let secret: string | undefined;
	const keyring = {
		get: async () => secret,
		set: async (value: string) => void (secret = value),
		probe: async () => undefined,
	};
	const {engineFor} = await prepare();
	const engine = engineFor({}, {store: openStore({home, keyring})});
	assert.equal(await engine.session(), undefined);
	const session = await engine.login({flow: 'browser'}).session;
	assert.equal(session.store, 'keyring');
	assert.doesNotMatch(readFileSync(path.join(home, 'profile-default.json'), 'utf8'), /accessToken/);
});
