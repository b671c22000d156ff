// Imported: the build replaces NODE_ENV of the global one by a constant.
import process from 'node:process';
import {stripVTControlCharacters} from 'node:util';
import v8 from 'node:v8';
import {colourLevel} from './capabilities.js';
import type {TerminalEnvironment} from './environment.js';

type Listener = (...words: unknown[]) => void;

/** What version 6 of Ink clears a window with: also all that scrolled out of it before. */
const clearTerminal = '\u001B[2J\u001B[3J\u001B[H';
/** The window alone, as version 8 does; row by row, since tmux keeps in its history what is cleared all at once. */
const clearWindow = (rows: number): string => `\u001B[H${'\u001B[2K\u001B[1B'.repeat(rows)}\u001B[H`;

/** Resolves once what has changed is drawn: React and Ink need a turn each. */
export const drawn = async (): Promise<void> => {
	for (let turn = 0; turn < 2; turn++) {
		await new Promise(resolve => {
			setTimeout(resolve, 0);
		});
	}
};

/** The stream, but for the methods given. */
const withOwn = <Stream extends NodeJS.WriteStream>(stream: Stream, own: object): Stream =>
	new Proxy(stream, {
		get(target, name) {
			if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown;
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === 'function' ? (value.bind(target) as unknown) : value;
		},
	});

/**
 * A terminal's stream for a screen in a window that may change. As soon as it does Ink draws again what stood there, laid
 * out for the window as it was, and pieces of that stay behind. So Ink hears of a new size once the screen is laid out
 * for it: the layout prepends its listener. What scrolled out of the window stays there, whatever becomes too tall.
 *
 * A window that gets narrower wraps the rows that stand there, and Ink takes as many away as it drew: so they are all
 * taken away, and Ink finds as many blank ones.
 */
export const resizable = <Stream extends NodeJS.WriteStream>(stream: Stream): Stream => {
	const delayed = new Map<Listener, Listener>();
	let widths: readonly number[] = [];
	const unwrap = () => {
		const rows = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / stream.columns)), 0);
		if (rows > widths.length) stream.write(`${'\u001B[2K\u001B[1A'.repeat(rows)}\u001B[2K\u001B[${widths.length}B`);
		widths = [];
	};
	const own = {
		on(event: string, listener: Listener) {
			if (event !== 'resize') return stream.on(event, listener);
			const later = () => {
				unwrap();
				void drawn().then(() => delayed.get(listener) === later && listener());
			};
			delayed.set(listener, later);
			return stream.on(event, later);
		},
		off(event: string, listener: Listener) {
			const later = event === 'resize' ? delayed.get(listener) : undefined;
			if (later !== undefined) delayed.delete(listener);
			return stream.off(event, later ?? listener);
		},
		write(chunk: unknown, ...rest: unknown[]) {
			const text = typeof chunk === 'string' ? chunk.replaceAll(clearTerminal, clearWindow(stream.rows)) : chunk;
			if (typeof text === 'string' && text.endsWith('\n')) {
				const rows = stripVTControlCharacters(text).split('\n').slice(0, -1);
				widths = rows.map(row => Array.from(row).length);
			}

			return (stream.write as (...words: unknown[]) => boolean).call(stream, text, ...rest);
		},
	};
	return withOwn(stream, own);
};

/* eslint-disable no-control-regex -- escape sequences begin with one. */
const linkBegins = '\u001B]8;';
const colours = /\u001B\[[\d;]*m/g;
const link = /\u001B\]8;[^;]*;([^\u0007\u001B]*)(?:\u0007|\u001B\\)/g;
const endsInLink =
	/\u001B\]8;[^;]*;([^\u0007\u001B]+)(?:\u0007|\u001B\\)([^\u0007\u001B]*)\u001B\]8;;(?:\u0007|\u001B\\)$/;
const beginsWithLink = /^\u001B\]8;[^;]*;([^\u0007\u001B]+)(?:\u0007|\u001B\\)/;

/** Whether a row is filled by an address that goes on in the next one. */
const goesOn = (row: string, next: string, columns: number): boolean => {
	if (!row.includes(linkBegins) || !next.includes(linkBegins)) return false;
	const [, address, text] = endsInLink.exec(row.replaceAll(colours, '')) ?? [];
	const [, nextAddress] = beginsWithLink.exec(next.replaceAll(colours, '')) ?? [];
	return address !== undefined && address === nextAddress && text?.length === columns;
};

/**
 * Takes the line feeds out of an address that fills its rows: the terminal wraps it at the same place by itself, knows
 * that it is one line, and gives it whole to anyone who selects it.
 */
const joinLinkRows = (text: string, columns: number): string => {
	if (!text.includes(linkBegins)) return text;
	const rows = text.split('\n');
	return rows.reduce((above, row, index) => above + (goesOn(rows[index - 1] ?? '', row, columns) ? row : `\n${row}`));
};

/**
 * A terminal's stream for a screen that has it for itself: addresses that take several rows stay in one piece.
 *
 * @param links - whether the terminal has OSC 8 links: without them they mark the addresses, and go no further.
 */
export const softWrapping = <Stream extends NodeJS.WriteStream>(stream: Stream, links: boolean): Stream => {
	return withOwn(stream, {
		write(chunk: unknown, ...rest: unknown[]) {
			const joined = typeof chunk === 'string' ? joinLinkRows(chunk, stream.columns) : chunk;
			const text = typeof joined === 'string' && !links ? joined.replaceAll(link, '') : joined;
			return (stream.write as (...words: unknown[]) => boolean).call(stream, text, ...rest);
		},
	});
};

/**
 * Prepares the process for Ink and React, which look at the environment once, while they load: React for its fast build,
 * Ink's colours for `FORCE_COLOR` alone. It is set this late so that a command run by `exec` never sees it.
 * Where `DEV` is "true", Ink looks for React's devtools, which are not installed with the command.
 */
export const prepareForInk = (environment: TerminalEnvironment): void => {
	process.env['NODE_ENV'] ??= 'production';
	// When it is loaded, Node.js warns of a NO_COLOR that FORCE_COLOR overrides. Ink has it loaded soon in any case.
	process.getBuiltinModule('node:assert');
	process.env['FORCE_COLOR'] = String(colourLevel(environment));
	delete process.env['DEV'];
	// A screen that rarely paints isn't worth optimising code for, which took half of a waiting login's time and a tenth of
	// its memory.
	v8.setFlagsFromString('--no-opt');
	v8.setFlagsFromString('--no-maglev');
};
