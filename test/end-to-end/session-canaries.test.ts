import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {inspect} from 'node:util';
import type {SafeUrl} from '../../source/core/safe-url.js';
import {createMemoryStore} from '../../source/session/store/index.js';
import {startScriptedServer, type ScriptedResponse, type ServerScript} from '../../source/testing/index.js';
import {temporaryFolder} from '../support/built-command.js';
import {before, hurriedTimers, sessionHome, type Started} from '../support/session-command.js';
import {EngineWithBrowser} from '../support/engine-with-browser.js';

const clientSecret = 'canary-client-secret';
const password = 'canary-password';
const secretMembers = ['access_token', 'refresh_token', 'id_token', 'device_code'];
const secretParameters = [
	...['code', 'code_verifier', 'device_code', 'refresh_token', 'client_secret', 'password'],
	...['subject_token', 'actor_token', 'token'],
];

/** A server that tells its tester each secret that it gives or is given. */
const openServer = async (t: TestContext, script: ServerScript = {}) => {
	const secrets = new Set<string>();
	const listen: ScriptedResponse = async ({parameters, headers}, conforming) => {
		for (const name of secretParameters) for (const value of parameters.getAll(name)) secrets.add(value);
		const [, credentials] = /^(?:Bearer|Basic) (.+)$/.exec(headers['authorization'] ?? '') ?? [];
		if (credentials !== undefined) secrets.add(credentials);
		const reply = await conforming();
		const body = reply.body as Record<string, unknown> | undefined;
		for (const name of secretMembers) {
			const value = body?.[name];
			if (typeof value === 'string') secrets.add(value);
		}

		return reply;
	};
	const server = await startScriptedServer({
		password: {username: 'ada', password},
		responses: {token: listen, deviceAuthorization: listen, revocation: listen, userInfo: listen},
		...script,
	});
	t.after(async () => server.close());
	return {server, secrets};
};

/** At its end the process writes down all that others could learn of it: title, arguments, environment, crash report. */
const confess = (file: string) =>
	before(`
		import {readFileSync, writeFileSync} from 'node:fs';
		process.on('exit', () => {
			const report = process.report.getReport(new Error('crash'));
			const own = name => readFileSync('/proc/self/' + name, 'latin1');
			const all = {title: process.title, report, cmdline: own('cmdline'), environ: own('environ'), env: process.env};
			writeFileSync(${JSON.stringify(file)}, JSON.stringify(all));
		});
	`);

const assertNone = (where: string, text: string, secrets: ReadonlySet<string>) => {
	for (const secret of secrets) {
		assert.ok(secret.length >= 8);
		assert.ok(!text.includes(secret), `a secret in ${where}: ${text.slice(0, 2000)}`);
	}
};

const openCommand = async (t: TestContext, script?: ServerScript) => {
	const {server, secrets} = await openServer(t, script);
	const {home, start, session, expire} = await sessionHome(t);
	const folder = await temporaryFolder(t);
	const secretFile = path.join(folder, 'secret');
	writeFileSync(secretFile, clientSecret, {mode: 0o600});
	let serial = 0;
	/** Runs the command and looks everywhere; `prints` is what stdout is for. */
	const watch = async (
		args: readonly string[],
		options: {
			input?: string;
			prints?: boolean;
			env?: Readonly<Record<string, string>>;
			meanwhile?: (started: Started) => Promise<void>;
		} = {},
	) => {
		const {prints = false, meanwhile, ...more} = options;
		const file = path.join(folder, `confession-${serial++}`);
		const started = start(args, {
			...more,
			...(meanwhile && {input: undefined}),
			nodeOptions: [...hurriedTimers, ...(existsSync('/proc/self') ? confess(file) : [])],
		});
		await meanwhile?.(started);
		const ended = await started.ended;
		if (!prints) assertNone(`stdout of ${args.join(' ')}`, ended.stdout, secrets);
		assertNone(`stderr of ${args.join(' ')}`, ended.stderr, secrets);
		if (existsSync('/proc/self')) assertNone(`the process of ${args.join(' ')}`, readFileSync(file, 'utf8'), secrets);
		return ended;
	};
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	return {server, secrets, home, session, expire, watch, secretFile, login: ['login', ...provider]};
};

