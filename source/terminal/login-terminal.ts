import type {ChildProcess} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import path from 'node:path';
import {abortable} from '../core/clock.js';
import {LoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {checkUrl, escapeHref, type SafeUrl} from '../core/safe-url.js';
import {flows, type FlowAvailability, type FlowName} from '../core/types.js';
import type {
	BrowserOpener,
	BrowserOutcome,
	Clipboard,
	ClipboardOutcome,
	LoginTerminal,
	Recommendation,
} from '../login/flow.js';
import {
	forwardedAddress,
	forwardLine,
	locateTerminal,
	type TerminalEnvironment,
	type TerminalLocation,
} from './environment.js';
import {createLocalSockets} from './local-sockets.js';

type BrowserOpenerOptions = {
	/** Starts the system's own way of opening an address. @default the package `open`, loaded at the first use */
	readonly openWithSystem?: (url: SafeUrl) => Promise<ChildProcess>;
	/** Milliseconds for which a started program is watched: one that still runs then is taken as the browser. @default 2000 */
	readonly patience?: number;
};

const opened: BrowserOutcome = {status: 'opened'};
const failed = (detail: string): BrowserOutcome => ({status: 'failed', detail});

/** The words of one command in `BROWSER`; quotes keep a word with spaces together. No shell ever sees it. */
const wordsOf = (command: string): string[] =>
	Array.from(
		command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g),
		([, double, single, bare]) => double ?? single ?? bare ?? '',
	);

/** The commands in `BROWSER`, the first choice first, each with the address in its place as one argument. */
const browserCommands = ({env, platform}: TerminalEnvironment, url: SafeUrl): string[][] => {
	const separator = platform === 'win32' ? path.win32.delimiter : path.posix.delimiter;
	const commands = (env['BROWSER'] ?? '').split(separator).map(wordsOf);
	return commands
		.filter(words => words.length > 0)
		.map(words =>
			words.some(word => word.includes('%s')) ? words.map(word => word.replaceAll('%s', url)) : [...words, url],
		);
};

