import {omitUndefined} from '../core/clock.js';
import {cancelled, LoginError, PendingError, type LoginErrorCode, type PendingDetails} from '../core/errors.js';
import {displayText} from '../core/safe-text.js';
import {isObject, type FlowName} from '../core/types.js';
import {applicationOf, isSameClient, type ResolvedProvider} from '../oauth/provider.js';
import {withPersonRequest, type LoginRequest} from '../oauth/request-parameters.js';
import type {TokenSet} from '../oauth/token-set.js';
import type {RecordStore, StoredSession} from '../session/types.js';
import type {LoginEvent} from './events.js';
import type {BeginOptions, Flow, FlowContext, LoginEngine, LoginOptions, PendingOptions, SavedFlow} from './flow.js';
import type {LoginParts, Outliving} from './login.js';
import {
	cancelMark,
	day,
	findPending,
	isApproved,
	isWaiting,
	newId,
	progressOf,
	readPending,
	recordsOf,
	unknown,
	withoutSecret,
	type PendingLogin,
	type Progress,
	type SavedResponse,
} from './pending-record.js';
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

const longestMessage = 160;

const requestOf = ({prompt, acrValues, maxAge, loginHint}: LoginOptions): LoginRequest =>
	omitUndefined({prompt, acrValues, maxAge, loginHint});

/** What the person has to do, for the one who tells them. */
const tellOf = ({id, message, provider, progress}: PendingLogin, {pasteCommand}: PendingOptions): string => {
	const why = message === undefined ? '' : `The agent says: "${message}". `;
	if (progress.status !== 'waiting') return '';
	const {flow} = progress;
	const application = applicationOf(provider) ?? new URL(provider.issuer).host;
	const to = `to sign in to ${displayText(application, 100)}`;
	if (flow.flow === 'device') {
		const {userCode, verificationUri, verificationUriComplete} = flow.authorization;
		const step =
			verificationUriComplete === undefined
				? `Open ${verificationUri} ${to}, and type ${userCode} there.`
				: `Open ${verificationUriComplete} ${to}, and check that it shows ${userCode}.`;
		return `${why}${step} Approve only if you asked for this.`;
	}

	const otherwise =
		pasteCommand === undefined
			? "If the last page doesn't load, copy its URL and paste it here."
			: `If the last page doesn't load, copy its URL, run this in a terminal and paste it there: ${pasteCommand(id)}`;
	return `${why}Open ${flow.url} ${to}. ${otherwise}`;
};

/**
 * Makes a login outlive its process.
 *
 * Everything about it is on disk before anybody is shown it, and a response that brings tokens before they are used.
 * It continues under the lock of the profile's logins, so one process at a time polls. One approval can be lost all
 * the same: where the process is killed in the milliseconds between the response's arrival and its being on disk.
 *
 * @returns what the login works with from now on, or the session of one that is over
 */
export const outlive = async (
	parts: LoginParts,
	options: LoginOptions,
	hooks: Hooks,
): Promise<LoginParts | StoredSession> => {
	const login = new OutlivingLogin(parts, options, hooks, await recordsOf(parts.store));
	return login.begin();
};

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

class OutlivingLogin {
	readonly #parts: LoginParts;
	readonly #options: LoginOptions;
	readonly #pending: PendingOptions;
	readonly #hooks: Hooks;
	readonly #records: RecordStore;
	readonly #asked: string;
	#login: PendingLogin | undefined;
	/** As discovered, for a new login. */
	#provider: ResolvedProvider | undefined;
	/** The flow that is saved; another one beside it ends with this process. */
	#flow: FlowName | undefined;
	#isShown = false;
	/** How many requests are under way that may bring tokens. */
	#requests = 0;
	#isTimeUp = false;

	constructor(parts: LoginParts, options: LoginOptions, hooks: Hooks, records: RecordStore) {
		this.#parts = parts;
		this.#options = options;
		this.#pending = options.pending === false ? {} : (options.pending ?? {});
		this.#hooks = hooks;
		this.#records = records;
		const {flow = 'auto'} = options;
		this.#asked = JSON.stringify([withoutSecret(parts.provider), requestOf(options), flow]);
	}

