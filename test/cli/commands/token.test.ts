import assert from 'node:assert/strict';
import test from 'node:test';
import type {TokenOptions} from '../../../source/session/types.js';
import {TokenEngine} from '../../../source/token-engine.js';
import {createMemoryStore} from '../../../source/session/store/index.js';
import {createManualClock} from '../../../source/testing/index.js';
import {failure, now, runDouble, storedSession, tokenSet} from '../command-double.js';

process.env['TZ'] = 'UTC';
const sessions = {default: storedSession(), work: storedSession({tokens: tokenSet({accessToken: 'work-1'})})};
const engine = {tokens: async () => tokenSet()};

const kubernetes = (info: unknown) => ({
	environment: {env: {KUBERNETES_EXEC_INFO: JSON.stringify(info)}},
	sessions,
	engine,
});
const version = 'client.authentication.k8s.io/v1beta1';

test('demand 32: stdout holds the token and nothing else', async () => {
	const {exit, stdout, stderr} = await runDouble(['token'], {sessions, engine});
	assert.deepEqual({exit, stdout, stderr}, {exit: 0, stdout: 'access-1\n', stderr: ''});
});

test('the engine is built from what the login left: no option, no question', async () => {
	const stored = storedSession({clientSecretSource: {env: 'CLIENT_SECRET'}});
	const {engines, opened} = await runDouble(['token', 'work'], {
		sessions: {work: stored},
		engine,
		environment: {env: {CLIENT_SECRET: 'hush'}},
	});
	assert.deepEqual(opened, ['auto']);
	const [{provider, profile, clientSecretSource}] = engines as [(typeof engines)[0]];
	assert.equal(profile, 'work');
	assert.equal(provider.issuer, stored.provider.issuer);
	assert.deepEqual(clientSecretSource, {env: 'CLIENT_SECRET'});
	assert.ok(typeof provider.clientSecret === 'function');
	assert.equal(await provider.clientSecret(), 'hush');
});

test('json says what is known of the token', async () => {
	const {stdout} = await runDouble(['token', '--format', 'json'], {sessions, engine});
	assert.deepEqual(JSON.parse(stdout), {
		token: 'access-1',
		type: 'access',
		tokenType: 'bearer',
		expiresAt: now + 3_600_000,
		scope: 'openid profile',
	});
});

