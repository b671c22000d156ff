import {useRef, useState} from 'react';
import {useBracketedPaste, useKeys} from './use-keys.js';

/** What no terminal prints, or prints as more than itself. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The text of a line that someone types or pastes; the keys that are no characters go on. */
export const useTextField = (
	initial: string,
	{
		onKey,
		onChange,
		isActive,
	}: {
		/** `enter` comes with what is typed by then, as keys may come faster than frames. */
		readonly onKey: (key: string, text: string) => void;
		readonly onChange?: () => void;
		readonly isActive: boolean;
	},
): string => {
	const [text, setText] = useState(initial);
	const latest = useRef(initial);
	const replace = (next: string) => {
		latest.current = next;
		setText(next);
		onChange?.();
	};
	useBracketedPaste(isActive);
	useKeys({
		onKey(key) {
			if (key === 'backspace') replace(Array.from(latest.current).slice(0, -1).join(''));
			else if (key === 'ctrl+u') replace('');
			else if (Array.from(key).length === 1) replace(latest.current + key.replaceAll(unprintable, ''));
			else onKey(key, latest.current);
		},
		onPaste: pasted => replace(latest.current + pasted.replaceAll(unprintable, '')),
		isActive,
	});
	return text;
};
