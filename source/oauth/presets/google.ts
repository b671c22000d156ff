import type {Provider, ClientSecret} from '../provider.js';
import {type PresetOptions, misconfigured, commonSettings} from './shared.js';

/** What `google` takes. */
export type GoogleOptions = PresetOptions & {
	/** Google gives one to every client and wants it even with PKCE and while polling; in a shipped program it is no secret (RFC 8252 §8.5). */
	readonly clientSecret: ClientSecret;
};

/**
 * Google. The browser flow needs a client of the type "Desktop app" (any port of `http://127.0.0.1` is accepted), the
 * device flow one of the type "TVs and Limited Input devices": no client has both.
 *
 * - The device response says `verification_url`, and pending comes with 428; only a few scopes are allowed there.
 * - `offline_access` is no scope here: `access_type=offline` asks for the refresh token.
 * - The token, key and userinfo endpoints are on hosts of googleapis.com.
 *
 * @throws LoginError `config_error`
 */
export const google = ({parameters, ...options}: GoogleOptions): Provider => {
	// A program without types may have left it out.
	if ((options.clientSecret as ClientSecret | undefined) === undefined || options.clientSecret === '') {
		throw misconfigured(
			'The client secret is missing. Google requires one from every app.',
			'Copy it from https://console.cloud.google.com/auth/clients.',
		);
	}

	return {
		name: 'google',
		issuer: 'https://accounts.google.com',
		scope: 'openid profile email',
		clientAuthentication: 'post',
		crossDomainHosts: ['www.google.com'],
		unsupportedFlows: {'client-credentials': 'Google has service accounts for that. They sign a JWT instead.'},
		parameters: {...parameters, authorize: {access_type: 'offline', ...parameters?.authorize}},
		...commonSettings(options),
	};
};
