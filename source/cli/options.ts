/** The commands, in the order in which the help shows them; `ask` is the bare `ink-login`. */
export const commandNames = [
	'ask',
	'login',
	'token',
	'helper',
	'exec',
	'exchange',
	'status',
	'logout',
	'client-metadata',
	'doctor',
	'demo',
] as const;
export type CommandName = (typeof commandNames)[number];

/** The parts of login's help. */
export const optionGroups = {
	provider: 'Where to sign in',
	request: 'How to sign in',
	machine: 'As a machine',
	pending: 'Without waiting for the person',
	looks: 'What you see',
	storage: 'What is saved',
} as const;

export type CommandOption = {
	/** The name of its value in the help; a switch has none. */
	readonly value?: string;
	/** The only values that there are. */
	readonly choices?: readonly string[];
	/** What holds without it, as the help says it. */
	readonly default?: string;
	/** It may be given more than once. */
	readonly many?: true;
	readonly help: string;
	readonly group: keyof typeof optionGroups | 'output';
	readonly commands: readonly CommandName[];
	/** The flows whose requests it is about; with `--flow` another one it is refused. */
	readonly flows?: readonly string[];
};

const signIn = ['ask', 'login', 'token'] as const;
const justLogin = ['ask', 'login'] as const;
const anyLogin = [...signIn, 'demo'] as const;
const withDocument = [...signIn, 'client-metadata'] as const;
/** Those that say where to sign in are for `exchange` where it has no session. */
const anyServer = [...signIn, 'exchange'] as const;
const withSecret = [...signIn, 'helper', 'exec', 'exchange', 'logout', 'doctor'] as const;

