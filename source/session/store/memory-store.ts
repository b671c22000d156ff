import {systemClock, type Clock} from '../../core/clock.js';
import {LoginError, toLoginError} from '../../core/errors.js';
import type {ProfilePreferences, StoredSession, TokenStore} from '../types.js';

/** Milliseconds between two looks of a waiter. */
const pause = 20;

/** Keeps sessions for as long as the process lives; its locks hold within the process. */
export const createMemoryStore = ({clock = systemClock}: {readonly clock?: Clock} = {}): TokenStore => {
	const sessions = new Map<string, StoredSession>();
	const preferences = new Map<string, ProfilePreferences>();
	const locks = new Set<string>();

	return {
		kind: 'memory',
		description: 'the memory of this process',
		notices: [],
		read: async profile => structuredClone(sessions.get(profile)),
		async write(profile, session) {
			sessions.set(profile, structuredClone(session));
		},
		remove: async profile => sessions.delete(profile),
		list: async (what = 'sessions') => [...(what === 'sessions' ? sessions : preferences).keys()],
		readPreferences: async profile => structuredClone(preferences.get(profile) ?? {}),
		async writePreferences(profile, chosen) {
			if (Object.keys(chosen).length === 0) preferences.delete(profile);
			else preferences.set(profile, structuredClone(chosen));
		},
		async lock(profile, endpointKind, {signal, timeout = 30_000, until, onWait}) {
			const name = `${endpointKind} ${profile}`;
			const giveUpAt = clock.monotonic() + timeout;
			for (let attempt = 0; ; attempt++) {
				if (signal.aborted) throw toLoginError(signal.reason);
				if (!locks.has(name)) break;
				if (attempt === 0) onWait?.();
				if (await until?.()) return undefined;
				if (clock.monotonic() >= giveUpAt) {
					throw new LoginError(
						'lock_timeout',
						'Another part of this program has kept the session locked for too long.',
						{
							hint: 'Try again.',
						},
					);
				}

				try {
					await clock.sleep(pause, signal);
				} catch (error) {
					throw toLoginError(error);
				}
			}

			locks.add(name);
			let isHeld = true;
			return {
				async release() {
					if (isHeld) locks.delete(name);
					isHeld = false;
				},
			};
		},
	};
};
