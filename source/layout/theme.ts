import type {LoginTerminal} from '../login/terminal.js';
import {wordsOver, type Messages, type SomeMessages} from '../text/messages.js';
import {
	browserReach,
	detectEnvironment,
	isRemote,
	type BrowserReach,
	type TerminalEnvironment,
} from '../terminal/environment.js';
import {
	glyphs as glyphsFor,
	supportsUnicode,
	type Glyphs,
	supportsHyperlinks,
	colourLevel,
	type ColourLevel,
} from '../terminal/capabilities.js';

/** Colours, by Ink's names or as `#rrggbb`. They only ever repeat what a word or a mark says too. */
export type Theme = {
	/** @default 'cyan' */
	readonly accent: string;
	/** @default 'green' */
	readonly success: string;
	/** @default 'red' */
	readonly failure: string;
	/** @default 'yellow' */
	readonly warning: string;
};

/** The colours that are used where an application names no others. */
export const defaultTheme: Theme = {accent: 'cyan', success: 'green', failure: 'red', warning: 'yellow'};

/** What the screens have to know about the terminal. */
export type TerminalCapabilities = {
	/** Whether braille, half blocks and check marks can be drawn. */
	readonly unicode: boolean;
	/** Whether colours are wanted (`NO_COLOR`). */
	readonly color: boolean;
	/** Whether the terminal has OSC 8 links. */
	readonly hyperlinks: boolean;
	/** Over SSH or in tmux each repaint costs: minutes instead of seconds, and no turning spinner. */
	readonly remote: boolean;
	/** Whether another device reaches the address beside the QR code. @default whether it is not on loopback */
	readonly phoneReachable?: boolean;
};

/** How the plate is drawn: on the accent colour, in inverse where colours are few or unwanted, otherwise in brackets. */
type Plate = 'accent' | 'inverse' | 'brackets';

/** Ink's colours look at stdout, wherever it draws, and at `FORCE_COLOR`. */
const hasColours = (environment: TerminalEnvironment): boolean =>
	colourLevel(environment) > 0 && (environment.tty.stdout || environment.env['FORCE_COLOR'] !== undefined);

type Detected = {
	readonly environment: TerminalCapabilities;
	readonly terminal: BrowserReach;
	readonly level: ColourLevel;
};

let detected: Detected | undefined;

/** Looked up once; an application that knows better hands its own in. */
const detect = (): Detected => {
	if (detected !== undefined) return detected;
	const environment = detectEnvironment();
	detected = {
		environment: {
			unicode: supportsUnicode(environment),
			color: !environment.env['NO_COLOR'] && hasColours(environment),
			hyperlinks: supportsHyperlinks(environment),
			remote: isRemote(environment),
		},
		level: colourLevel(environment),
		terminal: browserReach(environment),
	};
	return detected;
};

/** How it looks and what it says: the props that every screen takes. */
export type DisplayProps = {
	/** One accent colour and three for outcomes; what is left out stays as it is. */
	readonly theme?: Partial<Theme>;
	/** Words of your own, or some. @default English */
	readonly messages?: SomeMessages | undefined;
	/** @default looked up in the process's environment */
	readonly environment?: Partial<TerminalCapabilities>;
	/** What the login needs of the terminal. @default where that is, without a clipboard */
	readonly terminal?: LoginTerminal;
};

export type Display = {
	readonly theme: Theme;
	readonly messages: Messages;
	readonly environment: TerminalCapabilities;
	readonly terminal: BrowserReach;
	readonly glyphs: Glyphs;
	readonly plate: Plate;
};

const plateOf = ({unicode, color}: TerminalCapabilities, level: ColourLevel): Plate => {
	if (!unicode || (!color && level === 0)) return 'brackets';
	return color && level !== 1 ? 'accent' : 'inverse';
};

export const displayOf = ({theme, messages, environment, terminal}: DisplayProps): Display => {
	const here = detect();
	const capabilities = {...here.environment, ...environment};
	return {
		theme: {...defaultTheme, ...theme},
		messages: wordsOver(messages),
		environment: capabilities,
		terminal: {...here.terminal, ...terminal},
		glyphs: glyphsFor(capabilities.unicode),
		plate: plateOf(capabilities, here.level),
	};
};
