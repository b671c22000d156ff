import type {Scope} from '../support/built-command.js';

/** Runs `work` as a test would, and clears up behind it. */
export const scoped = async <Value>(work: (scope: Scope) => Promise<Value>): Promise<Value> => {
	const clearing: (() => unknown)[] = [];
	try {
		return await work({after: clear => void clearing.push(clear)});
	} finally {
		for (const clear of clearing.reverse()) await clear();
	}
};
