import assert from 'node:assert/strict';
import {test} from 'node:test';
import {auth0} from '../../source/oauth/presets/auth0.js';
import {gitlab, keycloak, oauth, oidc, okta} from '../../source/oauth/presets/by-the-book.js';
import {entra} from '../../source/oauth/presets/entra.js';
import {github} from '../../source/oauth/presets/github.js';
import {google} from '../../source/oauth/presets/google.js';
import {presets, type AnyPresetOptions, type PresetName} from '../../source/oauth/presets/index.js';
import {workos, workosConnect} from '../../source/oauth/presets/workos.js';
import {registrations} from '../../source/oauth/registration.js';

const clientId = 'client';

const refuses = (make: () => unknown, message: RegExp) =>
	assert.throws(make, (error: Error & {code?: string; hint?: string}) => {
		assert.equal(error.name, 'LoginError');
		assert.equal(error.code, 'config_error');
		assert.match(error.message, message);
		assert.ok(error.hint);
		return true;
	});

test('every preset is reached by its name, carries it, and is plain data', () => {
	const options: AnyPresetOptions = {
		clientId,
		clientSecret: 'secret',
		domain: 'acme.example',
		issuer: 'https://id.example',
		endpoints: {token: 'https://id.example/token'},
	};
	const names = Object.keys(presets) as PresetName[];
	assert.deepEqual(names, [
		...['auth0', 'workos', 'workos-connect', 'github', 'google', 'entra'],
		...['okta', 'keycloak', 'gitlab', 'oidc', 'oauth'],
	]);
	for (const name of names) {
		const provider = presets[name](name === 'keycloak' ? {...options, domain: 'acme.example/realms/x'} : options);
		assert.equal(provider.name, name);
		assert.equal(provider.clientId, clientId);
		assert.deepEqual(structuredClone(provider), provider);
	}
});

test('the common options reach the provider, and win over what the preset would take', () => {
	const common = {
		clientId,
		clientSecret: 'secret',
		application: 'Acme CLI',
		scope: 'openid jobs',
		audience: 'https://api.example',
		resource: ['https://api.example'],
		prompt: 'login',
		loginHint: 'ada@example.com',
		redirect: {ports: [4000]},
		pushedAuthorization: true,
	};
	for (const provider of [
		auth0({domain: 'acme.eu.auth0.com', ...common}),
		google(common),
		entra(common),
		oidc({issuer: 'https://id.example', ...common}),
	]) {
		assert.deepEqual({...provider, ...common}, provider);
	}

	const {parameters} = google({...common, parameters: {authorize: {hd: 'example.com'}, token: {a: 'b'}}});
	assert.deepEqual(parameters, {authorize: {access_type: 'offline', hd: 'example.com'}, token: {a: 'b'}});
});

test('an option that is undefined changes nothing', () => {
	const provider = auth0({domain: 'acme.eu.auth0.com', clientId, scope: undefined, redirect: undefined});
	assert.deepEqual(provider, auth0({domain: 'acme.eu.auth0.com', clientId}));
	assert.deepEqual(provider.redirect, {ports: [8484, 8485, 8486]});
});

test('without a client id there is no provider', () => {
	for (const name of Object.keys(presets) as PresetName[]) {
		refuses(
			() =>
				presets[name]({
					clientId: ' ',
					clientSecret: 'secret',
					domain: name === 'keycloak' ? 'acme.example/realms/x' : 'acme.example',
					issuer: 'https://id.example',
					endpoints: {token: 'https://id.example/token'},
				}),
			/client ID is missing/,
		);
	}
});

