import {isTypedFlow} from '../core/types.js';
import {parseArgs} from 'node:util';
import {displayText, listed} from '../core/safe-text.js';
import {
	commandNames,
	hasNoMeaning,
	isAboutSigningIn,
	isOptionName,
	optionTable,
	saysWhichSession,
	type CommandName,
	type OptionValues,
} from './options.js';
import {checkUrl, resourceName, shownUrl} from '../core/safe-url.js';
import {UsageError} from './errors.js';

/** What someone typed, understood and free of contradictions. */
export type CommandLine = {
	readonly command: CommandName;
	readonly values: OptionValues;
	/** A name, or the URL of a resource. @default 'default' */
	readonly profile: string;
	/** Whose protocol `helper` speaks. */
	readonly helper?: 'git' | 'docker';
	/** What it was asked for: get, store, erase, or what later versions add. */
	readonly action?: string;
	/** What stands behind `--`, for `exec`. */
	readonly child: readonly string[];
};

const helpFor = (command: CommandName) => `See: ink-login help${command === 'ask' ? '' : ` ${command}`}`;

const shown = (text: string) => displayText(text, 60);

/** Nothing secret belongs on a command line, where every process of the machine can read it. */
const secretName =
	/secret|password|passwd|assertion|^(access|refresh|subject|actor)[-_]?token$|^(code|token|device_code|code_verifier)$/i;

const secretHint = 'Other processes can read a command line. Use --client-secret-file or --client-secret-env instead.';

/** The URL of a resource that stands in the place of a profile. */
export const resourceUrl = (profile = ''): string | undefined =>
	/^[a-z][a-z\d+.-]*:\/\//i.test(profile) ? profile : undefined;

/** A question for someone who left out the scheme of a URL; empty for what looks like none. */
export const didYouMeanUrl = (text: string): string => {
	if (/^localhost(?:[:/].*)?$/i.test(text)) return `Did you mean http://${shown(text)}? `;
	return /^(?:[\w-]+\.)+[a-z]{2,}(?:[:/?].*)?$/i.test(text) ? `Did you mean https://${shown(text)}? ` : '';
};

/** @throws UsageError for a URL that nobody could sign in to */
const checkProfile = (profile: string, command: CommandName): string => {
	if (profile === '') throw new UsageError('The profile name is empty.', helpFor(command));
	if (resourceUrl(profile) === undefined) return profile;
	const url = checkUrl(profile);
	if (typeof url === 'string') {
		const asked = shownUrl(profile);
		const hint = /^http:/i.test(asked) ? `Try ${asked.replace(/^http/i, 'https')}` : helpFor(command);
		throw new UsageError(`${asked} can't be used because ${url}.`, hint);
	}

	return resourceName(profile);
};

/** How many letters must be typed differently to get from one word to the other; two that are swapped count once. */
const editDistance = (from: string, to: string): number => {
	const rows: number[][] = [Array.from({length: to.length + 1}, (_, column) => column)];
	const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
	for (let row = 1; row <= from.length; row++) {
		const current = (rows[row] = [row]);
		for (let column = 1; column <= to.length; column++) {
			const isSame = from[row - 1] === to[column - 1];
			const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
			current.push(
				Math.min(
					at(row - 1, column) + 1,
					at(row, column - 1) + 1,
					at(row - 1, column - 1) + (isSame ? 0 : 1),
					isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
				),
			);
		}
	}

	return at(from.length, to.length);
};

/** "Did you mean …? " for a word that is nearly one of those that there are. */
const didYouMean = (typed: string, known: readonly string[], prefix = ''): string => {
	if (typed.length > 30) return '';
	const distances = known.map(name => [name, editDistance(typed.toLowerCase(), name)] as const);
	const [nearest] = distances.sort(([, a], [, b]) => a - b);
	if (nearest === undefined || nearest[1] > Math.max(1, Math.floor(typed.length / 3))) return '';
	return `Did you mean ${prefix}${nearest[0]}? `;
};

const unknownOption = (name: string, command: CommandName): UsageError => {
	if (secretName.test(name)) return new UsageError(`Secrets can't be options: --${shown(name)}.`, secretHint);
	const option = isOptionName(name) ? optionTable[name] : undefined;
	if (option !== undefined) {
		return new UsageError(
			`${command === 'ask' ? 'Bare ink-login' : command} has no option --${name}.`,
			`It belongs to ${listed(option.commands.filter(name => name !== 'ask'))}.`,
		);
	}

	const known = Object.entries(optionTable).filter(([, {commands}]) => commands.includes(command));
	const suggestion = didYouMean(name, name.length === 1 ? [] : known.map(([name]) => name), '--');
	return new UsageError(
		`There's no option ${shown(`${name.length === 1 ? '-' : '--'}${name}`)}.`,
		`${suggestion}${helpFor(command)}`,
	);
};

