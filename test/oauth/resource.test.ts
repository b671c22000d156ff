import assert from 'node:assert/strict';
import test from 'node:test';
import {LoginError} from '../../source/core/errors.js';
import {discover} from '../../source/oauth/discovery.js';
import {hardenedFetch} from '../../source/oauth/hardened-fetch.js';
import {resource, type ResourceOptions} from '../../source/oauth/presets/resource.js';
import type {ResolvedProvider} from '../../source/oauth/provider.js';
import {withSessionRequest} from '../../source/oauth/request-parameters.js';
import {createManualClock} from '../../source/testing/index.js';

type Reply = object | string | (() => Response | Promise<Response>);

const typed = 'https://mcp.example.com/mcp';
const metadataAt = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';
const rootMetadataAt = 'https://mcp.example.com/.well-known/oauth-protected-resource';
const issuer = 'https://login.example.com';
const serverAt = `${issuer}/.well-known/oauth-authorization-server`;

const server = {
	issuer,
	authorization_endpoint: `${issuer}/authorize`,
	token_endpoint: `${issuer}/token`,
	registration_endpoint: `${issuer}/register`,
	code_challenge_methods_supported: ['S256'],
};
const metadata = {resource: typed, authorization_servers: [issuer]};

const challenge =
	(value: string, status = 401) =>
	() =>
		new Response('', {status, headers: {'www-authenticate': value}});

/** A web of JSON documents by their URL; everything else is 404. */
const look = async (
	replies: Readonly<Record<string, Reply>>,
	options: ResourceOptions = {},
	url = typed,
): Promise<{readonly provider: ResolvedProvider; readonly asked: readonly string[]}> => {
	const clock = createManualClock();
	const asked: string[] = [];
	const reach: typeof fetch = async input => {
		const at = input instanceof Request ? input.url : input.toString();
		asked.push(at);
		const reply = replies[at];
		if (typeof reply === 'function') return reply() as Promise<Response>;
		if (reply === undefined) return new Response('<html>', {status: 404, headers: {'content-type': 'text/html'}});
		return typeof reply === 'string'
			? new Response(reply, {headers: {'content-type': 'application/json'}})
			: Response.json(reply);
	};

	const {signal} = new AbortController();
	const begun = clock.now();
	const found = discover(resource(url, options), {fetch: hardenedFetch({fetch: reach, clock}), clock, signal});
	const provider = await clock.advanceUntil(found);
	assert.ok(clock.now() - begun < 5000);
	return {provider, asked};
};

const usual = {[typed]: challenge('Bearer'), [metadataAt]: metadata, [serverAt]: server};

const refuses = (pattern: RegExp) => (error: unknown) => {
	assert.ok(error instanceof LoginError, String(error));
	assert.match(`${error.message} ${error.hint}`, pattern);
	return true;
};

test('a resource names its server, and the server is asked where the specification says', async () => {
	const {provider, asked} = await look(usual);
	assert.equal(provider.issuer, issuer);
	assert.equal(provider.clientId, '');
	assert.deepEqual(provider.resource, [typed]);
	assert.deepEqual(asked, [typed, metadataAt, serverAt]);
	assert.equal(provider.flows.browser, true);
});

test('a challenge that names the metadata is followed, and nothing else is tried', async () => {
	const elsewhere = 'https://mcp.example.com/meta';
	const {asked} = await look({
		...usual,
		[typed]: challenge(`Bearer error="invalid_token", resource_metadata="${elsewhere}"`),
		[elsewhere]: metadata,
	});
	assert.deepEqual(asked, [typed, elsewhere, serverAt]);
});

test('of several challenges the one that says where the metadata is counts', async () => {
	const elsewhere = 'https://mcp.example.com/meta';
	const headers = new Headers({'www-authenticate': 'Basic realm="a, \\"b\\""'});
	headers.append('www-authenticate', 'DPoP algs="ES256"');
	headers.append('www-authenticate', `bearer realm=x resource_metadata=${elsewhere}`);
	const {asked} = await look({
		[typed]: () => new Response('', {status: 401, headers}),
		[elsewhere]: metadata,
		[serverAt]: server,
	});
	assert.deepEqual(asked, [typed, elsewhere, serverAt]);
});

