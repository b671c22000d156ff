import type {Provider} from '../provider.js';
import {type PresetOptions, commonSettings, refuseKey, checkHost} from './shared.js';

/** What `github` takes. */
export type GithubOptions = PresetOptions & {
	/** A GitHub Enterprise Server, or a subdomain of ghe.com. @default 'github.com' */
	readonly host?: string;
};

/** GitHub's own error codes, in the words of RFC 6749 and RFC 8628. */
const githubErrors = {
	token_expired: 'expired_token',
	incorrect_device_code: 'invalid_grant',
	bad_verification_code: 'invalid_grant',
	bad_refresh_token: 'invalid_grant',
	incorrect_client_credentials: 'invalid_client',
	unverified_user_email: 'access_denied',
};

const githubApi = (host: string): string => {
	if (host === 'github.com') return 'https://api.github.com';
	return host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`;
};

/**
 * GitHub, an OAuth app or a GitHub App. "Device Flow" must be enabled in its settings.
 *
 * - Errors come with HTTP 200 and codes of GitHub's own; `slow_down` brings the new interval; scopes come with commas.
 * - The browser flow needs the client secret, PKCE or not. Any port of `http://127.0.0.1` is accepted, and a path at or
 *   below that of the registered callback.
 * - There is no OpenID Connect, so the name comes from the API's `/user`; the redirect names the issuer
 *   `https://github.com/login/oauth` (RFC 9207).
 * - Tokens of OAuth apps do not expire; GitHub Apps may issue refresh tokens. Only the owner of the client secret can
 *   revoke, and not by RFC 7009.
 *
 * @throws LoginError `config_error`
 */
export const github = ({host: named = 'github.com', ...options}: GithubOptions): Provider => {
	refuseKey(options, 'GitHub', 'Use a client secret instead.');
	const host = checkHost(named, 'GitHub host', 'github.example.com');
	const needsSecret = 'GitHub requires a client secret for signing in with the browser.';
	return {
		name: 'github',
		issuer: `https://${host}/login/oauth`,
		discovery: 'none',
		endpoints: {
			authorization: `https://${host}/login/oauth/authorize`,
			token: `https://${host}/login/oauth/access_token`,
			deviceAuthorization: `https://${host}/login/device/code`,
		},
		idToken: 'ignore',
		identity: {from: {url: `${githubApi(host)}/user`}, subject: 'id', name: 'login', email: 'email'},
		revocation: 'none',
		unsupportedFlows: {
			'client-credentials': 'GitHub gives programs no tokens of their own. A GitHub App signs a JWT instead.',
			...(options.clientSecret === undefined && {browser: needsSecret}),
		},
		dialect: {errorsIn200: true, scopeIsCommaList: true, errorAliases: githubErrors},
		...commonSettings(options),
	};
};
