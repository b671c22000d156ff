import assert from 'node:assert/strict';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {demoServer} from '../support/demo-server.js';
import {scriptedSession} from '../support/scripted-session.js';
import {hurriedTimers, sessionHome} from '../support/session-command.js';

/** The server of a profile that was signed out of stays known. */
const hasSession = (home: string): boolean => readdirSync(home).some(name => /^profile-[^.]*\.json$/.test(name));

const isAccepted = async (userInfo: string, token: string): Promise<boolean> => {
	const {ok} = await fetch(userInfo, {headers: {authorization: `Bearer ${token}`}});
	return ok;
};

test('V05: logout revokes the session at the server, forgets it, and says so; a second one has nothing to do', async t => {
	const server = await demoServer(t);
	const {run, signIn, session, home} = await sessionHome(t);
	await signIn(server);
	const {accessToken} = session().tokens;
	assert.ok(await isAccepted(`${server.issuer}/me`, accessToken));
	const {exit, stdout, stderr} = await run(['logout']);
	assert.deepEqual([exit, stdout], [0, '']);
	assert.match(stderr, /^Signed out of "default"\. The server has revoked the session\.\n$/);
	assert.ok(!(await isAccepted(`${server.issuer}/me`, accessToken)));
	assert.ok(!hasSession(home));
	const again = await run(['logout']);
	assert.deepEqual([again.exit, again.stderr], [0, 'Nobody was signed in to "default".\n']);
});

test('--all signs out of every profile, and of none where there is none', async t => {
	const server = await demoServer(t);
	const {run, signIn} = await sessionHome(t);
	for (const profile of ['default', 'work', 'Ä b']) await signIn(server, {profile});
	const {exit, stderr} = await run(['logout', '--all']);
	assert.equal(exit, 0);
	for (const profile of ['default', 'work', 'Ä b']) assert.ok(stderr.includes(`Signed out of "${profile}"`));
	const again = await run(['logout', '--all']);
	assert.deepEqual([again.exit, again.stderr], [0, 'Nobody was signed in.\n']);
});

test('no token of a profile is left behind, however its files came there, and --all leaves none of any profile', async t => {
	const {run, signIn, home, server} = await scriptedSession(t);
	const canary = '{"session":{"tokens":{"refreshToken":"rt-canary"';
	const leave = (...names: readonly string[]) => {
		for (const name of names) writeFileSync(path.join(home, name), canary, {mode: 0o600});
	};
	const holding = () =>
		readdirSync(home).filter(name => readFileSync(path.join(home, name), 'utf8').includes('"refreshToken"'));
	const remainsOf = (profile: string) => [
		`profile-${profile}.json.aaaaaaaaaaaaaaaa.new`,
		`profile-${profile}.json.set-aside-1`,
	];
	leave(...remainsOf('default'), ...remainsOf('work'));
	assert.equal((await run(['logout'])).exit, 0);
	assert.deepEqual(holding().sort(), remainsOf('work'));
	// Where nobody is signed in, and where the session itself is what cannot be read.
	leave('profile-work.json');
	const work = await run(['logout', 'work']);
	assert.equal(work.exit, 0, work.stderr);
	assert.match(work.stderr, /\nDeleted what earlier sessions left behind\.\nNobody was signed in to "work"\.\n$/);
	assert.deepEqual(holding(), []);
	leave(...remainsOf('home'), ...remainsOf('=c3=a4'));
	const nobody = await run(['logout', '--all']);
	assert.equal(nobody.exit, 0);
	assert.equal(nobody.stderr, 'Nobody was signed in.\nDeleted what earlier sessions left behind.\n');
	leave(...remainsOf('home'));
	await signIn({issuer: server.issuer, clientId: 'test-client'}, {credentials: ['ada', 'analytical engine']});
	await run(['logout', '--all']);
	assert.deepEqual(holding(), []);
});

for (const [name, answer, reason] of [
	['refuses', {status: 401}, /./],
	['is not there for a while', {status: 503, headers: {'retry-after': '120'}}, /HTTP 503.*wait 120 seconds/],
	['answers nothing', 'hang', /didn't respond/],
	['breaks the connection', 'drop', /Can't connect to/],
	[
		'does not know that kind of token',
		{status: 400, body: {error: 'unsupported_token_type'}},
		/doesn't revoke tokens of this kind/,
	],
] as const) {
	test(`demand 50: a server that ${name}: the session is forgotten, and it is said that it was not revoked`, async t => {
		const {run, server, home} = await scriptedSession(t);
		server.script.responses = {revocation: answer};
		const {exit, stdout, stderr} = await run(['logout'], {nodeOptions: hurriedTimers});
		assert.deepEqual([exit, stdout], [1, '']);
		assert.match(stderr, /^Signed out of "default" here, but the server didn't revoke the session\. [^\n]+\.\n$/);
		assert.match(stderr, reason);
		assert.ok(!hasSession(home));
		assert.equal((await run(['token'])).exit, 3);
	});
}

test('demand 50: with the network cut, and where the client secret is gone, a logout forgets all the same', async t => {
	const {run, server, home} = await scriptedSession(t);
	await server.close();
	const {exit, stderr} = await run(['logout']);
	assert.equal(exit, 1);
	assert.match(stderr, /^Signed out of "default" here, but .+connection refused\.\n$/);
	assert.ok(!hasSession(home));

	const confidential = await scriptedSession(
		t,
		{client: {id: 'test-client', secret: 'hush'}},
		{more: ['--client-secret-env', 'SECRET'], env: {SECRET: 'hush'}},
	);
	const withoutSecret = await confidential.run(['logout']);
	assert.equal(withoutSecret.exit, 1);
	assert.match(
		withoutSecret.stderr,
		/^Signed out of "default" here, but .+SECRET, which should hold the client secret, isn't set\.\n$/,
	);
	assert.ok(!hasSession(confidential.home));
});

test('a server without a revocation endpoint: forgotten, and said that the tokens end by themselves', async t => {
	const {run} = await scriptedSession(t, {
		metadata: ({revocation_endpoint: _, ...metadata}) => metadata,
	});
	const {exit, stderr} = await run(['logout']);
	assert.equal(exit, 0);
	assert.match(
		stderr,
		/^Signed out of "default"\. The server can't revoke tokens, so they work until they expire\.\n$/,
	);
});
