import type {FlowContext} from '../flow.js';
import type {LoginError} from '../login-error.js';
import type {CallbackVerdict} from '../loopback/loopback-server.js';
import type {AuthorizationTransaction} from './authorization-request.js';
import {judgeAuthorizationResponse, namesItself, type Judgement, type Mismatch} from './authorization-response.js';
import {pasteAdvice, readPaste} from './pasted-response.js';

const strayCallback: Readonly<Record<Mismatch, string>> = {
	'no-state': 'A response without a state came in, which this sign-in did not ask for.',
	'several-states': 'A response with more than one state came in, which no server sends.',
	'other-state': 'A response to another sign-in came in, perhaps from an old tab.',
	incomplete: 'A response with neither a code nor an error came in.',
};

/** The first judged-true response of a login, whichever way it comes; there is no second one. */
export class CallbackWaiter {
	readonly #context: FlowContext;
	readonly #transaction: AuthorizationTransaction;
	readonly #settled: Promise<string>;
	#settle!: (judgement: Exclude<Judgement, {kind: 'ignored'}>) => void;
	#spent = false;
	#strays = 0;

	constructor(context: FlowContext, transaction: AuthorizationTransaction) {
		this.#context = context;
		this.#transaction = transaction;
		this.#settled = new Promise((resolve, reject) => {
			this.#settle = judgement => {
				this.#spent = true;
				if (judgement.kind === 'accepted') resolve(judgement.code);
				else reject(judgement.error);
			};
		});
		// It may come before anybody waits for it.
		this.#settled.catch(() => undefined);
	}

	/** The authorization code; rejects where the server refused. */
	get code(): Promise<string> {
		return this.#settled;
	}

	/** How many responses were not ours. */
	get strays(): number {
		return this.#strays;
	}

	callback(parameters: URLSearchParams): CallbackVerdict {
		if (this.#spent) return 'spent';
		const mismatch = this.#judge(parameters);
		if (mismatch === undefined) return 'hold';
		this.#strays += 1;
		this.#context.emit({type: 'callback-ignored', reason: strayCallback[mismatch]});
		return 'ignored';
	}

	/** Takes what a person pasted; a bad one is told, and costs nothing. */
	paste(text: string, redirectUri: string): void {
		const {state} = this.#transaction;
		const allowsBareCode = !namesItself(this.#context.provider);
		const pasted = readPaste(text, {state, redirectUri, allowsBareCode});
		const mismatch = typeof pasted === 'string' ? undefined : this.#judge(pasted);
		const reason = typeof pasted === 'string' ? pasted : mismatch && pasteAdvice[mismatch];
		if (reason !== undefined) this.#context.emit({type: 'paste-rejected', reason});
	}

	/** Ends the wait where the server will not be asked at all. */
	refuse(error: LoginError): void {
		this.#settle({kind: 'refused', error});
	}

	#judge(parameters: URLSearchParams): Mismatch | undefined {
		const judgement = judgeAuthorizationResponse(parameters, this.#transaction.state, this.#context.provider);
		if (judgement.kind === 'ignored') return judgement.mismatch;
		this.#settle(judgement);
		return undefined;
	}
}
