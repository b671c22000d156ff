import {useRef, useState} from 'react';
import {firstPossible, isPossible, nextOption, optionAt, type ListOption} from '../layout/options.js';
import {useKeys} from './use-keys.js';

/** The choice from a list: arrows move, Enter takes what is selected, a digit takes its option at once. */
export const useList = (
	options: readonly ListOption[],
	{onChoose, isActive}: {readonly onChoose: (index: number) => void; readonly isActive: boolean},
): number => {
	const [moved, setMoved] = useState(-1);
	// Keys may come faster than frames, as in a chunk that was typed before we listened: the next one counts from here.
	const latest = useRef(moved);
	const possible = (index: number) => (isPossible(options, index) ? index : firstPossible(options));
	useKeys({
		onKey(key) {
			const selected = possible(latest.current);
			if (key === 'up' || key === 'down') {
				latest.current = nextOption(options, selected, key);
				setMoved(latest.current);
				return;
			}

			const taken = key === 'enter' ? selected : optionAt(options, key);
			if (taken !== undefined && isPossible(options, taken)) onChoose(taken);
		},
		isActive,
	});
	return possible(moved);
};