/** Every option of every command: parsing, refusing and the help all go by this table. No option ever holds a secret. */
const options = {
	issuer: {value: 'URL', help: "the server's issuer URL", group: 'provider', commands: anyServer},
	preset: {
		value: 'NAME',
		choices: ['auth0', 'entra', 'github', 'gitlab', 'google', 'keycloak', 'okta', 'workos', 'workos-connect'],
		help: 'a provider by name',
		group: 'provider',
		commands: anyServer,
	},
	domain: {value: 'D', help: 'your domain, realm or tenant there', group: 'provider', commands: anyServer},
	endpoint: {
		value: 'NAME=URL',
		many: true,
		help: "an endpoint the server doesn't publish; repeatable",
		group: 'provider',
		commands: anyServer,
	},
	'trust-issuer': {
		value: 'URL',
		many: true,
		help: 'an issuer to accept, even if found at another URL',
		group: 'provider',
		commands: signIn,
	},
	'client-id': {value: 'ID', help: 'the client ID of the app you registered', group: 'provider', commands: anyServer},
	'client-secret-file': {
		value: 'F',
		help: "a file with the app's client secret (- for stdin)",
		group: 'machine',
		commands: withSecret,
	},
	'client-secret-env': {
		value: 'NAME',
		help: 'an environment variable that holds it',
		group: 'machine',
		commands: withSecret,
	},
	'client-key-file': {
		value: 'F',
		help: "a file with the app's private key (PEM or JWK)",
		group: 'machine',
		commands: [...withSecret, 'client-metadata'],
	},
	'client-metadata-url': {
		value: 'URL',
		help: "where the app's client metadata is hosted",
		group: 'provider',
		commands: withDocument,
	},
	application: {
		value: 'NAME',
		help: 'the app name to show',
		group: 'provider',
		commands: [...anyLogin, 'client-metadata'],
	},
	flow: {
		value: 'FLOW',
		choices: ['auto', 'browser', 'device', 'client-credentials', 'workload-identity', 'one-time-code', 'password'],
		default: 'auto',
		help: 'how to sign in',
		group: 'request',
		commands: anyLogin,
	},
	scope: {
		value: 'S',
		help: 'scopes to ask for, separated by spaces',
		group: 'request',
		commands: [...anyLogin, 'exchange'],
	},
	audience: {
		value: 'A',
		many: true,
		help: 'the API the token is for, as the provider names it',
		group: 'request',
		commands: [...anyLogin, 'exchange'],
	},
	resource: {
		value: 'URI',
		many: true,
		help: 'the API the token is for, as a URL; repeatable',
		group: 'request',
		commands: [...anyLogin, 'exchange'],
	},
	'no-resource': {help: "don't name an API, even if you sign in at its URL", group: 'request', commands: signIn},
	param: {
		value: 'NAME=VALUE',
		many: true,
		help: 'an extra request parameter; repeatable',
		group: 'request',
		commands: anyLogin,
	},
	prompt: {
		value: 'P',
		help: 'login, consent, select_account or none',
		group: 'request',
		commands: anyLogin,
		flows: ['browser'],
	},
	'login-hint': {
		value: 'H',
		help: 'your user name, email or phone number',
		group: 'request',
		commands: anyLogin,
		flows: ['browser', 'device', 'password', 'one-time-code'],
	},
	organization: {value: 'ID', help: 'the organization to sign in to', group: 'request', commands: anyLogin},
	'acr-values': {
		value: 'V',
		help: "how strongly to sign in, in the server's own terms",
		group: 'request',
		commands: anyLogin,
		flows: ['browser', 'device'],
	},
	'max-age': {
		value: 'S',
		help: "sign in again if it's been more than S seconds",
		group: 'request',
		commands: anyLogin,
		flows: ['browser', 'device'],
	},
	realm: {
		value: 'NAME',
		help: 'the database or directory for --flow password',
		group: 'request',
		commands: anyLogin,
		flows: ['password'],
	},
	port: {
		value: 'N[,N…]',
		default: 'any free one',
		help: 'callback ports to try',
		group: 'request',
		commands: [...anyLogin, 'client-metadata'],
		flows: ['browser'],
	},
	'redirect-uri': {
		value: 'U',
		help: 'the full redirect URI, as registered',
		group: 'request',
		commands: [...anyLogin, 'client-metadata'],
		flows: ['browser'],
	},
	par: {
		help: 'always push the request first (RFC 9126)',
		group: 'request',
		commands: anyLogin,
		flows: ['browser'],
	},
	renew: {
		help: 'get a new code when one expires',
		group: 'request',
		commands: anyLogin,
		flows: ['device'],
	},
	'id-token-file': {
		value: 'F',
		help: "a file with this workload's identity token",
		group: 'machine',
		commands: signIn,
		flows: ['workload-identity'],
	},
	'id-token-env': {
		value: 'NAME',
		help: 'an environment variable that holds it',
		group: 'machine',
		commands: signIn,
		flows: ['workload-identity'],
	},
	as: {
		value: 'FORM',
		choices: ['grant', 'exchange', 'client'],
		help: 'how to present it',
		group: 'machine',
		commands: signIn,
		flows: ['workload-identity'],
	},
	timeout: {value: 'S', default: 'never', help: 'give up after S seconds', group: 'request', commands: anyLogin},
	'no-wait': {group: 'pending', help: 'show the link, and end with exit code 4', commands: justLogin},
	wait: {
		value: 'S',
		help: 'wait S seconds for the person, then end with exit code 4',
		group: 'pending',
		commands: justLogin,
	},
	resume: {value: 'ID', help: 'continue a pending sign-in', group: 'pending', commands: justLogin},
	cancel: {value: 'ID', help: 'cancel a pending sign-in', group: 'pending', commands: justLogin},
	pending: {help: 'list pending sign-ins', group: 'pending', commands: justLogin},
	message: {value: 'TEXT', help: 'why you ask, for the person to read', group: 'pending', commands: justLogin},
	tty: {help: "paste the last page's link into this terminal", group: 'pending', commands: justLogin},
	'ca-file': {value: 'F', help: 'extra certificates to trust (PEM)', group: 'request', commands: commandNames},
	'no-open': {group: 'looks', help: "don't open a browser", commands: anyLogin},
	'no-qr': {help: "don't draw a QR code", group: 'looks', commands: anyLogin},
	plain: {help: 'print plain lines', group: 'looks', commands: anyLogin},
	'screen-reader': {help: 'print lines for a screen reader', group: 'looks', commands: anyLogin},
	json: {
		help: 'print JSON, one object per line',
		group: 'looks',
		commands: ['ask', 'login', 'demo', 'status', 'doctor'],
	},
	serve: {
		help: 'run only the demo server, on --port N if given',
		group: 'output',
		commands: ['demo'],
	},
	type: {
		value: 'TYPE',
		choices: ['access', 'id'],
		default: 'access',
		help: 'which token (id for kubernetes)',
		group: 'output',
		commands: ['token', 'exec'],
	},
	format: {
		value: 'FORMAT',
		choices: ['raw', 'json', 'header', 'headers', 'kubernetes'],
		default: 'raw',
		help: 'how to print it',
		group: 'output',
		commands: ['token', 'exchange'],
	},
	refresh: {
		help: 'renew it first, for a caller that got a 401',
		group: 'output',
		commands: ['token'],
	},
	login: {
		help: "sign in first if needed, with login's options",
		group: 'output',
		commands: ['token'],
	},
	env: {
		value: 'NAME',
		many: true,
		default: 'INK_LOGIN_TOKEN',
		help: 'the variable to set; repeatable',
		group: 'output',
		commands: ['exec'],
	},
	file: {
		value: 'NAME',
		many: true,
		help: 'set it to the path of a file with the token, kept fresh; repeatable',
		group: 'output',
		commands: ['exec'],
	},
	'subject-token-file': {
		value: 'F',
		help: "a file with your caller's token (- for stdin)",
		group: 'output',
		commands: ['exchange'],
	},
	'requested-token-type': {
		value: 'T',
		help: 'access_token, id_token, jwt, saml2 or a URN',
		group: 'output',
		commands: ['exchange'],
	},
	'actor-token-file': {
		value: 'F',
		help: "a file with the actor's token (- for stdin)",
		group: 'output',
		commands: ['exchange'],
	},
	userinfo: {help: 'also ask the server who is signed in', group: 'output', commands: ['status']},
	all: {help: 'sign out of every profile', group: 'output', commands: ['logout']},
	forget: {help: 'also forget the server and client ID', group: 'output', commands: ['logout']},
	store: {
		value: 'KIND',
		choices: ['auto', 'keyring', 'file', 'memory'],
		default: 'auto',
		help: 'storage',
		group: 'storage',
		commands: commandNames,
	},
	'switch-account': {
		help: "replace someone else's session without asking",
		group: 'storage',
		commands: anyLogin,
	},
} as const satisfies Readonly<Record<string, CommandOption>>;

