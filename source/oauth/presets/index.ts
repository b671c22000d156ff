import type {Provider} from '../provider.js';
import {auth0, type Auth0Options} from './auth0.js';
import {
	gitlab,
	keycloak,
	oauth,
	oidc,
	okta,
	type GitlabOptions,
	type KeycloakOptions,
	type OAuthOptions,
	type OidcOptions,
	type OktaOptions,
} from './by-the-book.js';
import {entra, type EntraOptions} from './entra.js';
import {github, type GithubOptions} from './github.js';
import {google, type GoogleOptions} from './google.js';
import {workos, workosConnect, type WorkosConnectOptions, type WorkosOptions} from './workos.js';

/** The options of all presets together, for a caller who learns the preset's name only while it runs. */
export type AnyPresetOptions = Partial<
	Auth0Options &
		EntraOptions &
		GithubOptions &
		GitlabOptions &
		GoogleOptions &
		KeycloakOptions &
		OAuthOptions &
		OidcOptions &
		OktaOptions &
		WorkosConnectOptions &
		WorkosOptions
>;

/** Takes the options of any preset, by a method's laxer rule, since each checks what it is given. */
type PresetFactory = {make(options: AnyPresetOptions): Provider}['make'];

/** The presets by name, as the command knows them. */
export type PresetName =
	| 'auth0'
	| 'workos'
	| 'workos-connect'
	| 'github'
	| 'google'
	| 'entra'
	| 'okta'
	| 'keycloak'
	| 'gitlab'
	| 'oidc'
	| 'oauth';

/** The presets by the names under which the command knows them. */
export const presets: Readonly<Record<PresetName, PresetFactory>> = {
	auth0,
	workos,
	'workos-connect': workosConnect,
	github,
	google,
	entra,
	okta,
	keycloak,
	gitlab,
	oidc,
	oauth,
};
