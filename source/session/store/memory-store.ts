import {systemClock, type Clock} from '../../core/clock.js';
import type {TokenStore} from '../types.js';
import {createCustomStore} from './custom-store.js';

/** Keeps sessions for as long as the process lives; its locks hold within the process. */
export const createMemoryStore = ({clock = systemClock}: {readonly clock?: Clock} = {}): TokenStore => {
	const values = new Map<string, string>();
	const last = new Map<string, Promise<unknown>>();
	const store = {
		description: 'the memory of this process',
		get: (key: string) => values.get(key),
		set: (key: string, value: string) => values.set(key, value),
		delete: (key: string) => values.delete(key),
		/** Each waits for the one before it. */
		async lock(key: string) {
			const before = last.get(key);
			let release: () => void = () => undefined;
			const held = new Promise<void>(resolve => {
				release = resolve;
			});
			last.set(
				key,
				Promise.resolve(before).then(async () => held),
			);
			await before;
			return release;
		},
	};
	return createCustomStore(store, {clock, kind: 'memory'});
};
