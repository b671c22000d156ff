import {commandNames, optionGroups, optionTable, type CommandName, type CommandOption} from './options.js';

type CommandHelp = {
	readonly usage: string;
	/** One sentence. */
	readonly summary: string;
	/** Lines to type, each with a word on it where that helps. */
	readonly examples: readonly (readonly [line: string, what?: string])[];
	/** Whose options it takes besides its own, and what else is worth a line. */
	readonly more?: readonly string[];
};

const commandHelp: Readonly<Record<CommandName, CommandHelp>> = {
	ask: {
		usage: '[URL] [OPTIONS]',
		summary: 'Ask how to sign in, then sign in.',
		examples: [
			['ink-login https://mcp.example.com/mcp', 'no client ID needed'],
			['ink-login --issuer https://login.example.com --client-id ID'],
			['ink-login --preset github --client-id ID'],
			['curl -H "$(ink-login token --format header)" https://api.example.com'],
			['ink-login demo', 'no server of your own needed'],
		],
	},
	login: {
		usage: 'login [PROFILE|URL]',
		summary: 'Sign in, asking how only if needed.',
		examples: [
			['ink-login login --preset github --client-id ID --flow device'],
			['ink-login login work --preset okta --domain acme.okta.com --client-id ID'],
			['ink-login login work', 'again, at the same server'],
			['ink-login login https://mcp.example.com/mcp', 'the app registers itself'],
		],
	},
	token: {
		usage: 'token [PROFILE|URL]',
		summary: 'Print a fresh access token and nothing else.',
		examples: [
			['TOKEN=$(ink-login token)'],
			['curl -H "$(ink-login token --format header)" https://api.example.com'],
			['ink-login token work --format json', 'with its type, scope and expiry'],
			['ink-login token --refresh', 'after a 401'],
			['ink-login token --login --preset github --client-id ID'],
		],
		more: [
			'--issuer, --preset, --domain, --client-id, --scope, --audience and --resource',
			"check that it's the session you mean. With --login, all of login's options work.",
		],
	},
	helper: {
		usage: 'helper git|docker',
		summary: 'Be a credential helper for git or docker.',
		examples: [
			["git config --global credential.https://HOST.helper '!ink-login helper git'"],
			["git config credential.https://HOST.helper '!ink-login helper git work'"],
			['ink-login login --issuer https://HOST --client-id ID', 'do this first'],
		],
		more: [
			'For docker, put "credHelpers": {"HOST": "NAME"} in its config.json, and write',
			'a script docker-credential-NAME: #!/bin/sh, exec ink-login helper docker "$1"',
			"git and docker get the token only for the issuer's host and for the hosts that",
			'--resource or --audience named when you signed in.',
		],
	},
	exec: {
		usage: 'exec [PROFILE|URL] -- CMD',
		summary: 'Run a command with a fresh token.',
		examples: [
			['ink-login exec -- ./deploy.sh', 'reads INK_LOGIN_TOKEN'],
			['ink-login exec --env GITHUB_TOKEN -- gh pr list'],
			['ink-login exec --type id --file AWS_WEB_IDENTITY_TOKEN_FILE -- aws s3 ls'],
			["ink-login exec work -- sh -c 'echo $INK_LOGIN_TOKEN'"],
		],
		more: ["CMD's exit code and signals pass through; 125 means it couldn't be run."],
	},
	exchange: {
		usage: 'exchange [PROFILE|URL]',
		summary: 'Get a token for another API (RFC 8693).',
		examples: [
			['ink-login exchange --audience https://billing.example.com'],
			['ink-login exchange work --scope read --format header'],
			['ink-login exchange --requested-token-type jwt --format json'],
			['ink-login exchange --subject-token-file -', "for a caller's own token"],
		],
	},
	status: {
		usage: 'status [PROFILE|URL]',
		summary: 'Show who is signed in, and for how long.',
		examples: [['ink-login status'], ['ink-login status work --json'], ['ink-login status --userinfo']],
	},
	logout: {
		usage: 'logout [PROFILE|URL]',
		summary: 'Sign out, but remember the server.',
		examples: [
			['ink-login logout'],
			['ink-login logout work --forget', 'forget its server and client ID too'],
			['ink-login logout --all'],
		],
	},
	'client-metadata': {
		usage: 'client-metadata',
		summary: 'Print what to register the app with.',
		examples: [
			['ink-login client-metadata', 'to register the app by hand'],
			['ink-login client-metadata --application Acme --port 8400'],
			['ink-login client-metadata --client-key-file key.pem'],
			['ink-login client-metadata --client-metadata-url https://acme.dev/client.json'],
		],
		more: ['Host the last one, then sign in with: ink-login URL --client-metadata-url URL'],
	},
	doctor: {
		usage: 'doctor [PROFILE|URL]',
		summary: 'Find out why signing in fails here.',
		examples: [
			['ink-login doctor'],
			['ink-login doctor work --json'],
			['ink-login doctor --ca-file company.pem', "with your company's certificate"],
		],
		more: [
			'One line for each thing that a sign-in needs, the worst first, with what to do.',
			"It doesn't save, open or refresh anything. Exit code 1 means there's a problem.",
		],
	},
	demo: {
		usage: 'demo',
		summary: 'Try signing in at a built-in demo server.',
		examples: [
			['ink-login demo'],
			['ink-login demo --flow device', 'straight to the code'],
			['ink-login demo --serve --port 8400', 'a server to try your own app against'],
		],
		more: ["Takes login's options too, except those about the provider."],
	},
};

