import assert from 'node:assert/strict';
import {test} from 'node:test';
import {hints} from '../../source/cli/errors.js';
import {judgeAuthorizationResponse} from '../../source/oauth/authorization-code.js';
import {defaultHints, redirectAdvice, type LoginError} from '../../source/core/errors.js';
import {requestDeviceAuthorization, requestDeviceToken} from '../../source/oauth/device-authorization.js';
import {json, testContext} from '../support/protocol-context.js';
import {refusal} from '../support/whole-login.js';

const failure = async (work: Promise<unknown>): Promise<LoginError> => (await refusal(work)).withHints(hints);

const refusedCode = async (error: string, description?: string) => {
	const context = await testContext({'/device': () => json({error, error_description: description}, 400)});
	return failure(requestDeviceAuthorization(context));
};

const refusedExchange = async (error: string, demands: object = {}) => {
	const context = await testContext({'/token': () => json({error}, 400)});
	const provider = {...context.provider, server: {...context.provider.server, ...demands}};
	return failure(requestDeviceToken({...context, provider}, 'code'));
};

test('a scope that is not granted is named, with the option for another', async () => {
	for (const [error, description] of [
		['invalid_scope', undefined],
		['invalid_parameter', 'invalid scopes: profile, offline_access'],
	] as const) {
		const {code, message, hint} = await refusedCode(error, description);
		assert.equal(code, 'invalid_scope');
		assert.match(message, /Asked for: openid profile\./);
		assert.match(hint, /--scope/);
	}
});

test('a grant that the client does not have is called so, though the server says invalid_request', async () => {
	const name = 'urn:ietf:params:oauth:grant-type:device_code';
	const {code} = await refusedCode('invalid_request', `${name} is not allowed for this client`);
	assert.equal(code, 'unsupported_grant');
});

test('a client whose requests must be pushed is told so by the option that pushes them', async () => {
	const {provider} = await testContext({});
	const answer = new URLSearchParams({
		state: 's',
		error: 'invalid_request',
		error_description: 'Pushed Authorization Request must be used',
	});
	const judged = judgeAuthorizationResponse(answer, 's', provider);
	assert.ok(judged.kind === 'refused');
	assert.match(judged.error.withHints(hints).hint, /--par/);
});

test('a first exchange that is refused is about its code, and names DPoP where the server knows it', async () => {
	const lost = await refusedExchange('invalid_grant');
	assert.match(lost.message, /doesn't know this sign-in's code/);
	assert.doesNotMatch(lost.hint, /DPoP/);
	const dpop = {dpop_signing_alg_values_supported: ['ES256']};
	assert.match((await refusedExchange('invalid_grant', dpop)).hint, /DPoP/);
	assert.match((await refusedExchange('invalid_dpop_proof', dpop)).message, /DPoP/);
});

test('a browser that showed an error may have been about the client id as well', () => {
	assert.match(redirectAdvice('http://127.0.0.1/callback', defaultHints), /client ID/);
});
