import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../../source/testing/index.js';
import {reshape, without} from './reshape.js';

const statuses: Readonly<Record<string, number>> = {
	authorization_pending: 403,
	slow_down: 429,
	access_denied: 403,
	expired_token: 403,
	invalid_grant: 403,
	invalid_client: 401,
};

/** Auth0: own statuses, `expired_token` once only, redirect URIs to the letter, an issuer with a slash. */
export const startAuth0 = async (script: ServerScript = {}): Promise<ScriptedServer> => {
	const expired = new Set<string | null>();
	return startScriptedServer({
		issuer: 'https://acme.eu.auth0.com/',
		client: {id: 'auth0-native'},
		endpoints: {
			jwks: '/.well-known/jwks.json',
			authorization: '/authorize',
			deviceAuthorization: '/oauth/device/code',
			verification: '/activate',
			token: '/oauth/token',
			revocation: '/oauth/revoke',
		},
		redirectAllowed: ({href}) => /^http:\/\/127\.0\.0\.1:848[456]\/callback$/.test(href),
		metadata: metadata =>
			without(
				metadata,
				'pushed_authorization_request_endpoint',
				'require_pushed_authorization_requests',
				'authorization_response_iss_parameter_supported',
			),
		callback(parameters) {
			parameters.delete('iss');
			return parameters;
		},
		responses: {
			oauthMetadata: {status: 404, body: 'Not Found', headers: {'content-type': 'text/plain'}},
			token: reshape((body, status, {parameters}) => {
				if (status === 200) return {};
				const code = parameters.get('device_code');
				const repeated = body['error'] === 'expired_token' && expired.has(code);
				if (body['error'] === 'expired_token') expired.add(code);
				const error = repeated ? 'invalid_grant' : String(body['error']);
				return {status: statuses[error] ?? 403, body: {error, error_description: `Auth0 says ${error}.`}};
			}),
		},
		...script,
	});
};