/** The values, one by one in the order of the line, by option. */
const collect = (args: readonly string[], command: CommandName) => {
	const {tokens} = parseArgs({
		args: [...args],
		strict: false,
		tokens: true,
		allowPositionals: true,
		options: Object.fromEntries(
			Object.entries(optionTable)
				.filter(([, {commands}]) => commands.includes(command))
				.map(([name, {value}]) => [name, {type: value === undefined ? 'boolean' : 'string', multiple: true} as const]),
		),
	});
	const given = new Map<string, string[]>();
	const positionals: string[] = [];
	for (const token of tokens) {
		if (token.kind === 'positional') positionals.push(token.value);
		if (token.kind !== 'option') continue;
		const {name, value} = token;
		const option = isOptionName(name) ? optionTable[name] : undefined;
		if (!option?.commands.includes(command)) throw unknownOption(name, command);
		if (option.value === undefined && value !== undefined) {
			throw new UsageError(`--${name} takes no value.`, helpFor(command));
		}

		// `--scope --plain` is a forgotten value; one that begins with a dash is written `--scope=-x`.
		const isForgotten = !token.inlineValue && value !== undefined && value.startsWith('-') && value !== '-';
		if (option.value !== undefined && (value === undefined || value === '' || isForgotten)) {
			throw new UsageError(`--${name} needs a value, as in --${name} ${option.value}.`, helpFor(command));
		}

		given.set(name, [...(given.get(name) ?? []), value ?? '']);
	}

	return {given, positionals};
};

const readValue = (
	name: string,
	values: readonly string[],
	command: CommandName,
): string | readonly string[] | true => {
	const {value, choices, many} = optionTable[name] ?? {};
	if (value === undefined) return true;
	if (many) return values;
	const [first = '', ...others] = new Set(values);
	if (others.length > 0) {
		throw new UsageError(`--${name} is given twice, with different values.`, `Use one of them. ${helpFor(command)}`);
	}

	if (choices !== undefined && !choices.includes(first)) {
		const others = name === 'preset' ? '\nFor any other provider, give its URL with --issuer.' : '';
		throw new UsageError(
			`--${name} can't be ${shown(first)}.`,
			`${didYouMean(first, choices)}Choose one of ${listed(choices, 'or')}.${others}`,
		);
	}

	return first;
};

/** What cannot be asked for at the same time, and why. */
const contradictions = [
	['issuer', 'preset', 'a preset knows its issuer'],
	['client-secret-file', 'client-secret-env', "there's only one secret"],
	['client-key-file', 'client-secret-file', 'a key takes the place of the secret'],
	['client-key-file', 'client-secret-env', 'a key takes the place of the secret'],
	['id-token-file', 'id-token-env', "there's only one token"],
	['wait', 'no-wait', 'one says how long to wait'],
	['wait', 'timeout', 'a pending sign-in ends when its link expires'],
	['no-wait', 'timeout', 'a pending sign-in ends when its link expires'],
	['resume', 'cancel', 'one continues the sign-in, the other gives it up'],
	['resume', 'pending', '--pending is a list'],
	['cancel', 'pending', '--pending is a list'],
	['resume', 'message', 'the message was shown when the sign-in began'],
	['resume', 'flow', 'the flow was chosen when the sign-in began'],
	['redirect-uri', 'port', 'the port is part of the redirect URI'],
	['resource', 'no-resource', 'one of them sends what the other leaves out'],
] as const;

const refuseContradictions = (values: OptionValues, command: CommandName) => {
	for (const [one, other, reason] of contradictions) {
		if (values[one] === undefined || values[other] === undefined) continue;
		// What forwards an https URL here leads to one of the ports.
		if (one === 'redirect-uri' && /^https:/i.test(values[one])) continue;
		throw new UsageError(`--${one} and --${other} can't be combined, because ${reason}.`, 'Leave one of them out.');
	}

	if (values.domain !== undefined && values.preset === undefined) {
		throw new UsageError('--domain needs a preset.', 'Add --preset NAME, or use --issuer URL instead.');
	}

	const {flow} = values;
	for (const name of Object.keys(values)) {
		const option = optionTable[name];
		if (option !== undefined && hasNoMeaning(option, flow)) {
			throw new UsageError(
				`--${name} doesn't work with --flow ${flow}.`,
				`It's for --flow ${listed(['auto', ...(option.flows ?? [])], 'or')}. Leave one of the two out.`,
			);
		}

		if (command === 'token' && values.login === undefined && isAboutSigningIn(name) && !saysWhichSession.has(name)) {
			throw new UsageError(`--${name} is for signing in.`, 'Add --login, or leave it out: the session remembers it.');
		}
	}

	if (command === 'exchange' && values['subject-token-file'] === undefined) {
		const server = Object.keys(values).find(name => optionTable[name]?.group === 'provider' && isAboutSigningIn(name));
		if (server !== undefined) {
			throw new UsageError(
				`--${server} needs --subject-token-file here.`,
				"Without it, you exchange the session's own token, and the session knows its server.",
			);
		}
	}

	const beside = values.serve && Object.keys(values).find(name => !['serve', 'port', 'json'].includes(name));
	if (beside !== undefined) {
		throw new UsageError(
			`--${beside} doesn't work with --serve.`,
			"On its own, the demo server doesn't sign anyone in.",
		);
	}

	if (values.serve && values.port?.includes(',')) {
		throw new UsageError('--serve takes one port.', 'For example: --serve --port 8400');
	}

	const fromStdin = (['client-secret-file', 'subject-token-file', 'actor-token-file'] as const).filter(
		name => values[name] === '-',
	);
	if (fromStdin.length > 1 || (fromStdin.length > 0 && isTypedFlow(flow))) {
		throw new UsageError('Only one thing can be read from stdin.', 'Put the other in a file.');
	}
};

