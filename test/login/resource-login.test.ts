import assert from 'node:assert/strict';
import test from 'node:test';
import type {LoginEvent} from '../../source/login/events.js';
import type {AskingResource, ServerChoice} from '../../source/login/flow.js';
import {readClient} from '../../source/session/client-store.js';
import {createMemoryStore} from '../../source/session/store/memory-store.js';
import {createRegisteringServer, engineFor, issuer, resourceUrl, signIn} from '../support/registering-server.js';

const setUp = () => ({server: createRegisteringServer(), store: createMemoryStore()});

const clientOf = (events: readonly LoginEvent[]) => {
	const found = events.find(event => event.type === 'client');
	return found && [found.how, String(found.clientId)];
};

const last = (events: readonly LoginEvent[]) => events.at(-1);

test('a login registers with the port it listens on, and the next one signs in with that client', async () => {
	const {server, store} = setUp();
	const first = await signIn(server, engineFor(server, store));
	assert.equal(last(first)?.type, 'signed-in', JSON.stringify(last(first)));
	assert.deepEqual(clientOf(first), ['registered', 'client-1']);
	const [visit] = server.visits;
	assert.deepEqual(server.registrations[0], {
		client_name: 'ink-login',
		software_id: server.registrations[0]?.['software_id'],
		application_type: 'native',
		redirect_uris: [visit?.searchParams.get('redirect_uri')],
		response_types: ['code'],
		grant_types: ['authorization_code', 'refresh_token'],
		token_endpoint_auth_method: 'none',
	});
	assert.equal(visit?.searchParams.get('resource'), resourceUrl);
	assert.equal(visit.searchParams.get('scope'), 'tools');

	const second = await signIn(server, engineFor(server, store));
	assert.deepEqual(clientOf(second), ['stored', 'client-1']);
	assert.equal(last(second)?.type, 'signed-in', 'the port is compared');
	assert.equal(server.registrations.length, 1);
});

test('another app at the same server has the same client, and a session of its own', async () => {
	const {server, store} = setUp();
	await signIn(server, engineFor(server, store));
	await signIn(server, engineFor(server, store).as('other'));
	assert.equal(server.registrations.length, 1);
	assert.deepEqual(await store.list(), [resourceUrl, 'other']);
});

test('the session knows its resource and server, and its token goes to the origin of the resource', async () => {
	const {server, store} = setUp();
	const engine = engineFor(server, store);
	await signIn(server, engine);
	assert.equal((await engine.session())?.scope, 'tools');
	const stored = await store.read(resourceUrl);
	assert.equal(stored?.provider.issuer, issuer);
	assert.equal(stored.provider.protectedResource?.url, resourceUrl);
	await assert.rejects(engine.fetch('https://elsewhere.example'), /elsewhere/);
	assert.equal((await engine.fetch(resourceUrl)).status, 401, 'it was sent');
});

test('a registration that the server has forgotten is noticed before the browser opens, and renewed', async () => {
	const {server, store} = setUp();
	await signIn(server, engineFor(server, store));
	server.clients.clear();
	const events = await signIn(server, engineFor(server, store));
	assert.deepEqual(clientOf(events), ['registered', 'client-2']);
	assert.equal(last(events)?.type, 'signed-in');
	assert.equal(server.visits.length, 2, 'the page was opened once for each login');
});

test('a new registration leaves a session that renews itself alone', async () => {
	const {server, store} = setUp();
	server.registration = {client_secret: 's1', token_endpoint_auth_method: 'client_secret_post'};
	const engine = engineFor(server, store);
	await signIn(server, engine);
	server.registration = {client_secret: 's2', token_endpoint_auth_method: 'client_secret_post'};
	await signIn(server, engineFor(server, store, {redirect: {ports: [0], path: '/other'}}).as('other'));
	assert.equal(server.registrations.length, 2, 'the redirect URI differs');
	assert.equal(await engine.token({rejected: 'at'}), 'renewed');
	assert.equal(server.tokenRequests.at(-1)?.form.get('client_secret'), 's1');
});

test('a server that has forgotten the client ends the session, and its registration is dropped', async () => {
	const {server, store} = setUp();
	const engine = engineFor(server, store);
	await signIn(server, engine);
	server.clients.clear();
	await assert.rejects(engine.token({rejected: 'at'}), {code: 'person_required'});
	assert.equal(await readClient(store, issuer), undefined);
});

