import assert from 'node:assert/strict';
import {test} from 'node:test';
import {judgeRequest} from '../../../source/login/loopback/server.js';

const expectation = {authorities: ['127.0.0.1:8085'], callbackPath: '/callback', shortPath: '/k7q2mfxt9ahr3'};
const host = ['Host', '127.0.0.1:8085'];
const verdictOf = (url: string, headers: readonly string[] = [], method = 'GET') => {
	const verdict = judgeRequest({method, url, rawHeaders: [...host, ...headers]}, expectation);
	return verdict.kind === 'refused' ? verdict.status : verdict.kind;
};

test('a plain GET of the redirect path is a callback, its parameters all kept', () => {
	const verdict = judgeRequest({method: 'GET', url: '/callback?a=1&a=2&b=?', rawHeaders: host}, expectation);
	assert.deepEqual(verdict.kind === 'callback' && [...verdict.parameters], [
		['a', '1'],
		['a', '2'],
		['b', '?'],
	]);
	assert.equal(verdictOf('/k7q2mfxt9ahr3'), 'short-link');
});

test('S9: there is exactly one Host, and it is ours', () => {
	const judge = (...rawHeaders: string[]) => judgeRequest({method: 'GET', url: '/callback', rawHeaders}, expectation);
	assert.deepEqual(judge(), {kind: 'refused', status: 400});
	assert.deepEqual(judge(...host, 'host', 'evil.example'), {kind: 'refused', status: 400});
	assert.deepEqual(judge(...host, ...host), {kind: 'refused', status: 400});
	for (const name of ['evil.example:8085', '127.0.0.1', '127.0.0.1:80', 'localhost:8085', '127.0.0.1:8085.evil', '']) {
		assert.deepEqual(judge('Host', name), {kind: 'refused', status: 421}, name);
	}
});

test('S10, S11: only GET is taken', () => {
	for (const method of ['HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH', 'TRACE', 'get']) {
		assert.equal(verdictOf('/callback?code=x', [], method), 405, method);
	}
});

test('S11: a prefetch is put off', () => {
	assert.equal(verdictOf('/callback', ['Purpose', 'prefetch']), 503);
	assert.equal(verdictOf('/callback', ['Sec-Purpose', 'prefetch;prerender']), 503);
	assert.equal(verdictOf('/k7q2mfxt9ahr3', ['SEC-PURPOSE', 'Prefetch']), 503);
	assert.equal(verdictOf('/callback', ['X-Moz', 'prefetch']), 503);
});

test('demand 15, S10: Sec-Fetch-Dest must be a document where it is sent, and no other Sec-Fetch header counts', () => {
	assert.equal(verdictOf('/callback', ['Sec-Fetch-Dest', 'document']), 'callback');
	for (const destination of ['empty', 'iframe', 'image', 'script', 'Document', '']) {
		assert.equal(verdictOf('/callback', ['Sec-Fetch-Dest', destination]), 403, destination);
	}

	assert.equal(verdictOf('/callback', ['Sec-Fetch-Dest', 'document', 'sec-fetch-dest', 'iframe']), 403);
	assert.equal(verdictOf('/callback', ['Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Site', 'cross-site']), 'callback');
});

test('S7, S11: every other path is not found, the favicon included', () => {
	const others = [
		'/',
		'/favicon.ico',
		'/callback/',
		'/Callback',
		'/%63allback',
		'/callback;x',
		'/callback%3Fcode',
		'/k7q2',
	];
	for (const url of others) assert.equal(verdictOf(url), 404, url);
	assert.equal(verdictOf('/favicon.ico', ['Sec-Fetch-Dest', 'image']), 404);
});

test('S14: a target that names a host is never taken for a path', () => {
	assert.equal(verdictOf('//evil.example/callback?code=x'), 404);
	assert.equal(verdictOf('/\\evil.example/callback'), 404);
	assert.equal(verdictOf('http://127.0.0.1:8085/callback?code=x'), 400);
	assert.equal(verdictOf('http://evil.example/callback'), 400);
	assert.equal(verdictOf('*'), 400);
	assert.equal(verdictOf(''), 400);
});
