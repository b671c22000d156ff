import type {Provider} from '../provider.js';
import {checkIssuer} from '../protocol/issuer.js';
import {commonSettings, type PresetOptions} from './preset-options.js';

/** What `workos` takes. */
export type WorkosOptions = PresetOptions & {
	/** Where the API is. @default 'https://api.workos.com' */
	readonly baseUrl?: string;
};

/**
 * WorkOS User Management, by its CLI Auth: a code to be approved on the AuthKit page. `clientId` is the environment's.
 *
 * - Nothing is discovered; tokens come from `/user_management/authenticate`.
 * - The answer has no `token_type` and no `expires_in` (the access token is a JWT that says itself when it ends), and a
 *   `user` of WorkOS's own instead of an ID token.
 * - Codes live for five minutes; refresh tokens work once; there is no revocation endpoint.
 *
 * @throws LoginError `config_error`
 */
export const workos = ({baseUrl = 'https://api.workos.com', ...options}: WorkosOptions): Provider => {
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
		identity: {from: {tokenAnswer: 'user'}, subject: 'id', name: 'first_name', email: 'email'},
		revocation: 'none',
		unsupportedRoutes: {
			browser: 'WorkOS signs in to command-line programs with a code.',
			'client-credentials': 'WorkOS User Management signs in people only; machines use WorkOS Connect.',
		},
		dialect: {expiryFromToken: true},
		...commonSettings(options),
	};
};