const typedCommands = commandNames.filter(name => name !== 'ask');

const commandOf = (args: readonly string[]): {command: CommandName; rest: readonly string[]} => {
	const [first, ...rest] = args;
	if (first === undefined || first.startsWith('-') || resourceUrl(first) !== undefined)
		return {command: 'ask', rest: args};
	// `help` itself was handled earlier.
	if (first === 'help') return commandOf(rest);
	const command = typedCommands.find(name => name === first);
	if (command === undefined) {
		throw new UsageError(
			`There's no command ${shown(first)}.`,
			`${didYouMeanUrl(first) || didYouMean(first, typedCommands)}See: ink-login help`,
		);
	}

	return {command, rest};
};

/** What may follow a command beside its options. */
const readPositionals = (
	command: CommandName,
	positionals: readonly string[],
): Pick<CommandLine, 'helper' | 'action'> & {readonly profile: string | undefined} => {
	const [first, ...others] = positionals;
	if (command === 'helper') {
		// Both append their word to whatever their configuration says.
		const action = others.at(-1);
		if ((first !== 'git' && first !== 'docker') || action === undefined || others.length > 2) {
			throw new UsageError(
				'git and docker run the helper themselves.',
				first === 'docker'
					? 'Put it into a program named docker-credential-ink-login: exec ink-login helper docker [PROFILE] "$1"'
					: 'Set it up once: git config --global credential.https://HOST.helper "!ink-login helper git [PROFILE]"',
			);
		}

		return {helper: first, action, profile: others.length === 2 ? others[0] : undefined};
	}

	const takesProfile =
		command === 'ask' ? resourceUrl(first) !== undefined : command !== 'demo' && command !== 'client-metadata';
	const extra = positionals[takesProfile ? 1 : 0];
	if (extra !== undefined) {
		const next = command === 'exec' ? 'Put -- before the command: ink-login exec [PROFILE] -- CMD' : helpFor(command);
		throw new UsageError(`Unexpected argument: ${shown(extra)}.`, next);
	}

	return {profile: first};
};

/**
 * Understands the arguments behind `ink-login`.
 *
 * @throws UsageError for whatever is unknown, incomplete or contradictory
 */
export const parseCommandLine = (argv: readonly string[]): CommandLine => {
	const end = argv.indexOf('--');
	const {command, rest} = commandOf(end === -1 ? argv : argv.slice(0, end));
	const child = end === -1 ? [] : argv.slice(end + 1);
	const {given, positionals} = collect(rest, command);
	const values = Object.fromEntries(
		[...given].map(([name, texts]) => [name, readValue(name, texts, command)]),
	) as OptionValues;
	refuseContradictions(values, command);
	const {profile: named, ...called} = readPositionals(command, positionals);
	if (values.all && named !== undefined) {
		throw new UsageError("--all and a profile name can't be combined.", 'Leave one of them out.');
	}

	const profile = checkProfile(named ?? 'default', command);
	if (command === 'exec' && !child[0]) {
		throw new UsageError('exec needs a command to run.', 'For example: ink-login exec -- ./deploy.sh');
	}

	for (const [option, example] of [
		['env', 'GITHUB_TOKEN'],
		['file', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
	] as const) {
		if (values[option]?.every(name => /^[A-Za-z_]\w*$/.test(name)) === false)
			throw new UsageError(`--${option} needs a variable name.`, `For example: --${option} ${example}`);
	}

	const both = values.env?.find(name => values.file?.includes(name));
	if (both !== undefined) {
		throw new UsageError(`${both} can't hold both a token and a path.`, 'Leave out --env or --file for it.');
	}

	if (command !== 'exec' && child.length > 0) {
		throw new UsageError('Nothing can follow -- here.', 'Only exec runs a command: ink-login exec [PROFILE] -- CMD');
	}

	return {command, values, profile, child, ...called};
};
