import assert from 'node:assert/strict';
import test from 'node:test';
import {parseCommandLine} from '../../source/cli/parse-args.js';
import {readProvider} from '../../source/cli/provider-options.js';
import {UsageError} from '../../source/cli/errors.js';
import type {ProviderSettings} from '../../source/oauth/provider.js';

const read = (args: readonly string[], stored?: ProviderSettings) =>
	readProvider(parseCommandLine(['login', ...args]).values)(stored);
const oidc = ['--issuer', 'https://auth.example', '--client-id', 'cli'];

test('an issuer and a client are all that is needed', () => {
	assert.deepEqual(read(oidc), {name: 'oidc', issuer: 'https://auth.example', clientId: 'cli'});
});

test('the request goes into the provider', () => {
	const provider = read([
		...oidc,
		...['--application', 'Acme', '--scope', 'openid api', '--audience', 'https://api.example', '--prompt', 'login'],
		...['--resource', 'https://r.example', '--login-hint', 'alice', '--port', '8400,8401', '--par'],
		...['--param', 'organization=org_1', '--param', 'empty='],
	]);
	const parameters = {organization: 'org_1', empty: ''};
	assert.deepEqual(provider, {
		name: 'oidc',
		issuer: 'https://auth.example',
		clientId: 'cli',
		application: 'Acme',
		scope: 'openid api',
		audience: 'https://api.example',
		resource: ['https://r.example'],
		prompt: 'login',
		loginHint: 'alice',
		redirect: {ports: [8400, 8401]},
		pushedAuthorization: true,
		parameters: {authorize: parameters, device: parameters},
	});
});

test('an organization that is named replaces that of the session in every request', () => {
	const of = (name: string) => ({organization: name, x: '1'});
	const stored = {name: 'oidc', issuer: 'https://auth.example', clientId: 'cli'};
	const provider = read(['--flow', 'client-credentials', '--param', 'organization=org_2'], {
		...stored,
		parameters: {authorize: of('org_1'), device: of('org_1')},
	});
	assert.deepEqual(provider?.parameters, {
		authorize: {x: '1'},
		device: {x: '1'},
		token: {organization: 'org_2'},
	});
});

test('a login for machines sends its parameters to the token endpoint', () => {
	const provider = read([...oidc, '--flow', 'client-credentials', '--param', 'organization=org_1']);
	assert.deepEqual(provider?.parameters, {token: {organization: 'org_1'}});
});

