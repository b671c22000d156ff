import {omitUndefined} from '../core/clock.js';
import {
	cancelled,
	LoginError,
	PendingError,
	toLoginError,
	type LoginErrorCode,
	type PendingDetails,
} from '../core/errors.js';
import {displayText, quoted} from '../core/safe-text.js';
import {isObject, type FlowName} from '../core/types.js';
import {applicationOrHost, type ResolvedProvider} from '../oauth/provider.js';
import {withPersonRequest} from '../oauth/request-parameters.js';
import type {TokenSet} from '../oauth/token-set.js';
import type {StoredSession} from '../session/types.js';
import type {LoginEvent} from './events.js';
import type {BeginOptions, Flow, FlowContext, LoginEngine, LoginOptions, PendingOptions, SavedFlow} from './flow.js';
import type {LoginParts, Outliving} from './login.js';
import {isApproved, longestMessage, PendingRecord, progressOf, type PendingLogin} from './pending-record.js';
import type {LoginState} from './state.js';

/** What a pending login needs of the `Login` that is busy with it. */
type Hooks = {
	readonly state: () => LoginState;
	readonly subscribe: (listener: () => void) => () => void;
	/** Ends the login, for this process. */
	readonly abort: (error: LoginError) => void;
	/** Ends it with a session that is stored. */
	readonly finish: (session: StoredSession) => void;
	/** Aborts when it has ended. */
	readonly signal: AbortSignal;
};

/** These say nothing about the login, which goes on. */
const passing: ReadonlySet<LoginErrorCode> = new Set([
	'cancelled',
	'login_pending',
	'network_error',
	'tls_error',
	'timeout',
	'server_unavailable',
	'store_error',
	'lock_timeout',
	'config_error',
	'person_required',
	'internal_error',
]);

/** What the person has to do, for the agent that tells them. */
const tellOf = ({id, message, provider, progress}: PendingLogin, {pasteCommand}: PendingOptions): string => {
	const why = message === undefined ? [] : [`The agent says: ${quoted(message, longestMessage)}.`];
	if (progress.status !== 'waiting') return '';
	const {flow} = progress;
	const to = `to sign in to ${displayText(applicationOrHost(provider), 100)}`;
	if (flow.flow === 'device') {
		const {userCode, verificationUri, verificationUriComplete} = flow.authorization;
		const step =
			verificationUriComplete === undefined
				? `Open ${verificationUri} ${to}, and type ${userCode} there.`
				: `Open ${verificationUriComplete} ${to}, and check that it shows ${userCode}.`;
		return [...why, step, 'Approve only if you asked for this.'].join(' ');
	}

	const otherwise =
		pasteCommand === undefined
			? "If the last page doesn't load, copy its URL and paste it here."
			: `If the last page doesn't load, copy its URL, run this in a terminal and paste it there: ${pasteCommand(id)}`;
	return [...why, `Open ${flow.url} ${to}.`, otherwise].join(' ');
};

/**
 * Makes a login outlive its process.
 *
 * Everything about it is on disk before anyone is shown it, and a response with tokens is saved before they are used.
 * It continues under the lock of the profile's logins, so one process at a time polls. An approval can
 * still be lost, if the process is killed after the server sends the tokens and before they are on disk.
 *
 * @returns what the login works with from now on, or the session of one that is over
 */
export const outlive = async (
	parts: LoginParts,
	options: LoginOptions,
	hooks: Hooks,
): Promise<LoginParts | StoredSession> =>
	new OutlivingLogin(parts, options, hooks, await PendingRecord.of(parts, options)).begin();

/** Begins a login that outlives this process, and leaves it. */
export const beginLogin = async (
	engine: LoginEngine,
	{message, resumeCommand, pasteCommand, ...options}: BeginOptions,
): Promise<PendingDetails> => {
	const words = {message, ...(resumeCommand && {resumeCommand}), ...(pasteCommand && {pasteCommand})};
	try {
		await engine.login({open: false, ...options, pending: {...words, wait: 0}}).session;
	} catch (error) {
		if (!(error instanceof PendingError)) throw error;
		const {id, expiresAt, tell, next} = error;
		return {id, expiresAt, tell, next};
	}

	throw new LoginError('config_error', 'This app signs in by itself, so no sign-in is pending.', {
		hint: 'Call engine.login() instead.',
	});
};

/** One process's part of it. */
class OutlivingLogin {
	readonly #parts: LoginParts;
	readonly #pending: PendingOptions;
	readonly #hooks: Hooks;
	readonly #record: PendingRecord;
	/** The flow that is saved; another one beside it ends with this process. */
	#flow: FlowName | undefined;
	#isShown = false;
	#isTimeUp = false;

