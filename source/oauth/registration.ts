import {clientPorts} from './client-metadata.js';
import type {PresetName} from './presets/index.js';

/** What it takes to register an app with a provider, for the person who does it. */
export type Registration = {
	/** The provider's own name. */
	readonly title: string;
	/** The page to register an app on, at the person's own domain where the provider has one for each customer. */
	readonly page: (domain?: string) => string;
	/** What to choose and turn on there, in order: one sentence each, in the words of that page. */
	readonly steps: readonly string[];
	/** To be entered there exactly; none where the provider asks for none. */
	readonly redirectUris: readonly string[];
	/** What `--domain` is for this provider; none where everybody uses the same servers. */
	readonly domain?: {
		/** What to call it, as in "Your Okta domain". */
		readonly label: string;
		readonly example: string;
		/** The option of the preset that takes it. @default 'domain' */
		readonly option?: 'host' | 'tenant';
		/** Used when none is given; without it the person has to give theirs. */
		readonly fallback?: string;
		/** Whether nearly everyone has one of their own, so that it is worth a question. */
		readonly usuallyOwn: boolean;
	};
	/** Who needs a client secret: nobody, those who sign in with the browser, or everybody. */
	readonly secret: 'never' | 'browser' | 'always';
};

const anyPort = ['http://127.0.0.1/callback'];
/** For those that compare the port too; the presets listen there. */
const exactPorts = clientPorts.map(port => `http://127.0.0.1:${port}/callback`);

const host = (domain: string): string => domain.replace(/^https?:\/\//, '').replace(/\/.*$/, '');

/** Keycloak's console lies beside its realms: `sso.example.com/auth/realms/acme`, or without `auth` since Keycloak 17. */
const keycloakConsole = (realm: string): string => {
	const [, base = '', name = ''] = /^(?:https?:\/\/)?(.+)\/realms\/([^/]+)\/*$/.exec(realm) ?? [];
	return name === ''
		? 'https://www.keycloak.org/docs/latest/server_admin/'
		: `https://${base}/admin/${name}/console/#/${name}/clients`;
};

/** The providers with a preset of their own, as the first run and the command's advice know them. */
export const registrations: Readonly<Record<Exclude<PresetName, 'oidc' | 'oauth'>, Registration>> = {
	github: {
		title: 'GitHub',
		page: (domain = 'github.com') => `https://${host(domain)}/settings/applications/new`,
		steps: ['Check "Enable Device Flow".'],
		redirectUris: anyPort,
		domain: {
			label: 'GitHub Enterprise host',
			example: 'github.example.com',
			option: 'host',
			fallback: 'github.com',
			usuallyOwn: false,
		},
		secret: 'browser',
	},
	google: {
		title: 'Google',
		page: () => 'https://console.cloud.google.com/auth/clients',
		steps: [
			'To sign in with the browser, choose the type "Desktop app".',
			'To sign in with a code, choose "TVs and Limited Input devices" instead.',
		],
		redirectUris: [],
		secret: 'always',
	},
	entra: {
		title: 'Microsoft Entra ID',
		page: () => 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
		steps: [
			'Under Authentication, add the platform "Mobile and desktop applications".',
			'Set "Allow public client flows" to Yes.',
		],
		redirectUris: ['http://localhost'],
		domain: {
			label: 'Tenant ID',
			example: '72f988bf-86f1-41af-91ab-2d7cd011db47',
			option: 'tenant',
			fallback: 'common',
			usuallyOwn: true,
		},
		secret: 'never',
	},
	auth0: {
		title: 'Auth0',
		page: () => 'https://manage.auth0.com/#/applications',
		steps: [
			'Create an application of the type "Native".',
			'Under Advanced Settings, Grant Types, check Authorization Code, Refresh Token and Device Code.',
			'To stay signed in, turn on "Allow Offline Access" at your API.',
		],
		redirectUris: exactPorts,
		domain: {label: 'Auth0 domain', example: 'acme.eu.auth0.com', usuallyOwn: true},
		secret: 'never',
	},
	workos: {
		title: 'WorkOS',
		page: () => 'https://dashboard.workos.com/environment/applications',
		steps: ["Copy your environment's client ID, which begins with client_."],
		redirectUris: [],
		secret: 'never',
	},
	'workos-connect': {
		title: 'WorkOS Connect',
		page: () => 'https://dashboard.workos.com/environment/applications',
		steps: ['Create an OAuth application, and make it a public one that uses PKCE.'],
		redirectUris: anyPort,
		domain: {label: 'AuthKit domain', example: 'acme.authkit.app', usuallyOwn: true},
		secret: 'never',
	},
	okta: {
		title: 'Okta',
		page: domain =>
			domain === undefined
				? 'https://login.okta.com'
				: `https://${host(domain).replace(/^([^.]+)(?=\.okta)/, '$1-admin')}/admin/apps/active`,
		steps: [
			'Create an app integration: "OIDC - OpenID Connect", then "Native Application".',
			'Check the grants Authorization Code, Refresh Token and Device Authorization.',
		],
		redirectUris: exactPorts,
		domain: {label: 'Okta domain', example: 'acme.okta.com', usuallyOwn: true},
		secret: 'never',
	},
	keycloak: {
		title: 'Keycloak',
		page: (domain = '') => keycloakConsole(domain),
		steps: [
			'Create a client, and leave "Client authentication" off.',
			'Check "Standard flow" and "OAuth 2.0 Device Authorization Grant".',
		],
		redirectUris: anyPort,
		domain: {label: 'Keycloak realm', example: 'sso.example.com/realms/NAME', usuallyOwn: true},
		secret: 'never',
	},
	gitlab: {
		title: 'GitLab',
		page: (domain = 'gitlab.com') => `https://${host(domain)}/-/user_settings/applications`,
		steps: ['Uncheck "Confidential".', 'Check the scopes openid, profile and email.'],
		redirectUris: anyPort,
		domain: {label: 'GitLab host', example: 'gitlab.example.com', fallback: 'gitlab.com', usuallyOwn: false},
		secret: 'never',
	},
};
