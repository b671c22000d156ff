import {useCallback, useEffect, useRef, useState} from 'react';
import type {Clipboard, ClipboardOutcome} from '../login/terminal.js';

/** What `useClipboard` returns. */
export type ClipboardState = {
	/** Copies a text; its outcome is drawn with the next frame. */
	readonly copy: (text: string) => Promise<ClipboardOutcome>;
	/** What became of the last copy, and of what. */
	readonly last?: {readonly text: string; readonly outcome: ClipboardOutcome};
};

const unavailable: Clipboard = async () => ({status: 'unavailable'});

/** Copies texts, and says what became of it; without a `clipboard` every copy is `unavailable`. */
export const useClipboard = (clipboard: Clipboard = unavailable): ClipboardState => {
	const [last, setLast] = useState<ClipboardState['last']>();
	const mounted = useRef(false);
	useEffect(() => {
		mounted.current = true;
		return () => {
			mounted.current = false;
		};
	}, []);
	const copy = useCallback(
		async (text: string) => {
			// One of the app's own may throw.
			const outcome = await (async () => clipboard(text))().catch(() => ({status: 'unavailable' as const}));
			if (mounted.current) setLast({text, outcome});
			return outcome;
		},
		[clipboard],
	);
	return {copy, ...(last !== undefined && {last})};
};
