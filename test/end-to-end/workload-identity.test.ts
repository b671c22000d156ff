import assert from 'node:assert/strict';
import {chmodSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {inspect} from 'node:util';
import {createMemoryStore, LoginError, oidc, TokenEngine, type WorkloadIdentity} from '../../source/engine.js';
import {createManualClock, startScriptedServer, type ScriptedRequest} from '../../source/testing/index.js';
import {readIdentityToken} from '../../source/session/own-tokens.js';
import {temporaryFolder} from '../support/built-command.js';
import {testContext} from '../support/protocol-context.js';
import {sessionHome} from '../support/session-command.js';
import {serve} from '../support/loopback.js';

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const subject = 'repo:acme/shop:ref:refs/heads/main';
const identity = (serial: number, audience: string, more: object = {}) =>
	`${encode({alg: 'none'})}.${encode({iss: 'https://platform.example', sub: subject, aud: audience, serial, ...more})}.canary`;

const urn = (name: string) => `urn:ietf:params:oauth:${name}`;

/** Where each form carries the token, and the grant that it is. */
const forms = {
	grant: ['assertion', urn('grant-type:jwt-bearer')],
	exchange: ['subject_token', urn('grant-type:token-exchange')],
	client: ['client_assertion', 'client_credentials'],
} as const;
type Form = keyof typeof forms;

const offers: Readonly<Record<Form, object>> = {
	grant: {grant_types_supported: [urn('grant-type:jwt-bearer'), urn('grant-type:token-exchange')]},
	exchange: {grant_types_supported: ['client_credentials', urn('grant-type:token-exchange')]},
	client: {
		grant_types_supported: ['client_credentials'],
		token_endpoint_auth_methods_supported: ['private_key_jwt'],
	},
};

/** A server that trusts the subject, in the forms that it offers. */
const trustingServer = async (
	t: TestContext,
	offered: object,
	trusts: (form: URLSearchParams) => boolean = () => true,
) => {
	const server = await startScriptedServer({
		metadata: metadata => ({...metadata, ...offered}),
		responses: {
			token: ({parameters}: ScriptedRequest) =>
				trusts(parameters)
					? {body: {access_token: `token-${server.requestsTo('token').length}`, token_type: 'Bearer', expires_in: 600}}
					: {status: 400, body: {error: 'invalid_grant'}},
		},
	});
	t.after(async () => server.close());
	return server;
};

/** GitHub's endpoint, which gives another token each time. */
const actions = async (t: TestContext) => {
	const asked: {readonly audience: string | null; readonly authorization: string | undefined}[] = [];
	const origin = await serve(t, (request, response) => {
		const audience = new URL(request.url ?? '', 'http://x').searchParams.get('audience');
		asked.push({audience, authorization: request.headers.authorization});
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify({value: identity(asked.length, audience ?? '')}));
	});
	return {
		asked,
		env: {
			CI: 'true',
			ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}/token?api-version=2.0`,
			ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary-bearer',
		},
	};
};

const tokenFile = async (t: TestContext) => {
	const file = path.join(await temporaryFolder(t), 'token');
	return {file, rotate: (content: string) => writeFileSync(file, content)};
};

for (const form of Object.keys(forms) as Form[]) {
	const [member, grant] = forms[form];
	test(`machine to machine: Kubernetes' token file becomes a session as ${form}, and is read again at the renewal`, async t => {
		const server = await trustingServer(t, offers[form]);
		const {file, rotate} = await tokenFile(t);
		const clock = createManualClock();
		const engine = new TokenEngine({
			provider: oidc({
				...{issuer: server.issuer, clientId: 'shop', audience: 'https://api.example.com'},
				...{flow: 'workload-identity', workloadIdentity: {source: {file}}},
			}),
			store: createMemoryStore({clock}),
			clock,
		});
		const sentToken = () => server.requestsTo('token').at(-1)?.parameters.get(member);
		rotate(`${identity(1, server.issuer)}\n`);
		const session = await engine.ensure();
		assert.deepEqual([session.flow, session.refreshable], ['workload-identity', true]);
		assert.equal(await session.getToken(), 'token-1');
		assert.equal(sentToken(), identity(1, server.issuer));
		const {parameters} = server.requestsTo('token')[0]!;
		const {client_id: id, audience, grant_type: type} = Object.fromEntries(parameters);
		assert.deepEqual([id, audience, type], ['shop', 'https://api.example.com', grant]);

		rotate(identity(2, server.issuer));
		assert.equal(await session.getToken(), 'token-1', 'still good');
		await clock.advance(601_000);
		assert.equal(await session.getToken(), 'token-2');
		assert.equal(sentToken(), identity(2, server.issuer));
		assert.equal(JSON.stringify(await engine.store.read('default')).includes('canary'), false);
	});

	test(`machine to machine: a GitHub Actions job signs in as ${form}, with nothing but its variables, again and again`, async t => {
		const server = await trustingServer(t, {});
		const {asked, env} = await actions(t);
		const {run, session, expire} = await sessionHome(t);
		const login = ['login', '--issuer', server.issuer, '--client-id', 'shop', '--store', 'file'];
		const {exit, stdout, stderr} = await run([...login, '--flow', 'workload-identity', '--as', form], {env});
		assert.equal(exit, 0, stderr);
		assert.deepEqual(asked, [{audience: server.issuer, authorization: 'Bearer canary-bearer'}]);
		expire();
		const renewed = await run(['token'], {env});
		assert.deepEqual([renewed.exit, renewed.stdout], [0, 'token-2\n'], renewed.stderr);
		assert.equal(server.requestsTo('token')[1]?.parameters.get(member), identity(2, server.issuer));
		assert.equal(`${stdout}${stderr}${renewed.stderr}${JSON.stringify(session())}`.includes('canary'), false);
	});
}

