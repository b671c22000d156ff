import {type Provider, checkIssuer} from '../provider.js';
import {type PresetOptions, commonSettings, refuseKey, checkHost} from './shared.js';

/** What `workos` takes. */
export type WorkosOptions = PresetOptions & {
	/** Where the API is. @default 'https://api.workos.com' */
	readonly baseUrl?: string;
};

/**
 * WorkOS User Management, by its CLI Auth: a code to be approved on the AuthKit page. `clientId` is the environment's.
 *
 * - Nothing is discovered; tokens come from `/user_management/authenticate`.
 * - The response has no `token_type` and no `expires_in` (the access token is a JWT that says itself when it ends), and a
 *   `user` of WorkOS's own instead of an ID token.
 * - Codes live for five minutes; refresh tokens work once; there is no revocation endpoint.
 *
 * @throws LoginError `config_error`
 */
export const workos = ({baseUrl = 'https://api.workos.com', ...options}: WorkosOptions): Provider => {
	refuseKey(options, 'WorkOS User Management', 'Leave the key out.');
	const base = checkIssuer(baseUrl).replace(/\/$/, '');
	return {
		name: 'workos',
		issuer: base,
		discovery: 'none',
		endpoints: {
			deviceAuthorization: `${base}/user_management/authorize/device`,
			token: `${base}/user_management/authenticate`,
		},
		idToken: 'ignore',
		identity: {from: {tokenResponse: 'user'}, subject: 'id', name: 'first_name', email: 'email'},
		revocation: 'none',
		unsupportedFlows: {
			browser: 'WorkOS offers command-line programs only codes.',
			'client-credentials': 'WorkOS User Management is only for people. Machines use WorkOS Connect.',
		},
		dialect: {expiryFromToken: true},
		...commonSettings(options),
	};
};

/** What `workosConnect` takes. */
export type WorkosConnectOptions = PresetOptions & {
	/** The AuthKit domain: `acme.authkit.app`, or the custom one. */
	readonly domain: string;
};

/**
 * WorkOS Connect: an application of its own at an AuthKit domain, by the book. Its redirect URIs are registered with
 * the application; a refresh token needs the scope `offline_access`, and revoking one leaves the person's others alone.
 *
 * @throws LoginError `config_error`
 */
export const workosConnect = ({domain, ...options}: WorkosConnectOptions): Provider => ({
	name: 'workos-connect',
	issuer: `https://${checkHost(domain, 'AuthKit domain', 'acme.authkit.app')}`,
	revocation: 'single-login',
	...commonSettings(options),
});