const isProgram = (program: string, {env, platform}: TerminalEnvironment): boolean => {
	// Windows finds programs by rules of its own.
	if (platform === 'win32') return true;
	const folders = program.includes('/') ? [''] : (env['PATH'] ?? '').split(path.posix.delimiter);
	return folders.some(folder => {
		try {
			accessSync(path.posix.join(folder, program), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
};

/** The programs that `BROWSER` names, and whether any of them is there; nothing is started. */
export const namedBrowsers = (
	environment: TerminalEnvironment,
): {readonly names: readonly string[]; readonly isThere: boolean} => {
	const programs = browserCommands(environment, escapeHref('http://127.0.0.1/')).map(([program = '']) => program);
	return {
		names: programs.map(program => displayText(path.basename(program), 40)),
		isThere: programs.some(program => isProgram(program, environment)),
	};
};

/** Detached and without our streams: a text browser cannot take over the terminal, and we need not wait for its end. */
const start = async (
	[program = '', ...words]: readonly string[],
	env: TerminalEnvironment['env'],
): Promise<ChildProcess> => {
	const {spawn} = await import('node:child_process');
	const child = spawn(program, words, {env, stdio: 'ignore', detached: true, windowsHide: true});
	child.unref();
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('spawn', () => {
			child.off('error', reject);
			resolve(child);
		});
	});
};

/** It would take what stands behind an `&` for another command. */
const wouldSplit = (command: readonly string[]): boolean =>
	command.some(word => /^cmd(?:\.exe)?$/i.test(path.win32.basename(word))) && command.some(word => word.includes('&'));

const reasonOf = (error: unknown): string =>
	error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'was not found' : "couldn't be started";

/**
 * Whether a started program did its work: openers end at once, with a code that tells; a browser goes on. `starting` is
 * watched as well, since on Windows it ends with its PowerShell.
 */
const watch = async (
	name: string,
	starting: Promise<ChildProcess>,
	patience: number,
	signal: AbortSignal,
): Promise<BrowserOutcome> =>
	new Promise(resolve => {
		const finish = (outcome: BrowserOutcome) => {
			clearTimeout(timer);
			signal.removeEventListener('abort', stop);
			resolve(outcome);
		};
		const stop = () => finish(opened);
		const judge = (code: number | null, killer: NodeJS.Signals | null) =>
			finish(
				code === 0
					? opened
					: failed(
							killer === null
								? `No browser opened, ${name} ended with code ${code}.`
								: `No browser opened, ${name} ended with ${killer}.`,
						),
			);
		const timer = setTimeout(stop, patience);
		signal.addEventListener('abort', stop);
		starting.then(
			child => {
				// A later error, of which nothing can be made, must not end our process.
				child.on('error', () => undefined);
				if (child.exitCode !== null || child.signalCode !== null) judge(child.exitCode, child.signalCode);
				else child.once('exit', judge);
			},
			(error: unknown) => finish(failed(`No browser opened, ${name} ${reasonOf(error)}.`)),
		);
	});

const openWithPackage = async (url: SafeUrl): Promise<ChildProcess> => {
	const {default: open} = await import('open');
	return open(url);
};

/**
 * Opens addresses in the person's browser: by `BROWSER` where it is set, else as the system does. The address is one
 * argument of a program and never goes through a shell; nothing but https and loopback addresses
 * is opened. Where no browser can be, or one that opens would not be the person's, it is `skipped`.
 */
export const createBrowserOpener = (
	environment: TerminalEnvironment,
	{openWithSystem = openWithPackage, patience = 2000}: BrowserOpenerOptions = {},
): BrowserOpener => {
	return async (address, signal) => {
		if (signal.aborted) return {status: 'skipped', detail: 'The sign-in was over before a browser could open.'};
		const checked = checkUrl(address);
		if (typeof checked === 'string') return failed(`The link wasn't opened because ${checked}.`);
		const url = escapeHref(checked.href);
		const commands = browserCommands(environment, url);
		let outcome: BrowserOutcome | undefined;
		for (const command of commands) {
			const name = displayText(path.basename(command[0] ?? ''), 40);
			outcome = wouldSplit(command)
				? failed(`No browser opened, ${name} cuts the link short at its first &.`)
				: await watch(name, start(command, environment.env), patience, signal);
			if (outcome.status === 'opened') return outcome;
		}

		if (outcome) return outcome;
		const {ci, place, browser, reason} = locateTerminal(environment);
		if (ci) return {status: 'skipped', detail: 'This is a build machine, so no browser opens here.'};
		// Without a display the system's opener would start a text browser in our terminal.
		if (browser !== 'here') {
			const why =
				browser === 'forwarded' ? "Your browser can't be opened from here, so open the link yourself." : reason;
			return {status: 'skipped', detail: why};
		}

		const name = place === 'desktop' && environment.platform === 'linux' ? 'xdg-open' : 'the system';
		return watch(name, openWithSystem(url), patience, signal);
	};
};

type ClipboardOptions = {
	/** Writes to the system's clipboard. @default the package `clipboardy`, loaded at the first use */
	readonly writeToSystem?: (text: string) => Promise<void>;
	/** Milliseconds after which the system's clipboard is given up. @default 3000 */
	readonly patience?: number;
};

const writeWithPackage = async (text: string): Promise<void> => {
	// It throws while it is loaded where it knows no clipboard at all.
	const {default: clipboardy} = await import('clipboardy');
	await clipboardy.write(text);
};

/** Whether the work was done within so many milliseconds; its failure is no more than a no. */
const within = async (ms: number, work: Promise<void>): Promise<boolean> => {
	const limit = new AbortController();
	const timer = setTimeout(() => limit.abort(), ms);
	return abortable(work, limit.signal)
		.then(
			() => true,
			() => false,
		)
		.finally(() => clearTimeout(timer));
};

/** OSC 52: the terminal in front of the person puts it into the clipboard there. */
const setClipboard = (text: string): string => `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;

/** GNU screen passes on what stands in a DCS, if it is short. */
const throughScreen = (sequence: string): string =>
	sequence.replaceAll(/[^]{1,200}/g, part => `\u001BP${part}\u001B\\`);

/** tmux keeps a buffer and, with `-w`, hands it to the outer terminal, which its defaults forbid to programs' own OSC 52. */
const loadTmuxBuffer = async (text: string, env: TerminalEnvironment['env']): Promise<void> => {
	const {spawn} = await import('node:child_process');
	return new Promise((resolve, reject) => {
		const tmux = spawn('tmux', ['load-buffer', '-w', '-'], {env, stdio: ['pipe', 'ignore', 'ignore']});
		tmux.once('error', reject);
		tmux.once('exit', code => (code === 0 ? resolve() : reject(new Error(`tmux ended with ${code}`))));
		tmux.stdin.once('error', reject);
		tmux.stdin.end(text);
	});
};

/** Where a copy can go: into the clipboard of this computer, or through the terminal. */
export const clipboardsOf = (
	environment: TerminalEnvironment,
): {readonly system: boolean; readonly terminal: boolean} => ({
	system: locateTerminal(environment).browser === 'here',
	terminal: (environment.tty.stdout || environment.tty.stderr) && environment.env['TERM'] !== 'dumb',
});

/**
 * The clipboard in front of the person: the system's own on their computer, through the terminal (OSC 52) where they
 * look on from elsewhere, since a clipboard here would be the wrong one.
 *
 * @param write - writes a sequence to the terminal, past whatever draws there.
 */
export const createClipboard = (
	environment: TerminalEnvironment,
	write: (sequence: string) => void,
	{writeToSystem = writeWithPackage, patience = 3000}: ClipboardOptions = {},
): Clipboard => {
	const {multiplexer} = locateTerminal(environment);
	const {system, terminal} = clipboardsOf(environment);
	let tmuxWasExplained = false;

	const sendToTerminal = async (text: string): Promise<ClipboardOutcome> => {
		if (!terminal) return {status: 'unavailable', detail: "There's no clipboard here, so select the text instead."};
		const loaded = multiplexer === 'tmux' && (await within(patience, loadTmuxBuffer(text, environment.env)));
		if (loaded) return {status: 'sent'};
		write(multiplexer === 'screen' ? throughScreen(setClipboard(text)) : setClipboard(text));
		if (multiplexer !== 'tmux' || tmuxWasExplained) return {status: 'sent'};
		tmuxWasExplained = true;
		return {status: 'sent', detail: 'tmux passes it on only with: tmux set -g set-clipboard on'};
	};

	return async text => {
		if (system && (await within(patience, writeToSystem(text)))) return {status: 'copied'};
		return sendToTerminal(text);
	};
};

type RecommendOptions = {
	/** See {@link personIsThere}: without a person `recommend` takes the client's own credentials, or throws `person_required`. */
	readonly personIsThere: boolean;
	/** Whether it recommends a person's flow instead of throwing, for a person whom events reach elsewhere. @default false */
	readonly triesAnyway?: boolean | undefined;
	/** What the server's metadata doesn't list: a person's flow is tried before it. @default nothing */
	readonly unlisted?: readonly FlowName[] | undefined;
	/** What the person chose for this profile before: it corrects a stale SSH_CONNECTION once and for all. */
	readonly preferred?: 'browser' | 'device' | undefined;
};

const flowReasons: Readonly<Record<FlowName, string>> = {
	browser: "This server doesn't offer codes, so sign in with your browser.",
	device: "This server doesn't offer browser sign-in, so use a code.",
	'client-credentials': 'This app signs in by itself.',
	'workload-identity': 'This app signs in by itself.',
	password: 'This server takes only a user name and a password.',
	'one-time-code': 'This server takes only codes that it sends you.',
};

export const personRequired = (): LoginError =>
	new LoginError('person_required', 'Signing in needs a person, and nobody is at a terminal here.', {
		hint: ({person = 'Run it in a terminal, or give it a client secret, a key or a workload identity.'}) => person,
	});

/**
 * The flow that fits, and why.
 *
 * @throws LoginError `person_required` where nobody is there and the client cannot sign in by itself, `config_error`
 * where no flow is possible at all
 */
export const recommend = (
	location: TerminalLocation,
	available: FlowAvailability,
	options: RecommendOptions,
): Recommendation => {
	if (!options.personIsThere) {
		const {triesAnyway, unlisted = []} = options;
		const own = (['workload-identity', 'client-credentials'] as const).find(
			flow => available[flow] === true && !(triesAnyway && unlisted.includes(flow)),
		);
		if (own !== undefined) {
			return {flow: own, reason: 'Nobody is at a terminal here, and the app can sign in by itself.'};
		}

		if (!triesAnyway) throw personRequired();
	}

	const {preferred} = options;
	if (preferred && available[preferred] === true) {
		return {flow: preferred, reason: 'You chose this for this profile before.'};
	}

	const fitting = location.browser === 'elsewhere' ? 'device' : 'browser';
	if (available[fitting] === true) return {flow: fitting, reason: location.reason};
	const flow = flows.find(candidate => available[candidate] === true);
	if (flow) return {flow, reason: flowReasons[flow]};
	throw new LoginError('config_error', 'No flow works with this server and app.', {
		hint: 'Check the client ID, and what the server allows this app to do.',
	});
};

/** What `createLoginTerminal` takes besides the environment. */
export type LoginTerminalOptions = Partial<Omit<RecommendOptions, 'unlisted'>> & {
	/** Writes a sequence to the terminal, past whatever draws there. @default to stdout */
	readonly write?: (sequence: string) => void;
};

/**
 * What a login needs of the terminal, by where that is. Nothing is started or loaded before it is used.
 *
 * @param environment - as from `detectEnvironment()`
 */
export const createLoginTerminal = (
	environment: TerminalEnvironment,
	{
		personIsThere = true,
		triesAnyway,
		preferred,
		write = sequence => process.stdout.write(sequence),
	}: LoginTerminalOptions = {},
): Required<LoginTerminal> => {
	const location = locateTerminal(environment);
	return {
		browser: location.browser,
		openBrowser: createBrowserOpener(environment),
		clipboard: createClipboard(environment, write),
		sockets: createLocalSockets(environment),
		recommend: (flows, unlisted) => recommend(location, flows, {personIsThere, triesAnyway, unlisted, preferred}),
		forwardLine: port => forwardLine(environment, port),
		forwardedAddress: port => forwardedAddress(environment, port),
	};
};
