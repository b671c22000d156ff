/** The people, programs and services that the authorization server knows. */

/** The public client, for the browser and the device flow. */
export const demoClientId = 'ink-login-demo';

/** The confidential client, for machines. Its secret is public: it guards nothing but a demo. */
export const machineClient = {clientId: 'ink-login-demo-machine', clientSecret: 'ink-login-demo-secret'} as const;

/** The one password that the password grant accepts. The pages ask for none. */
export const demoPassword = 'demo';

export type Person = {readonly login: string; readonly name: string; readonly email: string};

/** Any login name is a person: `bob` is Bob Demo. Undefined where it is no name at all. */
export const personFor = (text: string): Person | undefined => {
	const login = text.trim().toLowerCase().split('@', 1)[0] ?? '';
	if (!/^[a-z][a-z0-9._-]{0,31}$/.test(login)) return undefined;
	return {login, name: `${login.charAt(0).toUpperCase()}${login.slice(1)} Demo`, email: `${login}@example.test`};
};

export type Service = {readonly audience: string; readonly scope: string};

const services = ['service-a', 'service-b'].map((audience): Service => ({
	audience,
	scope: `${audience}:read ${audience}:write`,
}));

/** The service behind an audience (`service-b`) or a resource indicator (`https://service-b.example.test`, RFC 8707). */
export const serviceFor = (identifier: string): Service | undefined =>
	services.find(
		({audience}) => identifier === audience || identifier.replace(/\/$/, '') === `https://${audience}.example.test`,
	);
