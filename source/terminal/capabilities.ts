import {isSet, type TerminalEnvironment} from './environment.js';
import {whoIsThere} from './who-is-there.js';
import type {SafeUrl} from '../core/safe-url.js';

/** The marks that the screens draw with. */
export type Glyphs = Readonly<typeof unicodeGlyphs>;

const unicodeGlyphs = {
	/** A name from cli-spinners. */
	spinner: 'dots' as 'dots' | 'line',
	/** The spinner while it stands still. */
	still: '◌',
	success: '✔',
	failure: '✖',
	warning: '⚠',
	pointer: '❯',
	/** Before the one thing to do. */
	arrow: '→',
	/** Between two things on one line. */
	separator: '·',
	ellipsis: '…',
	dash: '–',
	/** Whether half blocks can be drawn, and so the QR code. */
	blocks: true,
};

const asciiGlyphs: Glyphs = {
	spinner: 'line',
	still: '-',
	success: '*',
	failure: 'x',
	warning: '!',
	pointer: '>',
	arrow: '>',
	separator: '-',
	ellipsis: '...',
	dash: '-',
	blocks: false,
};

export const glyphs = (unicode: boolean): Glyphs => (unicode ? unicodeGlyphs : asciiGlyphs);

/** Whether the terminal draws braille, half blocks and check marks. */
export const supportsUnicode = ({env, platform}: TerminalEnvironment): boolean => {
	const term = env['TERM'] ?? '';
	if (platform === 'win32') {
		// The old console has none of these variables.
		const modern = env['WT_SESSION'] ?? env['TERM_PROGRAM'] ?? env['TERMINAL_EMULATOR'] ?? env['ConEmuTask'];
		return modern !== undefined || /^(xterm|alacritty)/.test(term);
	}

	// The Linux console has 512 glyphs at most.
	if (term === 'linux' || term === 'dumb' || term.startsWith('vt')) return false;
	// Containers set no locale at all while the terminal that draws is outside them: only a locale that says no counts.
	const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(Boolean);
	return locale === undefined || /utf-?8/i.test(locale);
};

/**
 * An OSC 8 hyperlink, written by hand because libraries wrap it for tmux in a way that makes Ink drop the whole link. A
 * terminal without links shows only the text, so it should be the URL itself.
 */
export const hyperlink = (url: SafeUrl, text: string): string => `\u001B]8;;${url}\u0007${text}\u001B]8;;\u0007`;

const capablePrograms = new Set(['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'zed', 'Hyper', 'rio', 'WarpTerminal']);
const capableTerms = /^(xterm-(kitty|ghostty)|alacritty|foot|wezterm|contour|tmux)/;

/** Whether the terminal has OSC 8 hyperlinks. `FORCE_HYPERLINK` decides where it is set. */
export const supportsHyperlinks = ({env, tty}: TerminalEnvironment): boolean => {
	const forced = env['FORCE_HYPERLINK'];
	if (forced !== undefined) return forced !== '0' && forced !== 'false';
	if (!tty.stdout && !tty.stderr) return false;
	const term = env['TERM'] ?? '';
	if (term === 'dumb' || term === 'linux' || term.startsWith('screen.') || env['STY']) return false;
	if (env['TERM_PROGRAM'] === 'Apple_Terminal') return false;
	// VTE crashed on them before 0.50.1.
	const vte = Number(env['VTE_VERSION'] ?? Number.NaN);
	if (!Number.isNaN(vte)) return vte > 5000;
	if (capablePrograms.has(env['TERM_PROGRAM'] ?? '') || capableTerms.test(term)) return true;
	if (env['WT_SESSION'] ?? env['KONSOLE_VERSION'] ?? env['TMUX']) return true;
	// Over SSH nothing but TERM and perhaps this arrives; terminals with all colours skip an OSC that they do not know.
	return /^(truecolor|24bit)$/.test(env['COLORTERM'] ?? '');
};

/**
 * The stream that a screen can be drawn on: the first terminal of stdout and stderr, with keys from stdin. Undefined
 * where plain lines are all that is possible.
 */
export const screenStream = (environment: TerminalEnvironment): 'stdout' | 'stderr' | undefined => {
	const {env, tty} = environment;
	if (!tty.stdin || env['TERM'] === 'dumb' || whoIsThere(environment) !== 'person') return undefined;
	if (tty.stdout) return 'stdout';
	return tty.stderr ? 'stderr' : undefined;
};

/** Whether someone listens instead of looking, as Ink's variable or the common one says. */
const wantsSpeech = ({env}: TerminalEnvironment): boolean =>
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
 * How many colours the terminal has; without any, nothing can be styled at all. `FORCE_COLOR` decides where it is set.
 * `NO_COLOR` does not count here: it forbids colours, and leaves bold, dim and inverse.
 */
export const colourLevel = (environment: TerminalEnvironment): ColourLevel => {
	const {env, platform} = environment;
	const forced = env['FORCE_COLOR'];
	if (forced !== undefined) return forcedLevels[forced] ?? 1;
	if (screenStream(environment) === undefined) return 0;
	const term = env['TERM'] ?? '';
	if (/^(truecolor|24bit)$/.test(env['COLORTERM'] ?? '')) return 3;
	if (env['WT_SESSION'] ?? env['TERM_PROGRAM'] === 'iTerm.app') return 3;
	if (/^xterm-(kitty|ghostty)|-direct$/.test(term)) return 3;
	if (platform === 'win32' || term.includes('256color') || env['TERM_PROGRAM'] === 'Apple_Terminal') return 2;
	return term === '' ? 0 : 1;
};
