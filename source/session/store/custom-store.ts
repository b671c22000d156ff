import type {Clock} from '../../core/clock.js';
import {LoginError, toLoginError} from '../../core/errors.js';
import {displayText} from '../../core/safe-text.js';
import type {StoreKind} from '../../core/types.js';
import type {StoredSession, StoreLock, TokenStore} from '../types.js';
import type {Encryption} from './file-store.js';
import {storeError, UnusableFileError} from './file-system.js';
import type {LockOptions} from './lock.js';
import {parsePreferences, parseSession, parseSessionFile, profileFileName, type SessionFile} from './session-file.js';

type MaybePromise<Value> = Value | Promise<Value>;

/** Where an app keeps strings itself: a `Map` is one, and so is whatever your database has. */
export type KeyValueStore = {
	/** Resolves to what was set last; to nothing where there is none. */
	get(key: string): MaybePromise<string | undefined | null>;
	/** Resolves once the value is as safe as it will be. Keys are of letters, digits, `-`, `_`, `.` and `=`. */
	set(key: string, value: string): MaybePromise<unknown>;
	/** Removes the key, if it is there. */
	delete(key: string): MaybePromise<unknown>;
	/**
	 * Waits for a lock that one holder has at a time, wherever the store is used, and resolves to what gives it back.
	 * The signal aborts where nobody waits any longer.
	 *
	 * @default a file in the state directory of the app, which holds among all processes on this computer
	 */
	lock?(key: string, signal: AbortSignal): MaybePromise<() => MaybePromise<void>>;
	/** Whether sessions are encrypted, with a key in the system keyring, before they come here. @default false */
	readonly encrypt?: boolean;
	/** Where it keeps things, as in "Saved in the vault of Acme". @default "this program's store" */
	readonly description?: string;
};

type CustomStoreOptions = {
	readonly clock: Clock;
	/** Locks instead of a store that cannot. */
	readonly locks?: Pick<TokenStore, 'lock'> | undefined;
	readonly encryption?: (() => Promise<Encryption>) | undefined;
	/** Tries out what encrypts. */
	readonly prepare?: (() => Promise<void>) | undefined;
	/** @default 'custom' */
	readonly kind?: StoreKind;
};

/** The names of all profiles that were written; it may name some that are gone. */
const indexKey = 'profiles';

const preferencesKey = (profile: string): string => `${profileFileName(profile)}.preferences`;

/** Milliseconds between two looks of who waits for a lock. */
const pause = 50;

/** Waits for a lock of the store's own, as {@link TokenStore.lock} says. */
const takeLock = async (
	take: (signal: AbortSignal) => Promise<() => MaybePromise<void>>,
	clock: Clock,
	{signal, timeout = 30_000, until, onWait}: LockOptions,
): Promise<StoreLock | undefined> => {
	const waiting = new AbortController();
	const both = AbortSignal.any([signal, waiting.signal]);
	const taking = take(both);
	const giveUpAt = clock.monotonic() + timeout;
	try {
		for (let look = 0; ; look++) {
			const turn = look === 0 ? new Promise<void>(resolve => setImmediate(resolve)) : clock.sleep(pause, both);
			const release = await Promise.race([taking, turn]);
			if (release !== undefined) return {release: async () => Promise.resolve(release())};
			if (look === 0) onWait?.();
			if (await until?.()) break;
			if (clock.monotonic() >= giveUpAt) {
				const message = `The session has been locked for ${Math.round(timeout / 1000)} seconds.`;
				throw new LoginError('lock_timeout', message, {hint: 'Try again.'});
			}
		}
	} catch (error) {
		leave();
		throw toLoginError(error);
	} finally {
		waiting.abort();
	}

	leave();
	return undefined;

	function leave() {
		taking.then(
			release => release(),
			() => undefined,
		);
	}
};

