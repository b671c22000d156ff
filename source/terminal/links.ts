import type {SafeUrl} from '../engine/safe-url.js';
import type {TerminalEnvironment} from './facts.js';

/**
 * An OSC 8 hyperlink, written by hand: libraries wrap it for tmux in a way that Ink drops, link and all. Where a
 * terminal knows no links the text is all that is seen, so it should be the address itself.
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
