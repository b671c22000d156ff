import {clientPorts} from '../client-metadata.js';
import type {Provider} from '../provider.js';
import {type PresetOptions, commonSettings, checkHost} from './shared.js';

/** What `auth0` takes. */
export type Auth0Options = PresetOptions & {
	/** The tenant's domain, or the custom one: `acme.eu.auth0.com`. */
	readonly domain: string;
};

/**
 * Auth0: a "Native" application with the grants Authorization Code, Device Code and Refresh Token.
 *
 * - Its allowed callback URLs must hold `http://127.0.0.1:8484/callback`, and 8485 and 8486 for a port that is taken, or
 *   those of `redirect`: Auth0 matches them exactly.
 * - `audience` names the API whose access token is wanted; without one the token opens nothing but userinfo.
 * - A refresh token needs "Allow Offline Access" at the API. It rotates, with a short overlap.
 * - While polling it answers 403 for pending and 429 for slow_down, and says `expired_token` once only, then
 *   `invalid_grant`.
 * - The issuer ends in a slash.
 * - Passwords of a database connection or of AD (`allowPassword`, `realm`) and codes by e-mail or SMS (`allowOneTimeCode`)
 *   need the grants "Password" and "Passwordless OTP". Spread the result to allow them.
 *
 * @throws LoginError `config_error`
 */
export const auth0 = ({domain, ...options}: Auth0Options): Provider => {
	const issuer = `https://${checkHost(domain, 'Auth0 domain', 'acme.eu.auth0.com')}/`;
	return {
		name: 'auth0',
		issuer,
		endpoints: {oneTimeCode: `${issuer}passwordless/start`},
		redirect: {ports: clientPorts},
		...commonSettings(options),
	};
};