test('presets know their addresses from the domain', () => {
	const byPreset = (preset: string, domain: string) =>
		read(['--preset', preset, '--domain', domain, '--client-id', 'cli'])?.issuer;
	assert.equal(byPreset('auth0', 'acme.eu.auth0.com'), 'https://acme.eu.auth0.com/');
	assert.match(byPreset('entra', '9f1a3c5e-0000-4000-8000-123456789abc') ?? '', /9f1a3c5e/);
	assert.match(byPreset('github', 'github.example.com') ?? '', /^https:\/\/github\.example\.com\//);
});

test("without a provider in the options the profile's own is taken, with what the options change", () => {
	const stored: ProviderSettings = {
		name: 'auth0',
		issuer: 'https://acme.eu.auth0.com/',
		clientId: 'cli',
		scope: 'openid',
		redirect: {ports: [8484], path: '/cb'},
		parameters: {authorize: {organization: 'org_1'}},
	};
	assert.deepEqual(read([], stored), stored);
	assert.deepEqual(read(['--scope', 'openid api', '--redirect-uri', 'http://127.0.0.1:9000/x'], stored), {
		...stored,
		scope: 'openid api',
		redirect: {path: '/cb', uri: 'http://127.0.0.1:9000/x'},
	});
	const forwarded = ['--redirect-uri', 'https://fluffy-8400.app.github.dev/cb', '--port', '8400'];
	assert.deepEqual(read(forwarded, stored)?.redirect, {path: '/cb', uri: forwarded[1], ports: [8400]});
	for (const uri of ['com.myclientapp://acme.eu.auth0.com/callback', 'com.example.app:/callback']) {
		assert.equal(read(['--redirect-uri', uri], stored)?.redirect?.uri, uri);
	}
	assert.deepEqual(read(['--param', 'a=b'], stored)?.parameters, {
		authorize: {organization: 'org_1', a: 'b'},
		device: {a: 'b'},
	});
	assert.equal(read([]), undefined);
});

test('what is sent to the server as it is needs the server that it is for, where a URL leads to one', () => {
	const url = 'https://mcp.example.com/mcp';
	const at = (args: readonly string[], stored?: ProviderSettings) =>
		readProvider(parseCommandLine(['login', url, '--client-id', 'c', ...args]).values, {url})(stored);
	const issuer = 'https://login.example.com';
	for (const option of ['client-secret-file', 'client-secret-env', 'id-token-file', 'id-token-env']) {
		const refused = (error: unknown) =>
			error instanceof UsageError && error.message === `--${option} needs --issuer with a URL.`;
		assert.throws(() => at([`--${option}`, 'X']), refused);
		assert.equal(at([`--${option}`, 'X', '--issuer', issuer])?.issuer, issuer);
		const known = {name: 'resource', issuer, clientId: 'c'};
		assert.equal(at([`--${option}`, 'X'], {...known, protectedResource: {url, issuer}})?.issuer, issuer);
		assert.throws(() => at([`--${option}`, 'X'], {...known, protectedResource: {url}}), refused);
	}

	assert.equal(at([])?.clientId, 'c');
});

test('endpoints by hand go beside those that are known; a wrong name or URL is told at once', () => {
	const given = ['--endpoint', 'device=https://auth.example/d?x=1', '--endpoint', 'par=https://auth.example/par'];
	const endpoints = {
		deviceAuthorization: 'https://auth.example/d?x=1',
		pushedAuthorization: 'https://auth.example/par',
	};
	assert.deepEqual(read([...oidc, ...given])?.endpoints, endpoints);
	const stored: ProviderSettings = {name: 'oidc', issuer: 'https://a.example', clientId: 'cli', endpoints};
	const token = 'https://a.example/token';
	assert.deepEqual(read(['--endpoint', `token=${token}`], stored)?.endpoints, {...endpoints, token});
	for (const [wrong, said] of [
		['devices=https://a.example', /--endpoint can't be devices/],
		['https://a.example', /--endpoint can't be https/],
		['token=http://a.example', /The token endpoint can't be used/],
		['token=', /The token endpoint can't be used/],
	] as const) {
		assert.throws(
			() => read([...oidc, '--endpoint', wrong]),
			(error: unknown) => error instanceof UsageError && said.test(error.message),
			wrong,
		);
	}
});

test('the password grant is on for who names it, and only then', () => {
	assert.equal(read([...oidc, '--flow', 'password'])?.allowPassword, true);
	assert.equal(read(oidc)?.allowPassword, undefined);
});

test('what cannot be meant is refused before anything happens', () => {
	const lines: readonly string[][] = [
		['--client-id', 'cli'],
		['--issuer', 'https://auth.example'],
		['--issuer', 'http://auth.example', '--client-id', 'cli'],
		['--issuer', 'auth.example', '--client-id', 'cli'],
		['--preset', 'auth0', '--client-id', 'cli'],
		['--preset', 'auth0', '--domain', 'https://x/', '--client-id', 'cli'],
		['--preset', 'google', '--domain', 'acme', '--client-id', 'cli'],
		[...oidc, '--port', '0'],
		[...oidc, '--port', '8400,'],
		[...oidc, '--port', '65536'],
		[...oidc, '--redirect-uri', 'https://app.example/cb'],
		[...oidc, '--redirect-uri', 'not an address'],
		[...oidc, '--redirect-uri', 'myclientapp://callback'],
		[...oidc, '--redirect-uri', 'com.myclientapp://callback#part'],
		[...oidc, '--resource', '/relative'],
		[...oidc, '--resource', 'https://r.example/#part'],
		[...oidc, '--audience', 'a', '--audience', 'b'],
		[...oidc, '--param', 'no-value'],
		[...oidc, '--param', 'a=1', '--param', 'a=2'],
	];
	for (const args of lines) {
		assert.throws(
			() => read(args),
			(error: unknown) => error instanceof UsageError && error.hint !== '',
			args.join(' '),
		);
	}
});

test('parameters that are ours, have an option or are secret are refused, and their values are not repeated', () => {
	const names = ['state', 'nonce', 'code_challenge_method', 'response_type', 'grant_type', 'redirect_uri', 'client_id'];
	const secrets = ['client_secret', 'password', 'client_assertion', 'refresh_token', 'code', 'code_verifier'];
	for (const name of [...names, 'scope', 'prompt', ...secrets]) {
		assert.throws(
			() => read([...oidc, '--param', `${name}=hunter2`]),
			(error: unknown) => error instanceof UsageError && !`${error.message}${error.hint}`.includes('hunter2'),
			name,
		);
	}
});
