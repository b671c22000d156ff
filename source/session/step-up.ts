import {abortable} from '../core/clock.js';
import {LoginError} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {tokenChallenges} from '../oauth/challenge.js';
import type {SessionManager} from './session-manager.js';

/** What a server asks for that the session does not have. */
export type Need = {readonly scope?: string; readonly acrValues?: string; readonly maxAge?: number};

/** A login that a server asked for; `scope` is all that the session is to have afterwards. */
export type StepUpLogin = Need & {
	/** Why, in one sentence. */
	readonly reason: string;
	readonly signal: AbortSignal;
};

export type StepUpOptions = {
	readonly sessions: Pick<SessionManager, 'read'>;
	/** Shows the login to the person, and resolves once the session is saved; missing where nobody can be shown one. */
	readonly show: ((login: StepUpLogin) => Promise<unknown>) | undefined;
	/** What to do where no person is there. */
	readonly signInHint: string;
};

type StepUp = {
	readonly done: Promise<unknown>;
	/** Ends the login when the last caller has left. */
	readonly controller: AbortController;
	callers: number;
	/** The turn at which it was over. */
	ended: number;
};

const words = (scope = ''): readonly string[] => scope.split(' ').filter(Boolean);

/** What a refusal asks for (RFC 6750 §3.1, RFC 9470 §3); undefined where it asks for nothing that a login could bring. */
export const needOf = ({status, headers}: Response): Need | undefined => {
	if (status !== 401 && status !== 403) return undefined;
	const error = status === 403 ? 'insufficient_scope' : 'insufficient_user_authentication';
	const challenge = tokenChallenges(headers).find(challenge => challenge.error === error);
	if (challenge === undefined) return undefined;
	const {scope, acrValues, maxAge} = challenge;
	if (status === 401) return {scope, acrValues, maxAge};
	return scope === undefined ? undefined : {scope};
};

/** The logins that servers ask for: one at a time, and one for all requests that heard of the same need. */
export class StepUps {
	readonly #options: StepUpOptions;
	readonly #byNeed = new Map<string, StepUp>();
	/** How many of them are over. */
	#turn = 0;
	#last: Promise<unknown> = Promise.resolve();

	constructor(options: StepUpOptions) {
		this.#options = options;
	}

	/** What a request notes when it is sent. */
	get turn(): number {
		return this.#turn;
	}

	/**
	 * Resolves once someone has signed in for the need. A request that was sent before such a login was over shares its
	 * outcome, however late it heard of the need.
	 *
	 * @param host - who asks
	 * @param sent - the turn at which the request was sent
	 * @throws LoginError `person_required` where nobody can be shown a login, or what ended it
	 */
	async signIn(need: Need, host: string, sent: number, signal: AbortSignal | undefined): Promise<void> {
		const key = JSON.stringify(need);
		let stepUp = this.#byNeed.get(key);
		if (stepUp === undefined || stepUp.ended <= sent) {
			stepUp = this.#start(need, host);
			this.#byNeed.set(key, stepUp);
		}

		stepUp.callers += 1;
		try {
			await abortable(stepUp.done, signal);
		} finally {
			stepUp.callers -= 1;
			if (stepUp.callers === 0 && stepUp.ended === Infinity) {
				this.#byNeed.delete(key);
				stepUp.controller.abort();
			}
		}
	}

	#start(need: Need, host: string): StepUp {
		const controller = new AbortController();
		const done = this.#last
			.then(async () => this.#show(need, host, controller.signal))
			.finally(() => {
				this.#turn += 1;
				stepUp.ended = this.#turn;
			});
		const stepUp: StepUp = {done, controller, callers: 0, ended: Infinity};
		this.#last = done.catch(() => undefined);
		return stepUp;
	}

	async #show({scope, acrValues, maxAge}: Need, host: string, signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		const {sessions, show, signInHint: hint} = this.#options;
		const reason =
			acrValues === undefined && maxAge === undefined && scope !== undefined
				? `${displayText(host, 80)} needs more permissions: ${displayText(scope)}.`
				: `${displayText(host, 80)} needs a stronger or more recent sign-in.`;
		const noPerson = () => new LoginError('person_required', reason, {hint});
		if (show === undefined) throw noPerson();
		const stored = await sessions.read();
		// What was granted may lack scopes that are never listed, such as offline_access, which the session lives on.
		const present = stored?.requestedScope ?? stored?.tokens.scope;
		const all = [...new Set([...words(present), ...words(scope)])].join(' ');
		try {
			await show({...(all !== '' && {scope: all}), acrValues, maxAge, reason, signal});
		} catch (error) {
			throw error instanceof LoginError && error.code === 'person_required' ? noPerson() : error;
		}
	}
}
