import assert from 'node:assert/strict';
import {chmodSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {sessionHome} from '../support/session-command.js';

const secret = 'canary-s3cret+/= &';
const client = {id: 'test-client', secret};

const open = async (t: TestContext, script: ServerScript = {}) => {
	const server = await startScriptedServer(script);
	t.after(async () => server.close());
	const home = await sessionHome(t);
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	return {
		...home,
		server,
		login: ['login', ...provider],
		machine: ['login', ...provider, '--flow', 'client-credentials'],
	};
};

const tokenRequests = (server: ScriptedServer) => server.requestsTo('token');

for (const [where, options] of [
	['a file', (file: string) => ({args: ['--client-secret-file', file]})],
	['stdin', () => ({args: ['--client-secret-file', '-'], input: `${secret}\n`})],
	['a named variable', () => ({args: ['--client-secret-env', 'MY_SECRET'], env: {MY_SECRET: secret}})],
] as const) {
	test(`S22: client credentials with the secret from ${where}; it is nowhere in what is kept or said`, async t => {
		const {server, machine, run, home, session} = await open(t, {client});
		const file = path.join(home, 'secret');
		writeFileSync(file, `${secret}\n`, {mode: 0o600});
		const {args, ...more}: {args: string[]; input?: string; env?: Record<string, string>} = options(file);
		const {exit, stdout, stderr} = await run([...machine, ...args], more);
		assert.equal(exit, 0, stderr);
		assert.ok(!`${stdout}${stderr}${JSON.stringify(session())}`.includes('canary'));
		const [request] = tokenRequests(server);
		assert.equal(request?.parameters.get('client_secret'), secret);
		assert.equal((await run(['token'], more)).stdout, `${session().tokens.accessToken}\n`);
	});
}

test('client credentials are kept until shortly before the token ends, and then asked for again', async t => {
	const {server, machine, run, session, expire, change} = await open(t, {client});
	const env = {MY_SECRET: secret};
	await run([...machine, '--client-secret-env', 'MY_SECRET'], {env});
	const {accessToken} = session().tokens;
	// The secret is not even looked for.
	for (let call = 0; call < 3; call++) assert.equal((await run(['token'])).stdout, `${accessToken}\n`);
	assert.equal(tokenRequests(server).length, 1);

	change(({tokens, ...rest}) => ({
		...rest,
		tokens: {...tokens, issuedAt: Date.now() - 3_550_000, expiresAt: Date.now() + 50_000},
	}));
	const renewed = await run(['token'], {env});
	assert.notEqual(renewed.stdout, `${accessToken}\n`);
	assert.equal(tokenRequests(server).length, 2);
	expire();
	const {exit, stdout, stderr} = await run(['token']);
	assert.deepEqual([exit, stdout], [1, '']);
	assert.match(
		stderr,
		/^ink-login: The environment variable MY_SECRET, which should hold the client secret, isn't set\.\n/,
	);
	assert.equal((await run(['token'], {env})).exit, 0);
});

test('a session file that was open to others sends no secret anywhere, then or later, and loses no session', async t => {
	const {server, login, run, home, expire, session} = await open(t, {client});
	const secretFile = path.join(home, 'secret');
	writeFileSync(secretFile, secret, {mode: 0o600});
	const named = ['--client-secret-file', secretFile];
	const input = 'ada\nanalytical engine\n';
	const {exit, stderr} = await run([...login, '--flow', 'password', ...named], {input});
	assert.equal(exit, 0, stderr);
	expire();
	const {refreshToken} = session().tokens;
	chmodSync(path.join(home, 'profile-default.json'), 0o644);
	const before = tokenRequests(server).length;
	for (const args of [['token'], ['token'], ['exchange']]) {
		const refused = await run(args);
		assert.deepEqual([refused.exit, refused.stdout], [1, '']);
		assert.match(
			refused.stderr,
			/^ink-login: .*client secret.* other users could write to the session file\.\n.*--client-secret-file.*\n$/,
		);
	}

	assert.equal(tokenRequests(server).length, before);
	assert.equal(session().tokens.refreshToken, refreshToken);
	assert.equal((await run(['token', ...named])).exit, 0);
});

test('a secret that came by stdin is asked for by name once the token has ended, and works from there again', async t => {
	const {machine, run, expire} = await open(t, {client});
	await run([...machine, '--client-secret-file', '-'], {input: secret});
	expire();
	const {exit, stdout, stderr} = await run(['token']);
	assert.deepEqual([exit, stdout], [1, '']);
	assert.match(stderr, /^ink-login: .*client secret.*\n.*--client-secret-(file|env).*\n$/);
	assert.equal((await run(['token', '--client-secret-file', '-'], {input: secret})).exit, 0);
});

for (const [methods, isBasic] of [
	[['client_secret_basic'], true],
	[['client_secret_post'], false],
	[['client_secret_basic', 'client_secret_post'], false],
] as const) {
	test(`client authentication where the server offers ${methods.join(' and ')}`, async t => {
		const {server, machine, run} = await open(t, {
			client,
			metadata: metadata => ({...metadata, token_endpoint_auth_methods_supported: [...methods]}),
		});
		const {exit, stderr} = await run([...machine, '--client-secret-env', 'MY_SECRET'], {env: {MY_SECRET: secret}});
		assert.equal(exit, 0, stderr);
		const [request] = tokenRequests(server);
		assert.equal(request?.headers['authorization']?.startsWith('Basic ') ?? false, isBasic);
		assert.equal(request?.parameters.has('client_secret'), !isBasic);
	});
}

test('B07: a password is never asked for unless its way is named, and warned of each time', async t => {
	const {server, login, run} = await open(t);
	const credentials = 'ada\nanalytical engine\n';
	for (const flow of [[], ['--flow', 'auto']]) {
		const {exit, stderr} = await run([...login, ...flow], {input: credentials});
		assert.equal(exit, 3, stderr);
	}

	assert.equal(server.requests.length, 0);
	for (let time = 0; time < 2; time++) {
		const {exit, stderr} = await run([...login, '--flow', 'password'], {input: credentials});
		assert.equal(exit, 0, stderr);
		assert.match(stderr, /^Warning: this program sees your password\./m);
	}

	const wrong = await run([...login, '--flow', 'password'], {input: 'ada\ncanary\n'});
	assert.equal(wrong.exit, 1);
	assert.ok(!wrong.stderr.includes('canary'));
	const missing = await run([...login, '--flow', 'password'], {input: 'ada\n'});
	assert.equal(missing.exit, 3);
	assert.match(missing.stderr, /input ended before the password was read/);
});