	async begin(): Promise<LoginParts | StoredSession> {
		const login = await this.#look();
		if (login !== undefined && login.progress.status !== 'waiting') return this.#sessionOf(login);
		this.#hooks.subscribe(() => void this.#check());
		void this.#limitTime();
		const parts = this.#parts;
		return {
			...parts,
			...(login === undefined ? this.#noteProvider() : this.#partsOf(login)),
			loadFlow: {
				...parts.loadFlow,
				device: async () => this.#wrap('device', await parts.loadFlow.device()),
				browser: async () => this.#wrap('browser', await parts.loadFlow.browser()),
			},
			keeper: {
				write: async (session, signal) => this.#keep(session, signal),
				// Those of a login that goes on are not to be revoked: the next process saves them.
				discard: async (tokens, provider) => {
					if (progressOf(this.#login) === undefined) await parts.keeper.discard(tokens, provider);
				},
			},
			outliving: this.#outliving(login),
		};
	}

	#noteProvider(): Pick<LoginParts, 'discover'> {
		return {discover: async (...call) => (this.#provider = await this.#parts.discover(...call))};
	}

	/** A login that is there continues as it was begun. */
	#partsOf(login: PendingLogin): Pick<LoginParts, 'provider' | 'discover'> {
		const {clientSecret, clientKey} = this.#parts.provider;
		const {registration} = login.provider;
		const provider: ResolvedProvider = {
			...login.provider,
			clientSecret: registration === undefined ? clientSecret : registration.clientSecret,
			clientKey,
		};
		this.#provider = provider;
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
				if (this.#login === undefined) return false;
				this.#isTimeUp = true;
				void this.#check();
				return true;
			},
			fail: async ({code, message, hint}) => {
				if (this.#flow === undefined || passing.has(code)) return;
				// It is told here all the same; the next process finds out by itself.
				await this.#end({status: 'failed', code, message, hint}).catch(() => undefined);
			},
		};
	}

	get #saved(): SavedFlow | undefined {
		return progressOf(this.#login)?.flow;
	}

	/** The login as it is on disk by now: the one that is named, or one that asks for the same. */
	async #look(): Promise<PendingLogin | undefined> {
		const {store, profile, clock, provider} = this.#parts;
		const {id = this.#login?.id} = this.#pending;
		const login =
			id === undefined
				? await findPending(
						store,
						clock.now(),
						({asked, ...other}) => asked === this.#asked && other.profile === profile,
					)
				: await readPending(store, id);
		this.#login = login;
		if (login === undefined) return undefined;
		if (login.profile !== profile || !isSameClient(login.provider, provider)) {
			throw new LoginError('config_error', `The sign-in ${login.id} is for another profile, server or app.`, {
				hint: 'Resume it with the profile, server and app it was started with.',
			});
		}

		if (login.progress.status === 'waiting' && !isWaiting(login, clock.now())) throw unknown(login.id);
		return login;
	}

	/** @throws LoginError what it ended with, or that its session is no longer there */
	async #sessionOf({progress}: PendingLogin): Promise<StoredSession> {
		if (progress.status === 'failed') {
			const {code, message, hint} = progress;
			throw new LoginError(code, message, {hint});
		}

		const stored = await this.#storedAt(progress.status === 'signed-in' ? progress.signedInAt : undefined);
		if (stored !== undefined) return stored;
		throw new LoginError('person_required', 'The session from this sign-in has ended or was replaced.', {
			hint: 'Start a new sign-in.',
		});
	}

	/** The session, if it is the one that someone signed in to at that moment. */
	async #storedAt(signedInAt: number | undefined): Promise<StoredSession | undefined> {
		const {store, profile} = this.#parts;
		const stored = await store.read(profile);
		return signedInAt !== undefined && stored?.signedInAt === signedInAt && stored.dead !== true ? stored : undefined;
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
		await this.#check();
	}

	/** Leaves once the time is up and nothing is under way: a poll that was sent may bring the tokens, and one that is due comes first. */
	async #check(): Promise<void> {
		if (!this.#isTimeUp || this.#hooks.signal.aborted) return;
		if (this.#flow === undefined) await this.#leaveOther();
		else if (this.#isShown && this.#requests === 0 && !this.#isBusy) this.#leave();
	}

	get #isBusy(): boolean {
		const login = this.#login;
		const saved = this.#saved;
		if (login === undefined || saved === undefined || isApproved(login)) return true;
		if (saved.flow !== 'device') return false;
		const {isUnderWay, nextPollAt} = saved.polling;
		const isDue = this.#pending.id !== undefined && nextPollAt <= this.#parts.clock.now();
		return isUnderWay === true || isDue;
	}

	/** Another process shows a login of the profile, and perhaps is busy with this very one. */
	async #leaveOther(): Promise<void> {
		if (this.#hooks.state().phase !== 'waiting') return;
		if (this.#login === undefined) await this.#look();
		if (this.#flow !== undefined) return;
		if (this.#login !== undefined) this.#leave();
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
		const login = this.#login;
		if (login === undefined) return undefined;
		const pending = this.#pending;
		const {id, expiresAt} = login;
		return {
			id,
			expiresAt,
			tell: tellOf(login, pending),
			next: pending.resumeCommand?.(id) ?? 'Run the same command again.',
		};
	}

	/** A flow that saves where it is. The lock of the profile's logins is held when it begins. */
	#wrap(name: 'device' | 'browser', run: Flow): Flow {
		return async context => {
			if (this.#flow !== undefined && this.#flow !== name) return run(context);
			const {settleClient} = context;
			const login = await this.#look();
			this.#flow = name;
			if (login === undefined) this.#provider = context.provider;
			else await this.#takeUp(login);
			const provider = login === undefined ? context.provider : withPersonRequest(context.provider, login.request);
			const tokens = await run({
				...context,
				provider,
				saved: this.#savedOf(login),
				settleClient: settleClient && (async uri => (this.#provider = await settleClient(uri))),
				save: async flow => {
					await this.#refuseCancelled();
					await this.#save(flow);
					await this.#check();
				},
				emit: event => this.#emit(event, context),
				fetch: async (input, init) => this.#fetch(input, init, {...context, provider}),
			});
			const {response} = progressOf(this.#login) ?? {};
			return response === undefined ? tokens : issuedAt(response.at, tokens);
		};
	}

	/** Ends the flow where another process has ended the login meanwhile, or died when it had all but done so. */
	async #takeUp(login: PendingLogin): Promise<void> {
		const {progress} = login;
		if (progress.status === 'waiting') {
			const signedInAt = progress.response?.at;
			const stored = await this.#storedAt(signedInAt);
			if (stored === undefined || signedInAt === undefined) {
				// Tokens that are here are fetched from the disk first, and then revoked.
				if (progress.response === undefined) await this.#refuseCancelled();
				return;
			}

			await this.#end({status: 'signed-in', signedInAt});
			this.#hooks.finish(stored);
		} else this.#hooks.finish(await this.#sessionOf(login));

		throw cancelled('Another process finished this sign-in.');
	}

	/** A flow that was approved has all the time that it takes to fetch what is on disk. */
	#savedOf(login: PendingLogin | undefined): SavedFlow | undefined {
		const saved = this.#saved;
		if (login === undefined || saved === undefined || !isApproved(login)) return saved;
		const now = this.#parts.clock.now();
		const expiresAt = now + 60_000;
		return saved.flow === 'device'
			? {...saved, expiresAt, polling: {...saved.polling, nextPollAt: now}}
			: {...saved, expiresAt};
	}

	#emit(event: LoginEvent, context: FlowContext): void {
		const pending = this.#details();
		const isLink = event.type === 'device-code' || event.type === 'authorization-url';
		if (isLink) this.#isShown = true;
		context.emit(isLink && pending !== undefined ? {...event, pending} : event);
	}

	/** Saves a token response before anybody looks at it, and hands out one that was saved instead of asking again. */
	async #fetch(
		input: Parameters<typeof fetch>[0],
		init: Parameters<typeof fetch>[1],
		{fetch, provider, clock}: FlowContext,
	): Promise<Response> {
		const url = input instanceof Request ? input.url : String(input);
		if (url !== provider.server.token_endpoint) return fetch(input, init);
		const saved = progressOf(this.#login)?.response;
		if (saved !== undefined) return new Response(saved.body, {headers: {'content-type': saved.contentType}});
		this.#requests += 1;
		try {
			const response = await fetch(input, init);
			const {status, headers} = response;
			const body = await response.text();
			const contentType = headers.get('content-type') ?? 'application/json';
			if (response.ok && isGrant(body)) await this.#saveResponse({body, contentType, at: clock.now()});
			return new Response(body === '' ? null : body, {status, headers});
		} finally {
			this.#requests -= 1;
		}
	}

	async #save(flow: SavedFlow): Promise<void> {
		const {store, profile, clock, random, remembered} = this.#parts;
		const known = this.#login;
		const progress = {status: 'waiting', flow} as const;
		if (known !== undefined) {
			const response = progressOf(known)?.response;
			return this.#write({
				...known,
				expiresAt: isApproved(known) ? known.expiresAt : flow.expiresAt,
				progress: response === undefined ? progress : {...progress, response},
			});
		}

		// Where the keyring is, nothing goes to a file.
		await store.prepare?.();
		const {message} = this.#pending;
		const {switchAccount} = this.#options;
		const provider = this.#provider;
		// A flow begins once the provider is known.
		if (provider === undefined) return undefined;
		return this.#write({
			version: 1,
			id: newId(random),
			profile,
			...(message !== undefined && {message: displayText(message, longestMessage)}),
			startedAt: clock.now(),
			expiresAt: flow.expiresAt,
			asked: this.#asked,
			provider: withoutSecret(provider),
			...remembered,
			request: requestOf(this.#options),
			...(typeof switchAccount === 'boolean' && {switchAccount}),
			progress,
		});
	}

	async #saveResponse(response: SavedResponse): Promise<void> {
		const login = this.#login;
		if (login?.progress.status !== 'waiting') return;
		await this.#write({...login, progress: {...login.progress, response}}, true);
	}

