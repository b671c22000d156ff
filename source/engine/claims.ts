import type {Route} from './login-event.js';

/**
 * Which routes have a code or tokens in hand. While one has, requests of the others wait, so that a second set of
 * tokens does not come into being beside the first.
 */
export class Claims {
	readonly #holders = new Map<Route, number>();
	#waiting: (() => void)[] = [];

	claim(route: Route): Disposable {
		this.#holders.set(route, (this.#holders.get(route) ?? 0) + 1);
		let held = true;
		return {
			[Symbol.dispose]: () => {
				if (!held) return;
				held = false;
				const count = (this.#holders.get(route) ?? 1) - 1;
				if (count > 0) this.#holders.set(route, count);
				else this.#holders.delete(route);
				const waiting = this.#waiting;
				this.#waiting = [];
				for (const resolve of waiting) resolve();
			},
		};
	}

	/** The same fetch, which waits while another route than this one holds a claim. */
	gate(route: Route, fetchNow: typeof fetch, signal: AbortSignal): typeof fetch {
		return async (input, init) => {
			while ([...this.#holders.keys()].some(holder => holder !== route)) {
				await this.#released(signal);
			}

			return fetchNow(input, init);
		};
	}

	async #released(signal: AbortSignal): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			const onAbort = () => reject(signal.reason as Error);
			signal.addEventListener('abort', onAbort, {once: true});
			this.#waiting.push(() => {
				signal.removeEventListener('abort', onAbort);
				resolve();
			});
		});
	}
}
