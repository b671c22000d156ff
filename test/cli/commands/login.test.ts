import assert from 'node:assert/strict';
import test from 'node:test';
import type {Engine} from '../../../source/cli/context.js';
import type {LoginEvent} from '../../../source/login/events.js';
import type {LoginCommand, LoginOptions} from '../../../source/login/flow.js';
import {createMemoryStore} from '../../../source/session/store/index.js';
import {createManualClock, playRecording, type PlayedRun} from '../../../source/testing/index.js';
import {samples, start} from '../../text/sample-events.js';
import {runDouble, storedSession, tokenSet, type Double} from '../command-double.js';

process.env['TZ'] = 'UTC';

const provider = ['--issuer', 'https://auth.example', '--client-id', 'cli'];
const success = [samples.discovery, samples['flow-opened'], samples['device-code'], samples['signed-in']];
const failed = [samples.discovery, samples['flow-opened'], samples['flow-closed'], samples.failed];

/** An engine whose login plays these events. */
const playing = (events: readonly LoginEvent[]) => {
	const asked: LoginOptions[] = [];
	const runs: PlayedRun[] = [];
	const engine: Partial<Engine> = {
		login(options = {}) {
			asked.push(options);
			const run = playRecording({version: 1, events: events.map(event => ({at: start, event}))});
			runs.push(run);
			return run;
		},
		tokens: async () => tokenSet(),
	};
	return {asked, runs, engine};
};

const login = async (args: readonly string[], events: readonly LoginEvent[] = success, double: Double = {}) => {
	const {asked, runs, engine} = playing(events);
	const result = await runDouble(['login', ...args], {engine, ...double});
	const commands = (): readonly LoginCommand[] => runs.flatMap(run => run.commands);
	return {...result, options: asked[0], commands};
};

const typesOf = (ndjson: string) =>
	ndjson
		.trimEnd()
		.split('\n')
		.map(line => (JSON.parse(line) as {type: string}).type);

test('demand 53: with --json stdout is the events, one a line, and stderr is silent', async () => {
	const {exit, stdout, stderr} = await login([...provider, '--json']);
	assert.deepEqual([exit, stderr], [0, '']);
	assert.deepEqual(typesOf(stdout), ['discovery', 'flow-opened', 'device-code', 'signed-in']);
});

test('plain lines go to stderr unless stdout is a terminal', async () => {
	const piped = await login([...provider, '--flow', 'device', '--plain']);
	assert.equal(piped.stdout, '');
	assert.match(piped.stderr, /^Sign in to Acme · auth\.acme\.dev\nOpen {5}https:/);
	const terminal = await login([...provider, '--plain'], success, {
		environment: {tty: {stdin: true, stdout: true, stderr: true}},
	});
	assert.equal(terminal.stderr, '');
	assert.match(terminal.stdout, /^Sign in to Acme/);
});

test('demand 54: a screen reader gets spelled lines, by option or by its variables', async () => {
	const tty = {stdin: true, stdout: true, stderr: true};
	for (const double of [
		{args: ['--screen-reader'], env: {TERM: 'xterm'}},
		{args: [], env: {TERM: 'xterm', ACCESSIBLE: '1'}},
		{args: [], env: {TERM: 'xterm', INK_SCREEN_READER: 'true'}},
	]) {
		const {stdout} = await login([...provider, ...double.args], success, {environment: {tty, env: double.env}});
		assert.match(stdout, /Spelled: W, D, J, B, dash/);
	}
});

test('S38: a dumb terminal gets plain lines', async () => {
	const tty = {stdin: true, stdout: true, stderr: true};
	const {stdout} = await login(provider, success, {environment: {tty, env: {TERM: 'dumb'}}});
	assert.match(stdout, /^Sign in to Acme/);
});