	async #write(login: PendingLogin, isOnlyCopy = false): Promise<void> {
		const expiresAt = isApproved(login) ? Math.max(login.expiresAt, this.#parts.clock.now() + day) : login.expiresAt;
		await this.#records.write(login.id, JSON.stringify(login), {expiresAt, isOnlyCopy});
		this.#login = login;
	}

	/** @throws LoginError `cancelled` where someone has cancelled the login */
	async #refuseCancelled(): Promise<void> {
		const login = this.#login;
		if (login === undefined || (await this.#records.read(cancelMark(login.id))) === undefined) return;
		const error = cancelled('This sign-in was cancelled.');
		const {code, message, hint} = error;
		await this.#end({status: 'failed', code, message, hint});
		throw error;
	}

	/** Saves the session, then takes note of that. */
	async #keep(session: StoredSession, signal: AbortSignal): Promise<void> {
		const {keeper, clock} = this.#parts;
		await this.#refuseCancelled();
		const signedInAt = progressOf(this.#login)?.response?.at ?? clock.now();
		await keeper.write({...session, signedInAt}, signal);
		// The session is there: the next process finds that out by itself where this cannot be written.
		await this.#end({status: 'signed-in', signedInAt}).catch(() => undefined);
	}

	/** Leaves nothing secret of it. */
	async #end(progress: Exclude<Progress, {readonly status: 'waiting'}>): Promise<void> {
		if (this.#login !== undefined) await this.#write({...this.#login, progress});
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
