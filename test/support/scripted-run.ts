import type {Clock} from '../../source/core/clock.js';
import type {LoginCommand, LoginOptions, LoginRun} from '../../source/login/flow.js';
import {LoginError} from '../../source/core/errors.js';
import type {LoginEvent} from '../../source/login/events.js';
import {initialLoginState, reduceLogin} from '../../source/login/state.js';
import type {Session} from '../../source/session/types.js';
import type {TokenEngine} from '../../source/token-engine.js';

/** A login that a test writes as it goes on: events in, commands out. */
export type ScriptedRun = LoginRun & {
	readonly commands: readonly LoginCommand[];
	readonly isCancelled: boolean;
	/** How many listen. */
	readonly listeners: number;
	emit(...events: readonly LoginEvent[]): void;
	succeed(session: Session): void;
	fail(error: LoginError): void;
};

export const createScriptedRun = (clock: Clock, ...events: readonly LoginEvent[]): ScriptedRun => {
	const commands: LoginCommand[] = [];
	const listeners = new Set<() => void>();
	const {promise, resolve, reject} = defer<Session>();
	promise.catch(() => undefined);
	let state = events.reduce(reduceLogin, initialLoginState);
	let isCancelled = false;
	return {
		commands,
		clock,
		session: promise,
		flow: 'auto',
		get state() {
			return state;
		},
		get isCancelled() {
			return isCancelled;
		},
		get listeners() {
			return listeners.size;
		},
		emit(...more) {
			for (const event of more) {
				state = reduceLogin(state, event);
				for (const listener of [...listeners]) listener();
			}
		},
		succeed: resolve,
		fail: reject,
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		command: command => void commands.push(command),
		async cancel() {
			if (isCancelled) return;
			isCancelled = true;
			this.emit({type: 'failed', code: 'cancelled', message: 'Sign-in cancelled.', hint: ''});
			reject(new LoginError('cancelled', 'Sign-in cancelled.', {hint: ''}));
		},
		async *[Symbol.asyncIterator]() {
			yield* events;
		},
	};
};

const defer = <Value>() => {
	let resolve!: (value: Value) => void;
	let reject!: (error: Error) => void;
	const promise = new Promise<Value>((resolvePromise, rejectPromise) => {
		resolve = resolvePromise;
		reject = rejectPromise;
	});
	return {promise, resolve, reject};
};

/** An engine whose logins are scripted runs, made when they are asked for. */
export type ScriptedEngine = {
	readonly engine: TokenEngine;
	readonly runs: readonly ScriptedRun[];
	readonly options: readonly LoginOptions[];
};

export const createScriptedEngine = (clock: Clock, ...events: readonly LoginEvent[]): ScriptedEngine => {
	const runs: ScriptedRun[] = [];
	const options: LoginOptions[] = [];
	const engine = {
		clock,
		provider: {name: 'oidc', issuer: 'https://auth.acme.dev', clientId: 'demo', application: 'Acme'},
		login(asked: LoginOptions) {
			const run = createScriptedRun(clock, ...events);
			options.push(asked);
			runs.push(run);
			return run;
		},
	};
	// Only what the screens touch.
	return {engine: engine as unknown as TokenEngine, runs, options};
};