test('a failed login ends with the code of its failure, said once', async () => {
	const {exit, stderr} = await login([...provider, '--flow', 'device', '--plain'], failed);
	assert.equal(exit, 1);
	assert.match(stderr, /\nStart the login again\.\n$/);
	assert.doesNotMatch(stderr, /ink-login:/);
	const cancelled: LoginEvent = {type: 'failed', code: 'cancelled', message: 'It was cancelled.', hint: ''};
	assert.equal((await login([...provider, '--flow', 'device', '--plain'], [cancelled])).exit, 130);
});

test('demand 53: nobody there is told at once, with the line to run instead', async () => {
	for (const environment of [{}, {env: {CI: 'true'}, tty: {stdin: true, stdout: true, stderr: true}}]) {
		const {exit, stdout, stderr, options} = await login([...provider, '--scope', 'a b'], success, {environment});
		assert.deepEqual([exit, stdout, options], [3, '', undefined]);
		assert.match(
			stderr,
			/Run this in a terminal: ink-login login --issuer https:\/\/auth\.example --client-id cli --scope 'a b'\nOr approve /,
		);
	}
});

test('anyone who asks for a flow or for --json is taken as there, unlike one who only asks for plain lines', async () => {
	for (const args of [['--flow', 'device'], ['--flow', 'browser'], ['--json']]) {
		assert.equal((await login([...provider, ...args])).exit, 0, args.join(' '));
	}

	assert.equal((await login([...provider, '--plain'])).exit, 3);
});

test('with nobody there a client with a secret signs in by itself, with --json too, unless the server does not allow it', async () => {
	const flows = {
		browser: true,
		device: true,
		'client-credentials': true,
		'workload-identity': 'no',
		password: 'no',
		'one-time-code': 'no',
	} as const;
	const denied = {...flows, 'client-credentials': 'The server does not allow it.'} as const;
	const env = {CI: 'true', CLIENT_SECRET: 'hush'};
	const keys = {env: {CLIENT_SECRET: 'hush'}, tty: {stdin: true, stdout: true, stderr: true}};
	const unlisted = ['client-credentials'] as const;
	for (const [args, available, recommended, environment, notListed] of [
		[[], flows, 'client-credentials', {env}],
		[['--json'], flows, 'client-credentials', {env}],
		[[], denied, undefined, {env}],
		[['--json'], denied, 'device', {env}],
		[[], flows, 'client-credentials', {env}, unlisted],
		[['--json'], flows, 'device', {env}, unlisted],
		[['--json'], flows, 'device', keys],
	] as const) {
		const double = {environment};
		const all = [...provider, '--client-secret-env', 'CLIENT_SECRET', ...args];
		const {exit, options, engines} = await login(all, success, double);
		assert.equal(exit, 0);
		assert.equal(options?.flow, 'auto');
		assert.deepEqual(engines[0]?.clientSecretSource, {env: 'CLIENT_SECRET'});
		const recommend = () => options.terminal?.recommend?.(available, notListed).flow;
		if (recommended === undefined) assert.throws(recommend, {code: 'person_required'});
		else assert.equal(recommend(), recommended, args.join(' '));
	}
});

test('S22: a secret from stdin is read when it is needed, and is known to be gone afterwards', async () => {
	const {engines} = await login([...provider, '--client-secret-file', '-', '--flow', 'client-credentials'], success, {
		stdin: 'hush\n',
	});
	const [{provider: used, clientSecretSource}] = engines as [(typeof engines)[0]];
	assert.deepEqual(clientSecretSource, {stdin: true});
	assert.ok(typeof used.clientSecret === 'function');
	assert.equal(await used.clientSecret(), 'hush');
});

test('client credentials without a secret are wrong usage', async () => {
	assert.equal((await login([...provider, '--flow', 'client-credentials'])).exit, 2);
});

test('nobody waits for a keyring only to be asked which server is meant', async () => {
	const {exit, stderr, opened} = await login(['--flow', 'device', '--plain'], success, {
		environment: {tty: {stdin: true, stdout: true, stderr: true}},
	});
	assert.equal(exit, 2);
	assert.match(stderr, /Where do you want to sign in\?/);
	assert.deepEqual(opened, ['auto']);
});

