import type {TerminalEnvironment} from './facts.js';

/** The marks that the screens draw with. */
export type Glyphs = {
	/** A name from cli-spinners. */
	readonly spinner: 'dots' | 'line';
	/** The spinner while it stands still. */
	readonly still: string;
	readonly success: string;
	readonly failure: string;
	readonly warning: string;
	readonly pointer: string;
	/** The two arrow keys. */
	readonly arrows: string;
	/** Between two things on one line. */
	readonly separator: string;
	readonly ellipsis: string;
	readonly dash: string;
	/** Whether half blocks can be drawn, and so the QR code. */
	readonly blocks: boolean;
};

const unicodeGlyphs: Glyphs = {
	spinner: 'dots',
	still: '⠿',
	success: '✔',
	failure: '✖',
	warning: '⚠',
	pointer: '❯',
	arrows: '↑↓',
	separator: '·',
	ellipsis: '…',
	dash: '–',
	blocks: true,
};

const asciiGlyphs: Glyphs = {
	spinner: 'line',
	still: '-',
	success: '*',
	failure: 'x',
	warning: '!',
	pointer: '>',
	arrows: 'up/down',
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
