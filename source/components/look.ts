import {messages as english, type Messages} from '../sinks/messages.js';
import {gatherFacts, type Facts} from '../terminal/facts.js';
import {glyphs as glyphsFor, supportsUnicode, type Glyphs} from '../terminal/glyphs.js';
import {supportsHyperlinks} from '../terminal/links.js';
import {forwardedAddress, forwardLine} from '../terminal/remote-address.js';
import {colourLevel} from '../terminal/screen.js';
import {isRemote} from '../terminal/situation.js';

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

/** What the screens have to know about the terminal and its surroundings. */
export type Environment = {
	/** Whether braille, half blocks and check marks can be drawn. */
	readonly unicode: boolean;
	/** Whether colours are wanted (`NO_COLOR`). */
	readonly color: boolean;
	/** Whether the terminal has OSC 8 links. */
	readonly hyperlinks: boolean;
	/** Over SSH or in tmux each repaint costs: minutes instead of seconds, and no turning spinner. */
	readonly remote: boolean;
	/** Whether another device reaches the address beside the square. @default whether it is not on loopback */
	readonly phoneReachable?: boolean;
	/**
	 * What to type on the computer with the browser (`ssh -L …`) so that a port there leads here.
	 *
	 * @default nothing: the browser is on this computer
	 */
	readonly forwardLine?: (port: number) => string | undefined;
	/**
	 * The address under which the platform itself brings a port of this computer to the person's browser.
	 *
	 * @default what Codespaces, Gitpod and Cloud Shell say
	 */
	readonly forwardedAddress?: (port: number) => string | undefined;
};

/** Ink's colours look at stdout, wherever it draws, and at `FORCE_COLOR`. */
const hasColours = (facts: Facts): boolean =>
	colourLevel(facts) > 0 && (facts.tty.stdout || facts.env['FORCE_COLOR'] !== undefined);

export const surroundingsOf = (
	facts: Facts,
): Required<Pick<Environment, 'remote' | 'forwardLine' | 'forwardedAddress'>> => ({
	remote: isRemote(facts),
	forwardLine: port => forwardLine(facts, port),
	forwardedAddress: port => forwardedAddress(facts, port),
});

let detected: Environment | undefined;

/** Looked up once; an application that knows better hands its own in. */
const defaultEnvironment = (): Environment => {
	if (detected !== undefined) return detected;
	const facts = gatherFacts();
	detected = {
		unicode: supportsUnicode(facts),
		color: !facts.env['NO_COLOR'] && hasColours(facts),
		hyperlinks: supportsHyperlinks(facts),
		...surroundingsOf(facts),
	};
	return detected;
};

/** How it looks and what it says: the props that every screen takes. */
export type LookProps = {
	/** One accent colour and three for outcomes; what is left out stays as it is. */
	readonly theme?: Partial<Theme>;
	/** Every word. @default English */
	readonly messages?: Messages;
	/** @default looked up in the process's environment */
	readonly environment?: Partial<Environment>;
};

export type Look = {
	readonly theme: Theme;
	readonly messages: Messages;
	readonly environment: Environment;
	readonly glyphs: Glyphs;
};

export const lookOf = ({theme, messages = english, environment}: LookProps): Look => {
	const surroundings = {...defaultEnvironment(), ...environment};
	return {
		theme: {...defaultTheme, ...theme},
		messages,
		environment: surroundings,
		glyphs: glyphsFor(surroundings.unicode),
	};
};