test('the options of a login reach the engine', async () => {
	const {options, opened} = await login([
		...[...provider, '--flow', 'device', '--renew', '--timeout', '90', '--no-open', '--store', 'file'],
		'--switch-account',
	]);
	assert.deepEqual(opened, ['file', 'prepared']);
	const {flow, renew, timeout, open, switchAccount, attended} = options ?? {};
	assert.deepEqual(
		{flow, renew, timeout, open, switchAccount, attended},
		{flow: 'device', renew: true, timeout: 90, open: false, switchAccount: true, attended: false},
	);
});

test('what is typed here and now cannot wait for a person: nothing is sent before that is said', async () => {
	for (const flow of ['password', 'one-time-code']) {
		const {exit, options} = await login([...provider, '--flow', flow, '--no-wait']);
		assert.deepEqual([exit, options], [2, undefined], flow);
	}
});

test('a timeout that is none is wrong usage', async () => {
	for (const timeout of ['0', '-5', 'soon', '1e3', 'Infinity']) {
		assert.equal((await login([...provider, `--timeout=${timeout}`, '--json'])).exit, 2, timeout);
	}
});

test('without a provider the stored one is signed in to again, else it is asked for', async () => {
	const sessions = {work: storedSession({clientSecretSource: {env: 'CLIENT_SECRET'}})};
	const environment = {env: {CLIENT_SECRET: 'hush'}};
	const again = await login(['work', '--json', '--scope', 'more'], success, {sessions, environment});
	assert.equal(again.exit, 0);
	assert.deepEqual(again.engines[0]?.provider.issuer, 'https://auth.example');
	assert.deepEqual(again.engines[0].provider.scope, 'more');
	assert.deepEqual(again.engines[0].clientSecretSource, {env: 'CLIENT_SECRET'});
	const nowhere = await login(['--plain'], success, {sessions, environment});
	assert.deepEqual([nowhere.exit, nowhere.stdout], [2, '']);
	assert.match(
		nowhere.stderr,
		/--issuer URL --client-id ID\.\nJust looking\? ink-login demo\nAlready signed in: work\n$/,
	);
});

test('the line to run instead names one way to sign in, with nothing in it that this flow refuses', async () => {
	const byCode = '--issuer https://auth.example --client-id cli --flow device';
	const {exit, stderr} = await runDouble(['login', ...provider, '--port', '8400', '--prompt', 'login']);
	assert.equal(exit, 3);
	assert.ok(stderr.endsWith(`Or approve a code on another device: ink-login login ${byCode}\n`), stderr);
	const env = {
		KUBERNETES_EXEC_INFO: JSON.stringify({apiVersion: 'client.authentication.k8s.io/v1', spec: {interactive: false}}),
	};
	const token = ['token', '--login', '--format', 'kubernetes', ...provider, '--flow', 'device'];
	const refused = await runDouble(token, {environment: {env}});
	assert.ok(refused.stderr.endsWith(`\nRun this in a terminal: ink-login login ${byCode}\n`), refused.stderr);
});

test("a stored client secret does not go to another server's login", async () => {
	const sessions = {default: storedSession({clientSecretSource: {env: 'CLIENT_SECRET'}})};
	const {engines} = await login(['--issuer', 'https://other.example', '--client-id', 'cli', '--json'], success, {
		sessions,
	});
	assert.equal(engines[0]?.clientSecretSource, undefined);
	assert.equal(engines[0]?.provider.clientSecret, undefined);
});

test('with --json a failure before the login is an event too, and so is wrong usage', async () => {
	const store = createMemoryStore({clock: createManualClock()});
	store.read = async () => {
		throw Object.assign(new Error('disk'), {code: 'ENOSPC'});
	};
	const early = await runDouble(['login', ...provider, '--json'], {store});
	assert.equal(early.exit, 1);
	assert.deepEqual(typesOf(early.stdout), ['failed']);
	assert.equal(early.stderr, '');
	const usage = await login([...provider, '--json', '--port', 'x']);
	assert.deepEqual([usage.exit, usage.stderr, typesOf(usage.stdout)], [2, '', ['failed']]);
	for (const argv of [
		['lgoin', '--json'],
		['login', '--nonsense', '--json'],
		['--json', '--flow', 'magic'],
	]) {
		const {exit, stdout, stderr} = await runDouble(argv);
		assert.deepEqual([exit, stderr, typesOf(stdout)], [2, '', ['failed']], argv.join(' '));
	}

	const token = await runDouble(['token', '--json']);
	assert.equal(token.stdout, '', 'where stdout is for a token, nothing else is printed');
});