test('the metadata that a later refusal named is used before the one of the probe, by the same rules', async () => {
	const later = 'https://mcp.example.com/moved';
	const moved = 'https://new.example';
	const lookAgain = async (at: string, name = typed) => {
		const clock = createManualClock();
		const replies: Readonly<Record<string, object>> = {
			[typed]: {},
			[metadataAt]: metadata,
			[serverAt]: server,
			[at]: {resource: name, authorization_servers: [moved]},
			[`${moved}/.well-known/oauth-authorization-server`]: {...server, issuer: moved},
		};
		const reach: typeof fetch = async input => {
			const reply = replies[input instanceof Request ? input.url : input.toString()];
			return reply === undefined ? new Response('', {status: 404}) : Response.json(reply);
		};
		const {signal} = new AbortController();
		const asking = withSessionRequest(resource(typed), {challengedMetadata: at});
		return discover(asking, {fetch: hardenedFetch({fetch: reach, clock}), clock, signal});
	};
	const {issuer: found, protectedResource} = await lookAgain(later);
	assert.equal(found, moved);
	assert.deepEqual(protectedResource, {url: typed}, 'it is for this login alone');
	await assert.rejects(lookAgain('https://192.168.0.1/metadata'), refuses(/private network/));
	await assert.rejects(lookAgain('http://mcp.example.com/metadata'), LoginError);
	await assert.rejects(lookAgain(later, 'https://other.example/mcp'), refuses(/says that it is https:\/\/other/));
});

test('metadata at the root counts where there is none for the path, and a resource may be named by its origin', async () => {
	const name = 'https://mcp.example.com';
	const {provider} = await look({[typed]: {}, [rootMetadataAt]: {...metadata, resource: name}, [serverAt]: server});
	assert.deepEqual(provider.resource, [name], 'as it was written, without a slash');
});

test('an issuer with a path has its documents at three places, in order', async () => {
	const tenant = `${issuer}/t1`;
	const appended = `${tenant}/.well-known/openid-configuration`;
	const {provider, asked} = await look({
		[typed]: challenge('Bearer'),
		[metadataAt]: {...metadata, authorization_servers: [tenant]},
		[appended]: {...server, issuer: tenant},
	});
	assert.equal(provider.issuer, tenant);
	assert.deepEqual(asked.slice(2), [
		`${issuer}/.well-known/oauth-authorization-server/t1`,
		`${issuer}/.well-known/openid-configuration/t1`,
		appended,
	]);
});

test('a stream that never ends has said its challenge in its headers', {timeout: 5000}, async () => {
	const headers = {'content-type': 'text/event-stream', 'www-authenticate': 'Bearer scope="c"'};
	for (const status of [200, 401]) {
		const stream = () => new Response(new ReadableStream(), {status, headers});
		assert.equal((await look({...usual, [typed]: stream})).provider.requestedScope, 'c');
	}
});

test('the first of several servers that describes itself is taken', async () => {
	const {provider} = await look({
		...usual,
		[metadataAt]: {...metadata, authorization_servers: ['https://gone.example', issuer]},
	});
	assert.equal(provider.issuer, issuer);
});

test('a server that never responds holds up no login at another one', async () => {
	const silent = 'https://silent.example';
	const servers = [issuer, silent, silent, silent, silent, silent, 'https://second.example'];
	const {provider, asked} = await look({
		...usual,
		[metadataAt]: {...metadata, authorization_servers: servers},
		[`${silent}/.well-known/oauth-authorization-server`]: async () => new Promise(() => undefined),
		'https://second.example/.well-known/oauth-authorization-server': {...server, issuer: 'https://second.example'},
	});
	assert.equal(provider.issuer, issuer);
	assert.deepEqual(provider.otherServers, ['https://second.example']);
	assert.equal(asked.filter(url => url.startsWith(silent)).length, 1);
});

test('a server that promises PKCE and registers apps comes before one that does not', async () => {
	const {code_challenge_methods_supported: _, ...silent} = server;
	const {registration_endpoint: __, ...closed} = server;
	const first = 'https://first.example';
	const both = async (other: object, options?: ResourceOptions) => {
		const replies = {
			...usual,
			[metadataAt]: {...metadata, authorization_servers: [first, issuer]},
			[`${first}/.well-known/oauth-authorization-server`]: {...other, issuer: first},
		};
		const {provider} = await look(replies, options);
		return [provider.issuer, ...(provider.otherServers ?? [])];
	};
	assert.deepEqual(await both(silent), [issuer, first]);
	assert.deepEqual(await both(closed), [issuer, first]);
	assert.deepEqual(await both(closed, {clientId: 'mine'}), [first, issuer]);
});

