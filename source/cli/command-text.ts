import {displayText} from '../core/safe-text.js';
import {hasNoMeaning, optionTable, type CommandOption, type OptionValues} from './options.js';

/** What can be typed into any shell as one word: PowerShell makes a list of commas, and has a meaning for a leading @. */
const shellWord = (text: string): string =>
	/^[\w%+=:./-][\w@%+=:./-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Where npm has it, a shell doesn't find it by its name alone. */
const isFoundByNpx = /[\\/](_npx|node_modules[\\/]\.bin)[\\/]/.test(process.argv[1] ?? '');

/** A line to type, as in `ink-login login work`. */
export const commandText = (...words: readonly string[]): string =>
	[...(isFoundByNpx ? ['npx'] : []), 'ink-login', ...words].map(shellWord).join(' ');

/** A line about a profile, which is left out where it is the default one. */
export const profileText = (command: string, profile: string, ...words: readonly string[]): string =>
	commandText(command, ...(profile === 'default' ? [] : [profile]), ...words);

/** How a login looks, and how long it waits, are for that one login. */
const isNotRepeated = (group: CommandOption['group']): boolean => group === 'looks' || group === 'pending';

/** The line that signs in to a profile, with those of the options given that a login needs. */
export const loginText = (profile: string, values: OptionValues = {}): string =>
	profileText(
		'login',
		profile,
		...Object.entries(values).flatMap(([name, value]) => {
			const option = optionTable[name];
			if (option?.commands.includes('login') !== true || isNotRepeated(option.group)) return [];
			if (hasNoMeaning(option, values.flow)) return [];
			return value === true ? [`--${name}`] : [value].flat().flatMap(text => [`--${name}`, text]);
		}),
	);

export const runLogin = (profile: string): string => `Run: ${displayText(loginText(profile))}`;

/** A further line of a hint that names the profiles that have a session; empty where none has. */
export const profilesLine = (profiles: readonly string[]): string =>
	profiles.length === 0 ? '' : `\nAlready signed in: ${displayText(profiles.join(', '), 400)}`;
