import {commandNames, optionGroups, optionTable, type CommandName, type CommandOption} from './options.js';

type CommandHelp = {readonly usage: string; readonly summary: string; readonly more?: readonly string[]};

const commandHelp: Readonly<Record<CommandName, CommandHelp>> = {
	ask: {usage: "[login's options]", summary: 'asks how to sign in, then signs in'},
	login: {
		usage: 'login [PROFILE]',
		summary: 'signs in, and asks how only where it is not clear',
		more: ['Without --issuer or --preset it is the server of the last login to the profile.'],
	},
	token: {usage: 'token [PROFILE]', summary: 'prints a fresh token and nothing else'},
	helper: {
		usage: 'helper git [PROFILE]',
		summary: "git's credential helper",
		more: [
			'git config --global credential.https://HOST.helper \\',
			'    "!ink-login helper git [PROFILE]"',
			"git gets the token for the issuer's host, and for those that --resource or",
			'--audience named at the login as the service that the token is for.',
		],
	},
	exec: {
		usage: 'exec [PROFILE] -- CMD',
		summary: 'runs a command with a fresh token in its environment',
		more: ['Its exit code and signals pass through; 125 where it could not be run.'],
	},
	exchange: {usage: 'exchange [PROFILE]', summary: "exchanges the session's token for another (RFC 8693)"},
	status: {usage: 'status [PROFILE]', summary: 'says who is signed in, where and for how long'},
	logout: {usage: 'logout [PROFILE]', summary: 'revokes the session and forgets it'},
	demo: {usage: 'demo', summary: 'the login against a server that comes along, or that server alone'},
};

const exits = `Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a person is needed, 5 try again
later, 125 exec itself failed, 130 cancelled.
INK_LOGIN_HOME moves every file that is kept.`;

/** Long lines are broken between words, with what follows below the first word. */
const column = (label: string, text: string, at: number): string => {
	const lines = [''];
	for (const word of text.split(' ')) {
		const last = lines.at(-1) ?? '';
		if (last !== '' && at + last.length + word.length + 1 > 80) lines.push(word);
		else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
	}

	const head = `  ${label}`;
	const gap = head.length < at ? head.padEnd(at) : `${head}\n${' '.repeat(at)}`;
	return gap + lines.join(`\n${' '.repeat(at)}`);
};

const describe = ({choices, help, value}: CommandOption): string =>
	choices === undefined || value === undefined ? help : `${help}: ${choices.join(', ')}`;

const optionsOf = (command: CommandName): string =>
	Object.entries(optionGroups)
		.flatMap(([group, title]) => {
			const rows = Object.entries(optionTable)
				.filter(([, option]) => option.group === group && option.commands.includes(command))
				.map(([name, option]) =>
					column(`--${name}${option.value === undefined ? '' : ` ${option.value}`}`, describe(option), 28),
				);
			return rows.length === 0 ? [] : [`${title}\n${rows.join('\n')}`];
		})
		.join('\n\n');

/** The help of the command of that name, or of all of them. */
export const helpText = (name?: string): string => {
	const command = commandNames.find(each => each === name) ?? 'ask';
	const {usage, summary, more = []} = commandHelp[command];
	const commands =
		command === 'ask'
			? Object.values(commandHelp).map(each => column(`ink-login ${each.usage}`, each.summary, 34))
			: [];
	return [
		command === 'ask'
			? 'ink-login: sign in from wherever your terminal is'
			: `ink-login ${usage}
${summary}`,
		more.join('\n'),
		commands.join('\n'),
		optionsOf(command),
		command === 'ask' ? `ink-login --version | ink-login COMMAND --help\n\n${exits}` : '',
	]
		.filter(part => part !== '')
		.join('\n\n')
		.concat('\n');
};
