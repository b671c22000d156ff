import type {LoginEvent} from './events.js';
import {initialLoginState, reduceLogin, type LoginState} from './state.js';

/** The events of one login with what they amount to, for any number of readers, none of whom it ever waits for. */
export class EventLog implements AsyncIterable<LoginEvent> {
	state: LoginState = initialLoginState;
	readonly #events: LoginEvent[] = [];
	readonly #listeners = new Set<() => void>();
	#ended = false;

	append(event: LoginEvent): void {
		if (this.#ended) return;
		this.#ended = event.type === 'signed-in' || event.type === 'failed';
		this.#events.push(event);
		this.state = reduceLogin(this.state, event);
		for (const listener of [...this.#listeners]) listener();
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
			} else if (this.#ended) {
				return;
			} else {
				await this.#changed();
			}
		}
	}

	async #changed(): Promise<void> {
		await new Promise<void>(resolve => {
			const unsubscribe = this.subscribe(() => {
				unsubscribe();
				resolve();
			});
		});
	}
}
