import {constants} from 'node:os';
import type {LoginError} from '../core/errors.js';
import type {TerminalEnvironment} from '../terminal/environment.js';
import type {Signals} from './context.js';
import {exitCodes} from './errors.js';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** They mean nothing to this program, but may to its child. */
const passedOn = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export type ProcessSignals = Signals & {
	/** The same as a first signal. */
	abort(): void;
	/** Resolves to the exit code once `ms` milliseconds have passed since the first signal. */
	overdue(ms: number): Promise<number>;
	/** The code to exit with; ends this process by a signal where its command, or the terminal, ended so. */
	end(outcome: number | NodeJS.Signals, tty: TerminalEnvironment['tty']): number;
};

/** What a signal must not interrupt. */
type UnderWay = {
	/** Resolves once nothing of it is under way; never rejects. */
	readonly settled: () => Promise<unknown>;
	/** Says what is waited for, and that Ctrl-C stops without it. */
	readonly say: () => void;
};

/** Whether a terminal that was there at the beginning was closed. */
const hasLostTerminal = (tty: TerminalEnvironment['tty']): boolean => {
	const {isatty} = process.getBuiltinModule('node:tty');
	return [tty.stdin, tty.stdout, tty.stderr].some((was, descriptor) => was && !isatty(descriptor));
};

/**
 * Milliseconds within which a second signal is the first one again: npm passes on a Ctrl-C that the terminal has sent
 * already, `timeout` sends SIGTERM to its child and to its group, and both the shell and the kernel send SIGHUP.
 */
const repetition = 500;

/**
 * Turns signals into one abort, for `reason`. A later one ends the process at once; but while something is under way only
 * Ctrl-C does, after it was offered. SIGHUP never does: nobody is left to be kept waiting.
 */
export const listenToSignals = (reason: LoginError, {settled, say}: UnderWay): ProcessSignals => {
	const controller = new AbortController();
	const {signal} = controller;
	let listener: ((name: NodeJS.Signals) => void) | undefined;
	let isUnderWay = false;
	let mayInsist = false;
	let hungUp = false;
	const abort = () => {
		if (signal.aborted) return;
		controller.abort(reason);
		isUnderWay = true;
		void settled().then(() => (isUnderWay = false));
		setTimeout(() => {
			if (isUnderWay) say();
			mayInsist = true;
		}, repetition).unref();
	};
	const endBy = (name: NodeJS.Signals) => {
		process.removeAllListeners(name);
		process.kill(process.pid, name);
		return 128 + constants.signals[name];
	};
	const onSignal = (name: NodeJS.Signals) => {
		if (listener) {
			listener(name);
			return;
		}

		if (name === 'SIGHUP') hungUp = true;
		const insists = name === 'SIGINT' || (name === 'SIGTERM' && !isUnderWay);
		if (!signal.aborted) abort();
		else if (mayInsist && insists) process.exit(hungUp ? endBy('SIGHUP') : exitCodes.cancelled);
	};
	for (const name of names) process.on(name, onSignal);

	return {
		signal,
		abort,
		handOver(next) {
			listener = next;
			for (const name of passedOn) process.on(name, next);
			return {
				[Symbol.dispose]() {
					listener = undefined;
					for (const name of passedOn) process.off(name, next);
				},
			};
		},
		overdue: async ms =>
			new Promise(resolve => {
				const start = () => setTimeout(() => resolve(exitCodes.cancelled), ms).unref();
				if (signal.aborted) start();
				else signal.addEventListener('abort', start, {once: true});
			}),
		end(outcome, tty) {
			// To exit, Node.js 20 restores the settings of its terminals, and aborts with a core file where one is gone.
			if (hungUp || hasLostTerminal(tty)) return endBy('SIGHUP');
			return typeof outcome === 'number' ? outcome : endBy(outcome);
		},
	};
};
