import {openSync} from 'node:fs';
import {ReadStream} from 'node:tty';
import type {Readable} from 'node:stream';
import {displayText} from '../core/safe-text.js';
import {LoginError} from '../core/errors.js';
import {isOwnFlow, isTypedFlow} from '../core/types.js';
import type {PendingOptions} from '../login/flow.js';
import {findPending} from '../login/pending-record.js';
import type {ProviderSettings} from '../oauth/provider.js';
import type {TokenStore} from '../session/types.js';
import {agentsWait} from '../terminal/who-is-there.js';
import type {CommandContext} from './context.js';
import {commandText} from './command-text.js';
import {UsageError} from './errors.js';
import type {OptionValues} from './options.js';

const readWait = ({wait, 'no-wait': noWait}: OptionValues): number | undefined => {
	if (noWait) return 0;
	if (wait === undefined) return undefined;
	if (/^\d+(\.\d+)?$/.test(wait)) return Number(wait);
	throw new UsageError('--wait needs a number of seconds.', 'For example: --wait 45');
};

/** How long to wait, and the form of what is told, hold for what comes next as well. */
const resumeCommand = (id: string, {wait, json}: OptionValues = {}): string =>
	commandText('login', '--resume', id, ...(wait === undefined ? [] : ['--wait', wait]), ...(json ? ['--json'] : []));

/** How the login outlives this process: as the options say, or because a coding agent runs it, whose commands live a minute. */
export const pendingOptionsOf = (
	values: OptionValues,
	environment: CommandContext['environment'],
	{kind}: TokenStore,
	id?: string,
): PendingOptions | false => {
	const {flow, timeout, tty, message} = values;
	const told = readWait(values);
	if (told !== undefined && isTypedFlow(flow)) {
		throw new UsageError(
			`--flow ${flow} asks its questions here and now, so it can't wait for a person.`,
			'Leave out --wait and --no-wait, or use --flow device.',
		);
	}

	const wait = told ?? (tty === undefined ? agentsWait(environment, {flow, timeout}) : undefined);
	if (kind === 'memory') {
		if (told === undefined) return false;
		throw new UsageError(
			"A sign-in that's only in memory can't go on later.",
			'Leave out --store memory, or --wait and --no-wait.',
		);
	}

	if (id === undefined && (wait === undefined || isOwnFlow(flow))) return false;
	return {
		...(id !== undefined && {id}),
		...(wait !== undefined && {wait}),
		message,
		resumeCommand: pending => resumeCommand(pending, values),
		pasteCommand: pending => `${resumeCommand(pending)} --tty`,
	};
};

/** Where a pasted link is read from: a pipe, or the terminal where the person who runs this asked for that. */
export const pastesFrom = ({tty}: OptionValues, {environment, stdin}: CommandContext): Readable | undefined => {
	if (!environment.tty.stdin) return tty ? openTerminal() : stdin;
	return tty ? stdin : undefined;
};

const openTerminal = (): Readable => {
	try {
		return new ReadStream(openSync(process.platform === 'win32' ? String.raw`\\.\CONIN$` : '/dev/tty', 'r+'));
	} catch {
		throw new LoginError('person_required', "There's no terminal here to paste into.", {
			hint: 'Run this in a terminal of your own.',
		});
	}
};

/** What to do where someone was asked to sign in to the profile already, and has not yet; undefined where nobody was. */
export const waitingHint = async (
	store: TokenStore,
	profile: string,
	now: number,
	fits: (provider: ProviderSettings) => boolean = () => true,
): Promise<string | undefined> => {
	// If the store can't be read, that has been reported by now.
	const login = await findPending(store, now, other => other.profile === profile && fits(other.provider)).catch(
		() => undefined,
	);
	return login && `Someone was asked to approve it already. Run: ${displayText(resumeCommand(login.id))}`;
};