/** Makes a store of sessions of one that keeps strings. */
export const createCustomStore = (store: KeyValueStore, options: CustomStoreOptions): TokenStore => {
	const {clock, locks, encryption, prepare, kind = 'custom'} = options;
	const description = displayText(store.description ?? "this program's store", 200);
	const notices: string[] = [];

	/** An app's store may throw errors that hold what it was to save. */
	const call = async <Value>(work: () => MaybePromise<Value>): Promise<Value> => {
		try {
			return await work();
		} catch (error) {
			if (error instanceof LoginError) throw error;
			throw storeError(`The session couldn't be read from or saved in ${description}.`, 'Try again.');
		}
	};

	const get = async (key: string) => call(async () => (await store.get(key)) ?? undefined);
	const set = async (key: string, value: unknown): Promise<void> => {
		await call(() => store.set(key, JSON.stringify(value)));
	};

	const noted = async (index: string): Promise<readonly string[]> => {
		try {
			const names: unknown = JSON.parse((await get(index)) ?? '[]');
			return Array.isArray(names) ? names.filter(name => typeof name === 'string') : [];
		} catch (error) {
			if (error instanceof LoginError) throw error;
			return [];
		}
	};

	const note = async (profile: string): Promise<void> => {
		const names = await noted(indexKey);
		if (!names.includes(profile)) await set(indexKey, [...names, profile]);
	};

	const lock: TokenStore['lock'] = async (profile, name, lockOptions) => {
		if (lockOptions.signal.aborted) throw toLoginError(lockOptions.signal.reason);
		if (locks !== undefined) return locks.lock(profile, name, lockOptions);
		const key = `${profileFileName(profile)}.${name}.lock`;
		return takeLock(async signal => (await store.lock?.(key, signal)) ?? (() => undefined), clock, lockOptions);
	};

	// A lock's name that no profile has.
	const takeKeyLock = async () => lock('\0keyring', 'refresh', {signal: new AbortController().signal});

	const open = async (text: string, profile: string): Promise<StoredSession> => {
		const file = parseSessionFile({data: Buffer.from(text), wasOpen: false}, profile);
		if ('session' in file) return file.session;
		const opened = await (await encryption?.())?.decrypt(profile, file.encrypted);
		if (opened !== undefined) return parseSession(opened);
		throw storeError('The system keyring has no key that opens this session.', 'Unlock it, or sign in again.');
	};

	return {
		kind,
		description,
		notices,
		...(prepare && {prepare}),
		stamp: async profile => get(profileFileName(profile)),
		async read(profile) {
			const text = await get(profileFileName(profile));
			if (text === undefined) return undefined;
			try {
				return await open(text, profile);
			} catch (error) {
				if (!(error instanceof UnusableFileError)) throw error;
				const notice = `The session of profile "${displayText(profile)}" ${error.reason}; signing in replaces it.`;
				if (!notices.includes(notice)) notices.push(notice);
				return undefined;
			}
		},
		async write(profile, session) {
			const encrypter = await encryption?.();
			const file: SessionFile =
				encrypter === undefined
					? {version: 1, profile, session}
					: {version: 1, profile, encrypted: await encrypter.encrypt(profile, JSON.stringify(session), takeKeyLock)};
			await set(profileFileName(profile), file);
			await note(profile);
		},
		async remove(profile) {
			const key = profileFileName(profile);
			const wasThere = (await get(key)) !== undefined;
			await call(() => store.delete(key));
			return wasThere;
		},
		async list(what = 'sessions') {
			const names = await noted(indexKey);
			const keys = names.map(name => (what === 'sessions' ? profileFileName(name) : preferencesKey(name)));
			const texts = await Promise.all(keys.map(get));
			return names.filter((_, index) => texts[index] !== undefined);
		},
		readPreferences: async profile => parsePreferences(await get(preferencesKey(profile))),
		async writePreferences(profile, preferences) {
			if (Object.keys(preferences).length === 0) {
				await call(() => store.delete(preferencesKey(profile)));
				return;
			}

			await set(preferencesKey(profile), preferences);
			await note(profile);
		},
		lock,
		async records() {
			const {createRecordStore, recordValues} = await import('./records.js');
			const remove = async (key: string) => call(() => store.delete(key));
			return createRecordStore(recordValues({get, set, remove, noted}), {
				clock,
				encrypt: async (name, text) => (await encryption?.())?.encrypt(name, text, takeKeyLock),
				decrypt: async (name, encrypted) => (await encryption?.())?.decrypt(name, encrypted),
			});
		},
	};
};
