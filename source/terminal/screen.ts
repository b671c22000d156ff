import type {TerminalEnvironment} from './facts.js';
import {locateTerminal, isSet} from './situation.js';

/**
 * The stream that a screen can be drawn on: the first terminal of stdout and stderr, with keys from stdin. Undefined
 * where plain lines are all that is possible.
 */
export const screenStream = (environment: TerminalEnvironment): 'stdout' | 'stderr' | undefined => {
	const {env, tty} = environment;
	if (!tty.stdin || env['TERM'] === 'dumb' || locateTerminal(environment).ci) return undefined;
	if (tty.stdout) return 'stdout';
	return tty.stderr ? 'stderr' : undefined;
};

/** Whether someone listens instead of looking, as Ink's variable or the common one says. */
export const wantsSpeech = ({env}: TerminalEnvironment): boolean =>
	isSet(env['INK_SCREEN_READER']) || isSet(env['ACCESSIBLE']);

/** How a login is shown, and on which stream. */
export type View = {
	readonly kind: 'plain' | 'spoken' | 'ndjson' | 'screen';
	readonly stream: 'stdout' | 'stderr';
};

/**
 * The view that fits: what is wanted, but lines where no screen is possible, and spoken lines wherever someone listens.
 * Lines go to stdout only where it is a terminal: otherwise it is for data.
 */
export const chooseView = (environment: TerminalEnvironment, wanted: View['kind']): View => {
	if (wanted === 'ndjson') return {kind: 'ndjson', stream: 'stdout'};
	const lines = environment.tty.stdout ? 'stdout' : 'stderr';
	if (wanted === 'spoken' || wantsSpeech(environment)) return {kind: 'spoken', stream: lines};
	const screen = wanted === 'screen' ? screenStream(environment) : undefined;
	return screen === undefined ? {kind: 'plain', stream: lines} : {kind: 'screen', stream: screen};
};

/** 0: none, 1: the terminal's 16, 2: 256, 3: all. */
export type ColourLevel = 0 | 1 | 2 | 3;

const forcedLevels: Readonly<Record<string, ColourLevel>> = {'0': 0, false: 0, '2': 2, '3': 3};

/**
 * How many colours to use. `FORCE_COLOR` decides where it is set, then `NO_COLOR`: the libraries below know the first
 * alone, so the caller hands the result on as that.
 */
export const colourLevel = (environment: TerminalEnvironment): ColourLevel => {
	const {env, platform} = environment;
	const forced = env['FORCE_COLOR'];
	if (forced !== undefined) return forcedLevels[forced] ?? 1;
	if (env['NO_COLOR'] || screenStream(environment) === undefined) return 0;
	const term = env['TERM'] ?? '';
	if (/^(truecolor|24bit)$/.test(env['COLORTERM'] ?? '')) return 3;
	if (env['WT_SESSION'] ?? env['TERM_PROGRAM'] === 'iTerm.app') return 3;
	if (/^xterm-(kitty|ghostty)|-direct$/.test(term)) return 3;
	if (platform === 'win32' || term.includes('256color') || env['TERM_PROGRAM'] === 'Apple_Terminal') return 2;
	return term === '' ? 0 : 1;
};