test('header is an HTTP field, for bearer tokens alone', async () => {
	const header = ['token', '--format', 'header'];
	assert.equal((await runDouble(header, {sessions, engine})).stdout, 'Authorization: Bearer access-1\n');
	const dpop = {tokens: async () => tokenSet({tokenType: 'dpop'})};
	const {exit, stdout, stderr} = await runDouble(header, {sessions, engine: dpop});
	assert.deepEqual([exit, stdout], [1, '']);
	assert.match(stderr, /isn't a bearer token/);
});

test('headers are a JSON object for a program that sends them for as long as its connection lasts', async () => {
	const asked: TokenOptions[] = [];
	const lower = {tokens: async (options = {}) => (asked.push(options), tokenSet({tokenType: 'bearer'}))};
	const {stdout} = await runDouble(['token', '--format', 'headers'], {sessions, engine: lower});
	assert.equal(stdout, '{"Authorization":"Bearer access-1"}\n');
	assert.equal(asked[0]?.minimumValidity, 600);
	const nobody = await runDouble(['token', '--format', 'headers'], {sessions: {}, engine});
	assert.deepEqual([nobody.exit, nobody.stdout], [3, '']);
});

test('an ID token is asked for as such: its freshness is its own, and a valid one is printed', async () => {
	const asked: TokenOptions[] = [];
	const claims = {...tokenSet().claims!, exp: now / 1000 + 3};
	const {stdout} = await runDouble(['token', '--type', 'id'], {
		sessions,
		engine: {tokens: async (options = {}) => (asked.push(options), tokenSet({claims}))},
	});
	assert.equal(stdout, 'id-1\n');
	assert.deepEqual(
		asked.map(({type}) => type),
		['id'],
	);
});

test('an ID token that the server does not renew needs a person; one that never was is a matter of the scope', async () => {
	const claims = {...tokenSet().claims!, exp: now / 1000 - 1};
	const expired = await runDouble(['token', '--type', 'id'], {
		sessions,
		engine: {tokens: async () => tokenSet({claims})},
	});
	assert.deepEqual([expired.exit, expired.stdout], [3, '']);
	const {idToken: _, claims: __, ...without} = tokenSet();
	const none = await runDouble(['token', '--type', 'id'], {sessions, engine: {tokens: async () => without}});
	assert.equal(none.exit, 1);
	assert.match(none.stderr, /openid/);
});

test('kubernetes gets an ExecCredential of its own version, with the ID token and its expiry', async () => {
	const {stdout, exit} = await runDouble(
		['token', '--format', 'kubernetes'],
		kubernetes({apiVersion: version, kind: 'ExecCredential', spec: {interactive: false}}),
	);
	assert.equal(exit, 0);
	assert.deepEqual(JSON.parse(stdout), {
		apiVersion: version,
		kind: 'ExecCredential',
		status: {token: 'id-1', expirationTimestamp: '2026-11-21T13:00:00Z'},
	});
});

test('kubernetes gets the access token where that is asked for, and v1 where it says nothing', async () => {
	const {stdout} = await runDouble(['token', '--format', 'kubernetes', '--type', 'access'], {sessions, engine});
	assert.deepEqual(JSON.parse(stdout), {
		apiVersion: 'client.authentication.k8s.io/v1',
		kind: 'ExecCredential',
		status: {token: 'access-1', expirationTimestamp: '2026-11-21T13:00:00Z'},
	});
});

test('a token without a known end is an ExecCredential without one', async () => {
	const {expiresAt: _, ...endless} = tokenSet();
	const {stdout} = await runDouble(['token', '--format', 'kubernetes', '--type', 'access'], {
		sessions,
		engine: {tokens: async () => endless},
	});
	assert.deepEqual((JSON.parse(stdout) as {status: unknown}).status, {token: 'access-1'});
});

test('an ExecCredential of a version that we do not speak is refused', async () => {
	for (const info of [{apiVersion: 'client.authentication.k8s.io/v1alpha1'}, 'nonsense', null, {}]) {
		const {exit, stdout} = await runDouble(['token', '--format', 'kubernetes'], kubernetes(info));
		assert.deepEqual([exit, stdout], [1, '']);
	}
});

test('demand 41: a program that has no person to offer gets no login, whatever its terminal', async () => {
	const tty = {stdin: true, stdout: true, stderr: true};
	const interactive = {apiVersion: version, spec: {interactive: false}};
	const {exit, stdout, stderr} = await runDouble(
		['token', '--format', 'kubernetes', '--login', '--issuer', 'https://auth.example', '--client-id', 'cli'],
		{environment: {tty, env: {KUBERNETES_EXEC_INFO: JSON.stringify(interactive), TERM: 'xterm'}}},
	);
	assert.deepEqual([exit, stdout], [3, '']);
	assert.match(stderr, /ink-login login --issuer https:\/\/auth\.example --client-id cli/);
});

test('options about signing in need --login', async () => {
	const {exit} = await runDouble(['token', '--prompt', 'login'], {sessions, engine});
	assert.equal(exit, 2);
});

/** What the options ask for beside the server and the client of the session that there is. */
const same = ['--issuer', 'https://auth.example', '--client-id', 'client'];
const stored = storedSession({
	requestedScope: 'openid profile email',
	provider: {
		...storedSession().provider,
		audience: 'https://api.example',
		resource: ['https://a.example', 'https://b.example'],
		parameters: {authorize: {organization: 'org_1'}, device: {organization: 'org_1'}},
	},
});
const resources = ['--resource', 'https://b.example', '--resource', 'https://a.example'];

test('a session that is not the one asked for is none, in every format: the difference is named, and what to run', async () => {
	const rows: readonly (readonly [readonly string[], RegExp])[] = [
		[['--issuer', 'https://b.example', '--client-id', 'client'], /It's for https:\/\/auth\.example, not https:\/\/b\./],
		[['--preset', 'github', '--client-id', 'client'], /not https:\/\/github\.com/],
		[[...same.slice(0, 3), 'other'], /It's for the client client, not the client other\./],
		[[...same, '--audience', 'https://b.example'], /audience https:\/\/api\.example, not the audience https:\/\/b\./],
		[['--no-resource'], /It's for the resource https:\/\/a\.example and .+, and you asked for none\./],
		[['--resource', 'https://a.example'], /resource .+ and .+, not the resource https:\/\/a\.example\./],
		[[...same, '--scope', 'admin'], /It lacks the scope admin\./],
		[['--login', ...same, '--param', 'organization=org_2'], /It's for the organization org_1, not/],
	];
	for (const [options, difference] of rows) {
		for (const format of ['raw', 'json', 'header', 'kubernetes']) {
			const args = ['token', ...options, '--format', format];
			const {exit, stdout, stderr} = await runDouble(args, {sessions: {default: stored}, engine});
			assert.deepEqual([exit, stdout], [3, ''], args.join(' '));
			assert.match(stderr, difference);
			assert.match(
				stderr,
				new RegExp(`Run.*: ink-login login ${options.filter(name => name !== '--login').join(' ')}`),
			);
		}
	}
});

test('a session that covers what is asked for is used; a scope counts if the login asked for it', async () => {
	const none = {...stored, provider: {...stored.provider, resource: []}};
	const noResource = await runDouble(['token', '--no-resource'], {sessions: {default: none}, engine});
	assert.deepEqual([noResource.exit, noResource.stdout], [0, 'access-1\n']);
	for (const options of [same, ['--scope', 'email profile'], resources, ['--audience', 'https://api.example']]) {
		for (const login of [[], ['--login']]) {
			const {exit, stdout} = await runDouble(['token', ...options, ...login], {sessions: {default: stored}, engine});
			assert.deepEqual([exit, stdout], [0, 'access-1\n'], options.join(' '));
		}
	}
});

test('token compares the organization with the one that the session is for', async () => {
	const parameters = {authorize: {organization: 'org_1'}, device: {organization: 'org_1'}};
	const session = {...stored, provider: {...stored.provider, parameters}};
	const tokenFor = async (organization: string) =>
		runDouble(['token', '--organization', organization], {sessions: {default: session}, engine});
	assert.equal((await tokenFor('org_1')).exit, 0);
	const other = await tokenFor('org_2');
	assert.equal(other.exit, 3);
	assert.match(other.stderr, /It's for the organization org_1, not the organization org_2\./);
});

test('token --login shows the login where the session is for another server', async () => {
	const asked: (readonly string[])[] = [];
	const {exit, stderr} = await runDouble(
		['token', '--login', '--flow', 'device', '--plain', '--issuer', 'https://b.example', '--client-id', 'client'],
		{
			sessions: {default: stored},
			engine: {
				...engine,
				login() {
					asked.push(['login']);
					throw failure('cancelled');
				},
			},
		},
	);
	assert.deepEqual([exit, asked.length], [130, 1], stderr);
});

test('an ID token that lives for less than ten minutes is printed while a tenth of that is left, without a request', async () => {
	const session = storedSession({
		tokens: tokenSet({claims: {...tokenSet().claims!, iat: now / 1000 - 30, exp: now / 1000 + 20}}),
	});
	const store = createMemoryStore();
	await store.write('default', session);
	const real = new TokenEngine({
		provider: session.provider,
		store,
		clock: createManualClock({now}),
		fetch: async () => assert.fail('a request'),
	});
	const {stdout, stderr} = await runDouble(['token', '--type', 'id'], {
		sessions: {default: session},
		engine: {tokens: async options => real.tokens(options)},
	});
	assert.deepEqual([stdout, stderr], ['id-1\n', '']);
});

test('a refresh tells a person at the terminal that the session ends soon: once a day, and only of an end that stays', async () => {
	const hour = 3_600_000;
	const day = 24 * hour;
	/** What the renewal of an hour-old token says, with so much left of the session. */
	const said = async (left: number, {moved = 0, stderr = true} = {}) => {
		const before = tokenSet({issuedAt: now - hour, expiresAt: now, sessionExpiresAt: now + left - moved});
		const after = tokenSet({accessToken: 'access-2', sessionExpiresAt: now + left});
		const told = await runDouble(['token', 'work'], {
			sessions: {work: storedSession({tokens: before})},
			engine: {tokens: async () => after},
			environment: {tty: {stdin: false, stdout: false, stderr}},
		});
		assert.equal(told.stdout, 'access-2\n');
		return told.stderr;
	};

	const notice = /^Your session ends 2026-11-24 11:30\. Before then, sign in again: ink-login login work\n$/;
	assert.match(await said(3 * day - hour / 2), notice);
	assert.match(await said(day - hour / 2), /Your session ends/);
	assert.match(await said(2 * day + hour, {moved: -20 * day}), /Your session ends/, 'an end that has come closer');
	assert.equal(await said(-hour / 2), '', 'over, and the server extended it without a word');
	assert.equal(await said(2 * day + hour, {moved: -hour}), '', 'closer, on the same day');
	assert.equal(await said(3 * day - 2 * hour), '', 'the same day');
	assert.equal(await said(4 * day - hour / 2), '', 'not soon');
	assert.equal(await said(3 * day - hour / 2, {moved: hour}), '', 'the refresh has moved it');
	assert.equal(await said(3 * day - hour / 2, {stderr: false}), '', 'nobody reads it');
});

test('--refresh renews a token that looks fresh, but not one that another caller has just renewed', async () => {
	const rejected = async (age: number, ...options: string[]) => rejectedAfter(age, age + 60_000, ...options);
	const rejectedAfter = async (age: number, sinceLogin: number, ...options: string[]) => {
		const asked: (TokenOptions | undefined)[] = [];
		await runDouble(['token', ...options], {
			sessions: {default: storedSession({signedInAt: now - sinceLogin, tokens: tokenSet({issuedAt: now - age})})},
			engine: {tokens: async options => (asked.push(options), tokenSet())},
		});
		return asked.map(options => options?.rejected);
	};

	assert.deepEqual(await rejected(60_000, '--refresh'), ['access-1']);
	assert.deepEqual(await rejected(60_000, '--refresh', '--type', 'id'), ['access-1']);
	assert.deepEqual(await rejected(60_000), [undefined]);
	assert.deepEqual(await rejected(2000, '--refresh'), [undefined]);
	assert.deepEqual(await rejectedAfter(2000, 1990, '--refresh'), ['access-1'], 'it came with the login');
	assert.deepEqual(await rejectedAfter(2000, 2000, '--refresh'), ['access-1'], 'it came with a pending login');
});
