import os from 'node:os';
import process from 'node:process';
import type {LoginError} from '../engine/login-error.js';
import type {Signals} from './command.js';
import {exitCodes} from './exit-codes.js';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** They mean nothing to this program, but may to its child. */
const passedOn = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export type ProcessSignals = Signals & {
	/** The same as a first signal. */
	abort(): void;
	/** Resolves to the exit code once `ms` milliseconds have passed since the first signal. */
	overdue(ms: number): Promise<number>;
	/** Ends this process by the signal that ended its child; returns the code to exit with where it survives that. */
	endBy(name: NodeJS.Signals): number;
};

/** Turns signals into one abort, for `reason`; a second one ends the process at once. */
export const listenToSignals = (reason: LoginError): ProcessSignals => {
	const controller = new AbortController();
	const {signal} = controller;
	let listener: ((name: NodeJS.Signals) => void) | undefined;
	const abort = () => controller.abort(reason);
	const onSignal = (name: NodeJS.Signals) => {
		if (listener) listener(name);
		else if (signal.aborted) process.exit(exitCodes.cancelled);
		else abort();
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
		endBy(name) {
			for (const each of names) process.off(each, onSignal);
			process.kill(process.pid, name);
			return 128 + os.constants.signals[name];
		},
	};
};
