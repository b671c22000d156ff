import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoginError} from '../../../source/core/errors.js';
import {redirectTarget} from '../../../source/login/loopback/redirect-uri.js';
import type {ProviderSettings} from '../../../source/oauth/provider.js';

const loopback = (redirect?: ProviderSettings['redirect']) => {
	const target = redirectTarget(redirect);
	assert.equal(target.kind, 'loopback');
	return target;
};

test('N03, N04: by default it is 127.0.0.1 on a port of the system, and [::1] where there is no IPv4', () => {
	const target = loopback();
	assert.deepEqual(target.addresses, [['127.0.0.1'], ['::1']]);
	assert.deepEqual(target.ports, [0]);
	assert.equal(target.path, '/callback');
	assert.equal(target.uri('127.0.0.1', 53114), 'http://127.0.0.1:53114/callback');
	assert.equal(target.uri('::1', 53114), 'http://[::1]:53114/callback');
});

test('S8: localhost binds both protocols together', () => {
	const target = loopback({host: 'localhost', ports: [8400, 8401], path: '/'});
	assert.deepEqual(target.addresses, [['127.0.0.1', '::1']]);
	assert.equal(target.allowsName, true);
	assert.equal(target.uri('127.0.0.1', 8401), 'http://localhost:8401/');
});

test('F14: a whole redirect URI is kept to the byte and binds its own port', () => {
	for (const uri of [
		'http://127.0.0.1:8085/cb',
		'http://localhost:8085',
		'http://[::1]:8085/a/b?tenant=x',
		'http://127.0.0.1:80/',
		'HTTP://LocalHost:8085/cb',
	]) {
		const target = loopback({uri, ports: [1, 2]});
		assert.equal(target.uri('127.0.0.1', target.ports[0]!), uri);
		assert.equal(target.ports.length, 1);
	}

	assert.deepEqual(loopback({uri: 'http://127.0.0.1:80/'}).ports, [80]);
	assert.deepEqual(loopback({uri: 'http://[::1]:8085/a/b?tenant=x'}).addresses, [['::1']]);
	assert.equal(loopback({uri: 'http://[::1]:8085/a/b?tenant=x'}).path, '/a/b');
	assert.equal(loopback({uri: 'http://localhost:8085'}).path, '/');
});

test('RFC 8252 §7.3: a loopback redirect URI without a port takes any', () => {
	const target = loopback({uri: 'http://127.0.0.1/cb?x=1'});
	assert.deepEqual(target.ports, [0]);
	assert.equal(target.uri('127.0.0.1', 4711), 'http://127.0.0.1:4711/cb?x=1');
	assert.deepEqual(loopback({uri: 'http://localhost/cb', ports: [7, 8]}).ports, [7, 8]);
});

test('a redirect to a page elsewhere binds nothing', () => {
	for (const uri of ['https://acme.dev/code', 'urn:ietf:wg:oauth:2.0:oob', 'dev.acme.cli:/callback']) {
		assert.deepEqual(redirectTarget({uri}), {kind: 'elsewhere', uri});
	}
});

test('what cannot be a redirect is a configuration error', () => {
	const bad: readonly ProviderSettings['redirect'][] = [
		{uri: 'http://acme.dev/callback'},
		{uri: 'http://127.0.0.1.evil.example/callback'},
		{uri: 'http://0.0.0.0:8085/callback'},
		{uri: 'not an address'},
		{uri: 'http://127.0.0.1:99999/callback'},
		{ports: [70_000]},
		{ports: [-1]},
		{ports: [1.5]},
		{ports: []},
		{path: 'callback'},
		{path: '/callback?tenant=x'},
	];
	for (const redirect of bad) {
		assert.throws(
			() => redirectTarget(redirect),
			(error: unknown) => error instanceof LoginError && error.code === 'config_error',
			JSON.stringify(redirect),
		);
	}
});
