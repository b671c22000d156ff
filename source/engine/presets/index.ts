import type {Provider} from '../provider.js';
import {auth0, type Auth0Options} from './auth0.js';
import {entra, type EntraOptions} from './entra.js';
import {github, type GithubOptions} from './github.js';
import {google, type GoogleOptions} from './google.js';
import {oauth, type OAuthOptions} from './oauth.js';
import {oidc, type OidcOptions} from './oidc.js';
import {workosConnect, type WorkosConnectOptions} from './workos-connect.js';
import {workos, type WorkosOptions} from './workos.js';

export {auth0, type Auth0Options} from './auth0.js';
export {entra, type EntraOptions} from './entra.js';
export {github, type GithubOptions} from './github.js';
export {google, type GoogleOptions} from './google.js';
export {oauth, type OAuthOptions} from './oauth.js';
export {oidc, type OidcOptions} from './oidc.js';
export type {PresetOptions} from './preset-options.js';
export {workosConnect, type WorkosConnectOptions} from './workos-connect.js';
export {workos, type WorkosOptions} from './workos.js';

/** The options of all presets together, for a caller who learns the preset's name only while it runs. */
export type AnyPresetOptions = Partial<
	Auth0Options &
		EntraOptions &
		GithubOptions &
		GoogleOptions &
		OAuthOptions &
		OidcOptions &
		WorkosConnectOptions &
		WorkosOptions
>;

/** Takes the options of any preset, by a method's laxer rule, since each checks what it is given. */
type PresetFactory = {make(options: AnyPresetOptions): Provider}['make'];

/** The presets by name, as the command knows them. */
export type PresetName = 'auth0' | 'workos' | 'workos-connect' | 'github' | 'google' | 'entra' | 'oidc' | 'oauth';

/** The presets by the names under which the command knows them. */
export const presets: Readonly<Record<PresetName, PresetFactory>> = {
	auth0,
	workos,
	'workos-connect': workosConnect,
	github,
	google,
	entra,
	oidc,
	oauth,
};
