import {useInsertionEffect, useMemo, useState, useSyncExternalStore} from 'react';
import type {LoginError} from '../core/errors.js';
import type {Identity} from '../core/types.js';
import type {LoginOptions, LoginRun} from '../login/flow.js';
import type {LogoutResult} from '../oauth/revocation.js';
import type {SessionState} from '../session/session-state.js';
import type {AccessTokenOptions, Session} from '../session/types.js';
import type {TokenEngine} from '../token-engine.js';
import {useTerminal} from './use-terminal.js';

/** What `useAuth` returns. The functions stay the same while the engine does. */
export type UseAuth = {
	/** `loading` until the session was first read; `failed` where it cannot be read. */
	readonly status: SessionState['status'];
	/** Who is signed in; none where the server has no OpenID Connect. */
	readonly identity?: Identity;
	/** When the access token expires, in epoch milliseconds. */
	readonly expiresAt?: number;
	/** When signing in again is due, in epoch milliseconds, where the server says so; a refresh may move it. */
	readonly sessionExpiresAt?: number;
	/** While signed out: whether there was a session that has ended; otherwise nobody has signed in, or someone signed out. */
	readonly ended?: boolean;
	/** Why the session cannot be read. */
	readonly error?: LoginError;
	/** Reads the session, and all that is known of it. */
	readonly session: () => Promise<Session | undefined>;
	/**
	 * Starts a login for `<Login run>` to show. It goes on while that isn't mounted, and ends with the component that called
	 * `useAuth`.
	 */
	readonly login: (options?: LoginOptions) => LoginRun;
	/** Revokes the tokens, then forgets them. */
	readonly logout: () => Promise<LogoutResult>;
	/** A fresh access token. */
	readonly getToken: (options?: AccessTokenOptions) => Promise<string>;
	/** `engine.fetch`: sends the token to the engine's origins. */
	readonly fetch: typeof fetch;
};

/**
 * Who is signed in, drawn again whenever that changes: by a login, a refresh or a logout, in this process or another.
 *
 * @example
 * ```tsx
 * const {identity, logout} = useAuth(engine);
 * ```
 */
export const useAuth = (engine: TokenEngine): UseAuth => {
	const read = () => engine.state;
	const state = useSyncExternalStore(engine.subscribe, read, read);
	const {terminal} = useTerminal();
	const [unmounted] = useState(() => new AbortController());
	// The other effects end, too, where an `<Activity>` hides the component.
	useInsertionEffect(() => () => unmounted.abort(), [unmounted]);
	const functions = useMemo(
		() => ({
			session: async () => engine.session(),
			login: (options?: LoginOptions) =>
				engine.login({
					attended: true,
					...options,
					terminal: {...terminal, ...options?.terminal},
					signal: AbortSignal.any([unmounted.signal, ...(options?.signal ? [options.signal] : [])]),
				}),
			logout: async () => engine.logout(),
			getToken: async (options?: AccessTokenOptions) => engine.token(options),
			fetch: engine.fetch,
		}),
		[engine, terminal, unmounted],
	);
	return {...state, ...functions};
};