test('S22: canaries of both human flows, shown as JSON and as lines, are nowhere but on disk', async t => {
	const {server, secrets, watch, login} = await openCommand(t);
	for (const looks of ['--json', '--plain']) {
		const from = looks === '--json' ? 'stdout' : 'stderr';
		const browser = await watch([...login, '--flow', 'browser', '--no-open', looks], {
			// A desktop, where the short link is shown.
			env: {DISPLAY: ':0'},
			async meanwhile({line}) {
				const text = await line(from, /http:\/\/127\.0\.0\.1:\d+\/[\w-]{8,}|authorization-url/);
				const [address = ''] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{8,}(?=["\s]|$)/.exec(text) ?? [];
				const {url} = looks === '--json' ? (JSON.parse(text) as {url: string}) : {url: address};
				await server.openBrowser(url as SafeUrl, new AbortController().signal);
			},
		});
		assert.equal(browser.exit, 0, browser.stderr);
		const device = await watch([...login, '--flow', 'device', looks], {
			async meanwhile({line}) {
				await line(from, /device-code|[A-Z]{4}-[A-Z]{4}/);
				server.approve();
			},
		});
		assert.equal(device.exit, 0, device.stderr);
	}

	assert.ok(secrets.size > 12);
});

test('S22: canaries of a session: refresh, failures, exec, git, exchange, status and logout', async t => {
	const {server, secrets, watch, login, session, expire, secretFile} = await openCommand(t, {
		client: {id: 'test-client', secret: clientSecret},
	});
	secrets.add(clientSecret);
	secrets.add(password);
	const withSecret = ['--client-secret-file', secretFile];
	const input = `ada\n${password}\n`;
	const wrong = await watch([...login, ...withSecret, '--flow', 'password'], {input: `ada\nx${password}\n`});
	assert.equal(wrong.exit, 1);
	assert.equal((await watch([...login, ...withSecret, '--flow', 'password'], {input})).exit, 0);
	expire();
	assert.equal((await watch(['token'], {prints: true})).exit, 0);
	assert.equal((await watch(['status', '--userinfo', '--json'])).exit, 0);
	assert.equal((await watch(['status'])).exit, 0);
	const child = ['exec', '--', process.execPath, '-e', 'process.exit(process.env.INK_LOGIN_TOKEN ? 0 : 9)'];
	assert.equal((await watch(child)).exit, 0);
	const {host} = new URL(server.issuer);
	const asked = `protocol=http\nhost=${host}\n`;
	assert.equal((await watch(['helper', 'git', 'get'], {input: `${asked}\n`, prints: true})).exit, 0);
	const erased = `${asked}username=oauth2\npassword=${session().tokens.accessToken}\n\n`;
	assert.equal((await watch(['helper', 'git', 'erase'], {input: erased})).exit, 0);
	assert.equal((await watch(['exchange'], {prints: true})).exit, 0);
	const actor = session().tokens.accessToken;
	await watch(['exchange', '--actor-token-file', '-'], {input: actor, prints: true});

	// A response that is spoiled is full of secrets.
	for (const spoil of [
		{token_type: 'mac'},
		{id_token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.'},
		{access_token: 'canary\u0007token'},
	]) {
		expire();
		server.answer('token', async (_request, conforming) => {
			const reply = await conforming();
			const body: Record<string, unknown> = {...(reply.body as Record<string, unknown>), ...spoil};
			for (const name of secretMembers) secrets.add(String(body[name]));
			return {...reply, body};
		});
		const ended = await watch(['token']);
		assert.notEqual(ended.exit, 0);
		assert.doesNotMatch(ended.stderr, /canary/);
		await watch([...login, ...withSecret, '--flow', 'password'], {input});
	}

	server.answer('revocation', {status: 400, body: {error: 'invalid_request'}}, {status: 503});
	assert.equal((await watch(['logout'])).exit, 1);
	assert.equal((await watch([...login, ...withSecret, '--flow', 'client-credentials'])).exit, 0);
	assert.equal((await watch(['logout'])).exit, 0);
});

/** Everything that an error holds, however deep. */
const depths = {depth: 9, showHidden: true} as const;

const spoilers: Readonly<Record<string, ScriptedResponse>> = {
	'an error': {status: 400, body: {error: 'invalid_request'}},
	'a page': {headers: {'content-type': 'text/html'}, body: '<html>canary</html>'},
	'half of a response': {body: '{"access_token":"canary-access-token","refresh_token":"canary-refr'},
	'another type': {body: {access_token: 'canary-access-token', token_type: 'mac', refresh_token: 'canary-refresh'}},
	'a false ID token': {
		body: {access_token: 'canary-access-token', token_type: 'Bearer', id_token: 'eyJhbGciOiJub25lIn0.e30.canary'},
	},
	'no connection': 'drop',
	'a redirect': {status: 302, headers: {location: 'https://evil.example/?token=canary-access-token'}},
	'too much': {body: {access_token: 'canary-access-token'.repeat(100_000), token_type: 'Bearer'}},
};

for (const [name, answer] of Object.entries(spoilers)) {
	test(`S23: where the server answers with ${name}, no error holds a secret at any depth`, async t => {
		const issuer = 'https://op.example.test';
		const {server, secrets} = await openServer(t, {issuer, client: {id: 'test-client', secret: clientSecret}});
		secrets.add(clientSecret);
		secrets.add(password);
		const store = createMemoryStore();
		const open = () =>
			new EngineWithBrowser({
				provider: {...server.provider, allowPassword: true},
				store,
				fetch: server.fetch,
				openBrowser: server.openBrowser,
			});
		const signIn = async () => {
			const run = open().login({flow: 'password'});
			for (const text of ['ada', password]) run.command({type: 'enter', flow: 'password', text});
			return run.session;
		};
		const errors: unknown[] = [];
		const attempt = async (work: () => Promise<unknown>) => {
			try {
				await work();
			} catch (error) {
				errors.push(error);
			}
		};
		for (const endpoint of ['token', 'userInfo', 'revocation', 'deviceAuthorization', 'pushedAuthorization'] as const) {
			const original = server.script.responses;
			await signIn();
			server.script.responses = {...original, [endpoint]: answer};
			await attempt(async () => open().token({rejected: await open().token()}));
			await attempt(async () => open().exchange({}));
			await attempt(async () => open().userInfo());
			await attempt(async () => open().login({flow: 'browser'}).session);
			await attempt(signIn);
			await attempt(async () => open().login({flow: 'client-credentials'}).session);
			const device = open().login({flow: 'device'});
			if (endpoint === 'deviceAuthorization') await attempt(async () => device.session);
			else await device.cancel();
			const {reason} = await open().logout();
			errors.push(reason);
			server.script.responses = original ?? {};
		}

		assert.ok(errors.length > 5);
		for (const error of errors) {
			const text = inspect(error, depths);
			assertNone('an error', text, secrets);
			assert.doesNotMatch(text, /canary/);
		}
	});
}
