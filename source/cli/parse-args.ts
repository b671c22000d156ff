import {parseArgs} from 'node:util';
import {displayText} from '../core/safe-text.js';
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
import {UsageError} from './errors.js';

/** What someone typed, understood and free of contradictions. */
export type CommandLine = {
	readonly command: CommandName;
	readonly values: OptionValues;
	/** @default 'default' */
	readonly profile: string;
	/** What `helper` was asked for by git: get, store, erase, or what later versions add. */
	readonly action?: string;
	/** What stands behind `--`, for `exec`. */
	readonly child: readonly string[];
};

const helpFor = (command: CommandName) => `See: ink-login ${command === 'ask' ? '' : `${command} `}--help`;

const shown = (text: string) => displayText(text, 60);

/** Nothing secret belongs on a command line, where every process of the machine can read it. */
const secretName =
	/secret|password|passwd|assertion|^(access|refresh|subject|actor)[-_]?token$|^(code|token|device_code|code_verifier)$/i;

const secretHint =
	'Every process on this computer can read a command line: take --client-secret-file or --client-secret-env.';

const unknownOption = (name: string, command: CommandName): UsageError => {
	if (secretName.test(name)) return new UsageError(`Secrets are not taken as options: --${shown(name)}.`, secretHint);
	const option = isOptionName(name) ? optionTable[name] : undefined;
	return option === undefined
		? new UsageError(`There is no option ${shown(`${name.length === 1 ? '-' : '--'}${name}`)}.`, helpFor(command))
		: new UsageError(
				`--${name} is not an option of ${command === 'ask' ? 'ink-login' : `ink-login ${command}`}.`,
				`It belongs to: ${option.commands.filter(name => name !== 'ask').join(', ')}.`,
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
			throw new UsageError(`--${name} needs a value: --${name} ${option.value}.`, helpFor(command));
		}

		given.set(name, [...(given.get(name) ?? []), value ?? '']);
	}

	return {given, positionals};
};

const oneOf = (choices: readonly string[]) => `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;

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
		throw new UsageError(`--${name} is given twice, with different values.`, `Take one of them. ${helpFor(command)}`);
	}

	if (choices !== undefined && !choices.includes(first)) {
		throw new UsageError(`--${name} cannot be ${shown(first)}.`, `It is ${oneOf(choices)}.`);
	}

	return first;
};

/** What cannot be asked for at the same time, and why. */
const contradictions = [
	['issuer', 'preset', 'a preset knows its issuer'],
	['client-secret-file', 'client-secret-env', 'there is one secret'],
	['redirect-uri', 'port', 'the port is part of the redirect URI'],
] as const;

const refuseContradictions = (values: OptionValues, command: CommandName) => {
	for (const [one, other, reason] of contradictions) {
		if (values[one] === undefined || values[other] === undefined) continue;
		// What forwards an https URL here leads to one of the ports.
		if (one === 'redirect-uri' && /^https:/i.test(values[one])) continue;
		throw new UsageError(`--${one} and --${other} contradict each other: ${reason}.`, 'Leave one of them out.');
	}

	if (values.domain !== undefined && values.preset === undefined) {
		throw new UsageError(
			'--domain belongs to a preset, and none is given.',
			'Add --preset NAME, or take --issuer URL.',
		);
	}

	const {flow} = values;
	for (const name of Object.keys(values)) {
		const option = optionTable[name];
		if (option !== undefined && hasNoMeaning(option, flow)) {
			throw new UsageError(
				`--${name} has no meaning with --flow ${flow}.`,
				`It is about --flow ${oneOf(['auto', ...(option.flows ?? [])])}: leave one of the two out.`,
			);
		}

		if (command === 'token' && values.login === undefined && isAboutSigningIn(name) && !saysWhichSession.has(name)) {
			throw new UsageError(`--${name} is about signing in.`, 'Add --login, or leave it out: the session knows it.');
		}
	}

	const beside = values.serve && Object.keys(values).find(name => !['serve', 'port', 'json'].includes(name));
	if (beside !== undefined) {
		throw new UsageError(`--${beside} has no meaning with --serve.`, 'The server alone signs nobody in.');
	}

	if (values.serve && values.port?.includes(',')) {
		throw new UsageError('--serve takes one port.', 'As in: --serve --port 8400');
	}

	const fromStdin = (['client-secret-file', 'actor-token-file'] as const).filter(name => values[name] === '-');
	if (fromStdin.length > 1 || (fromStdin.length > 0 && flow === 'password')) {
		throw new UsageError('Two things cannot both be read from stdin.', 'Put one of them into a file.');
	}
};

const commandOf = (args: readonly string[]): {command: CommandName; rest: readonly string[]} => {
	const [first, ...rest] = args;
	if (first === undefined || first.startsWith('-')) return {command: 'ask', rest: args};
	const command = commandNames.find(name => name === first && name !== 'ask');
	if (command === undefined) {
		throw new UsageError(`There is no command ${shown(first)}.`, 'See: ink-login --help');
	}

	return {command, rest};
};

/** What may follow a command beside its options. */
const readPositionals = (command: CommandName, positionals: readonly string[]) => {
	const [first, ...others] = positionals;
	if (command === 'helper') {
		// git appends its word to whatever its configuration says.
		const action = others.at(-1);
		if (first !== 'git' || action === undefined || others.length > 2) {
			throw new UsageError(
				'The helper is called by git.',
				'Say once: git config --global credential.https://HOST.helper "!ink-login helper git [PROFILE]"',
			);
		}

		return {action, profile: others.length === 2 ? others[0] : undefined};
	}

	const takesProfile = command !== 'ask' && command !== 'demo';
	const extra = positionals[takesProfile ? 1 : 0];
	if (extra !== undefined) {
		const next = command === 'exec' ? 'Put -- before the command: ink-login exec [PROFILE] -- CMD' : helpFor(command);
		throw new UsageError(`${shown(extra)} is one word too many.`, next);
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
	const {profile: named, action} = readPositionals(command, positionals);
	if (values.all && named !== undefined) {
		throw new UsageError('--all and the name of a profile contradict each other.', 'Leave one of them out.');
	}

	const profile = named ?? 'default';
	if (profile === '') throw new UsageError('The name of the profile is empty.', helpFor(command));
	if (command === 'exec' && !child[0]) {
		throw new UsageError('exec needs a command to run.', 'As in: ink-login exec [PROFILE] -- CMD');
	}

	if (values.env !== undefined && !/^[A-Za-z_]\w*$/.test(values.env)) {
		throw new UsageError('--env needs the name of a variable.', 'As in: --env GITHUB_TOKEN');
	}

	if (command !== 'exec' && child.length > 0) {
		throw new UsageError('Nothing can follow -- here.', 'Only exec runs a command: ink-login exec [PROFILE] -- CMD');
	}

	return {command, values, profile, child, ...(action !== undefined && {action})};
};