/** A session whose token file is what proves the client. */
const signedInAsClient = async (t: TestContext) => {
	const server = await trustingServer(t, offers.client);
	const {file, rotate} = await tokenFile(t);
	const engine = new TokenEngine({
		provider: oidc({issuer: server.issuer, clientId: 'shop', workloadIdentity: {source: {file}}}),
		store: createMemoryStore(),
	});
	rotate(identity(1, server.issuer));
	await engine.ensure({flow: 'workload-identity'});
	return {server, file, rotate, engine};
};

test('machine to machine: a session of --as client proves itself in an exchange and at its logout, with the token of that moment', async t => {
	const {server, rotate, engine} = await signedInAsClient(t);
	rotate(identity(2, server.issuer));
	await engine.exchange({audience: 'billing'}).catch(() => undefined);
	await engine.logout();
	const requests = [...server.requestsTo('token'), ...server.requestsTo('revocation')];
	assert.deepEqual(
		requests.map(({parameters}) => [parameters.get('client_id'), parameters.get('client_assertion')]),
		[1, 2, 2].map(serial => ['shop', identity(serial, server.issuer)]),
	);
});

test('tokens of --as client that cannot be saved are revoked by the client that they were issued to', async t => {
	const server = await trustingServer(t, offers.client);
	const {file, rotate} = await tokenFile(t);
	rotate(identity(1, server.issuer));
	const statuses: number[] = [];
	server.answer('revocation', ({parameters}) => {
		const isProved = parameters.get('client_assertion') === identity(1, server.issuer);
		statuses.push(isProved ? 200 : 401);
		return isProved ? {status: 200} : {status: 401, body: {error: 'invalid_client'}};
	});
	const full = new LoginError('store_error', 'The disk is full.', {hint: 'Make room.'});
	const engine = new TokenEngine({
		provider: oidc({issuer: server.issuer, clientId: 'shop', workloadIdentity: {source: {file}}}),
		store: {...createMemoryStore(), write: async () => Promise.reject(full)},
	});
	const run = engine.login({flow: 'workload-identity'});
	await assert.rejects(run.session, {code: 'store_error'});
	await run.cancel();
	assert.deepEqual(statuses, [200]);
	assert.equal(server.requestsTo('revocation')[0]?.parameters.get('token'), 'token-1');
});

test('where the token is gone, a session of --as client is forgotten, and it is said why it was not revoked', async t => {
	const {server, file, engine} = await signedInAsClient(t);
	rmSync(file);
	const {outcome, reason} = await engine.logout();
	assert.equal(outcome, 'not-revoked');
	assert.match(reason ?? '', /Can't read the workload's identity token/);
	assert.equal(await engine.store.read('default'), undefined);
	assert.equal(server.requestsTo('revocation').length, 0);
});

