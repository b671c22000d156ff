import assert from 'node:assert/strict';
import {test} from 'node:test';
import {judgeAuthorizationResponse} from '../../source/oauth/authorization-code.js';
import type {LoginErrorCode} from '../../source/core/errors.js';
import type {ResolvedProvider} from '../../source/oauth/provider.js';
import {issuer, testContext} from '../support/protocol-context.js';

const {provider: acme} = await testContext({});

/** Judges a query whose state should be `s1`. */
const judge = (query: string, server: Partial<ResolvedProvider['server']> = {}) =>
	judgeAuthorizationResponse(new URLSearchParams(query), 's1', {...acme, server: {...acme.server, ...server}});

const accepts = (query: string, server?: Partial<ResolvedProvider['server']>) =>
	assert.deepEqual(judge(query, server), {kind: 'accepted', code: 'x'}, query);

const refusal = (query: string, code: LoginErrorCode, server?: Partial<ResolvedProvider['server']>) => {
	const judgement = judge(query, server);
	assert.ok(judgement.kind === 'refused', `${query} ${judgement.kind}`);
	assert.equal(judgement.error.code, code, query);
	return judgement.error;
};

test('N09: a response without our state, with another or with several is not about this login', () => {
	assert.deepEqual(judge('code=x'), {kind: 'ignored', mismatch: 'no-state'});
	assert.deepEqual(judge('error=access_denied'), {kind: 'ignored', mismatch: 'no-state'});
	assert.deepEqual(judge('code=x&state=s2'), {kind: 'ignored', mismatch: 'other-state'});
	assert.deepEqual(judge('code=x&state=s1&state=s1'), {kind: 'ignored', mismatch: 'several-states'});
});

test('I01, I03, I04: another issuer is refused, and none of its text is repeated', () => {
	for (const iss of ['https://evil.example', `${issuer}/`, '']) {
		refusal(`code=x&state=s1&iss=${encodeURIComponent(iss)}`, 'identity_check_failed');
		const {message, hint} = refusal(
			`error=access_denied&error_description=call+555&state=s1&iss=${encodeURIComponent(iss)}`,
			'identity_check_failed',
		);
		assert.doesNotMatch(message + hint, /555|denied|evil/);
	}

	accepts(`code=x&state=s1&iss=${encodeURIComponent(issuer)}`);
	refusal(`code=x&state=s1&iss=${issuer}&iss=${issuer}`, 'identity_check_failed');
});

test('I02: a server that promises to name itself must', () => {
	const server = {authorization_response_iss_parameter_supported: true};
	refusal('code=x&state=s1', 'identity_check_failed', server);
	accepts(`code=x&state=s1&iss=${encodeURIComponent(issuer)}`, server);
});

test('A17: a token in the response is refused', () => {
	for (const name of ['access_token', 'refresh_token', 'id_token', 'token', 'token_type', 'response']) {
		assert.match(refusal(`code=x&state=s1&${name}=y`, 'bad_response').message, new RegExp(name));
	}
});

test('A18, S13: no parameter of the protocol may come twice', () => {
	for (const name of ['code', 'error', 'error_description', 'error_uri', 'scope', 'session_state']) {
		assert.match(refusal(`state=s1&${name}=y&${name}=y`, 'bad_response').message, /twice/);
	}
});

test('F03: parameters that nobody knows are ignored, even twice', () =>
	accepts('code=x&state=s1&hd=a&hd=b&ui_locales='));

test('S13: code and error together are an error; neither, or an empty code, is no response', () => {
	refusal('code=x&error=access_denied&state=s1', 'access_denied');
	assert.deepEqual(judge('state=s1'), {kind: 'ignored', mismatch: 'incomplete'});
	assert.deepEqual(judge('code=&state=s1'), {kind: 'ignored', mismatch: 'incomplete'});
});

test('1.7: an error is told in words, its description cleaned, its link only if https', () => {
	const query = new URLSearchParams({
		state: 's1',
		error: 'invalid_scope',
		error_description: 'no\u001B[31m such scope',
		error_uri: 'https://docs.example.com/errors',
	});
	const {message, hint} = refusal(query.toString(), 'invalid_scope');
	assert.match(message, /The server says: no such scope$/);
	assert.match(hint, /Read more: https:\/\/docs\.example\.com\/errors/);
	const unsafe = refusal('state=s1&error=login_required&error_uri=javascript:x', 'interaction_required');
	assert.doesNotMatch(unsafe.hint, /javascript/);
});

test('Entra: the issuer of any tenant is accepted, nothing else is', () => {
	const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
	const own = `${issuer}/${tenant}/v2.0`;
	const server = {issuer: `${issuer}/{tenantid}/v2.0`};
	accepts(`code=x&state=s1&iss=${own}`, server);
	const others = [
		`https://evil.example/${tenant}/v2.0`,
		`${issuer}/x/v2.0`,
		`${issuer}/{tenantid}/v2.0`,
		`${issuer}/${'-'.repeat(36)}/v2.0`,
		`${own}/`,
	];
	for (const iss of others) refusal(`code=x&state=s1&iss=${iss}`, 'identity_check_failed', server);
});
