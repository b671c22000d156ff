import {useRef, useState} from 'react';
import {useKeys} from './use-keys.js';

/** What no terminal prints, or prints as more than itself. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The text of a line that someone types or pastes; the keys that are no characters go on. */
export const useTextField = (
	initial: string,
	{
		onKey,
		onChange,
		accepts = /(?:)/,
		isActive,
	}: {
		/** `enter` comes with what is typed by then, as keys may come faster than frames. */
		readonly onKey: (key: string, text: string) => void;
		readonly onChange?: () => void;
		/** The characters to take, of what is pasted too; other keys go on. @default all */
		readonly accepts?: RegExp | undefined;
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
	const accepted = (given: string) =>
		Array.from(given.replaceAll(unprintable, ''))
			.filter(character => accepts.test(character))
			.join('');
	useKeys({
		onKey(key) {
			if (key === 'backspace') replace(Array.from(latest.current).slice(0, -1).join(''));
			else if (key === 'ctrl+u') replace('');
			else if (Array.from(key).length === 1 && accepts.test(key)) replace(latest.current + accepted(key));
			else onKey(key, latest.current);
		},
		onPaste: pasted => replace(latest.current + accepted(pasted)),
		isActive,
	});
	return text;
};
