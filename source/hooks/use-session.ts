import {useCallback, useEffect, useState} from 'react';
import type {LoginError} from '../core/errors.js';
import type {AccessTokenOptions, Session} from '../session/types.js';
import type {TokenEngine} from '../token-engine.js';
import type {Identity} from '../core/types.js';
import type {LogoutResult} from '../oauth/revocation.js';

/** What `useSession` returns. */
export type UseSession = {
	/** `loading` until the store was read. */
	readonly status: 'loading' | 'signed-in' | 'signed-out' | 'failed';
	/** Who it is; none where the server has no OpenID Connect. */
	readonly identity?: Identity;
	/** The session itself, where someone is signed in. */
	readonly session?: Session;
	/** Why the store could not be read. */
	readonly error?: LoginError;
	/** A fresh access token. */
	readonly getToken: (options?: AccessTokenOptions) => Promise<string>;
	/** Revokes the tokens, then forgets them. */
	readonly logout: () => Promise<LogoutResult>;
	/** Reads the store again, as after a login. */
	readonly reload: () => void;
};

type Loaded = Pick<UseSession, 'status' | 'session' | 'error'>;

/** The stored session of an engine: who is signed in, and their tokens. */
export const useSession = (engine: TokenEngine): UseSession => {
	const [loaded, setLoaded] = useState<Loaded>({status: 'loading'});
	const [reading, setReading] = useState(0);

	useEffect(() => {
		let isCurrent = true;
		const show = (next: Loaded) => {
			if (isCurrent) setLoaded(next);
		};
		engine.session().then(
			session => show(session === undefined ? {status: 'signed-out'} : {status: 'signed-in', session}),
			(error: unknown) => show({status: 'failed', error: error as LoginError}),
		);
		return () => {
			isCurrent = false;
		};
	}, [engine, reading]);

	const getToken = useCallback(async (options?: AccessTokenOptions) => engine.token(options), [engine]);
	const reload = useCallback(() => setReading(count => count + 1), []);
	const logout = useCallback(async () => {
		const result = await engine.logout();
		setLoaded({status: 'signed-out'});
		return result;
	}, [engine]);

	const identity = loaded.session?.identity;
	return {...loaded, ...(identity !== undefined && {identity}), getToken, logout, reload};
};
