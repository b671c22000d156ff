import type {Provider} from '../provider.js';
import {checkHost, commonSettings, type PresetOptions} from './preset-options.js';

/** What `workosConnect` takes. */
export type WorkosConnectOptions = PresetOptions & {
	/** The AuthKit domain: `acme.authkit.app`, or the custom one. */
	readonly domain: string;
};

/**
 * WorkOS Connect: an application of its own at an AuthKit domain, by the book. Its redirect addresses are registered with
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
