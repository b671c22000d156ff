import type {Clock} from './clock.js';
import {displayText} from './display-text.js';
import {EventLog} from './event-log.js';
import type {LoginCommand} from './flow.js';
import {redirectAdvice} from './hints.js';
import {cancelled, LoginError, toLoginError} from './login-error.js';
import type {LoginEvent, Route, RouteAvailability} from './login-event.js';
import type {LoginHost, LoginResult} from './login-host.js';
import type {LoginOptions, Recommendation} from './login-options.js';
import type {LoginRun} from './login-run.js';
import type {LoginState} from './login-state.js';
import {OpenRoutes} from './open-routes.js';
import type {ResolvedProvider} from './provider.js';
import type {Session} from './session.js';
import type {TokenSet} from './token-set.js';
import type {StoreLock} from './token-store.js';

type Finish = {readonly tokens: TokenSet; readonly route: Route} | LoginResult;

/** Without facts about the terminal: the safest way that the provider has (RFC 9700 §2.1.1, RFC 8252). */
const defaultRecommendation = (routes: RouteAvailability): Recommendation => ({
	route: (['browser', 'device', 'client-credentials'] as const).find(route => routes[route] === true) ?? 'browser',
	reason: 'It is the first way that this provider has.',
});

/** A login that runs. */
export class RunningLogin implements LoginRun {
	readonly session: Promise<Session>;
	readonly clock: Clock;
	readonly #host: LoginHost;
	readonly #options: LoginOptions;
	readonly #log = new EventLog();
	readonly #controller = new AbortController();
	readonly #routes: OpenRoutes;
	/** Tokens that are to be revoked once it is known which session there is. */
	readonly #unwanted: TokenSet[] = [];
	/** Work that outlives the login: the unwanted tokens are revoked. */
	readonly #afterwards = new Set<Promise<void>>();
	readonly #finished: Promise<Finish>;
	#finish!: (finish: Finish) => void;
	#fail!: (error: LoginError) => void;
	#provider: ResolvedProvider | undefined;
	/** Commands are carried out one after the other, from the moment at which the provider is known. */
	#commands: Promise<void>;
	#startCommands!: () => void;
	#lock: StoreLock | undefined;
	/** Why no way is open: where the person leaves then, it is why the login ended. */
	#lastFailure: LoginError | undefined;