test('a client secret that is not where it should be is told before any server is asked', async () => {
	for (const source of [
		['--client-secret-file', '/nowhere/at-all'],
		['--client-secret-env', 'NOT_SET'],
	]) {
		const {exit, options, stdout} = await login([...provider, '--flow', 'client-credentials', '--json', ...source]);
		assert.deepEqual([exit, options, typesOf(stdout)], [1, undefined, ['failed']]);
	}
});

test('after a logout a bare login knows the server, the client and what is remembered with them', async () => {
	const store = createMemoryStore({clock: createManualClock()});
	const sessions = {work: storedSession({clientSecretSource: {env: 'CLIENT_SECRET'}, caFile: '/ca.pem'})};
	const logout = async () => (await store.remove('work'), {outcome: 'revoked'} as const);
	const environment = {env: {CLIENT_SECRET: 'hush'}};
	await store.writePreferences('work', {flow: 'device'});
	assert.equal((await runDouble(['logout', 'work'], {store, sessions, engine: {logout}})).exit, 0);
	const {exit, engines} = await login(['work', '--json'], success, {store, environment});
	assert.equal(exit, 0);
	const {provider: again, clientSecretSource, caFile} = engines[0] ?? {};
	assert.deepEqual(
		[again?.issuer, again?.clientId, clientSecretSource, caFile],
		['https://auth.example', 'client', {env: 'CLIENT_SECRET'}, '/ca.pem'],
	);
	assert.equal((await store.readPreferences('work')).flow, 'device');
});

test('demand 30: lines on stdin that look like a redirect are pasted, others are not', async () => {
	const address = 'http://127.0.0.1:8400/callback?code=c&state=s';
	const stdin = `hello\n${address}\n  ?code=c&state=s \ncode=c\nq\n`;
	const {engine, runs} = playing([samples.discovery, samples['authorization-url']]);
	const running = runDouble(['login', ...provider, '--json'], {engine, stdin});
	const pasted = () => runs.flatMap(run => run.commands);
	while (pasted().length < 4) await new Promise(resolve => setImmediate(resolve));
	// The end of stdin has been told by now, and the login goes on.
	assert.equal(runs[0]?.state.phase, 'choosing');
	await runs[0].cancel();
	assert.equal((await running).exit, 130);
	assert.deepEqual(pasted(), [
		{type: 'paste', text: address},
		{type: 'paste', text: '?code=c&state=s'},
		{type: 'paste', text: 'code=c'},
		{type: 'paste', text: undefined},
	]);
});

test('token --login shows the login first, never on stdout, and then prints the token', async () => {
	const {engine} = playing(success);
	const {exit, stdout, stderr} = await runDouble(['token', '--login', '--flow', 'device', '--plain', ...provider], {
		engine,
		environment: {tty: {stdin: true, stdout: true, stderr: true}},
	});
	assert.deepEqual([exit, stdout], [0, 'access-1\n']);
	assert.match(stderr, /^Sign in to Acme/);
});

test('token --login with a session shows nothing', async () => {
	const {engine, asked} = playing(success);
	const {stdout} = await runDouble(['token', '--login'], {engine, sessions: {default: storedSession()}});
	assert.equal(stdout, 'access-1\n');
	assert.deepEqual(asked, []);
});

test('token --login ends as its login ends', async () => {
	const {engine} = playing(failed);
	const {exit, stdout} = await runDouble(['token', '--login', '--flow', 'device', '--plain', ...provider], {engine});
	assert.deepEqual([exit, stdout], [1, '']);
});
