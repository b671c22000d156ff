import {abortable} from '../core/clock.js';
import type {Clipboard, ClipboardOutcome} from '../login/terminal.js';
import {locateTerminal, type TerminalEnvironment} from './environment.js';

type ClipboardOptions = {
	/** Writes to the system's clipboard. @default the package `clipboardy`, loaded at the first use */
	readonly writeToSystem?: (text: string) => Promise<void>;
	/** Milliseconds after which the system's clipboard is given up. @default 3000 */
	readonly patience?: number;
};

const writeWithPackage = async (text: string): Promise<void> => {
	// Where it knows no clipboard, it throws while it loads.
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