	constructor(host: LoginHost, options: LoginOptions) {
		this.#host = host;
		this.clock = host.clock;
		this.#options = options;
		this.#finished = new Promise((resolve, reject) => {
			this.#finish = resolve;
			this.#fail = reject;
		});
		this.#commands = new Promise(resolve => {
			this.#startCommands = resolve;
		});
		this.#routes = new OpenRoutes({
			host,
			log: this.#log,
			options,
			signal: this.#controller.signal,
			onTokens: (tokens, route) => this.#finish({tokens, route}),
			onNoneLeft: error => {
				if (options.attended !== true) {
					this.#fail(error);
					return;
				}

				if (error.code !== 'cancelled') this.#lastFailure = error;
				void this.#release();
			},
			onUnwanted: tokens => this.#unwanted.push(tokens),
		});
		// Both are looked at later, or by nobody: neither may end the process.
		this.#finished.catch(() => undefined);
		this.session = this.#run();
		this.session.catch(() => undefined);
	}

	get state(): LoginState {
		return this.#log.state;
	}

	subscribe(listener: () => void): () => void {
		return this.#log.subscribe(listener);
	}

	[Symbol.asyncIterator](): AsyncIterator<LoginEvent> {
		return this.#log[Symbol.asyncIterator]();
	}

	command(command: LoginCommand): void {
		this.#commands = this.#commands
			.then(async () => this.#obey(command))
			.catch((error: unknown) => this.#fail(toLoginError(error)));
	}

	async cancel(): Promise<void> {
		this.#controller.abort(this.#lastFailure ?? cancelled());
		await this.session.catch(() => undefined);
		await Promise.all(this.#afterwards);
	}

	async #run(): Promise<Session> {
		const {signal} = this.#options;
		const onAbort = () => this.#controller.abort(cancelled());
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
			const {session, event} = await this.#login();
			await this.#release();
			this.#log.append(event);
			return session;
		} catch (error) {
			const failure = toLoginError(error).withHints(this.#host.hints);
			await this.#routes.closeAll(failure.message, failure);
			await this.#release();
			this.#log.append({type: 'failed', code: failure.code, message: failure.message, hint: failure.hint});
			throw failure;
		} finally {
			signal?.removeEventListener('abort', onAbort);
			this.#controller.abort(cancelled());
			for (const tokens of this.#unwanted) {
				if (this.#provider !== undefined) this.#afterwards.add(this.#host.revoke(tokens, this.#provider));
			}
		}
	}

	async #login(): Promise<LoginResult> {
		const {signal} = this.#controller;
		if (this.#options.timeout !== undefined) void this.#limitTime(this.#options.timeout, signal);
		const provider = await Promise.race([this.#host.discover(signal), this.#finished.then(never)]);
		this.#provider = provider;
		this.#log.append({
			type: 'discovery',
			issuer: provider.issuer,
			...(provider.application !== undefined && {application: displayText(provider.application)}),
			requestedScope: provider.requestedScope,
			routes: provider.routes,
		});
		void this.#openFirst(provider);
		const finish = await this.#finished;
		if ('session' in finish) {
			await this.#routes.closeAll('Another window signed in.');
			return finish;
		}

		await this.#routes.closeAll('Another way finished first.');
		try {
			return await this.#host.keep(finish.tokens, finish.route, provider, signal);
		} catch (error) {
			const {message: reason, code, hint} = toLoginError(error).withHints(this.#host.hints);
			this.#log.append({type: 'route-closed', route: finish.route, reason, code, hint});
			this.#unwanted.push(finish.tokens);
			throw error;
		}
	}

	async #limitTime(seconds: number, signal: AbortSignal): Promise<void> {
		try {
			await this.clock.sleep(seconds * 1000, signal);
			const {phase, address} = this.state.routes.browser ?? {};
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
		const {route = 'auto', recommend = defaultRecommendation, open = true} = this.#options;
		try {
			if (route === 'auto') {
				const recommended = recommend(provider.routes);
				await this.#open(recommended.route, recommended.reason, open);
			} else if (route !== 'ask') {
				await this.#open(route, 'You asked for this way.', open);
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
			case 'open': {
				return this.#open(command.route, 'You chose this way.', open);
			}

			case 'close': {
				return this.#routes.close(command.route);
			}

			case 'paste': {
				// The address that belongs to a paste is ours only if this login made it, so nothing is opened for it.
				await this.#open('browser', 'You pasted an address.', false);
				this.#routes.tell('browser', command);
				return;
			}

			case 'open-browser': {
				this.#routes.tell(this.#routes.has('browser') ? 'browser' : 'device', command);
				return;
			}

			case 'renew-code': {
				if (this.#routes.has('device')) {
					this.#routes.tell('device', command);
					return;
				}
				return this.#open('device', 'You asked for a new code.', open);
			}
		}
	}

	async #open(route: Route, reason: string, autoOpen: boolean): Promise<void> {
		const provider = this.#provider;
		if (provider === undefined || this.#routes.has(route)) return;
		const needsPerson = route === 'browser' || route === 'device';
		if (needsPerson && this.#lock === undefined && !(await this.#enter())) return;
		this.#lastFailure = undefined;
		this.#routes.open(route, reason, provider, autoOpen);
		if (needsPerson) void this.#host.prefetchKeys(provider, this.#controller.signal);
	}

	/** Resolves to whether this process is the one to show the login. */
	async #enter(): Promise<boolean> {
		const entered = await this.#host.enter(
			() => this.#log.append({type: 'waiting', for: 'other-login'}),
			this.#controller.signal,
		);
		if ('session' in entered) {
			this.#finish(entered);
			return false;
		}

		this.#lock = entered;
		return true;
	}

	async #release(): Promise<void> {
		const lock = this.#lock;
		this.#lock = undefined;
		await lock?.release();
	}
}

/** For a race in which the other side can only reject. */
const never = async (): Promise<never> => new Promise(() => undefined);