type OptionName = keyof typeof options;

/** What was given, by name: `true` for a switch. */
export type OptionValues = {
	readonly [Name in OptionName]?: (typeof options)[Name] extends {many: true}
		? readonly string[]
		: (typeof options)[Name] extends {choices: readonly (infer Choice)[]}
			? Choice
			: (typeof options)[Name] extends {value: string}
				? string
				: true;
};

/** The table without its literal types, to walk over. */
export const optionTable: Readonly<Record<string, CommandOption>> = options;

/** Whether an option is about other flows than the one that is named. */
export const hasNoMeaning = ({flows}: CommandOption, flow: OptionValues['flow']): boolean =>
	flow !== undefined && flow !== 'auto' && flows?.includes(flow) === false;

/** Whether a saved session already knows an option's value: only a login has a use for others. */
export const isAboutSigningIn = (name: string): boolean => {
	const {group} = optionTable[name] ?? {};
	const asks = group === 'provider' || group === 'request' || group === 'machine';
	return asks && name !== 'ca-file' && !/^client-(secret|key)-/.test(name);
};

/** Those that say which session is meant: it is compared with them. */
export const saysWhichSession: ReadonlySet<string> = new Set<OptionName>([
	'issuer',
	'preset',
	'domain',
	'client-id',
	'scope',
	'audience',
	'resource',
	'no-resource',
	'organization',
]);

export const isOptionName = (name: string): name is OptionName => Object.hasOwn(options, name);
