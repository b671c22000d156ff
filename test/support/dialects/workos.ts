import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../../source/testing/index.js';
import {notFound, reshape, without} from './reshape.js';

/** WorkOS User Management: no discovery, no `token_type`, no `expires_in`, no scope; a JWT of five minutes, and a `user`. */
export const startWorkos = async (script: ServerScript = {}): Promise<ScriptedServer> => {
	const server = await startScriptedServer({
		issuer: 'https://api.workos.com',
		client: {id: 'client_01WORKOS'},
		user: {sub: 'user_01ADA', name: 'Ada', email: 'ada@example.com'},
		endpoints: {
			deviceAuthorization: '/user_management/authorize/device',
			token: '/user_management/authenticate',
			verification: 'https://acme.authkit.app/device',
		},
		deviceCodeLifetime: 300,
		accessTokenLifetime: 300,
		grantScope: () => 'offline_access',
		responses: {
			openidConfiguration: notFound,
			oauthMetadata: notFound,
			jwks: notFound,
			userInfo: notFound,
			revocation: notFound,
			pushedAuthorization: notFound,
			authorization: notFound,
			token: reshape((body, status) => {
				if (status !== 200) return {};
				const now = Math.floor((server.script.clock?.now() ?? Date.now()) / 1000);
				const claims = {iss: server.issuer, sub: 'user_01ADA', sid: 'session_01', iat: now, exp: now + 300};
				return {
					body: {
						...without(body, 'token_type', 'expires_in', 'scope', 'id_token'),
						access_token: server.sign(claims),
						user: {object: 'user', id: 'user_01ADA', first_name: 'Ada', last_name: null, email: 'ada@example.com'},
						organization_id: 'org_01',
						authentication_method: 'Password',
					},
				};
			}),
		},
		...script,
	});
	return server;
};

/** WorkOS Connect at an AuthKit domain: by the book. */
export const startWorkosConnect = async (script: ServerScript = {}): Promise<ScriptedServer> =>
	startScriptedServer({
		issuer: 'https://acme.authkit.app',
		client: {id: 'client_01CONNECT'},
		endpoints: {
			jwks: '/oauth2/jwks',
			authorization: '/oauth2/authorize',
			deviceAuthorization: '/oauth2/device_authorization',
			token: '/oauth2/token',
			userInfo: '/oauth2/userinfo',
		},
		metadata: metadata => without(metadata, 'revocation_endpoint', 'pushed_authorization_request_endpoint'),
		responses: {revocation: notFound, pushedAuthorization: notFound},
		...script,
	});
