import type {Clock} from '../core/clock.js';
import {displayText} from '../core/safe-text.js';
import {EventLog, FlowRace, type FlowParts} from './flow-race.js';
import type {ResourceLogin} from './resource-login.js';
import type {LoginCommand, LoginOptions, LoginRun} from './flow.js';
import type {Recommendation} from './terminal.js';
import {redirectAdvice, cancelled, LoginError, PendingError, toLoginError} from '../core/errors.js';
import type {EventOf, LoginEvent} from './events.js';
import type {LoginState} from './state.js';
import {applicationOf, type Provider, type ResolvedProvider} from '../oauth/provider.js';
import type {SessionManager} from '../session/session-manager.js';
import type {IssuedTokens, Session, StoredSession, StoreLock, TokenStore} from '../session/types.js';
import type {TokenSet} from '../oauth/token-set.js';
import {flows, isPageFlow, type FlowName, type FlowAvailability} from '../core/types.js';

/** The parts of an engine that its logins work with. */
export type LoginParts = FlowParts & {
	readonly provider: Provider;
	readonly store: TokenStore;
	readonly profile: string;
	readonly keeper: Pick<SessionManager, 'write' | 'discard'>;
	/** @param provider - default: the login's own */
	readonly discover: (signal: AbortSignal, provider?: Provider) => Promise<ResolvedProvider>;
	/** A stored session as programs get it. */
	readonly toSession: (stored: StoredSession) => Session;
	/** Stored with the session, so that its refreshes find it again. */
	readonly remembered: Pick<StoredSession, 'clientSecretSource' | 'caFile'>;
	/** Of a login that outlives its process. */
	readonly outliving?: Outliving;
};

/** How a login that outlives its process differs from others (pending.ts). */
export type Outliving = {
	/** Of the flows that another process can continue. */
	readonly recommend: (flows: FlowAvailability) => Recommendation | undefined;
	/** Ends this process's part as soon as nothing is under way; false where there is nothing to continue. */
	readonly leave: () => boolean;
	/** What was said of it when the login began. */
	readonly switchAccount: LoginOptions['switchAccount'];
	/** Takes note of what ended it, while no other process may continue it. */
	readonly fail: (error: LoginError) => Promise<void>;
};

/** For when nothing is known of the terminal: the safest flow that the provider has (RFC 9700 §2.1.1, RFC 8252). */
const defaultRecommendation = (available: FlowAvailability): Recommendation => ({
	flow: flows.find(flow => available[flow] === true) ?? 'browser',
	reason: "It's the first flow this provider offers.",
});

/** Starts a login. It begins its work one macrotask later. */
export const startLogin = (parts: LoginParts, options: LoginOptions): LoginRun => new Login(parts, options);

class Login implements LoginRun {
	readonly session: Promise<Session>;
	readonly clock: Clock;
	readonly #begun: number;
	#parts: LoginParts;
	readonly #options: LoginOptions;
	readonly #log = new EventLog();
	readonly #controller = new AbortController();
	readonly #race: FlowRace;
	/** Tokens that are to be revoked once it is known which session there is. */
	readonly #unwanted: IssuedTokens[] = [];
	/** Work that outlives the login: the unwanted tokens are revoked. */
	readonly #afterwards = new Set<Promise<void>>();
	/** What a flow has brought, or the session that another process's login left. */
	readonly #finished: Promise<IssuedTokens | StoredSession>;
	#finish!: (finish: IssuedTokens | StoredSession) => void;
	#fail!: (error: LoginError) => void;
	#provider: ResolvedProvider | undefined;
	#resource: ResourceLogin | undefined;
	/** Commands are carried out one after the other, from the moment at which the provider is known. */
	#commands: Promise<void>;
	/** Aborted where the person waits for no other login any more. */
	readonly #waiting = new AbortController();
	#startCommands!: () => void;
	#lock: StoreLock | undefined;
	/** When someone signed in to the session that may be replaced: the person was asked before they signed in. */
	#replaceable: number | undefined;
	/** Finds the best place for the session. */
	#preparing: Promise<void> | undefined;
	/** Why no flow is open: where the person leaves then, it is why the login ended. */
	#lastFailure: LoginError | undefined;