test('a registration is renewed once its secret has expired', async () => {
	const {server, store} = setUp();
	const expires = Math.floor(server.clock.now() / 1000) + 60;
	server.registration = {client_secret: 's1', client_secret_expires_at: expires};
	await signIn(server, engineFor(server, store));
	assert.deepEqual(clientOf(await signIn(server, engineFor(server, store))), ['stored', 'client-1']);
	await server.clock.advance(61_000);
	assert.deepEqual(clientOf(await signIn(server, engineFor(server, store))), ['registered', 'client-2']);
});

test('the client authenticates as the registration says, and with a secret that nobody asked for', async () => {
	for (const [methods, method, header, form] of [
		[['client_secret_basic'], 'client_secret_basic', `Basic ${btoa('client-1:s1')}`, null],
		[['none', 'client_secret_post'], 'none', null, 's1'],
	] as const) {
		const {server, store} = setUp();
		server.metadata['token_endpoint_auth_methods_supported'] = methods;
		server.registration = {client_secret: 's1', client_secret_expires_at: 0, token_endpoint_auth_method: method};
		assert.equal(last(await signIn(server, engineFor(server, store)))?.type, 'signed-in');
		const [exchange] = server.tokenRequests;
		assert.equal(exchange?.authorization, header);
		assert.equal(exchange.form.get('client_secret'), form);
	}
});

test('a server that refuses what the app says of itself is told less', async () => {
	const {server, store} = setUp();
	server.refuse = body => ('software_id' in body ? {error: 'invalid_client_metadata'} : undefined);
	assert.equal(last(await signIn(server, engineFor(server, store)))?.type, 'signed-in');
	assert.deepEqual(Object.keys(server.registrations[1] ?? {}).sort(), [
		'application_type',
		'client_name',
		'grant_types',
		'redirect_uris',
	]);
});

test('a registration that is refused for its redirect URI, then for what it says, succeeds with less of both', async () => {
	const {server, store} = setUp();
	server.refusalStatus = 422;
	server.refuse = ({redirect_uris: uris, software_id: software}) =>
		(uris as string[])[0]?.includes('127.0.0.1') === true
			? {error: 'invalid_redirect_uri'}
			: software === undefined
				? undefined
				: {detail: 'software_id: extra fields not permitted'};
	assert.equal(last(await signIn(server, engineFor(server, store)))?.type, 'signed-in');
	assert.equal(server.registrations.length, 3);
});

test('a registration is as good without a usable place to manage it, and expires only with a secret', async () => {
	const expired = {client_secret_expires_at: 1};
	for (const uri of ['http://login.other.example/register/1', '/register/1', 'https://10.0.0.1/register/1']) {
		const {server, store} = setUp();
		server.registration = {...expired, registration_client_uri: uri, registration_access_token: 'manage'};
		const engine = engineFor(server, store);
		await signIn(server, engine);
		assert.deepEqual(clientOf(await signIn(server, engine)), ['stored', 'client-1'], uri);
		await engine.logout({forget: true});
		assert.deepEqual(server.deleted, []);
	}
});

test('a server that refuses the address of this computer gets its name, and so does the next login', async () => {
	const {server, store} = setUp();
	server.refuse = ({redirect_uris: uris}) =>
		(uris as string[])[0]?.includes('127.0.0.1') === true ? {error: 'invalid_redirect_uri'} : undefined;
	const first = await signIn(server, engineFor(server, store));
	assert.equal(last(first)?.type, 'signed-in', JSON.stringify(last(first)));
	assert.match(server.visits[0]?.searchParams.get('redirect_uri') ?? '', /^http:\/\/localhost:\d+\/callback$/);
	assert.deepEqual(clientOf(await signIn(server, engineFor(server, store))), ['stored', 'client-2']);
});

