import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../../source/testing/index.js';
import {isAnyLoopbackPort, notFound, reshape, without} from './reshape.js';

export const githubSecret = 'github-client-secret';

/** What GitHub calls an invalid grant, by the kind of grant. */
const invalidGrants: Readonly<Record<string, string>> = {
	authorization_code: 'bad_verification_code',
	refresh_token: 'bad_refresh_token',
	'urn:ietf:params:oauth:grant-type:device_code': 'incorrect_device_code',
};

/**
 * GitHub: errors with status 200 and names of its own, forms unless JSON is asked for, scopes with commas, no OpenID
 * Connect. The client secret is wanted for codes from the browser, and not while polling.
 */
export const startGithub = async (
	script: ServerScript = {},
	{refreshable = false}: {readonly refreshable?: boolean} = {},
): Promise<ScriptedServer> =>
	startScriptedServer({
		issuer: 'https://github.com/login/oauth',
		client: {id: 'Iv1.github'},
		user: {sub: '583231', login: 'octocat'},
		endpoints: {
			authorization: 'https://github.com/login/oauth/authorize',
			token: 'https://github.com/login/oauth/access_token',
			deviceAuthorization: 'https://github.com/login/device/code',
			verification: 'https://github.com/login/device',
			userInfo: 'https://api.github.com/user',
		},
		accessTokenLifetime: refreshable ? 28_800 : undefined,
		grantScope: requested => (refreshable ? `${requested} offline_access` : requested),
		redirectAllowed: uri => isAnyLoopbackPort(uri) && uri.pathname.startsWith('/callback'),
		responses: {
			openidConfiguration: notFound,
			oauthMetadata: notFound,
			jwks: notFound,
			revocation: notFound,
			pushedAuthorization: notFound,
			deviceAuthorization: reshape((body, _status, {headers}) =>
				inForm(without(body, 'verification_uri_complete'), headers['accept']),
			),
			token: tokenResponse(),
			userInfo: reshape((_body, status) => {
				if (status === 200) return {body: {id: 583_231, login: 'octocat', name: null, email: null}};
				return {status: 401, body: {message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest'}};
			}),
		},
		...script,
	});

const inForm = (body: Readonly<Record<string, unknown>>, accept = '') =>
	accept.includes('application/json')
		? {status: 200, body}
		: {
				status: 200,
				headers: {'content-type': 'application/x-www-form-urlencoded; charset=utf-8'},
				body: new URLSearchParams(Object.entries(body).map(([name, value]) => [name, String(value)])).toString(),
			};

/** Each device code's interval, which `slow_down` brings along. */
const tokenResponse = () => {
	const intervals = new Map<string, number>();
	return reshape((body, status, {parameters, headers}) => {
		const grantType = parameters.get('grant_type') ?? '';
		const accept = headers['accept'];
		const fail = (error: string, more = {}) =>
			inForm(
				{error, error_description: `GitHub says ${error}.`, error_uri: 'https://docs.github.com', ...more},
				accept,
			);
		if (grantType === 'authorization_code' && parameters.get('client_secret') !== githubSecret) {
			return fail('incorrect_client_credentials');
		}

		if (status !== 200) {
			const error = String(body['error']);
			if (error === 'slow_down') {
				const code = parameters.get('device_code') ?? '';
				const interval = (intervals.get(code) ?? 5) + 5;
				intervals.set(code, interval);
				return fail(error, {interval});
			}

			return fail(error === 'invalid_grant' ? (invalidGrants[grantType] ?? error) : error);
		}

		const scope = String(body['scope'])
			.split(' ')
			.filter(one => one !== '' && one !== 'offline_access')
			.join(',');
		return inForm({...body, token_type: 'bearer', scope}, accept);
	});
};
