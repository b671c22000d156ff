import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {startScriptedServer} from '../../source/testing/index.js';
import {approveAuthorization} from '../support/oidc-server/approve.js';
import {startDemoServer} from '../support/oidc-server/start-demo-server.js';

/* The test kit's server and oidc-provider, an independent implementation, are asked the same. */

type Members = Readonly<Record<string, unknown>>;

const independent = await startDemoServer();
const scripted = await startScriptedServer({client: {id: independent.clientId}});
after(async () => Promise.all([independent.stop(), scripted.close()]));

const discover = async (issuer: string): Promise<Members> =>
	(await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Members;

const servers = [
	{
		metadata: await discover(independent.issuer),
		approve: async (url: string) => approveAuthorization({url, visit: false}),
	},
	{
		metadata: await discover(scripted.issuer),
		approve: async (url: string) => (await fetch(url, {redirect: 'manual'})).headers.get('location') ?? '',
	},
] as const;
type Server = (typeof servers)[number];

const redirectUri = 'http://127.0.0.1:49152/callback';
/** RFC 7636 Appendix B. */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

const newCode = async ({metadata, approve}: Server): Promise<string> => {
	const url = new URL(String(metadata['authorization_endpoint']));
	url.search = new URLSearchParams({
		client_id: independent.clientId,
		response_type: 'code',
		redirect_uri: redirectUri,
		scope: 'openid email offline_access',
		state: 'the-state',
		prompt: 'consent',
		code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
		code_challenge_method: 'S256',
	}).toString();
	return new URL(await approve(url.href)).searchParams.get('code') ?? assert.fail('no code');
};

const askForTokens = async ({metadata}: Server, parameters: Readonly<Record<string, string>>) => {
	const body = new URLSearchParams({client_id: independent.clientId, ...parameters});
	const response = await fetch(String(metadata['token_endpoint']), {method: 'POST', body});
	return {
		status: response.status,
		type: response.headers.get('content-type')?.split(';')[0],
		caching: response.headers.get('cache-control'),
		members: (await response.json()) as Members,
	};
};

const redeem = async (server: Server, code: string, codeVerifier = verifier) =>
	askForTokens(server, {
		grant_type: 'authorization_code',
		code,
		redirect_uri: redirectUri,
		code_verifier: codeVerifier,
	});

/** What both respond, for `ask`, which must be the same. */
const alike = async <Value>(ask: (server: Server) => Promise<Value>): Promise<Value> => {
	const [theirs, ours] = [await ask(servers[0]), await ask(servers[1])];
	assert.deepEqual(ours, theirs);
	return ours;
};

test('what the test kit says in discovery, oidc-provider says or includes', () => {
	const [theirs, ours] = [servers[0].metadata, servers[1].metadata];
	const shared = Object.keys(ours).filter(name => name in theirs);
	assert.ok(shared.length > 12);
	for (const name of shared) {
		const [value, other] = [ours[name], theirs[name]];
		if (Array.isArray(value) && Array.isArray(other)) {
			assert.deepEqual(
				value.filter(one => !other.includes(one)),
				[],
				name,
			);
		} else if (typeof value === 'string') {
			assert.ok(value.startsWith(scripted.issuer) && String(other).startsWith(independent.issuer), name);
		} else {
			assert.equal(value, other, name);
		}
	}
});

test('both respond with the same members to a code and to a refresh token', async () => {
	await alike(async server => {
		const first = await redeem(server, await newCode(server));
		const refreshed = await askForTokens(server, {
			grant_type: 'refresh_token',
			refresh_token: String(first.members['refresh_token']),
		});
		return [first, refreshed].map(({members, ...rest}) => ({
			...rest,
			kinds: Object.fromEntries(Object.keys(members).map(name => [name, typeof members[name]])),
			tokenType: members['token_type'],
			scope: members['scope'],
		}));
	});
});

const refusals: Readonly<Record<string, (server: Server) => ReturnType<typeof redeem>>> = {
	'an unknown code': async server => redeem(server, 'made-up'),
	'a wrong verifier': async server => redeem(server, await newCode(server), 'x'.repeat(43)),
	'a code that comes twice': async server => {
		const code = await newCode(server);
		await redeem(server, code);
		return redeem(server, code);
	},
	'an unknown device code': async server =>
		askForTokens(server, {grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'made-up'}),
	'an unknown refresh token': async server =>
		askForTokens(server, {grant_type: 'refresh_token', refresh_token: 'made-up'}),
};

for (const [name, ask] of Object.entries(refusals)) {
	test(`both refuse ${name} alike`, async () => {
		const {error} = await alike(async server => {
			const {members, ...rest} = await ask(server);
			return {...rest, error: members['error']};
		});
		assert.equal(error, 'invalid_grant');
	});
}
