import * as ink from 'ink';
import {useInput, useStdin, useStdout, type Key} from 'ink';
import {useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState} from 'react';

/** `enter`, `escape`, `up`, `down`, `backspace`, `ctrl+` and one of c, o, u, z, or the character. */
type KeyName = string;

type KeysOptions = {
	readonly onKey: (key: KeyName) => void;
	/** What was pasted, in one piece. Without it pasted text is dropped; either way it fires no key. */
	readonly onPaste?: (text: string) => void;
	/** @default true */
	readonly isActive?: boolean;
};

/**
 * What someone types fast, or before we listen, comes in one chunk, with Enter as the line feed that the terminal made of
 * it. Anything longer was pasted: nobody pastes so little that it would mean something here.
 */
const hasty = /^[!-~]{0,3}[\r\n]{0,2}$/;

/** Control characters in a row are keys without a meaning here, such as Ctrl-D pressed twice. */
const visible = /[^\p{Cc}\s]/u;

const named: Readonly<Record<string, KeyName>> = {'\r': 'enter', '\n': 'enter', '\u0003': 'ctrl+c'};

/** Versions 7 and 8 of Ink tell pastes from keys where someone uses this hook; version 6 has none. */
type UsePaste = (onPaste: (text: string) => void, options: {readonly isActive: boolean}) => void;
const usePaste = (ink as {readonly usePaste?: UsePaste}).usePaste ?? (() => undefined);

/** Version 6 leaves these to us, as input without its escape. */
const pasteBegins = '[200~';
const pasteEnds = '[201~';

/**
 * Ink listens from an effect that runs some time after the frame is on the screen; a key pressed in between would be
 * lost. An update from a layout effect makes React run all such effects first, before anything else can happen.
 */
const useListensWithFrame = (isOn: boolean): void => {
	const [, update] = useReducer((count: number) => count + 1, 0);
	useLayoutEffect(() => update(), [isOn]);
};

/** The streams that the app had in raw mode, and read by itself, before Ink did. */
const readByApp = new WeakSet<object>();

/** Version 6.4, and forks of it, hand on a chunk as it came, but for its first escape. */
// eslint-disable-next-line no-control-regex -- Escape sequences begin with one.
const sequence = /(?:^|\u001B)(\[(?:20[01]~|[AB]))/;
const partsOf = (input: string): readonly string[] =>
	input.includes('\u001B') || input.startsWith(pasteBegins)
		? input.split(sequence).filter(part => part !== '')
		: [input];

/** Keys in kitty's protocol, which an app may have turned on and the first versions of Ink 6, and forks, leave to us. */
const kittyKeys: Readonly<Record<string, KeyName>> = {
	'[13u': 'enter',
	'[27u': 'escape',
	'[127u': 'backspace',
	'[99;5u': 'ctrl+c',
	'[111;5u': 'ctrl+o',
	'[117;5u': 'ctrl+u',
	'[122;5u': 'ctrl+z',
};

/** As it is, rather than as Ink types it. */
type Stdin = {readonly stdin: NodeJS.ReadStream; readonly isRawModeSupported: boolean | undefined};

/** Takes keys, and pasted text apart from them, in the same way on Ink 6.4 to 8. */
export const useKeys = ({onKey, onPaste, isActive = true}: KeysOptions): void => {
	const {stdin, isRawModeSupported} = useStdin() as Stdin;
	// Undefined where stdin is no terminal, and Ink takes that for true.
	const isOn = isActive && isRawModeSupported === true;
	const pasting = useRef<string | undefined>(undefined);
	const isInSequence = useRef(false);
	const latest = useRef({onKey, onPaste});
	useLayoutEffect(() => {
		latest.current = {onKey, onPaste};
	});

	const paste = useCallback((text: string) => {
		if (visible.test(text)) latest.current.onPaste?.(text);
	}, []);
	usePaste(paste, {isActive: isOn});
	const take = useCallback(
		(input: string, key: Partial<Key>) => {
			const {onKey} = latest.current;
			// Ink 8 takes a sequence that it does not know apart, and tells of the 0x03 in it as of the key.
			if (input === '[' || (input === ']' && !key.ctrl)) {
				isInSequence.current = true;
				setImmediate(() => (isInSequence.current = false));
			}

			if (input === pasteBegins) {
				pasting.current = '';
				return;
			}

			if (input === pasteEnds) {
				paste(pasting.current ?? '');
				pasting.current = undefined;
				return;
			}

			if (pasting.current !== undefined) {
				pasting.current += key.return ? '\n' : input;
				return;
			}

			const kitty = kittyKeys[input];
			// Ink 6 says `meta` on Escape too.
			if (kitty !== undefined) onKey(kitty);
			else if (key.escape) onKey('escape');
			else if (key.ctrl) {
				if (/^[couz]$/.test(input) && !isInSequence.current) onKey(`ctrl+${input}`);
			} else if (key.meta) return;
			else if (key.return) onKey('enter');
			else if (key.upArrow) onKey('up');
			else if (key.downArrow) onKey('down');
			// Most terminals send for Backspace what Ink calls Delete.
			else if (key.backspace || key.delete) onKey('backspace');
			// Pressed twice, or right before or after another key, it comes in one chunk; nobody pastes it.
			else if (input.startsWith('\u0003') || input.endsWith('\u0003')) onKey('ctrl+c');
			// Inside a chunk it is a part of some sequence of the terminal's, as Ghostty's.
			else if (input.includes('\u0003')) return;
			// A terminal's reply to a question that wasn't ours.
			else if (input.startsWith('[') && input.length > 1) return;
			else if (input.length > 1 && !hasty.test(input)) paste(input);
			else for (const character of input) onKey(named[character] ?? character);
		},
		[paste],
	);
	// Ink ends raw mode with the last component that takes keys, even where the app had begun it.
	useEffect(() => {
		const isRead = stdin.listenerCount('data') > 0 && stdin.listenerCount('readable') === 0;
		if (isOn && stdin.isRaw && isRead) readByApp.add(stdin);
	}, [stdin, isOn]);
	useInput(
		useCallback(
			(input, key) => {
				const parts = partsOf(input);
				if (parts.length < 2) take(input, key);
				else for (const part of parts) take(part, {upArrow: part === '[A', downArrow: part === '[B'});
			},
			[take],
		),
		{isActive: isOn},
	);
	useEffect(
		() => () => {
			if (stdin.isRaw || !readByApp.delete(stdin)) return;
			stdin.setRawMode(true);
			stdin.ref();
		},
		[stdin, isOn],
	);
	useListensWithFrame(isOn);
};

/** How often `?` was pressed, which asks for the other keys. */
export const usePresses = (isActive: boolean): number => {
	const [presses, setPresses] = useState(0);
	useKeys({
		onKey(key) {
			if (key === '?') setPresses(before => before + 1);
		},
		isActive,
	});
	return presses;
};

/** Asks the terminal to mark what is pasted, for as long as someone takes it. */
export const useBracketedPaste = (isActive: boolean): void => {
	const {stdout} = useStdout();
	const {isRawModeSupported} = useStdin() as {isRawModeSupported: boolean | undefined};
	// Past Ink, which would take it for text to draw: where nothing but frames is expected it would be one.
	const isOn = isActive && isRawModeSupported === true && stdout.isTTY;
	useEffect(() => {
		if (!isOn) return;
		stdout.write('\u001B[?2004h');
		return () => {
			stdout.write('\u001B[?2004l');
		};
	}, [stdout, isOn]);
};
