import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../../source/testing/index.js';
import {notFound, reshape, without} from './reshape.js';

export const entraTenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const authority = 'https://login.microsoftonline.com';

const errorNames: Readonly<Record<string, string>> = {
	access_denied: 'authorization_declined',
};

/** Entra: one address for many tenants, a `message` for the person, error names and numbers of its own. */
export const startEntra = async (
	script: ServerScript = {},
	{path = 'common', tenant = entraTenant}: {readonly path?: string; readonly tenant?: string} = {},
): Promise<ScriptedServer> => {
	const base = `${authority}/${path}`;
	return startScriptedServer({
		issuer: `${authority}/${tenant}/v2.0`,
		client: {id: '11111111-2222-3333-4444-555555555555'},
		user: {sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ', name: 'Ada Lovelace', email: 'ada@example.com'},
		endpoints: {
			// The document is asked for under "common" for anyone who is there; a tenant has its own.
			openidConfiguration: `${authority}/${path === tenant ? tenant : 'common'}/v2.0/.well-known/openid-configuration`,
			authorization: `${base}/oauth2/v2.0/authorize`,
			deviceAuthorization: `${base}/oauth2/v2.0/devicecode`,
			verification: 'https://microsoft.com/devicelogin',
			token: `${base}/oauth2/v2.0/token`,
			jwks: `${authority}/common/discovery/v2.0/keys`,
			userInfo: 'https://graph.microsoft.com/oidc/userinfo',
		},
		deviceCodeLifetime: 900,
		redirectAllowed: ({protocol, hostname, pathname}) =>
			protocol === 'http:' && hostname === 'localhost' && pathname === '/',
		metadata: metadata => ({
			...without(
				metadata,
				'revocation_endpoint',
				'pushed_authorization_request_endpoint',
				'require_pushed_authorization_requests',
				'authorization_response_iss_parameter_supported',
			),
			issuer: path === tenant ? metadata['issuer'] : `${authority}/{tenantid}/v2.0`,
			tenant_region_scope: null,
			cloud_instance_name: 'microsoftonline.com',
		}),
		callback(parameters) {
			parameters.delete('iss');
			parameters.set('session_state', '00000000-1111-2222-3333-444444444444');
			return parameters;
		},
		idToken: {
			claims: claims => ({
				...without(claims, 'at_hash'),
				tid: tenant,
				ver: '2.0',
				preferred_username: 'ada@example.com',
			}),
		},
		responses: {
			oauthMetadata: notFound,
			pushedAuthorization: notFound,
			revocation: notFound,
			deviceAuthorization: reshape(body => ({
				body: {
					...without(body, 'verification_uri_complete'),
					message: `To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code ${String(body['user_code'])} to authenticate.`,
				},
			})),
			token: reshape((body, status, {parameters}) => {
				if (status === 200) return {body: {...body, scope: String(body['scope']).replace(' offline_access', '')}};
				const polling = parameters.has('device_code');
				const named = polling && body['error'] === 'invalid_grant' ? 'bad_verification_code' : undefined;
				const error = named ?? errorNames[String(body['error'])] ?? String(body['error']);
				return {
					status: 400,
					body: {
						error,
						error_description: `AADSTS70000: Entra says ${error}. Trace ID: 0 Correlation ID: 0 Timestamp: 2026-11-21 09:00:00Z`,
						error_codes: [70_000],
						timestamp: '2026-11-21 09:00:00Z',
						trace_id: '0',
						correlation_id: '0',
						error_uri: 'https://login.microsoftonline.com/error?code=70000',
					},
				};
			}),
		},
		...script,
	});
};
