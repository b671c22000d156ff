import type {ChildProcess} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import path from 'node:path';
import {errorCode} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {checkUrl, escapeHref, type SafeUrl} from '../core/safe-url.js';
import type {BrowserOpener, BrowserOutcome} from '../login/terminal.js';
import {locateTerminal, type TerminalEnvironment} from './environment.js';

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

/** It would take what comes after an `&` for another command. */
const wouldSplit = (command: readonly string[]): boolean =>
	command.some(word => /^cmd(?:\.exe)?$/i.test(path.win32.basename(word))) && command.some(word => word.includes('&'));

const reasonOf = (error: unknown): string => (errorCode(error) === 'ENOENT' ? 'was not found' : "couldn't be started");

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
				// A later error must not end our process.
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
