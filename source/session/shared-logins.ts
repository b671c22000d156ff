import {abortable} from '../core/clock.js';
import type {Session} from './types.js';

/** The logins that an engine shows by itself: one at a time, and one for all that need the same. */
export class SharedLogins {
	readonly #byNeed = new Map<string, SharedLogin>();
	/** How many of them are over. */
	#turn = 0;
	#last: Promise<unknown> = Promise.resolve();

	/** What a caller notes when it begins what may turn out to need a login. */
	get turn(): number {
		return this.#turn;
	}

	/**
	 * Resolves once someone has signed in. A caller that began before such a login was over shares its outcome, however late
	 * it heard of the need. The login ends when the last caller has left.
	 *
	 * @param need - names what all callers have in common
	 * @param since - the turn at which the caller began
	 */
	async join(
		need: string,
		since: number,
		signal: AbortSignal | undefined,
		show: (signal: AbortSignal) => Promise<Session>,
	): Promise<Session> {
		let login = this.#byNeed.get(need);
		if (login === undefined || login.ended <= since) {
			login = this.#start(show);
			this.#byNeed.set(need, login);
		}

		login.callers += 1;
		try {
			return await abortable(login.done, signal);
		} finally {
			login.callers -= 1;
			if (login.callers === 0 && login.ended === Infinity) {
				this.#byNeed.delete(need);
				login.controller.abort();
			}
		}
	}

	#start(show: (signal: AbortSignal) => Promise<Session>): SharedLogin {
		const controller = new AbortController();
		const done = this.#last
			.then(async () => {
				controller.signal.throwIfAborted();
				return show(controller.signal);
			})
			.finally(() => {
				this.#turn += 1;
				login.ended = this.#turn;
			});
		const login: SharedLogin = {done, controller, callers: 0, ended: Infinity};
		this.#last = done.catch(() => undefined);
		return login;
	}
}

type SharedLogin = {
	readonly done: Promise<Session>;
	readonly controller: AbortController;
	callers: number;
	/** The turn at which it was over. */
	ended: number;
};
