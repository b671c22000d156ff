import assert from 'node:assert/strict';
import test from 'node:test';
import type {Finding} from '../../source/doctor/diagnose.js';
import {scriptedSession} from '../support/scripted-session.js';
import {sessionHome, wrongClock, type Ended} from '../support/session-command.js';

const findingsIn = ({stdout}: Ended): readonly Finding[] =>
	stdout
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line) as Finding);

const file = ['--store', 'file'];

/** A pipe has nobody at its end; an agent has. */
const someone = {INK_LOGIN_AGENT: '1'};

test('doctor tells one line for each thing, and what to do; where all is well it ends with 0', async t => {
	const session = await scriptedSession(t);
	const stored = session.session();
	const {exit, stdout, stderr} = await session.run(['doctor', ...file], {env: someone});
	assert.deepEqual([exit, stderr], [0, ''], stdout);
	for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^✔ \S.+[.)]$/);
	assert.match(stdout, /^✔ The server knows the client ID test-client\.$/m);
	assert.match(stdout, /^✔ Signed in as Ada Lovelace.* \(profile "default"\)\.$/m);
	assert.deepEqual(session.session(), stored);

	const ascii = await session.run(['doctor', ...file], {
		env: {...someone, LC_ALL: 'C', BROWSER: '/no/such/browser'},
	});
	assert.equal(ascii.exit, 0);
	assert.match(
		ascii.stdout,
		/^! BROWSER is set to browser, but that isn't installed, so no browser opens\.\n {2}> Set BROWSER /,
	);
});

test('a problem comes first and ends doctor with 1; repaired, it is gone', async t => {
	const session = await scriptedSession(t);
	const broken = await session.run(['doctor', '--json', ...file], {nodeOptions: wrongClock(-2 * 86_400_000)});
	assert.equal(broken.exit, 1);
	assert.deepEqual(findingsIn(broken)[0], {
		check: 'clock',
		status: 'problem',
		message: "This computer's clock is about 2 days behind the server's.",
		remedy: "Set this computer's clock.",
	});
	const repaired = await session.run(['doctor', '--json', ...file], {env: someone});
	assert.equal(repaired.exit, 0);
	assert.ok(findingsIn(repaired).every(({status}) => status === 'ok'));
});

test('doctor on a new computer looks at that alone, and says how to sign in', async t => {
	const {run} = await sessionHome(t);
	const {exit, stdout} = await run(['doctor', 'work', ...file], {env: someone});
	assert.equal(exit, 0, stdout);
	assert.match(
		stdout,
		/^⚠ No server is saved for "work", so only this computer was checked\.\n {2}→ Run: ink-login login work\n/,
	);
});

test('after a logout doctor still asks the server that is remembered', async t => {
	const session = await scriptedSession(t);
	assert.equal((await session.run(['logout'])).exit, 0);
	const {exit, stdout} = await session.run(['doctor', ...file], {env: someone});
	assert.equal(exit, 0);
	assert.match(stdout, /^⚠ Nobody is signed in to "default"\.\n {2}→ Run: ink-login login\n/);
	assert.match(stdout, /^✔ The server knows the client ID test-client\.$/m);
});

test('where doctor runs without a terminal, it says first that nobody can be asked, and how a login works there', async t => {
	const {run} = await scriptedSession(t);
	const {exit, stdout} = await run(['doctor', ...file]);
	assert.equal(exit, 0, 'the session is alive');
	assert.match(
		stdout,
		/^⚠ There's no terminal here, so nobody can be asked to sign in\.\n {2}→ Run it in a terminal, .*--no-wait/,
	);
});

test('a client secret that is missing or wrong is named, and no secret is ever told', async t => {
	const secret = 'canary-secret';
	const script = {client: {id: 'test-client', secret}};
	const more = ['--client-secret-env', 'CLIENT_SECRET', ...file];
	const session = await scriptedSession(t, script, {more, env: {CLIENT_SECRET: secret}});
	const proxy = {HTTPS_PROXY: 'http://canary-name:canary-password@127.0.0.1:9'};
	const {accessToken, refreshToken, idToken} = session.session().tokens;
	for (const [env, message] of [
		[{}, /^The environment variable CLIENT_SECRET, which should hold the client secret, isn't set\.$/],
		[{CLIENT_SECRET: 'canary-of-another'}, /^The server doesn't accept this app\.$/],
		[{CLIENT_SECRET: secret, ...proxy}, /^Can't connect to the proxy 127\.0\.0\.1:9: connection refused\.$/],
		[{CLIENT_SECRET: secret}, undefined],
	] as const) {
		for (const args of [
			['doctor', ...file],
			['doctor', '--json', ...file],
		]) {
			const {exit, stdout, stderr} = await session.run(args, {env});
			assert.equal(exit, message === undefined ? 0 : 1, stdout);
			for (const canary of ['canary', accessToken, refreshToken ?? '', idToken ?? '']) {
				assert.ok(canary !== '' && !`${stdout}${stderr}`.includes(canary), stdout + stderr);
			}

			if (message !== undefined && args.includes('--json'))
				assert.match(findingsIn({exit, stdout, stderr})[0]!.message, message);
		}
	}
});
