import {Claims} from './claims.js';
import {CommandInbox} from './command-inbox.js';
import type {EventLog} from './event-log.js';
import type {RouteCommand} from './flow.js';
import {cancelled, LoginError, toLoginError} from './login-error.js';
import type {Route} from './login-event.js';
import type {LoginHost} from './login-host.js';
import type {LoginOptions} from './login-options.js';
import type {ResolvedProvider} from './provider.js';
import type {TokenSet} from './token-set.js';

type OpenRoute = {
	readonly controller: AbortController;
	readonly inbox: CommandInbox;
	done: Promise<void>;
};

type OpenRoutesOptions = {
	readonly host: LoginHost;
	readonly log: EventLog;
	readonly options: LoginOptions;
	/** Aborts with the whole login. */
	readonly signal: AbortSignal;
	/** The first route to return tokens; called once. */
	readonly onTokens: (tokens: TokenSet, route: Route) => void;
	/** The last open route closed without tokens. */
	readonly onNoneLeft: (error: LoginError) => void;
	/** Tokens that came too late to be wanted. */
	readonly onUnwanted: (tokens: TokenSet) => void;
};

/** The routes of one login that are open side by side: the first to finish wins. */
export class OpenRoutes {
	readonly #options: OpenRoutesOptions;
	readonly #claims = new Claims();
	readonly #open = new Map<Route, OpenRoute>();
	#isOver = false;

	constructor(options: OpenRoutesOptions) {
		this.#options = options;
	}

	has(route: Route): boolean {
		return this.#open.has(route);
	}

	/** @param autoOpen - whether the browser route opens a browser by itself */
	open(route: Route, reason: string, provider: ResolvedProvider, autoOpen: boolean): void {
		if (this.#isOver || this.#open.has(route)) return;
		const controller = new AbortController();
		const opened: OpenRoute = {controller, inbox: new CommandInbox(), done: Promise.resolve()};
		this.#open.set(route, opened);
		this.#options.log.append({type: 'route-opened', route, reason});
		opened.done = this.#drive(route, opened, provider, autoOpen);
	}

	/** Gives a command to a route; to none where it is not open. */
	tell(route: Route, command: RouteCommand): void {
		this.#open.get(route)?.inbox.put(command);
	}

	/** Closes one route on the person's wish. */
	async close(route: Route): Promise<void> {
		const closing = this.#open.get(route);
		closing?.controller.abort(cancelled('You closed this way.'));
		await closing?.done;
	}

	/** Closes all that are open, for good; resolves when their ports, timers and requests are gone. */
	async closeAll(reason: string, failure?: LoginError): Promise<void> {
		this.#isOver = true;
		const open = [...this.#open];
		this.#open.clear();
		for (const [, {controller}] of open) controller.abort(cancelled(reason));
		await Promise.all(open.map(async ([, {done}]) => done));
		for (const [route] of open) {
			this.#options.log.append({type: 'route-closed', route, reason, code: failure?.code, hint: failure?.hint});
		}
	}

	async #drive(
		route: Route,
		{controller, inbox}: OpenRoute,
		provider: ResolvedProvider,
		autoOpen: boolean,
	): Promise<void> {
		const {host, log, options, onTokens, onUnwanted} = this.#options;
		const {clock, random, openBrowser, sockets} = host;
		const {renew = false, credentials} = options;
		const signal = AbortSignal.any([controller.signal, this.#options.signal]);
		try {
			const availability = provider.routes[route];
			if (availability !== true) throw unavailable(route, availability);
			const flow = await host.loadFlow[route]();
			signal.throwIfAborted();
			const tokens = await flow({
				provider,
				clock,
				random,
				openBrowser,
				...(sockets && {sockets}),
				inbox,
				signal,
				autoOpen,
				autoRenew: renew,
				...(credentials !== undefined && {credentials}),
				fetch: this.#claims.gate(route, host.fetch, signal),
				claim: () => this.#claims.claim(route),
				emit: event => {
					if (!signal.aborted) log.append(event);
				},
			});
			if (this.#isOver || signal.aborted) {
				onUnwanted(tokens);
				throw cancelled();
			}

			this.#isOver = true;
			this.#open.delete(route);
			onTokens(tokens, route);
		} catch (error) {
			this.#lose(route, toLoginError(error).withHints(host.hints));
		}
	}

	/** A route ended without tokens, by itself or by the person; what ends the whole login closes its routes itself. */
	#lose(route: Route, error: LoginError): void {
		if (this.#isOver || this.#options.signal.aborted) return;
		this.#open.delete(route);
		this.#options.log.append({type: 'route-closed', route, reason: error.message, code: error.code, hint: error.hint});
		if (this.#open.size === 0) this.#options.onNoneLeft(error);
	}
}

const unavailable = (route: Route, reason: string): LoginError =>
	new LoginError(
		route === 'device' ? 'device_unsupported' : route === 'password' ? 'unsupported_grant' : 'config_error',
		reason,
		{
			hint: ({endpoints}) =>
				`Choose another way to sign in, ${route === 'device' ? endpoints : 'or check the settings of the provider'}.`,
		},
	);
