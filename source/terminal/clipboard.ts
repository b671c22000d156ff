import type {Clipboard, ClipboardOutcome} from '../login/flow.js';
import {type TerminalEnvironment, locateTerminal} from './environment.js';

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

const within = async (ms: number, work: Promise<void>): Promise<boolean> => {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<boolean>(resolve => {
		timer = setTimeout(() => resolve(false), ms);
	});
	const done = work.then(
		() => true,
		() => false,
	);
	return Promise.race([done, timeout]).finally(() => clearTimeout(timer));
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
		tmux.once('exit', code => {
			if (code === 0) resolve();
			else reject(new Error(`tmux ended with ${code}`));
		});
		tmux.stdin.once('error', reject);
		tmux.stdin.end(text);
	});
};

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
	const {browser, multiplexer} = locateTerminal(environment);
	const hasTerminal = (environment.tty.stdout || environment.tty.stderr) && environment.env['TERM'] !== 'dumb';
	let tmuxWasExplained = false;

	const sendToTerminal = async (text: string): Promise<ClipboardOutcome> => {
		if (!hasTerminal) return {status: 'unavailable', detail: 'There is no clipboard here: select the text instead.'};
		if (multiplexer === 'tmux' && (await within(patience, loadTmuxBuffer(text, environment.env))))
			return {status: 'sent'};
		write(multiplexer === 'screen' ? throughScreen(setClipboard(text)) : setClipboard(text));
		if (multiplexer !== 'tmux' || tmuxWasExplained) return {status: 'sent'};
		tmuxWasExplained = true;
		return {status: 'sent', detail: 'tmux passes it on only with: tmux set -g set-clipboard on'};
	};

	return async text => {
		if (browser === 'here' && (await within(patience, writeToSystem(text)))) return {status: 'copied'};
		return sendToTerminal(text);
	};
};
