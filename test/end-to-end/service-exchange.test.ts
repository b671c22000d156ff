import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {createMemoryStore, oidc, TokenEngine} from '../../source/engine.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {demoServer} from '../support/demo-server.js';
import {sessionHome} from '../support/session-command.js';

/** A service, and what its callers bring: nobody is signed in where it runs. */
const open = async (t: TestContext) => {
	const server = await demoServer(t);
	const caller = await sessionHome(t);
	await caller.signIn(server);
	const service = await sessionHome(t);
	const {clientId, clientSecret} = server.machineClient;
	const env = {SERVICE_SECRET: clientSecret};
	const at = ['--issuer', server.issuer, '--client-id', clientId, '--client-secret-env', 'SERVICE_SECRET'];
	return {server, service, env, at, token: caller.session().tokens.accessToken};
};

test('impersonation: a service exchanges the token of its caller, from stdin and without a session', async t => {
	const {service, env, at, token} = await open(t);
	const exchange = ['exchange', '--subject-token-file', '-', '--audience', 'service-a', '--format', 'json'];
	const {exit, stdout, stderr} = await service.run([...exchange, ...at], {env, input: `${token}\n`});
	assert.equal(exit, 0, stderr);
	const exchanged = JSON.parse(stdout) as {token?: string; scope?: string; actingParty?: string};
	assert.deepEqual([exchanged.scope, exchanged.actingParty], ['service-a:read service-a:write', undefined]);
	assert.equal(`${stdout}${stderr}`.includes(token), false);
});

test('delegation: a service acts with a token of its own for the one of its caller, at the server of its saved session', async t => {
	const {service, env, at, token} = await open(t);
	const login = await service.run(['login', ...at, '--flow', 'client-credentials', '--store', 'file'], {env});
	assert.equal(login.exit, 0, login.stderr);
	const [subject, actor] = ['subject', 'actor'].map(name => path.join(service.home, name));
	writeFileSync(subject!, `${token}\n`);
	writeFileSync(actor!, service.session().tokens.accessToken);
	const files = ['--subject-token-file', subject!, '--actor-token-file', actor!];
	const {exit, stdout, stderr} = await service.run(['exchange', ...files, '--audience', 'service-a'], {env});
	assert.equal(exit, 0, stderr);
	assert.match(stdout, /^\S+\n$/);
	assert.match(stderr, /, acting for the subject\n$/);
});

test('token exchange without a session needs a server and a token, and takes no server beside a session', async t => {
	const {run, home} = await sessionHome(t);
	const file = path.join(home, 'token');
	for (const [content, args, exit, said] of [
		['token', [], 2, /^ink-login: Where do you want to sign in\?/],
		['one\ntwo', ['--issuer', 'http://127.0.0.1:1', '--client-id', 'x'], 1, /has characters that no token can have/],
	] as const) {
		writeFileSync(file, content);
		const ended = await run(['exchange', '--subject-token-file', file, ...args]);
		assert.equal(ended.exit, exit, ended.stderr);
		assert.match(ended.stderr, said);
	}

	const beside = await run(['exchange', '--issuer', 'https://auth.example.com']);
	assert.equal(beside.exit, 2);
	assert.match(beside.stderr, /^ink-login: --issuer needs --subject-token-file here\.\n/);
});

test('token exchange in code: the engine of a service needs no session for the token of its caller', async t => {
	const server = await startScriptedServer();
	t.after(async () => server.close());
	const engine = new TokenEngine({
		provider: oidc({issuer: server.issuer, clientId: 'test-client'}),
		store: createMemoryStore(),
	});
	const issued = 'urn:ietf:params:oauth:token-type:access_token';
	server.answer('token', {body: {access_token: 'other', issued_token_type: issued, token_type: 'Bearer'}});
	assert.equal((await engine.exchange({subjectToken: 'caller', audience: 'a'})).token, 'other');
	assert.equal(server.requestsTo('token')[0]?.parameters.get('subject_token'), 'caller');
	assert.equal(await engine.session(), undefined);
});

test("a redirect to a scheme of the app's own is finished by pasting its URL into the command", async t => {
	const uri = 'com.myclientapp://acme.eu.auth0.com/callback';
	const server = await startScriptedServer({redirectAllowed: redirect => redirect.protocol === 'com.myclientapp:'});
	t.after(async () => server.close());
	const {start} = await sessionHome(t);
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const args = ['login', '--json', ...provider, '--flow', 'browser', '--no-open', '--redirect-uri', uri];
	const command = start(args, {input: undefined});
	const {url} = JSON.parse(await command.line('stdout', /"authorization-url"/)) as {readonly url: string};
	const callback = (await fetch(url, {redirect: 'manual'})).headers.get('location') ?? '';
	assert.ok(callback.startsWith(`${uri}?`), callback);
	command.child.stdin.end(`${callback}\n`);
	const {exit, stdout} = await command.ended;
	assert.equal(exit, 0, stdout);
	assert.equal(server.requestsTo('token')[0]?.parameters.get('redirect_uri'), uri);
});