test('a server that is in trouble is not taken for one that describes nothing', async () => {
	const busy = () => new Response('', {status: 503});
	await assert.rejects(look({...usual, [metadataAt]: busy}), refuses(/unavailable at the moment \(HTTP 503\)/));
	await assert.rejects(look({...usual, [serverAt]: busy}), refuses(/unavailable at the moment \(HTTP 503\)/));
	const openId = `${issuer}/.well-known/openid-configuration`;
	const elsewhere = async (replies: Readonly<Record<string, Reply>>) =>
		(await look({...usual, ...replies})).provider.issuer;
	assert.equal(await elsewhere({[metadataAt]: busy, [rootMetadataAt]: metadata}), issuer);
	assert.equal(await elsewhere({[serverAt]: busy, [openId]: server}), issuer);
});

test('a server that a resource names and that is none is named to the person', async () => {
	await assert.rejects(
		look({...usual, [metadataAt]: {...metadata, authorization_servers: ['https://gone.example']}}),
		refuses(/Found no sign-in server at https:\/\/gone\.example, where mcp\.example\.com has people sign in/),
	);
});

test('a resource that has moved says where to, and nobody is led there', async () => {
	const moved = (location: string) => look({[typed]: () => new Response('', {status: 308, headers: {location}})});
	await assert.rejects(
		moved('https://new.example/mcp'),
		refuses(/redirects to https:\/\/new\.example\/mcp\. If you trust that URL, sign in there/),
	);
	for (const location of ['javascript:alert(1)', 'http://new.example', 'https://a:b@new.example']) {
		await assert.rejects(moved(location), refuses(/doesn't say where to sign in/));
	}
});

test('the challenge says the scope, else the resource does, else nobody', async () => {
	const listed = {...metadata, scopes_supported: ['a', 'b']};
	const all = async (replies: Readonly<Record<string, Reply>>, options?: ResourceOptions) =>
		(await look({...usual, ...replies}, options)).provider.requestedScope;
	assert.equal(await all({[typed]: challenge('Bearer scope="c"'), [metadataAt]: listed}), 'c');
	assert.equal(await all({[metadataAt]: listed}), 'a b');
	assert.equal(await all({}), '');
	assert.equal(await all({[metadataAt]: listed}, {scope: 'mine'}), 'mine');
	const lasting = {...server, scopes_supported: ['a', 'offline_access']};
	assert.equal(await all({[metadataAt]: listed, [serverAt]: lasting}), 'a b offline_access');
	assert.equal(await all({[serverAt]: lasting}), '', 'no scope at all leaves the choice to the server');
});

test('scopes with characters that no scope may have are not asked for', async () => {
	const {provider} = await look({...usual, [metadataAt]: {...metadata, scopes_supported: ['a', 'b\u001B[2J']}});
	assert.equal(provider.requestedScope, '');
});

test('a server of before has its documents at the origin of the resource', async () => {
	const origin = 'https://mcp.example.com';
	const {provider} = await look({
		[typed]: challenge('Bearer'),
		[`${origin}/.well-known/oauth-authorization-server`]: {...server, issuer: origin},
	});
	assert.equal(provider.issuer, origin);
	assert.equal(provider.resource, undefined, 'no name is known to be sent');
});

test('a server that describes nothing but asks for a sign-in has the endpoints of the first MCP servers', async () => {
	const {provider} = await look({[typed]: challenge('Bearer')});
	assert.equal(provider.server.authorization_endpoint, 'https://mcp.example.com/authorize');
	assert.equal(provider.server.registration_endpoint, 'https://mcp.example.com/register');
	await assert.rejects(look({[typed]: challenge('Basic realm="x"')}), refuses(/doesn't say where to sign in/));
});

test('a URL without a sign-in is not taken for a server of before', async () => {
	await assert.rejects(look({[typed]: {}}), refuses(/responds without a sign-in/));
	await assert.rejects(look({}), refuses(/doesn't say where to sign in/));
});

test('the URL of an issuer signs in at that issuer', async () => {
	const tenant = `${issuer}/t1`;
	const {provider} = await look(
		{[`${tenant}/.well-known/openid-configuration`]: {...server, issuer: tenant, jwks_uri: `${tenant}/keys`}},
		{},
		tenant,
	);
	assert.equal(provider.issuer, tenant);
	assert.equal(provider.requestedScope, 'openid profile email offline_access');
});

test('a slash at the end of an issuer without a path is forgiven', async () => {
	const {provider} = await look({...usual, [metadataAt]: {...metadata, authorization_servers: [`${issuer}/`]}});
	assert.equal(provider.issuer, issuer, 'as the server itself has it');
});

test('a given issuer must be one of those that the resource names', async () => {
	assert.equal((await look(usual, {issuer})).provider.issuer, issuer);
	await assert.rejects(
		look(usual, {issuer: 'https://other.example', clientId: 'c', clientSecret: 's'}),
		refuses(/not at https:\/\/other\.example.*never sent to another server/),
	);
});

test('without a promise of PKCE the next document counts, and without any there is no browser sign-in', async () => {
	const {code_challenge_methods_supported: _, ...silent} = server;
	const openId = `${issuer}/.well-known/openid-configuration`;
	const both = await look({...usual, [serverAt]: silent, [openId]: server});
	assert.equal(both.provider.flows.browser, true);
	const none = await look({...usual, [serverAt]: {...silent, device_authorization_endpoint: `${issuer}/device`}});
	assert.match(String(none.provider.flows.browser), /PKCE/);
	assert.equal(none.provider.flows.device, true);
});

test('a resource is sent as it was given, or not at all', async () => {
	assert.deepEqual((await look(usual, {resource: ['api://x']})).provider.resource, ['api://x']);
	assert.deepEqual((await look(usual, {resource: []})).provider.resource, []);
});

for (const [what, name] of [
	['another origin', 'https://victim.example.com/mcp'],
	['another port', 'https://mcp.example.com:8443/mcp'],
	['a longer path', 'https://mcp.example.com/mcp/admin'],
	['a path that only begins the same', 'https://mcp.example.com/mc'],
	['a user name', 'https://mcp.example.com@evil.example/mcp'],
	['an opaque name', 'api://mcp.example.com'],
	['no URL', 'mcp'],
	['a script', 'javascript:alert(1)'],
] as const) {
	test(`a resource that claims ${what} is refused`, async () => {
		await assert.rejects(look({...usual, [metadataAt]: {...metadata, resource: name}}), refuses(/Don't sign in there/));
	});
}

for (const [what, replies, pattern] of [
	[
		'metadata of another issuer',
		{[serverAt]: {...server, issuer: 'https://evil.example'}},
		/says that it is https:\/\/evil\.example/,
	],
	[
		'a server in a private network',
		{[metadataAt]: {...metadata, authorization_servers: ['https://10.0.0.1']}},
		/private network/,
	],
	[
		'a server on this computer',
		{[metadataAt]: {...metadata, authorization_servers: ['http://127.0.0.1:9000']}},
		/private network/,
	],
	[
		'a server without https',
		{[metadataAt]: {...metadata, authorization_servers: ['http://login.example.com']}},
		/plain http/,
	],
	[
		'a server that is a script',
		{[metadataAt]: {...metadata, authorization_servers: ['javascript:alert(1)']}},
		/instead of https/,
	],
	[
		'metadata in a private network',
		{[typed]: challenge('Bearer resource_metadata="https://192.168.0.1/x"')},
		/private network/,
	],
	[
		'a sign-in page that is a script',
		{[serverAt]: {...server, authorization_endpoint: 'javascript:alert(1)'}},
		/authorization_endpoint/,
	],
	[
		'a sign-in page that is a file',
		{[serverAt]: {...server, authorization_endpoint: 'file:///etc/passwd'}},
		/authorization_endpoint/,
	],
	[
		'a token endpoint in a private network',
		{[serverAt]: {...server, token_endpoint: 'https://169.254.169.254/token'}},
		/private network/,
	],
	[
		'a device endpoint without https',
		{[serverAt]: {...server, device_authorization_endpoint: 'http://x.example/d'}},
		/plain http/,
	],
	[
		'an endpoint with a user name',
		{[serverAt]: {...server, token_endpoint: 'https://a@login.example.com/t'}},
		/user name/,
	],
] as const) {
	test(`${what} is refused`, async () => {
		await assert.rejects(look({...usual, ...replies}), refuses(pattern));
	});
}

for (const host of [
	...['localhost.', 'a.localhost', 'intranet', 'printer.local', 'jenkins.corp.internal', 'nas.home.arpa', '2130706433'],
	...['[::1]', '[::127.0.0.1]', '[::ffff:10.0.0.1]', '[64:ff9b:1::a00:1]', '[2002:a00:1::]', '[fd00::1]', '[fec0::1]'],
]) {
	test(`a server at ${host} is refused to a resource that is on the internet`, async () => {
		const inside = {...metadata, authorization_servers: [`https://${host}`]};
		await assert.rejects(look({...usual, [metadataAt]: inside}), refuses(/private network/));
	});
}

for (const [what, reply] of [
	['a redirect', () => new Response('', {status: 302, headers: {location: metadataAt}})],
	['a page', () => new Response('<html>', {headers: {'content-type': 'text/html'}})],
	['a list', '[]'],
	['no JSON', '{'],
	['a document of two megabytes', () => Response.json({...metadata, more: 'x'.repeat(2 ** 21)})],
	['a document that is nested too deeply', `{"resource":${'['.repeat(1000)}${']'.repeat(1000)}}`],
	['an answer that wants a sign-in itself', challenge('Bearer')],
	['a document without a resource', {authorization_servers: [issuer]}],
] as const) {
	test(`${what} in the place of the resource's metadata is none`, async () => {
		const {provider} = await look({...usual, [metadataAt]: reply, [rootMetadataAt]: metadata});
		assert.equal(provider.issuer, issuer);
	});
}

for (const [what, header] of [
	['another scheme', 'Basic realm="x", resource_metadata="https://evil.example/m"'],
	['a script', 'Bearer resource_metadata="javascript:alert(1)"'],
	['a quotation mark that never closes', 'Bearer resource_metadata="https://evil.example/m'],
] as const) {
	test(`a challenge with ${what} names no metadata`, async () => {
		const {asked} = await look({...usual, [typed]: challenge(header)});
		assert.deepEqual(asked, [typed, metadataAt, serverAt]);
	});
}

test('an issuer that is trusted by its name may differ from the URL that led to it', async () => {
	const other = 'https://auth.example.com';
	const replies = {...usual, [serverAt]: {...server, issuer: other}};
	assert.equal((await look(replies, {trustedIssuers: [other]})).provider.issuer, other);
	await assert.rejects(
		look(replies, {trustedIssuers: ['https://third.example']}),
		refuses(/trust the issuer https:\/\/auth/),
	);
});

test('a name that a resource has for itself holds nothing that a terminal acts on', async () => {
	const {provider} = await look({...usual, [metadataAt]: {...metadata, resource_name: 'Nice\u001B[2J\u202Eserver'}});
	for (const sign of ['\u001B', '\u202E']) assert.ok(!provider.resourceName?.includes(sign));
	assert.match(provider.resourceName ?? '', /^Nice/);
});

test('a resource on this computer may have its server here, too', async () => {
	const here = 'http://127.0.0.1:9000';
	const {provider} = await look(
		{
			[`${here}/mcp`]: challenge('Bearer'),
			[`${here}/.well-known/oauth-protected-resource/mcp`]: {
				resource: `${here}/mcp`,
				authorization_servers: ['http://127.0.0.1:9001'],
			},
			'http://127.0.0.1:9001/.well-known/oauth-authorization-server': {
				issuer: 'http://127.0.0.1:9001',
				authorization_endpoint: 'http://127.0.0.1:9001/a',
				token_endpoint: 'http://127.0.0.1:9001/t',
				code_challenge_methods_supported: ['S256'],
			},
		},
		{},
		`${here}/mcp`,
	);
	assert.equal(provider.issuer, 'http://127.0.0.1:9001');
});

test('a server in a private network is asked where the person gave it', async () => {
	const inside = 'https://sso.corp.internal';
	const replies = {
		...usual,
		[metadataAt]: {...metadata, authorization_servers: [inside]},
		[`${inside}/.well-known/oauth-authorization-server`]: {
			...{issuer: inside, authorization_endpoint: `${inside}/a`, token_endpoint: `${inside}/t`},
			code_challenge_methods_supported: ['S256'],
		},
	};
	await assert.rejects(look(replies), refuses(/private network/));
	assert.equal((await look(replies, {issuer: inside})).provider.issuer, inside);
});

test('a host that is not there is said to be not there', async () => {
	const gone = () =>
		Promise.reject(
			Object.assign(new TypeError('fetch failed'), {cause: Object.assign(new Error(), {code: 'ENOTFOUND'})}),
		);
	await assert.rejects(look({[typed]: gone}), refuses(/Can't connect to mcp\.example\.com/));
});

test('a URL that nobody could sign in to is refused before anything is asked', () => {
	for (const url of [
		'ftp://x',
		'http://mcp.example.com',
		'https://a:b@mcp.example.com',
		'mcp.example.com',
		'javascript:1',
	]) {
		assert.throws(() => resource(url), LoginError, url);
	}

	for (const url of [
		'https://example.com',
		'http://example.com/c.json',
		'https://example.com/a/../c.json',
		'https://example.com/c#x',
	]) {
		assert.throws(() => resource(typed, {clientMetadataUrl: url}), LoginError, url);
	}
});
