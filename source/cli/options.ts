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
	'demo',
] as const;
export type CommandName = (typeof commandNames)[number];

export const optionGroups = {
	output: 'What it does',
	provider: 'The provider',
	request: 'The request',
	looks: 'The way it looks',
	storage: 'Where it is kept',
} as const;

export type CommandOption = {
	/** The name of its value in the help; a switch has none. */
	readonly value?: string;
	/** The only values that there are. */
	readonly choices?: readonly string[];
	/** It may be given more than once. */
	readonly many?: true;
	readonly help: string;
	readonly group: keyof typeof optionGroups;
	readonly commands: readonly CommandName[];
	/** The flows whose requests it is about; with `--flow` another one it is refused. */
	readonly flows?: readonly string[];
};

const signIn = ['ask', 'login', 'token'] as const;
const anyLogin = [...signIn, 'demo'] as const;

/** Every option of every command: parsing, refusing and the help all go by this table. No option ever holds a secret. */
export const options = {
	issuer: {
		value: 'URL',
		help: 'the server that people sign in at',
		group: 'provider',
		commands: signIn,
	},
	preset: {
		value: 'NAME',
		choices: ['auth0', 'workos', 'workos-connect', 'github', 'google', 'entra'],
		help: 'a provider that is known by name',
		group: 'provider',
		commands: signIn,
	},
	domain: {
		value: 'D',
		help: "the domain, tenant or host of yours, where the preset's provider has one for each customer",
		group: 'provider',
		commands: signIn,
	},
	endpoint: {
		value: 'NAME=URL',
		many: true,
		help: 'authorization, token, device, userinfo, revocation, par or jwks, where the server does not say; may be repeated',
		group: 'provider',
		commands: signIn,
	},
	'client-id': {
		value: 'ID',
		help: 'the name of the client that is registered there',
		group: 'provider',
		commands: signIn,
	},
	'client-secret-file': {
		value: 'F',
		help: 'a file with the client secret; - reads stdin',
		group: 'provider',
		commands: [...signIn, 'helper', 'exec', 'exchange', 'logout'],
	},
	'client-secret-env': {
		value: 'NAME',
		help: 'the environment variable that holds the client secret',
		group: 'provider',
		commands: [...signIn, 'helper', 'exec', 'exchange', 'logout'],
	},
	application: {
		value: 'NAME',
		help: 'what people sign in to, as they know it',
		group: 'provider',
		commands: anyLogin,
	},
	flow: {
		value: 'FLOW',
		choices: ['auto', 'browser', 'device', 'client-credentials', 'password'],
		help: 'the flow to sign in; auto takes what fits where you are',
		group: 'request',
		commands: anyLogin,
	},
	scope: {
		value: 'S',
		help: 'what the token may do, separated by spaces',
		group: 'request',
		commands: [...anyLogin, 'exchange'],
	},
	audience: {
		value: 'A',
		many: true,
		help: 'the service that the token is for, as the provider calls it',
		group: 'request',
		commands: [...anyLogin, 'exchange'],
	},
	resource: {
		value: 'URI',
		many: true,
		help: 'the address of the service that the token is for (RFC 8707); may be repeated',
		group: 'request',
		commands: [...anyLogin, 'exchange'],
	},
	param: {
		value: 'NAME=VALUE',
		many: true,
		help: "a further parameter that is the provider's own, such as organization; may be repeated",
		group: 'request',
		commands: anyLogin,
	},
	prompt: {
		value: 'P',
		help: 'what the server asks in any case: login, consent, select_account; or none',
		group: 'request',
		commands: anyLogin,
		flows: ['browser'],
	},
	'login-hint': {
		value: 'H',
		help: 'who is going to sign in, as a name or an email address',
		group: 'request',
		commands: anyLogin,
		flows: ['browser', 'device', 'password'],
	},
	port: {
		value: 'N[,N…]',
		help: 'the registered ports for the callback, tried in order',
		group: 'request',
		commands: anyLogin,
		flows: ['browser'],
	},
	'redirect-uri': {
		value: 'U',
		help: 'the whole registered address for the callback; an https one is forwarded here, to --port',
		group: 'request',
		commands: anyLogin,
		flows: ['browser'],
	},
	par: {
		help: 'push the request to the server first (RFC 9126), even where it does not demand it',
		group: 'request',
		commands: anyLogin,
		flows: ['browser'],
	},
	renew: {
		help: 'when a code expires, get a new one at once',
		group: 'request',
		commands: anyLogin,
		flows: ['device'],
	},
	timeout: {value: 'S', help: 'give up after so many seconds', group: 'request', commands: anyLogin},
	'ca-file': {
		value: 'F',
		help: 'certificates (PEM) to trust beside the usual ones',
		group: 'request',
		commands: commandNames,
	},
	'no-open': {help: 'open no browser: show the address', group: 'looks', commands: anyLogin},
	'no-qr': {help: 'show no QR code', group: 'looks', commands: anyLogin},
	plain: {help: 'plain lines instead of a screen', group: 'looks', commands: anyLogin},
	json: {
		help: 'one JSON object a line on stdout, and nothing else',
		group: 'looks',
		commands: ['ask', 'login', 'demo', 'status'],
	},
	'screen-reader': {help: 'plain lines to be read aloud, the code spelled', group: 'looks', commands: anyLogin},
	serve: {
		help: 'run the server alone, on --port N or a free port, until Ctrl-C',
		group: 'output',
		commands: ['demo'],
	},
	type: {
		value: 'TYPE',
		choices: ['access', 'id'],
		help: 'which token; for kubernetes the ID token unless told otherwise',
		group: 'output',
		commands: ['token'],
	},
	format: {
		value: 'FORMAT',
		choices: ['raw', 'json', 'header', 'kubernetes'],
		help: 'the form of it; header is an HTTP field, kubernetes an ExecCredential',
		group: 'output',
		commands: ['token', 'exchange'],
	},
	login: {
		help: "show the login first if there is no session; takes login's options",
		group: 'output',
		commands: ['token'],
	},
	env: {
		value: 'NAME',
		help: 'the environment variable for the token; INK_LOGIN_TOKEN',
		group: 'output',
		commands: ['exec'],
	},
	'requested-token-type': {
		value: 'T',
		help: 'access_token, id_token, jwt, saml2 or a whole URN (RFC 8693 §3)',
		group: 'output',
		commands: ['exchange'],
	},
	'actor-token-file': {
		value: 'F',
		help: 'a file with the token of who acts for the subject; - reads stdin',
		group: 'output',
		commands: ['exchange'],
	},
	userinfo: {help: 'ask the server who it is', group: 'output', commands: ['status']},
	all: {help: 'every profile', group: 'output', commands: ['logout']},
	store: {
		value: 'KIND',
		choices: ['auto', 'keyring', 'file', 'memory'],
		help: 'auto takes the keyring where there is one, else a file',
		group: 'storage',
		commands: commandNames,
	},
	'switch-account': {
		help: 'replace a session of another person, server or client without asking',
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

/** Whether a session that is there has its own answer to an option: only a login has a use for others. */
export const isAboutSigningIn = (name: string): boolean => {
	const {group} = optionTable[name] ?? {};
	return (group === 'provider' || group === 'request') && name !== 'ca-file' && !name.startsWith('client-secret-');
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
]);

export const isOptionName = (name: string): name is OptionName => Object.hasOwn(options, name);
