import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../../source/testing/index.js';
import {isAnyLoopbackPort, notFound, reshape, without} from './reshape.js';

export const googleSecret = 'GOCSPX-secret';

const statuses: Readonly<Record<string, number>> = {
	authorization_pending: 428,
	slow_down: 403,
	access_denied: 403,
	invalid_client: 401,
};

const googleScope = (scope: string) =>
	scope.replace(/\b(email|profile)\b/g, 'https://www.googleapis.com/auth/userinfo.$1');

/** Google: hosts of googleapis.com, `verification_url`, statuses of its own, a secret for all, `access_type`. */
export const startGoogle = async (script: ServerScript = {}): Promise<ScriptedServer> =>
	startScriptedServer({
		issuer: 'https://accounts.google.com',
		client: {id: 'app.apps.googleusercontent.com', secret: googleSecret},
		endpoints: {
			authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
			deviceAuthorization: 'https://oauth2.googleapis.com/device/code',
			verification: 'https://www.google.com/device',
			token: 'https://oauth2.googleapis.com/token',
			jwks: 'https://www.googleapis.com/oauth2/v3/certs',
			userInfo: 'https://openidconnect.googleapis.com/v1/userinfo',
			revocation: 'https://oauth2.googleapis.com/revoke',
		},
		rotateRefreshTokens: false,
		redirectAllowed: isAnyLoopbackPort,
		// The device endpoint needs no access_type; the browser gets a refresh token only with it.
		grantScope: (requested, parameters) =>
			parameters.get('access_type') === 'offline' || !parameters.has('response_type')
				? `${requested} offline_access`
				: requested,
		metadata: metadata => ({
			...without(metadata, 'pushed_authorization_request_endpoint', 'require_pushed_authorization_requests'),
			scopes_supported: ['openid', 'email', 'profile'],
		}),
		responses: {
			oauthMetadata: notFound,
			pushedAuthorization: notFound,
			deviceAuthorization: async request => {
				const scopes = (request.parameters.get('scope') ?? '').split(' ');
				return scopes.every(scope => ['openid', 'email', 'profile'].includes(scope))
					? reshape(body => ({
							body: {
								...without(body, 'verification_uri', 'verification_uri_complete'),
								verification_url: body['verification_uri'],
							},
						}))
					: {status: 400, body: {error: 'invalid_scope', error_description: 'Invalid device flow scope'}};
			},
			authorization: async (request, conforming) =>
				request.parameters.get('scope')?.includes('offline_access') === true
					? {...notFound, status: 400}
					: conforming(),
			token: reshape((body, status) => {
				if (status === 200) {
					return {body: {...body, scope: googleScope(String(body['scope']).replace(' offline_access', ''))}};
				}

				const error = String(body['error']);
				return {status: statuses[error] ?? 400, body: {error, error_description: 'Google says so'}};
			}),
		},
		...script,
	});