test('a refusal says which trust is missing at the provider, or that the token has expired, and the token is not shown', async t => {
	const server = await trustingServer(t, offers.grant, () => false);
	const {file, rotate} = await tokenFile(t);
	const clock = createManualClock();
	const engine = new TokenEngine({
		provider: oidc({issuer: server.issuer, clientId: 'shop', workloadIdentity: {source: {file}}}),
		store: createMemoryStore({clock}),
		clock,
	});
	const refusal = async () =>
		engine.ensure({flow: 'workload-identity'}).then(
			() => assert.fail('no refusal'),
			(error: unknown) => {
				assert.ok(error instanceof LoginError, inspect(error));
				assert.equal(inspect(error, {depth: 9, showHidden: true}).includes('canary'), false);
				return error;
			},
		);
	rotate(identity(1, 'https://else\u001B[31m.example'));
	const {code, message, hint} = await refusal();
	assert.equal(code, 'invalid_client');
	assert.match(message, /^The server doesn't trust this workload's identity\.(?! .*sign-in)/);
	assert.equal(
		hint,
		`Have ${server.issuer} trust the issuer https://platform.example, the subject ${subject} and the audience https://else.example.`,
	);
	rotate(identity(1, 'x', {exp: clock.now() / 1000 - 1}));
	assert.match((await refusal()).message, /^This workload's identity token has expired\./);
});

test('a server that offers no form is asked nothing, and the form can be named', async t => {
	const server = await trustingServer(t, {grant_types_supported: ['authorization_code']});
	const {run} = await sessionHome(t);
	const {file, rotate} = await tokenFile(t);
	rotate(identity(1, server.issuer));
	const login = ['login', '--issuer', server.issuer, '--client-id', 'shop', '--store', 'file', '--id-token-file', file];
	const {exit, stderr} = await run([...login, '--flow', 'workload-identity']);
	assert.equal(exit, 1);
	assert.match(stderr, /doesn't say that it accepts workload identities\.\n.*--as grant, exchange or client/);
	assert.equal(server.requestsTo('token').length, 0);
	assert.equal((await run([...login, '--flow', 'workload-identity', '--as', 'exchange'])).exit, 0);
});

test('with nobody there a workload signs in by itself, and exec keeps its variable from the command that it runs', async t => {
	const server = await trustingServer(t, offers.exchange);
	const {run, session} = await sessionHome(t);
	const env = {CI: 'true', ACME_ID_TOKEN: identity(1, server.issuer)};
	const provider = ['--issuer', server.issuer, '--client-id', 'shop', '--store', 'file'];
	const {exit, stderr} = await run(['login', ...provider, '--id-token-env', 'ACME_ID_TOKEN'], {env});
	assert.equal(exit, 0, stderr);
	assert.equal(session().flow, 'workload-identity');
	const print = 'console.log(process.env.ACME_ID_TOKEN ?? "none", process.env.INK_LOGIN_TOKEN)';
	const child = await run(['exec', '--', process.execPath, '-e', print], {env});
	assert.equal(child.stdout, 'none token-1\n', child.stderr);
});

test('what is no identity token is refused before a server sees it; an opaque one can only be exchanged', async t => {
	const {file, rotate} = await tokenFile(t);
	const attempt = async (workloadIdentity: WorkloadIdentity, env: Record<string, string> = {}) => {
		const context = await testContext({}, {workloadIdentity});
		return readIdentityToken(context, env).then(
			token => token,
			(error: unknown) => {
				assert.ok(error instanceof LoginError, inspect(error));
				assert.equal(context.sent.length, 0);
				assert.equal(inspect(error, {depth: 9, showHidden: true}).includes('canary'), false);
				return error.message;
			},
		);
	};
	for (const [content, said] of [
		['', /is empty/],
		['\n', /is empty/],
		['canary\ncanary', /characters that no token can have/],
		['canary canary', /characters that no token can have/],
		['x'.repeat(10_000_000), /is too large/],
	] as const) {
		rotate(content);
		assert.match(await attempt({source: {file}}), said);
	}

	assert.match(await attempt({source: {env: 'NOT_SET'}}), /variable NOT_SET, which should hold .* isn't set/);
	assert.match(await attempt({}), /no identity/);
	const request = {ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary'};
	for (const url of ['http://pipelines.example/token', 'file:///etc/passwd', 'https://canary@pipelines.example', 'x']) {
		assert.match(await attempt({}, {...request, ACTIONS_ID_TOKEN_REQUEST_URL: url}), /_URL can't be used/);
	}

	rotate('opaque');
	const server = await trustingServer(t, {});
	const signIn = async (as: Form) =>
		new TokenEngine({
			provider: oidc({issuer: server.issuer, clientId: 'shop', workloadIdentity: {source: {file}, as}}),
			store: createMemoryStore(),
		}).ensure({flow: 'workload-identity'});
	await assert.rejects(signIn('grant'), {code: 'config_error', message: "This workload's identity token isn't a JWT."});
	await assert.rejects(signIn('client'), {code: 'config_error'});
	assert.equal((await signIn('exchange')).flow, 'workload-identity');
});

test('a session that other users could write to does not say which token is sent where', async t => {
	const server = await trustingServer(t, offers.exchange);
	const {run, home, expire} = await sessionHome(t);
	const {file, rotate} = await tokenFile(t);
	rotate(identity(1, server.issuer));
	const login = ['login', '--issuer', server.issuer, '--client-id', 'shop', '--store', 'file', '--id-token-file', file];
	assert.equal((await run([...login, '--flow', 'workload-identity'])).exit, 0);
	expire();
	chmodSync(path.join(home, 'profile-default.json'), 0o644);
	const {exit, stdout, stderr} = await run(['token']);
	assert.deepEqual([exit, stdout], [1, '']);
	assert.match(stderr, /This session doesn't say where its workload identity comes from\.\nSign in again\.\n$/);
	assert.equal(server.requestsTo('token').length, 1);
});
