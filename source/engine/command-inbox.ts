import type {Inbox, RouteCommand} from './flow.js';

/** The commands of one route, kept until its flow asks for them. */
export class CommandInbox implements Inbox {
	readonly #commands: RouteCommand[] = [];
	#wake: (() => void) | undefined;

	put(command: RouteCommand): void {
		this.#commands.push(command);
		this.#wake?.();
	}

	async next(signal: AbortSignal): Promise<RouteCommand> {
		for (;;) {
			signal.throwIfAborted();
			const command = this.#commands.shift();
			if (command !== undefined) return command;
			await this.#changed(signal);
		}
	}

	async #changed(signal: AbortSignal): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			const onAbort = () => reject(signal.reason as Error);
			signal.addEventListener('abort', onAbort, {once: true});
			this.#wake = () => {
				signal.removeEventListener('abort', onAbort);
				resolve();
			};
		});
	}
}
