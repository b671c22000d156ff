import {abortable, tellAll, type Clock, type Random} from '../core/clock.js';
import type {LoginEvent} from './events.js';
import type {Flow, Commands, LoginOptions, FlowCommand} from './flow.js';
import {type Hints, cancelled, LoginError, toLoginError} from '../core/errors.js';
import {initialLoginState, reduceLogin, type LoginState} from './state.js';
import {withPersonRequest} from '../oauth/request-parameters.js';
import type {ResolvedProvider} from '../oauth/provider.js';
import type {RequestContext} from '../oauth/request.js';
import type {IssuedTokens} from '../session/types.js';
import {displayText} from '../core/safe-text.js';
import {isTypedFlow, type FlowName} from '../core/types.js';

/** Lets others wait for the next change of something. */
class Changes {
	#waiting: (() => void)[] = [];

	announce(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resolve of waiting) resolve();
	}

	async next(signal?: AbortSignal): Promise<void> {
		await abortable(new Promise<void>(resolve => this.#waiting.push(resolve)), signal);
	}
}

const isLast = ({type}: LoginEvent) => type === 'signed-in' || type === 'failed' || type === 'pending';

/** The events of one login and the state they add up to, for any number of readers; it waits for none of them. */
export class EventLog implements AsyncIterable<LoginEvent> {
	state: LoginState = initialLoginState;
	readonly #events: LoginEvent[] = [];
	readonly #listeners = new Set<() => void>();
	readonly #changes = new Changes();
	#ended = false;

	append(event: LoginEvent): void {
		if (this.#ended) return;
		this.#ended = isLast(event);
		this.#events.push(event);
		this.state = reduceLogin(this.state, event);
		tellAll(this.#listeners);
		this.#changes.announce();
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<LoginEvent> {
		let next = 0;
		for (;;) {
			const event = this.#events[next];
			if (event !== undefined) {
				next += 1;
				yield event;
			} else if (this.#ended) return;
			else await this.#changes.next();
		}
	}
}

/** The commands for one flow, until it takes them. */
export class CommandQueue implements Commands {
	readonly #commands: FlowCommand[] = [];
	readonly #changes = new Changes();

	put(command: FlowCommand): void {
		this.#commands.push(command);
		this.#changes.announce();
	}

	async next(signal: AbortSignal): Promise<FlowCommand> {
		for (;;) {
			signal.throwIfAborted();
			const command = this.#commands.shift();
			if (command !== undefined) return command;
			await this.#changes.next(signal);
		}
	}
}

/**
 * Which flows have a code or tokens in hand. While one has, requests of the others wait, so that there is never a second
 * set of tokens beside the first.
 */
class ExchangeLock {
	readonly #holders = new Set<{readonly flow: FlowName}>();
	readonly #changes = new Changes();

	hold(flow: FlowName): Disposable {
		const holder = {flow};
		this.#holders.add(holder);
		return {
			[Symbol.dispose]: () => {
				if (this.#holders.delete(holder)) this.#changes.announce();
			},
		};
	}

	/** Resolves once no other flow holds it. */
	async free(flow: FlowName, signal: AbortSignal): Promise<void> {
		while ([...this.#holders].some(holder => holder.flow !== flow)) await this.#changes.next(signal);
	}
}

type OpenFlow = {
	readonly controller: AbortController;
	readonly commands: CommandQueue;
	done: Promise<void>;
};

/** The parts of an engine that its flows work with. */
export type FlowParts = {
	readonly clock: Clock;
	readonly random: Random;
	/** Hardened; loaded with the first request. */
	readonly loadFetch: () => Promise<typeof fetch>;
	readonly loadFlow: Readonly<Record<FlowName, () => Promise<Flow>>>;
	/** What the application says where what people do depends on it. */
	readonly hints: Partial<Hints>;
};

type FlowRaceOptions = {
	/** Asked once a flow is opened. */
	readonly parts: () => FlowParts;
	readonly log: EventLog;
	readonly options: LoginOptions;
	/** Aborts with the whole login. */
	readonly signal: AbortSignal;
	/** The first flow has returned tokens; called once. */
	readonly onTokens: (winner: IssuedTokens) => void;
	/** The last open flow has ended without tokens. */
	readonly onNoneLeft: (error: LoginError) => void;
	/** Tokens that came too late to be wanted. */
	readonly onUnwanted: (winner: IssuedTokens) => void;
	/** Settles as which client a flow signs in. */
	readonly settleClient: (context: RequestContext, redirectUri?: string) => Promise<ResolvedProvider>;
};

/** The flows of one login that are open side by side: the first to return tokens wins. */
export class FlowRace {
	readonly #options: FlowRaceOptions;
	readonly #exchange = new ExchangeLock();
	readonly #open = new Map<FlowName, OpenFlow>();
	#isOver = false;

	constructor(options: FlowRaceOptions) {
		this.#options = options;
	}

	has(flow: FlowName): boolean {
		return this.#open.has(flow);
	}

	/** @param autoOpen - whether the browser flow opens a browser by itself */
	open(flow: FlowName, reason: string, provider: ResolvedProvider, autoOpen: boolean): void {
		if (this.#isOver || this.#open.has(flow)) return;
		const opened: OpenFlow = {
			controller: new AbortController(),
			commands: new CommandQueue(),
			done: Promise.resolve(),
		};
		this.#open.set(flow, opened);
		this.#options.log.append({type: 'flow-opened', flow, reason});
		opened.done = this.#run(flow, opened, provider, autoOpen);
	}

	/** Gives a command to a flow; to none where it is not open. */
	tell(flow: FlowName, command: FlowCommand): void {
		this.#open.get(flow)?.commands.put(command);
	}

	/** Closes one flow because the person asked for it. */
	async close(flow: FlowName): Promise<void> {
		const closing = this.#open.get(flow);
		closing?.controller.abort(cancelled('You closed this flow.'));
		await closing?.done;
	}

	/** Ends the race; resolves when the ports, timers and requests of its flows are gone. */
	async closeAll(reason: string, failure?: LoginError): Promise<void> {
		this.#isOver = true;
		const open = [...this.#open];
		this.#open.clear();
		for (const [, {controller}] of open) controller.abort(cancelled(reason));
		await Promise.all(open.map(async ([, {done}]) => done));
		for (const [flow] of open) {
			this.#options.log.append({type: 'flow-closed', flow, reason, code: failure?.code, hint: failure?.hint});
		}
	}

	async #run(
		flow: FlowName,
		{controller, commands}: OpenFlow,
		provider: ResolvedProvider,
		autoOpen: boolean,
	): Promise<void> {
		const {log, options, onTokens, onUnwanted, settleClient} = this.#options;
		const parts = this.#options.parts();
		const {clock, random, loadFetch} = parts;
		const {terminal = {}, renew = false, next} = options;
		const signal = AbortSignal.any([controller.signal, this.#options.signal]);
		try {
			const availability = provider.flows[flow];
			if (availability !== true) throw unavailable(flow, availability);
			const run = await parts.loadFlow[flow]();
			signal.throwIfAborted();
			const request: RequestContext = {
				provider,
				clock,
				signal,
				fetch: async (input, init) => {
					await this.#exchange.free(flow, signal);
					return (await loadFetch())(input, init);
				},
			};
			let settled = provider;
			const settle = async (redirectUri?: string) => {
				settled = await settleClient(request, redirectUri);
				return withPersonRequest(settled, options);
			};
			const settlesLater = flow === 'browser' || provider.protectedResource === undefined;
			const tokens = await run({
				...request,
				provider: settlesLater ? withPersonRequest(provider, options) : await settle(),
				...(provider.protectedResource !== undefined && {settleClient: settle}),
				random,
				terminal,
				commands,
				autoOpen,
				autoRenew: renew,
				next,
				claim: () => this.#exchange.hold(flow),
				emit: event => {
					if (!signal.aborted) log.append(event);
				},
			});
			const winner = {tokens, flow, provider: settled};
			if (this.#isOver || signal.aborted) {
				onUnwanted(winner);
				throw cancelled();
			}

			this.#isOver = true;
			this.#open.delete(flow);
			onTokens(winner);
		} catch (error) {
			this.#lose(flow, toLoginError(error).withHints(parts.hints));
		}
	}

	/** A flow ended without tokens, by itself or by the person. What ends the whole login closes its flows itself. */
	#lose(flow: FlowName, error: LoginError): void {
		if (this.#isOver || this.#options.signal.aborted) return;
		this.#open.delete(flow);
		this.#options.log.append({type: 'flow-closed', flow, reason: error.message, code: error.code, hint: error.hint});
		if (this.#open.size === 0) this.#options.onNoneLeft(error);
	}
}

const unavailable = (
	flow: FlowName,
	// A program without types, or one that hands on what was typed, may name any.
	reason: string | undefined = `There's no flow named ${displayText(flow, 40)}.`,
): LoginError =>
	new LoginError(
		flow === 'device' ? 'device_unsupported' : isTypedFlow(flow) ? 'unsupported_grant' : 'config_error',
		reason,
		{
			hint: ({endpoints}) => `Use another flow, ${flow === 'device' ? endpoints : "or check the provider's settings"}.`,
		},
	);
