import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {promisify} from 'node:util';
import Ajv from 'ajv';
import {temporaryFolder} from '../support/built-command.js';
import {demoServer} from '../support/demo-server.js';
import {gitEnvironment, gitSchemes, gitServer, type GitScheme} from '../support/git-server.js';
import {requireProgram} from '../support/requirements.js';
import {scriptedSession} from '../support/scripted-session.js';
import {command, sessionHome} from '../support/session-command.js';

/** As documented at kubernetes.io, "client-go credential plugins", Input and output formats. */
const execCredential = new Ajv.Ajv({strict: true}).compile<{
	status: {token: string; expirationTimestamp: string};
}>({
	type: 'object',
	additionalProperties: false,
	required: ['apiVersion', 'kind', 'status'],
	properties: {
		apiVersion: {type: 'string', enum: ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']},
		kind: {type: 'string', const: 'ExecCredential'},
		status: {
			type: 'object',
			additionalProperties: false,
			required: ['token', 'expirationTimestamp'],
			properties: {
				token: {type: 'string', minLength: 1},
				// RFC 3339, as the API's own times: no fractions.
				expirationTimestamp: {type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`},
				clientCertificateData: {type: 'string'},
				clientKeyData: {type: 'string'},
			},
		},
	},
});

const claimsOf = (jwt: string) =>
	JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

test('token --format kubernetes is an ExecCredential with the ID token, or the access token, and its own expiry', async t => {
	const {run, signIn, session} = await sessionHome(t);
	await signIn(await demoServer(t));
	const {tokens} = session();
	for (const version of ['v1', 'v1beta1']) {
		const apiVersion = `client.authentication.k8s.io/${version}`;
		const info = {apiVersion, kind: 'ExecCredential', spec: {interactive: false, cluster: {server: 'https://k8s'}}};
		const env = {KUBERNETES_EXEC_INFO: JSON.stringify(info)};
		const {exit, stdout, stderr} = await run(['token', '--format', 'kubernetes'], {env});
		assert.deepEqual([exit, stderr], [0, '']);
		const credential: unknown = JSON.parse(stdout);
		assert.ok(execCredential(credential), JSON.stringify(execCredential.errors));
		assert.equal((credential as {apiVersion?: string}).apiVersion, apiVersion);
		assert.equal(credential.status.token, tokens.idToken);
		assert.equal(Date.parse(credential.status.expirationTimestamp) / 1000, claimsOf(tokens.idToken ?? '')['exp']);
	}

	const {stdout} = await run(['token', '--format', 'kubernetes', '--type', 'access']);
	const credential: unknown = JSON.parse(stdout);
	assert.ok(execCredential(credential));
	assert.equal(credential.status.token, tokens.accessToken);
	assert.equal(Date.parse(credential.status.expirationTimestamp), Math.floor((tokens.expiresAt ?? 0) / 1000) * 1000);
});

test('demand 41: a kubectl that has no person to offer is told so at once, and nothing is printed for it', async t => {
	const {issuer, clientId} = await demoServer(t);
	const {run} = await sessionHome(t);
	const info = {apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: {interactive: false}};
	const {exit, stdout, stderr} = await run(
		['token', '--format', 'kubernetes', '--login', '--issuer', issuer, '--client-id', clientId],
		{env: {KUBERNETES_EXEC_INFO: JSON.stringify(info)}},
	);
	assert.deepEqual([exit, stdout], [3, '']);
	assert.match(stderr, /Someone has to sign in.*\n.*ink-login login --issuer/);
});

const useGit = async (t: TestContext, scheme: GitScheme): Promise<void> => {
	const refused = new Set<string>();
	const {url, passwords} = await gitServer(
		t,
		async password => {
			const {ok} = await fetch(server.endpoints.userInfo, {headers: {authorization: `Bearer ${password}`}});
			return ok && !refused.has(password);
		},
		scheme,
	);
	const elsewhere = await gitServer(t, async () => false, scheme);
	const more = ['--resource', new URL(url).origin];
	const {home, server, session, expire, refreshes} = await scriptedSession(t, {}, {more});
	const folder = await temporaryFolder(t);
	const git = async (...args: string[]) => {
		const helper = `!'${process.execPath}' '${command}' helper git`;
		const config = ['-c', 'credential.helper=', '-c', `credential.helper=${helper}`];
		const env = {...gitEnvironment(folder), INK_LOGIN_HOME: home};
		return promisify(execFile)('git', [...config, ...args], {cwd: folder, env}).then(
			() => 0,
			(error: unknown) => (error as {code: number}).code,
		);
	};

	const first = session().tokens.accessToken;
	assert.equal(await git('clone', '--quiet', url, 'copy'), 0);
	assert.deepEqual(new Set(passwords), new Set([`${first} ok`]));
	assert.match(readFileSync(path.join(folder, 'copy/.git/config'), 'utf8'), /repository\.git/);
	assert.notEqual(await git('clone', '--quiet', elsewhere.url, 'other'), 0);
	assert.deepEqual(elsewhere.passwords, [], 'another port is another server');
	expire();
	assert.equal(await git('-C', 'copy', 'commit', '--quiet', '--allow-empty', '--message', 'the second one'), 0);
	assert.equal(await git('-C', 'copy', 'push', '--quiet'), 0);
	assert.equal(refreshes(), 1);

	// git tells the helper to forget what was refused; the next call has another token.
	refused.add(session().tokens.accessToken);
	assert.notEqual(await git('-C', 'copy', 'fetch'), 0);
	assert.equal(await git('-C', 'copy', 'fetch'), 0);
	assert.equal(refreshes(), 2);
};

test('the real git clones and pushes with the helper, again after the token ends, and again after a server refused it', async t => {
	if (requireProgram(t, 'git') === undefined) return;
	for (const scheme of gitSchemes()) await t.test(scheme, async t => useGit(t, scheme));
});

test('exec: exit code, signals and the environment of the child, with a token that is fresh', async t => {
	const {run, start, session, expire, refreshes} = await scriptedSession(t);
	expire();
	const child = [process.execPath, '-e', 'process.stdout.write(process.env.TOKEN); process.exit(7)', 'a b', '--json'];
	const {exit, stdout, stderr} = await run(['exec', '--env', 'TOKEN', '--', ...child]);
	assert.deepEqual([exit, stdout, stderr], [7, session().tokens.accessToken, '']);
	assert.equal(refreshes(), 1);

	const script = 'process.on("SIGTERM", () => process.exit(42)); setInterval(() => {}, 1000); console.log("ready")';
	const running = start(['exec', '--', process.execPath, '-e', script]);
	await running.line('stdout', /ready/);
	running.child.kill('SIGTERM');
	assert.equal((await running.ended).exit, 42);
	const killed = await run(['exec', '--', process.execPath, '-e', 'process.kill(process.pid, "SIGKILL")']);
	assert.equal(killed.exit, 'SIGKILL');
	const missing = await run(['exec', '--', 'no-such-program']);
	assert.deepEqual([missing.exit, missing.stdout], [125, '']);
	assert.match(missing.stderr, /Can't run no-such-program: not found\./);
});

test('token exchange (RFC 8693): impersonation as the subject itself, and delegation to an actor, who is shown as acting for the subject', async t => {
	const server = await demoServer(t);
	const {run, signIn} = await sessionHome(t);
	await signIn(server);
	const impersonation = await run(['exchange', '--audience', 'service-b', '--scope', 'service-b:read']);
	assert.deepEqual([impersonation.exit, impersonation.stderr], [0, '']);
	const {aud, sub, scope, act} = claimsOf(impersonation.stdout.trim());
	assert.deepEqual([aud, sub, scope, act], ['service-b', 'alice', 'service-b:read', undefined]);

	const {clientId, clientSecret} = server.machineClient;
	const machine = ['login', 'machine', '--issuer', server.issuer, '--client-id', clientId, '--store', 'file'];
	const env = {MACHINE_SECRET: clientSecret};
	const machineLogin = await run(
		[...machine, '--flow', 'client-credentials', '--client-secret-env', 'MACHINE_SECRET'],
		{env},
	);
	assert.equal(machineLogin.exit, 0, machineLogin.stderr);
	const actor = await run(['token', 'machine'], {env});
	const file = path.join(await temporaryFolder(t), 'actor');
	writeFileSync(file, actor.stdout, {mode: 0o600});
	const delegation = ['exchange', '--resource', 'https://service-b.example.test', '--format', 'json'];
	const {exit, stdout, stderr} = await run([...delegation, '--actor-token-file', file]);
	assert.equal(exit, 0, stderr);
	const printed = JSON.parse(stdout) as {token: string; type: string; actingParty: string};
	assert.equal(printed.type, 'urn:ietf:params:oauth:token-type:access_token');
	assert.deepEqual(claimsOf(printed.token)['act'], {sub: clientId});
	assert.equal(printed.actingParty, clientId);
	assert.equal(stderr, `${clientId}, acting for Alice Demo (alice@example.test)\n`);

	const piped = await run([...delegation, '--actor-token-file', '-'], {input: actor.stdout});
	assert.equal(piped.exit, 0);
	const unknown = await run(['exchange', '--audience', 'service-z']);
	assert.deepEqual([unknown.exit, unknown.stdout], [1, '']);
	assert.match(unknown.stderr, /service|target|audience/i);
	const wrongType = await run(['exchange', '--requested-token-type', 'saml2']);
	assert.deepEqual([wrongType.exit, wrongType.stdout], [1, '']);
});

test('X03: a token of another type than was asked for is refused', async t => {
	const {run, server} = await scriptedSession(t);
	server.answer('token', {body: {access_token: 'canary', token_type: 'Bearer', issued_token_type: 'urn:x:other'}});
	const {exit, stdout, stderr} = await run(['exchange', '--requested-token-type', 'jwt']);
	assert.notEqual(exit, 0);
	assert.equal(stdout, '');
	assert.match(stderr, /different type of token than you asked for \(urn:x:other\)/);
});

test('status says who, where and how long, as lines and as JSON, and asks the server only where that is wanted', async t => {
	const {run, signIn, session} = await sessionHome(t);
	const server = await demoServer(t);
	await signIn(server);
	await signIn(server, {profile: 'work', credentials: ['bob', 'demo']});
	const {exit, stdout, stderr} = await run(['status']);
	assert.deepEqual([exit, stderr], [0, '']);
	assert.match(stdout, /Alice Demo/);
	assert.ok(stdout.includes(server.issuer));
	assert.match(stdout, /Token +works until \d{4}-\d\d-\d\d \d\d:\d\d, then renewed/);
	assert.match(stdout, /Others +work/);
	const json = JSON.parse((await run(['status', 'work', '--json'])).stdout) as Record<string, unknown>;
	const {identity, expiresAt} = session('work').tokens;
	assert.deepEqual(json['identity'], identity);
	assert.deepEqual([json['signedIn'], json['expiresAt'], json['store']], [true, expiresAt, 'file']);
	assert.equal(json['userInfo'], undefined);
	const asked = await run(['status', '--userinfo', '--json']);
	assert.equal((JSON.parse(asked.stdout) as {userInfo: {email: string}}).userInfo.email, 'alice@example.test');
	await server.stop();
	assert.equal((await run(['status'])).exit, 0);
	const unreachable = await run(['status', '--userinfo']);
	assert.deepEqual([unreachable.exit, unreachable.stdout], [1, (await run(['status'])).stdout]);
	assert.match(unreachable.stderr, /Can't connect to/);
});
