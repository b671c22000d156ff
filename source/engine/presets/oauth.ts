import {LoginError} from '../login-error.js';
import type {Endpoints, Provider} from '../provider.js';
import {checkIssuer} from '../protocol/issuer.js';
import {checkEndpoints, commonSettings, type PresetOptions} from './preset-options.js';

/** What `oauth` takes. */
export type OAuthOptions = PresetOptions & {
	/** `token` at least. ID tokens are looked at only where `jwks` is there to verify them. */
	readonly endpoints: Endpoints;
	/** What the server calls itself in its answers (RFC 9207) and ID tokens. @default the token endpoint's origin */
	readonly issuer?: string;
};

/**
 * An authorization server that does not describe itself: its endpoints come by hand, nothing is discovered. Spread the
 * result to add what else is special about it, such as a `dialect` or where its `identity` is found.
 *
 * @throws LoginError `config_error`
 */
export const oauth = ({endpoints: given, issuer, ...options}: OAuthOptions): Provider => {
	const endpoints = checkEndpoints(given);
	const {token, jwks} = endpoints;
	if (token === undefined) {
		throw new LoginError('config_error', 'The token endpoint is missing.', {
			hint: 'Give the endpoints of the provider, or its issuer if it describes itself.',
		});
	}

	return {
		name: 'oauth',
		issuer: checkIssuer(issuer ?? new URL(token).origin),
		discovery: 'none',
		endpoints,
		// Whoever wrote the addresses knows whose hosts they are.
		crossDomainHosts: [...new Set(Object.values(endpoints).map(address => new URL(address).hostname))],
		...(jwks === undefined && {idToken: 'ignore' as const}),
		...commonSettings(options),
	};
};