test('a domain is a host: an address, a path, user names and escapes are refused', () => {
	assert.equal(auth0({domain: 'Acme.EU.auth0.com', clientId}).issuer, 'https://acme.eu.auth0.com/');
	assert.equal(workosConnect({domain: 'acme.authkit.app', clientId}).issuer, 'https://acme.authkit.app');
	for (const domain of ['https://acme.auth0.com', 'acme.auth0.com/x', 'a@b.example', 'a b', '\u001B[2J', '-', 'a:b']) {
		refuses(() => auth0({domain, clientId}), /isn't a host name/);
		refuses(() => workosConnect({domain, clientId}), /isn't a host name/);
		refuses(() => github({host: domain, clientId}), /isn't a host name/);
	}

	refuses(() => presets.auth0({clientId}), /domain is missing/);
	refuses(() => presets['workos-connect']({clientId, domain: ''}), /domain is missing/);
});

test('Okta, Keycloak and GitLab are found by what people know of them', () => {
	const issuers = [
		okta({domain: 'acme.okta.com', clientId}),
		okta({domain: 'https://acme.okta.com/oauth2/default/', clientId}),
		keycloak({domain: 'sso.acme.dev/realms/dev', clientId}),
		keycloak({domain: 'http://127.0.0.1:8080/realms/dev', clientId}),
		gitlab({clientId}),
		gitlab({domain: 'gitlab.acme.dev', clientId}),
	].map(({issuer}) => issuer);
	assert.deepEqual(issuers, [
		...['https://acme.okta.com', 'https://acme.okta.com/oauth2/default', 'https://sso.acme.dev/realms/dev'],
		...['http://127.0.0.1:8080/realms/dev', 'https://gitlab.com', 'https://gitlab.acme.dev'],
	]);
	refuses(() => keycloak({domain: 'sso.acme.dev', clientId}), /realm is missing/);
	refuses(() => presets.okta({clientId}), /Okta domain is missing/);
	for (const domain of ['http://acme.okta.com', 'a b', 'u:p@acme.okta.com', 'acme.okta.com/?x']) {
		refuses(() => okta({domain, clientId}), /issuer can't be used/);
	}
});

test('what people are told to register is what the preset uses', () => {
	for (const [name, {page, redirectUris, domain}] of Object.entries(registrations)) {
		const known = name === 'keycloak' ? 'sso.acme.dev/realms/dev' : domain?.example;
		const provider = presets[name as PresetName]({
			...{clientId, clientSecret: 'secret'},
			...(known !== undefined && {[domain?.option ?? 'domain']: known}),
		});
		const {ports = [], uri} = provider.redirect ?? {};
		const expected =
			uri === undefined
				? ports.length === 0
					? ['http://127.0.0.1/callback']
					: ports.map(port => `http://127.0.0.1:${port}/callback`)
				: [uri];
		if (redirectUris.length > 0) assert.deepEqual(redirectUris, expected, name);
		for (const url of [page(known), page()]) assert.equal(new URL(url).protocol, 'https:', name);
	}

	const pages = [
		registrations.okta.page('acme.okta.com'),
		registrations.keycloak.page('https://sso.acme.dev/auth/realms/dev/'),
		registrations.github.page('github.acme.dev'),
	];
	assert.deepEqual(pages, [
		'https://acme-admin.okta.com/admin/apps/active',
		'https://sso.acme.dev/auth/admin/dev/console/#/dev/clients',
		'https://github.acme.dev/settings/applications/new',
	]);
});

test('S34: an issuer is https, or http on loopback, without query and fragment', () => {
	assert.equal(oidc({issuer: 'http://127.0.0.1:4000/x', clientId}).issuer, 'http://127.0.0.1:4000/x');
	assert.equal(oidc({issuer: 'https://id.example/tenant/', clientId}).issuer, 'https://id.example/tenant/');
	for (const issuer of [
		'http://id.example',
		'id.example',
		'https://id.example?tenant=1',
		'https://id.example#x',
		'https://id.example?',
		'https://ada@id.example',
		'javascript:alert(1)',
	]) {
		refuses(() => oidc({issuer, clientId}), /issuer can't be used/);
		refuses(() => workos({baseUrl: issuer, clientId}), /issuer can't be used/);
	}

	refuses(() => presets.oidc({clientId}), /issuer is missing/);
});

test('oauth: endpoints by hand are checked, their hosts known, ID tokens looked at only with keys', () => {
	const endpoints = {authorization: 'https://web.example/authorize', token: 'https://api.example/token'};
	const provider = oauth({clientId, endpoints});
	assert.equal(provider.issuer, 'https://api.example');
	assert.equal(provider.discovery, 'none');
	assert.equal(provider.idToken, 'ignore');
	assert.deepEqual(provider.crossDomainHosts, ['web.example', 'api.example']);
	const keys = {...endpoints, jwks: 'https://api.example/keys'};
	assert.equal(oauth({clientId, endpoints: keys, issuer: 'https://id.example'}).idToken, undefined);
	refuses(() => oauth({clientId, endpoints: {...endpoints, token: 'http://api.example/'}}), /token endpoint/);
	refuses(() => oauth({clientId, endpoints: {...endpoints, token: 'https://a.example/#x'}}), /fragment/);
	refuses(() => oauth({clientId, endpoints: {authorization: endpoints.authorization}}), /token endpoint is missing/);
	refuses(() => presets.oauth({clientId}), /token endpoint is missing/);
});

test('oidc: endpoints that the document lacks come by hand', () => {
	const endpoints = {deviceAuthorization: 'https://gitlab.example/oauth/authorize_device'};
	assert.deepEqual(oidc({issuer: 'https://gitlab.example', clientId, endpoints}).endpoints, endpoints);
	refuses(() => oidc({issuer: 'https://id.example', clientId, endpoints: {token: 'x'}}), /token endpoint/);
});

test('github: the API of github.com, of an Enterprise Server and of a subdomain of ghe.com', () => {
	const urls = ['github.com', 'github.example.com', 'acme.ghe.com'].map(
		host => github({host, clientId}).identity?.from,
	);
	assert.deepEqual(urls, [
		{url: 'https://api.github.com/user'},
		{url: 'https://github.example.com/api/v3/user'},
		{url: 'https://api.acme.ghe.com/user'},
	]);
	assert.match(github({clientId}).unsupportedFlows?.browser ?? '', /client secret/);
	assert.equal(github({clientId, clientSecret: 'x'}).unsupportedFlows?.browser, undefined);
});

test('google: without a client secret there is no provider', () => {
	refuses(() => presets.google({clientId}), /client secret is missing/);
	refuses(() => google({clientId, clientSecret: ''}), /client secret is missing/);
});

test('entra: a tenant is a GUID or one of three words', () => {
	const authority = 'https://login.microsoftonline.com';
	assert.equal(entra({clientId}).issuer, `${authority}/{tenantid}/v2.0`);
	assert.equal(entra({clientId}).endpoints, undefined);
	const organizations = entra({clientId, tenant: 'organizations'});
	assert.equal(organizations.issuer, `${authority}/{tenantid}/v2.0`);
	assert.equal(organizations.endpoints?.token, `${authority}/organizations/oauth2/v2.0/token`);
	const id = '72F988BF-86f1-41af-91ab-2d7cd011db47';
	assert.equal(entra({clientId, tenant: id}).issuer, `${authority}/${id.toLowerCase()}/v2.0`);
	assert.match(entra({clientId, tenant: 'consumers'}).issuer, /9188040d/);
	for (const tenant of ['contoso.onmicrosoft.com', '', '../common']) {
		refuses(() => entra({clientId, tenant}), /isn't a tenant ID/);
	}
});