test('a server that registers nobody says which redirect URI to register, and what to give', async () => {
	const {server, store} = setUp();
	server.metadata = {};
	const events = await signIn(server, engineFor(server, store, {redirect: {ports: [0]}}));
	const failed = last(events);
	assert.ok(failed?.type === 'failed');
	assert.match(failed.message, /doesn't let apps register themselves/);
	assert.match(failed.hint, /redirect URI http:\/\/127\.0\.0\.1:\d+\/callback, and give its client ID/);
	assert.deepEqual(server.visits, [], 'no browser was opened');

	server.metadata = {registration_endpoint: `${issuer}/register`};
	server.refuse = () => ({error: 'access_denied', error_description: 'ask\u001B[2J us'});
	const refused = last(await signIn(server, engineFor(server, store)));
	assert.ok(refused?.type === 'failed');
	assert.match(refused.message, /access_denied: ask/);
	assert.ok(!refused.message.includes('\u001B'));

	server.refusalStatus = 404;
	server.refuse = () => ({});
	const nowhere = last(await signIn(server, engineFor(server, store)));
	assert.ok(nowhere?.type === 'failed');
	assert.match(
		nowhere.message,
		/Found nowhere to register this app at login\.other\.example \(HTTP 404\)\. Is the URL right\?/,
	);
});

test('a registration endpoint that leads into a private network is not asked', async () => {
	const {server, store} = setUp();
	server.metadata = {registration_endpoint: 'https://192.168.0.1/register'};
	const failed = last(await signIn(server, engineFor(server, store)));
	assert.ok(failed?.type === 'failed');
	assert.match(failed.message, /private network/);
});

test('the URL of a document is the client ID where the server takes such', async () => {
	const url = 'https://acme.dev/client.json';
	const {server, store} = setUp();
	server.metadata['client_id_metadata_document_supported'] = true;
	const events = await signIn(server, engineFor(server, store, {clientMetadataUrl: url}));
	assert.deepEqual(clientOf(events), ['metadata-document', url]);
	assert.equal(last(events)?.type, 'signed-in');
	assert.equal(server.registrations.length, 0);

	server.metadata['token_endpoint_auth_methods_supported'] = ['client_secret_basic'];
	const other = await signIn(server, engineFor(server, createMemoryStore(), {clientMetadataUrl: url}));
	assert.equal(clientOf(other)?.[0], 'registered', 'a document has no secret');
});

test('a client that was given is used, and nothing is registered', async () => {
	const {server, store} = setUp();
	server.clients.set('mine', {redirectUris: [], secret: 's'});
	const engine = engineFor(server, store, {clientId: 'mine', clientSecret: 's', issuer});
	const events = await signIn(server, engine);
	assert.deepEqual(clientOf(events), ['given', 'mine']);
	assert.equal(await engine.token({rejected: 'at'}), 'renewed', 'the secret is known to the refresh');
	assert.deepEqual(server.registrations, []);
});

test('a token response with an ID token that nobody can check, or with none, is enough', async () => {
	const {server, store} = setUp();
	server.tokens = {id_token: 'e30.e30.x'};
	server.metadata['jwks_uri'] = `${issuer}/keys`;
	assert.equal(last(await signIn(server, engineFor(server, store, {scope: 'openid tools'})))?.type, 'signed-in');
	server.tokens = {};
	assert.equal(last(await signIn(server, engineFor(server, store, {scope: 'openid tools'})))?.type, 'signed-in');
});

test('a browser that never comes back costs a registration of before its place', async () => {
	const {server, store} = setUp();
	await signIn(server, engineFor(server, store));
	server.isPresent = false;
	const events = await server.clock.advanceUntil(signIn(server, engineFor(server, store)));
	const failed = last(events);
	assert.ok(failed?.type === 'failed');
	assert.equal(failed.code, 'timeout');
	server.isPresent = true;
	assert.deepEqual(clientOf(await signIn(server, engineFor(server, store))), ['registered', 'client-2']);
});

test('the person is asked once before another host signs them in, and can leave', async () => {
	const {server, store} = setUp();
	const asked: AskingResource[] = [];
	let goesOn = false;
	const confirmResource = async (asking: AskingResource) => {
		asked.push(asking);
		return goesOn;
	};
	const left = last(await signIn(server, engineFor(server, store), {confirmResource}));
	assert.ok(left?.type === 'failed');
	assert.equal(left.code, 'cancelled');
	assert.deepEqual(server.registrations, [], 'nothing was done by then');
	assert.deepEqual(asked, [{host: 'mcp.example.com', issuer, scope: 'tools', client: 'registered'}]);
	goesOn = true;
	assert.equal(last(await signIn(server, engineFor(server, store), {confirmResource}))?.type, 'signed-in');
	assert.equal(last(await signIn(server, engineFor(server, store), {confirmResource}))?.type, 'signed-in');
	assert.equal(asked.length, 2, 'not again for the same server');
});

test('a sign-in page that has nothing to do with its server is named, also where that is on the host of the resource', async () => {
	const page = 'login.company.example';
	for (const named of ['https://mcp.example.com', issuer]) {
		const {server, store} = setUp();
		server.servers = [named];
		server.metadata['authorization_endpoint'] = `https://${page}/authorize`;
		const asked: AskingResource[] = [];
		const confirmResource = async (asking: AskingResource) => {
			asked.push(asking);
			return true;
		};
		const events = await signIn(server, engineFor(server, store), {confirmResource});
		assert.equal(last(events)?.type, 'signed-in');
		assert.deepEqual(asked, [{host: 'mcp.example.com', issuer: named, page, scope: 'tools', client: 'registered'}]);
		const found = events.find(event => event.type === 'discovery');
		assert.deepEqual(found?.resource, {url: resourceUrl, onForeignHost: true, page});
	}
});

test('of several servers the person chooses one, and the next login is at that one again', async () => {
	const {server, store} = setUp();
	const other = 'https://login.second.example';
	server.servers = [issuer, 'https://gone.example/nothing', other];
	const asked: ServerChoice[] = [];
	const choices = [undefined, other];
	const chooseServer = async (asking: ServerChoice) => {
		asked.push(asking);
		return choices[asked.length - 1];
	};
	const left = last(await signIn(server, engineFor(server, store), {chooseServer}));
	assert.ok(left?.type === 'failed' && left.code === 'cancelled');
	assert.deepEqual(asked, [{host: 'mcp.example.com', servers: [issuer, other]}]);
	for (const how of ['registered', 'stored']) {
		const events = await signIn(server, engineFor(server, store), {chooseServer});
		assert.equal(last(events)?.type, 'signed-in', JSON.stringify(last(events)));
		assert.equal(clientOf(events)?.[0], how);
		assert.equal(server.visits.at(-1)?.origin, other);
	}

	assert.equal((await store.read(resourceUrl))?.provider.issuer, other);
	assert.equal(asked.length, 2, 'not again for the server of the session');
	// Another profile has no session yet, but this program is registered there.
	await signIn(server, engineFor(server, store).as('work'), {chooseServer});
	assert.equal((await store.read('work'))?.provider.issuer, other);
	assert.equal(asked.length, 2);
	await signIn(server, engineFor(server, store, {issuer}), {chooseServer, switchAccount: true});
	assert.equal((await store.read(resourceUrl))?.provider.issuer, issuer, 'the issuer that was given');
	assert.equal(asked.length, 2);
});

test('of several servers the first is taken where nobody can choose', async () => {
	const {server, store} = setUp();
	server.servers = ['https://login.second.example', issuer];
	await signIn(server, engineFor(server, store));
	assert.equal((await store.read(resourceUrl))?.provider.issuer, 'https://login.second.example');
});

test('a client that was given goes to no other server than before, unless that one is given too', async () => {
	const {server, store} = setUp();
	server.clients.set('mine', {redirectUris: []});
	await signIn(server, engineFor(server, store, {clientId: 'mine'}));
	server.servers = ['https://evil.example'];
	const failed = last(await signIn(server, engineFor(server, store, {clientId: 'mine'})));
	assert.ok(failed?.type === 'failed', JSON.stringify(failed));
	assert.match(failed.message, /now has people sign in at https:\/\/evil\.example, not at https:\/\/login\.other/);
	assert.match(failed.hint, /give the issuer https:\/\/evil\.example$/);
	assert.equal(server.visits.length, 1);
	const given = engineFor(server, store, {clientId: 'mine', issuer: 'https://evil.example'});
	assert.equal(last(await signIn(server, given, {switchAccount: true}))?.type, 'signed-in');
});

test("a pending login at a resource goes on at the server where it began, with the app's document and what was asked", async () => {
	const {server, store} = setUp();
	const clientMetadataUrl = 'https://app.example/client.json';
	server.metadata = {...server.metadata, client_id_metadata_document_supported: true};
	await signIn(server, engineFor(server, store, {clientMetadataUrl}));
	server.servers = ['https://login.second.example'];
	const engine = engineFor(server, store, {clientMetadataUrl});
	const begun = await engine.begin({flow: 'browser', prompt: 'login', switchAccount: true});
	const run = engineFor(server, store, {clientMetadataUrl}).login({pending: {id: begun.id}});
	for await (const event of run) {
		if (event.type !== 'authorization-url') continue;
		const {searchParams} = new URL(event.url);
		assert.equal(searchParams.get('prompt'), 'login');
		const state = searchParams.get('state') ?? '';
		run.command({type: 'paste', text: `${event.redirectUri}?code=c&state=${state}`});
	}

	await run.session;
	const {issuer: at, prompt} = (await store.read(resourceUrl))?.provider ?? {};
	assert.deepEqual([at, prompt], ['https://login.second.example', undefined]);
});

test('nothing secret of a registration is left in a pending login that is over', async () => {
	const {server, store} = setUp();
	server.registration = {client_secret: 's1', client_secret_expires_at: 0, registration_access_token: 'rat'};
	const engine = engineFor(server, store);
	const {id} = await engine.begin({flow: 'browser'});
	const textOf = async () => (await (await store.records?.())?.read(id)) ?? '';
	assert.match(await textOf(), /"s1"/);
	const run = engine.login({pending: {id}});
	for await (const event of run) {
		if (event.type !== 'authorization-url') continue;
		const state = new URL(event.url).searchParams.get('state') ?? '';
		run.command({type: 'paste', text: `${event.redirectUri}?code=c&state=${state}`});
	}

	await run.session;
	assert.match(await textOf(), /"signed-in"/);
	assert.doesNotMatch(await textOf(), /"s1"|"rat"/);
});

test('codes work with a client that was registered for them, and with the one of the browser flow', async () => {
	const {server, store} = setUp();
	server.metadata = {
		...server.metadata,
		device_authorization_endpoint: `${issuer}/device`,
		grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'],
	};
	const run = engineFor(server, store).login({flow: 'device'});
	const session = await server.clock.advanceUntil(run.session);
	assert.equal(session.flow, 'device');
	assert.ok((server.registrations[0]?.['grant_types'] as string[]).some(grant => grant.endsWith(':device_code')));
	assert.equal(server.visits[0]?.searchParams.get('resource'), resourceUrl);
	assert.equal(server.registrations.length, 1);
});

test('a logout that forgets deletes the registration, once no other session is of that client', async () => {
	const {server, store} = setUp();
	const management = {registration_access_token: 'rat', registration_client_uri: `${issuer}/register/client-1`};
	server.registration = management;
	const engine = engineFor(server, store);
	await signIn(server, engine);
	await signIn(server, engine.as('other'));
	await engine.logout({forget: true});
	assert.deepEqual(server.deleted, []);
	await engine.as('other').logout({forget: true});
	assert.deepEqual(server.deleted, ['/register/client-1 Bearer rat']);
	assert.equal(await readClient(store, issuer), undefined);
});

test('a logout that forgets leaves the registration to a pending login, which continues as that client', async () => {
	const {server, store} = setUp();
	server.metadata = {
		...server.metadata,
		device_authorization_endpoint: `${issuer}/device`,
		grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code'],
	};
	const secret = {client_secret: 's1', token_endpoint_auth_method: 'client_secret_post'};
	const management = {registration_access_token: 'rat', registration_client_uri: `${issuer}/register/client-1`};
	server.registration = {...secret, ...management};
	const engine = engineFor(server, store);
	await signIn(server, engine);
	const {id} = await engine.as('other').begin({flow: 'device'});
	await engine.logout({forget: true});
	assert.deepEqual(server.deleted, []);
	assert.equal((await readClient(store, issuer))?.clientId, 'client-1');
	server.registration = {client_secret: 's2', token_endpoint_auth_method: 'client_secret_post'};
	await signIn(server, engineFor(server, store, {redirect: {ports: [0], path: '/other'}}));
	assert.equal((await readClient(store, issuer))?.clientId, 'client-2', 'another login has registered meanwhile');
	const run = engine.as('other').login({pending: {id}});
	await server.clock.advanceUntil(run.session);
	const {form} = server.tokenRequests.at(-1)!;
	assert.deepEqual([form.get('client_id'), form.get('client_secret')], ['client-1', 's1']);
	assert.equal(run.state.client?.how, 'stored');
	await engine.as('other').logout({forget: true});
	assert.deepEqual(server.deleted, ['/register/client-1 Bearer rat'], 'now nobody needs it');
});