	constructor(parts: LoginParts, options: LoginOptions) {
		this.#parts = parts;
		this.clock = parts.clock;
		this.#begun = parts.clock.now();
		this.#options = options;
		this.#finished = new Promise((resolve, reject) => {
			this.#finish = resolve;
			this.#fail = reject;
		});
		this.#commands = new Promise(resolve => {
			this.#startCommands = resolve;
		});
		this.#race = new FlowRace({
			parts: () => this.#parts,
			log: this.#log,
			options,
			signal: this.#controller.signal,
			onTokens: winner => this.#finish(winner),
			onNoneLeft: error => {
				void this.#resource?.onFailure(error);
				if (options.attended !== true) {
					this.#fail(error);
					return;
				}

				if (error.code !== 'cancelled') this.#lastFailure = error;
				void this.#release();
			},
			onUnwanted: winner => this.#unwanted.push(winner),
			settleClient: async (context, redirectUri) =>
				this.#resource?.settle(context, event => this.#log.append(event), redirectUri) ?? context.provider,
		});
		// Both may be looked at late, or never: neither may end the process as an unhandled rejection.
		this.#finished.catch(() => undefined);
		this.session = this.#run();
		this.session.catch(() => undefined);
	}

	get state(): LoginState {
		return this.#log.state;
	}

	get flow(): LoginRun['flow'] {
		return this.#options.flow ?? 'auto';
	}

	subscribe(listener: () => void): () => void {
		return this.#log.subscribe(listener);
	}

	[Symbol.asyncIterator](): AsyncIterator<LoginEvent> {
		return this.#log[Symbol.asyncIterator]();
	}

	command(command: LoginCommand): void {
		if (command.type === 'sign-in-here') {
			// At once: the commands before it may be what waits.
			this.#waiting.abort();
			return;
		}

		this.#commands = this.#commands
			.then(async () => this.#obey(command))
			.catch((error: unknown) => this.#fail(toLoginError(error)));
	}

	async cancel(): Promise<void> {
		this.#controller.abort(this.#lastFailure ?? cancelled());
		await this.session.catch(() => undefined);
		await Promise.all(this.#afterwards);
	}

	/** The whole login: its work, then its last event, then the clean-up. */
	async #run(): Promise<Session> {
		const {signal} = this.#options;
		const onAbort = () => {
			if (this.#parts.outliving?.leave() !== true) this.#controller.abort(cancelled());
		};
		signal?.addEventListener('abort', onAbort, {once: true});
		if (signal?.aborted === true) onAbort();
		this.#controller.signal.addEventListener('abort', () => this.#fail(this.#controller.signal.reason as LoginError), {
			once: true,
		});
		try {
			// One macrotask later: a component that mounts twice has cancelled the first of its logins by then.
			await new Promise(resolve => {
				setTimeout(resolve, 0);
			});
			this.#controller.signal.throwIfAborted();
			const session = this.#parts.toSession(await this.#signIn());
			await this.#release();
			// A session's members are free of secrets: its functions have them.
			const {getToken: _, logout: __, ...known} = session;
			this.#log.append({type: 'signed-in', ...known});
			return session;
		} catch (error) {
			const failure = toLoginError(error).withHints(this.#parts.hints);
			const isPending = failure instanceof PendingError;
			await this.#race.closeAll(failure.message, isPending ? undefined : failure);
			await this.#parts.outliving?.fail(failure);
			await this.#release();
			const {code, message, hint} = failure;
			this.#log.append(isPending ? pendingEvent(failure) : {type: 'failed', code, message, hint});
			throw failure;
		} finally {
			signal?.removeEventListener('abort', onAbort);
			this.#controller.abort(cancelled());
			for (const winner of this.#unwanted) this.#afterwards.add(this.#parts.keeper.discard(winner));
		}
	}

	async #signIn(): Promise<StoredSession> {
		if (this.#options.timeout !== undefined) void this.#limitTime(this.#options.timeout);
		const {store} = this.#parts;
		// Awaited when the session is saved: a keyring may wait for the person, and the login need not.
		this.#preparing = store.prepare?.();
		this.#preparing?.catch((error: unknown) => this.#fail(toLoginError(error)));
		if (this.#options.pending) {
			const {outlive} = await import('./pending.js');
			const begun = await outlive(this.#parts, this.#options, {
				state: () => this.state,
				subscribe: listener => this.subscribe(listener),
				abort: error => this.#controller.abort(error),
				finish: session => this.#finish(session),
				signal: this.#controller.signal,
			});
			if ('version' in begun) return begun;
			this.#parts = begun;
		}

		await this.#confirm(undefined);
		const provider = await Promise.race([this.#findProvider(), this.#finished.then(never)]);
		this.#provider = provider;
		const application = applicationOf(provider);
		this.#log.append({
			type: 'discovery',
			issuer: provider.issuer,
			...(application !== undefined && {application: displayText(application)}),
			requestedScope: provider.requestedScope,
			flows: provider.flows,
			...this.#resource?.discovery,
		});
		if (this.#resource !== undefined) {
			await Promise.race([this.#resource.confirm(this.#options, this.#controller.signal), this.#finished.then(never)]);
		}

		const {reason, acrValues} = this.#options;
		if (reason !== undefined) {
			const {requestedScope: scope} = provider;
			this.#log.append({
				type: 'step-up',
				scope,
				...(acrValues !== undefined && {acrValues}),
				reason: displayText(reason),
			});
		}

		void this.#openFirst(provider);
		const finish = await this.#finished;
		if ('version' in finish) {
			await this.#race.closeAll('Another window signed in.');
			return finish;
		}

		await this.#race.closeAll('Another flow finished first.');
		try {
			return await this.#save(finish);
		} catch (error) {
			const {message: reason, code, hint} = toLoginError(error).withHints(this.#parts.hints);
			this.#log.append({type: 'flow-closed', flow: finish.flow, reason, code, hint});
			this.#unwanted.push(finish);
			throw error;
		}
	}

	async #findProvider(): Promise<ResolvedProvider> {
		const {signal} = this.#controller;
		const {discover, provider} = this.#parts;
		const discovered = await discover(signal);
		const {protectedResource} = discovered;
		if (protectedResource === undefined) return discovered;
		const {ResourceLogin} = await import('./resource-login.js');
		this.#resource = await ResourceLogin.of(discovered, {
			...this.#parts,
			options: this.#options,
			signal,
			discover: async issuer =>
				discover(signal, {
					...provider,
					protectedResource: {...protectedResource, ...provider.protectedResource, issuer},
				}),
		});
		return this.#resource.provider;
	}

	async #limitTime(seconds: number): Promise<void> {
		try {
			await this.clock.sleep(seconds * 1000, this.#controller.signal);
			const {phase, address} = this.state.flows.browser ?? {};
			const uri = phase?.status === 'waiting' ? address?.redirectUri : undefined;
			this.#controller.abort(
				new LoginError('timeout', `Nobody signed in within ${seconds} seconds.`, {
					hint: words => words.moreTime + (uri === undefined ? '' : ` ${redirectAdvice(uri, words)}`),
				}),
			);
		} catch {
			// The login ended before.
		}
	}

	/** Opens what the options ask for, then lets the commands come that were given meanwhile. */
	async #openFirst(provider: ResolvedProvider): Promise<void> {
		const {flow = 'auto', terminal: {recommend = defaultRecommendation} = {}, open = true} = this.#options;
		try {
			if (flow === 'auto') {
				const {flows, server} = provider;
				const isListed = server.grant_types_supported?.includes('client_credentials') ?? true;
				const unlisted = isListed ? [] : (['client-credentials'] as const);
				const recommended = this.#parts.outliving?.recommend(flows) ?? recommend(flows, unlisted);
				await this.#open(recommended.flow, recommended.reason, open);
			} else if (flow !== 'ask') {
				await this.#open(flow, 'You asked for this flow.', open);
			}
		} catch (error) {
			this.#fail(toLoginError(error));
		}

		this.#startCommands();
	}

	async #obey(command: LoginCommand): Promise<void> {
		if (this.#controller.signal.aborted) return;
		const {open = true} = this.#options;
		switch (command.type) {
			case 'open':
				return this.#open(command.flow, 'You chose this flow.', open);
			case 'close':
				return this.#race.close(command.flow);
			case 'sign-in-here':
				return;
			case 'paste':
				// The link that belongs to a paste is ours only if this login made it, so nothing is opened for it.
				if (command.text !== undefined) await this.#open('browser', 'You pasted a link.', false);
				this.#race.tell('browser', command);
				break;
			case 'open-browser':
				this.#race.tell(command.flow ?? (this.#race.has('browser') ? 'browser' : 'device'), command);
				break;
			case 'renew-code': {
				const {flow = 'device'} = command;
				// An open flow takes the command; one that is not is opened.
				this.#race.tell(flow, command);
				await this.#open(flow, 'You asked for a new code.', open);
				break;
			}
			case 'enter':
				this.#race.tell(command.flow, command);
		}
	}

	async #open(flow: FlowName, reason: string, autoOpen: boolean): Promise<void> {
		const provider = this.#provider;
		if (provider === undefined || this.#race.has(flow)) return;
		const needsPerson = isPageFlow(flow);
		if (needsPerson && this.#lock === undefined && !(await this.#takeLock())) return;
		this.#lastFailure = undefined;
		this.#race.open(flow, reason, provider, autoOpen);
		if (needsPerson) void this.#prefetchKeys(provider);
	}

	/** Resolves to whether this process is the one to show the login. */
	async #takeLock(): Promise<boolean> {
		const onWait = () => this.#log.append({type: 'waiting', for: 'other-login'});
		const {signal} = this.#controller;
		let taken;
		try {
			const both = AbortSignal.any([signal, this.#waiting.signal]);
			const {lockLogin} = await import('./login-lock.js');
			const {attended = false, pending, takesOver = attended || Boolean(pending)} = this.#options;
			taken = await lockLogin({...this.#parts, since: this.#begun, takesOver}, onWait, both);
		} catch (error) {
			if (signal.aborted || !this.#waiting.signal.aborted) throw error;
			// Beside the other login, whose lock is not ours.
			taken = {release: async () => undefined};
		}

		if ('release' in taken) {
			this.#lock = taken;
			return true;
		}

		this.#finish(taken);
		return false;
	}

	async #release(): Promise<void> {
		const lock = this.#lock;
		this.#lock = undefined;
		await lock?.release();
	}

	/** While the person is away; never fails. */
	async #prefetchKeys(provider: ResolvedProvider): Promise<void> {
		const {clock, loadFetch} = this.#parts;
		const {prefetchKeys} = await import('../oauth/id-token.js');
		await prefetchKeys({provider, fetch: await loadFetch(), clock, signal: this.#controller.signal});
	}

	/** Has the person decide about another session, as soon as it is known to be another one. */
	async #confirm(tokens: TokenSet | undefined): Promise<void> {
		const {store, profile, provider, outliving} = this.#parts;
		// One that can't be read may be readable by the time the new one is saved.
		const stored = await store.read(profile).catch((error: unknown) => {
			if (tokens !== undefined) throw error;
			return undefined;
		});
		if (stored === undefined || (this.#replaceable !== undefined && this.#replaceable === stored.signedInAt)) return;
		const {switchAccount = this.#options.switchAccount} = outliving ?? {};
		const {confirmAccount} = await import('../session/account-switch.js');
		const hasAsked = await confirmAccount(stored, tokens, provider, switchAccount, this.#controller.signal);
		if (hasAsked) this.#replaceable = stored.signedInAt;
	}

	/** Saves the tokens as the session, unless that would replace one that is to stay. */
	async #save(winner: IssuedTokens): Promise<StoredSession> {
		const {keeper, remembered} = this.#parts;
		const {signal} = this.#controller;
		await this.#preparing;
		await this.#confirm(winner.tokens);
		const {toStoredSession} = await import('../session/stored-session.js');
		const stored = toStoredSession(winner, this.clock.now(), remembered);
		await keeper.write(stored, signal);
		return stored;
	}
}

const pendingEvent = ({id, expiresAt, tell, next}: PendingError): EventOf<'pending'> => ({
	type: 'pending',
	...{id, expiresAt, tell, next},
});

/** For a race in which the other side can only reject. */
const never = async (): Promise<never> => new Promise(() => undefined);
