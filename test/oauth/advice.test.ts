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

test("an administrator's refusal is told from a person's, and names the setting", async () => {
	const entra = (code: number, said: string) => `AADSTS${code}: ${said} Trace ID: 0 Timestamp: 2026-11-28 09:00:00Z`;
	const table: readonly (readonly [error: string, description: string | undefined, code: string, hint: RegExp])[] = [
		[
			'invalid_grant',
			entra(53003, 'Access has been blocked by Conditional Access policies.'),
			'access_denied',
			/"Authentication flows"/,
		],
		[
			'interaction_required',
			entra(53000, 'Device is not in required device state.'),
			'access_denied',
			/browser.*administrator/,
		],
		[
			'invalid_client',
			entra(7000218, "The request body must contain: 'client_assertion'."),
			'unsupported_grant',
			/"Allow public client flows"/,
		],
		[
			'consent_required',
			entra(65001, 'The user or administrator has not consented.'),
			'interaction_required',
			/"Grant admin consent"/,
		],
		[
			'access_denied',
			entra(90094, 'The grant requires admin permission.'),
			'interaction_required',
			/"Grant admin consent"/,
		],
		['invalid_grant', entra(50105, 'The user is not assigned to a role.'), 'access_denied', /Users and groups/],
		['admin_policy_enforced', undefined, 'access_denied', /API controls/],
		['org_internal', undefined, 'access_denied', /External/],
		[
			'device_flow_disabled',
			'Device Flow must be explicitly enabled for this App',
			'unsupported_grant',
			/"Enable Device Flow"/,
		],
		[
			'access_denied',
			'Policy evaluation failed for this request, please check the policy configurations.',
			'access_denied',
			/Access policies/,
		],
		[
			'unauthorized_client',
			'Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client.',
			'unsupported_grant',
			/"OAuth 2.0 Device Authorization Grant"/,
		],
		[
			'unauthorized_client',
			"Grant type 'urn:ietf:params:oauth:grant-type:device_code' not allowed for the client.",
			'unsupported_grant',
			/"Device Code"/,
		],
	];
	for (const [error, description, code, hint] of table) {
		const failed = await refusedCode(error, description);
		assert.equal(failed.code, code, `${error} ${description ?? ''}`);
		assert.match(failed.hint, hint);
	}
});

test('what only sounds like an administrator stays what it is', async () => {
	for (const [error, description, code] of [
		['invalid_grant', 'AADSTS65001: The user or administrator has not consented.', 'invalid_grant'],
		['invalid_grant', 'AADSTS530039: something else', 'invalid_grant'],
		['access_denied', 'The policy evaluation failed', 'access_denied'],
		['unauthorized_client', undefined, 'unsupported_grant'],
	] as const) {
		const failed = await refusedCode(error, description);
		assert.equal(failed.code, code);
		assert.doesNotMatch(failed.hint, /Conditional|consent|Access policies|turn on/);
	}
});