	constructor(parts: LoginParts, {pending}: LoginOptions, hooks: Hooks, record: PendingRecord) {
		this.#parts = parts;
		this.#pending = {...pending};
		this.#hooks = hooks;
		this.#record = record;
	}

	async begin(): Promise<LoginParts | StoredSession> {
		const login = await this.#record.read();
		const session = await this.#record.outcome();
		if (session !== undefined) return session;
		this.#hooks.subscribe(() => this.#check());
		void this.#limitTime();
		const {loadFlow, keeper} = this.#parts;
		return {
			...this.#parts,
			...this.#whereBegun(login),
			loadFlow: {
				...loadFlow,
				device: async () => this.#wrap('device', await loadFlow.device()),
				browser: async () => this.#wrap('browser', await loadFlow.browser()),
			},
			keeper: {
				write: async (session, signal) => this.#keep(session, signal),
				// Those of the flow that goes on are not to be revoked: the next process saves them.
				discard: async unwanted => {
					const isOver = progressOf(this.#record.login) === undefined;
					if (isOver || unwanted.flow !== this.#flow) await keeper.discard(unwanted);
				},
			},
			outliving: this.#outliving(login),
		};
	}

	/** A login that is there continues as it was begun. */
	#whereBegun(login: PendingLogin | undefined): Pick<LoginParts, 'provider' | 'discover'> {
		if (login === undefined) return this.#parts;
		const {clientSecret, clientKey} = this.#parts.provider;
		const {registration} = login.provider;
		const provider: ResolvedProvider = {
			...login.provider,
			clientSecret: registration === undefined ? clientSecret : registration.clientSecret,
			clientKey,
		};
		return {provider, discover: async () => provider};
	}

	#outliving(login: PendingLogin | undefined): Outliving {
		return {
			recommend: flows => {
				const saved = this.#saved?.flow;
				if (saved !== undefined) return {flow: saved, reason: 'This sign-in was started earlier.'};
				if (flows.device === true)
					return {flow: 'device', reason: 'A code can be approved after this program has ended.'};
				return flows.browser === true
					? {flow: 'browser', reason: "This server doesn't offer codes, so sign in with your browser."}
					: undefined;
			},
			switchAccount: login?.switchAccount,
			leave: () => {
				if (this.#record.login === undefined) return false;
				this.#isTimeUp = true;
				this.#check();
				return true;
			},
			fail: async error => {
				if (this.#flow === undefined || passing.has(error.code)) return;
				// A network that wants a sign-in of its own responds to everything with a page of its own.
				const {response} = progressOf(this.#record.login) ?? {};
				if (error.code === 'bad_response' && response === undefined) return;
				// It is still told here, and the next process finds out by itself.
				await this.#record.fail(error).catch(() => undefined);
			},
		};
	}

	get #saved(): SavedFlow | undefined {
		return progressOf(this.#record.login)?.flow;
	}

	async #limitTime(): Promise<void> {
		const {wait} = this.#pending;
		if (wait === undefined) return;
		try {
			await this.#parts.clock.sleep(wait * 1000, this.#hooks.signal);
		} catch {
			// It ended before.
			return;
		}

		this.#isTimeUp = true;
		this.#check();
	}

	/** Leaves once the time is up and nothing is under way: a poll that was sent may bring the tokens, and one that is due comes first. */
	#check(): void {
		if (!this.#isTimeUp || this.#hooks.signal.aborted) return;
		if (this.#flow === undefined) this.#leaveOther().catch((error: unknown) => this.#hooks.abort(toLoginError(error)));
		else if (this.#isShown && !this.#isBusy) this.#leave();
	}

	get #isBusy(): boolean {
		const {login} = this.#record;
		const saved = this.#saved;
		if (login === undefined || saved === undefined || isApproved(login)) return true;
		if (saved.flow !== 'device') return false;
		const {isUnderWay, nextPollAt} = saved.polling;
		return isUnderWay === true || (this.#pending.id !== undefined && nextPollAt <= this.#parts.clock.now());
	}

	/** Another process shows a login of the profile, and perhaps is busy with this very one. */
	async #leaveOther(): Promise<void> {
		if (this.#hooks.state().phase !== 'waiting') return;
		if (this.#record.login === undefined) await this.#record.read();
		if (this.#flow !== undefined) return;
		if (this.#record.login !== undefined) this.#leave();
		else {
			const hint = 'Run the same command again when it has finished.';
			this.#hooks.abort(new LoginError('timeout', 'Another terminal is signing in to this profile.', {hint}));
		}
	}

	#leave(): void {
		const details = this.#details();
		if (details !== undefined) this.#hooks.abort(new PendingError(details));
	}

	#details(): PendingDetails | undefined {
		const {login} = this.#record;
		if (login === undefined) return undefined;
		const {id, expiresAt} = login;
		const next = this.#pending.resumeCommand?.(id) ?? 'Run the same command again.';
		return {id, expiresAt, tell: tellOf(login, this.#pending), next};
	}

	/** A flow that saves where it is. The lock of the profile's logins is held when it begins. */
	#wrap(name: 'device' | 'browser', run: Flow): Flow {
		return async given => {
			if (this.#flow !== undefined && this.#flow !== name) return run(given);
			const record = this.#record;
			const login = await record.read();
			this.#flow = name;
			const session = await record.outcome();
			if (session !== undefined) {
				this.#hooks.finish(session);
				throw cancelled('Another process finished this sign-in.');
			}

			// Tokens that are here are fetched from the disk first, and then revoked.
			if (progressOf(login)?.response === undefined) await record.refuseCancelled();
			const asAsked = (provider: ResolvedProvider) =>
				login === undefined ? provider : withPersonRequest(provider, login.request);
			const {settleClient} = given;
			let provider = asAsked(given.provider);
			const context = {...given, provider};
			const tokens = await run({
				...context,
				saved: this.#saved,
				settleClient: settleClient && (async uri => (provider = asAsked(await settleClient(uri)))),
				save: async flow => {
					await record.refuseCancelled();
					await record.save(flow, provider);
					this.#check();
				},
				emit: event => this.#emit(event, context),
				fetch: this.#fetchOf(context),
			}).catch((error: unknown) => {
				// Nobody can paste here any more, but someone can in another process.
				if (toLoginError(error).code === 'person_required') this.#leave();
				throw error;
			});
			const {response} = progressOf(record.login) ?? {};
			return response === undefined ? tokens : issuedAt(response.at, tokens);
		};
	}

	#emit(event: LoginEvent, {emit}: FlowContext): void {
		const pending = this.#details();
		const isLink = event.type === 'device-code' || event.type === 'authorization-url';
		if (isLink) this.#isShown = true;
		emit(isLink && pending !== undefined ? {...event, pending} : event);
	}

	/** Saves a token response before it is read, and hands out a saved one instead of asking again. */
	#fetchOf({fetch, provider, clock}: FlowContext): typeof fetch {
		return async (input, init) => {
			const url = input instanceof Request ? input.url : String(input);
			if (url !== provider.server.token_endpoint) return fetch(input, init);
			const saved = progressOf(this.#record.login)?.response;
			if (saved !== undefined) return new Response(saved.body, {headers: {'content-type': saved.contentType}});
			const response = await fetch(input, init);
			const {status, headers} = response;
			const body = await response.text();
			const contentType = headers.get('content-type') ?? 'application/json';
			if (response.ok && isGrant(body)) await this.#record.saveResponse({body, contentType, at: clock.now()});
			return new Response(body === '' ? null : body, {status, headers});
		};
	}

	/** Saves the session, then takes note of that. */
	async #keep(session: StoredSession, signal: AbortSignal): Promise<void> {
		const {keeper, clock} = this.#parts;
		await this.#record.refuseCancelled();
		const signedInAt = progressOf(this.#record.login)?.response?.at ?? clock.now();
		await keeper.write({...session, signedInAt}, signal);
		// The session is there: the next process finds that out by itself where this cannot be written.
		await this.#record.end({status: 'signed-in', signedInAt}).catch(() => undefined);
	}
}

/** The tokens as they were when their response arrived: those that are fetched from the disk may be hours old. */
const issuedAt = (arrived: number, {expiresAt, sessionExpiresAt, ...tokens}: TokenSet): TokenSet => {
	const age = tokens.issuedAt - arrived;
	return omitUndefined<TokenSet>({
		...tokens,
		issuedAt: arrived,
		expiresAt: expiresAt && expiresAt - age,
		sessionExpiresAt: sessionExpiresAt && sessionExpiresAt - age,
	});
};

/** Whether a token response of status 200 brings tokens; some servers send errors so. */
const isGrant = (body: string): boolean => {
	try {
		const value: unknown = JSON.parse(body);
		return isObject(value) && !('error' in value);
	} catch {
		return false;
	}
};