const exits = `Exit codes: 0 done, 1 failed, 2 usage error, 3 a person has to sign in, 4 still
pending, 5 try again later, 125 exec couldn't run its command, 130 cancelled.
Files are saved in INK_LOGIN_HOME, or where your system keeps app data.`;

const width = 80;

/** Long lines are broken between words, with what follows below the first word. */
const column = (label: string, text: string, at: number): string => {
	const lines = [''];
	for (const word of text.split(' ')) {
		const last = lines.at(-1) ?? '';
		if (last !== '' && at + last.length + word.length + 1 > width) lines.push(word);
		else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
	}

	const head = `  ${label}`;
	const gap = head.length < at ? head.padEnd(at) : `${head}\n${' '.repeat(at)}`;
	return gap + lines.join(`\n${' '.repeat(at)}`);
};

const describe = ({choices, default: standard, help, value}: CommandOption): string => {
	if (choices === undefined || value === undefined)
		return standard === undefined ? help : `${help} (default: ${standard})`;
	return `${help}: ${choices.map(choice => (choice === standard ? `${choice} (default)` : choice)).join(', ')}`;
};

/** `token` and `demo` take login's options, which only login's help lists. */
const isListed = (command: CommandName, {commands}: CommandOption): boolean => {
	const borrows = command === 'token' || command === 'demo';
	return commands.includes(command) && (!borrows || !commands.includes('login') || commands === commandNames);
};

const rowsOf = (command: CommandName, isShown: (option: CommandOption) => boolean): string[] => {
	const shown = Object.entries(optionTable).filter(([, option]) => isListed(command, option) && isShown(option));
	return shown.map(([name, option]) =>
		column(`--${name}${option.value === undefined ? '' : ` ${option.value}`}`, describe(option), 29),
	);
};

const optionsOf = (command: CommandName): string =>
	(command === 'login'
		? Object.entries(optionGroups).flatMap(([name, title]) => [title, ...rowsOf(command, ({group}) => group === name)])
		: ['Options', ...rowsOf(command, () => true)]
	).join('\n');

const examplesOf = ({examples}: CommandHelp): string => {
	const at = Math.max(...examples.map(([line, what]) => (what === undefined ? 0 : line.length))) + 2;
	return examples.map(([line, what]) => `  ${what === undefined ? line : `${line.padEnd(at)}# ${what}`}`).join('\n');
};

/** The help of the command of that name, or of all of them; undefined for a name that is none. */
export const helpText = (name = '--help'): string | undefined => {
	const command = name.startsWith('-') ? 'ask' : commandNames.find(each => each === name);
	if (command === undefined) return undefined;
	const help = commandHelp[command];
	const parts =
		command === 'ask'
			? [
					'ink-login: sign in from wherever your terminal is',
					Object.values(commandHelp)
						.map(({usage, summary}) => column(`ink-login ${usage}`, summary, 36))
						.join('\n'),
					examplesOf(help),
					"ink-login help COMMAND shows its options; bare ink-login takes login's.\nink-login --version or -v shows the version.",
					exits,
				]
			: [
					`ink-login ${help.usage}\n${help.summary}`,
					examplesOf(help),
					(help.more ?? []).join('\n'),
					optionsOf(command),
				];
	return `${parts.filter(part => part !== '').join('\n\n')}\n`;
};
