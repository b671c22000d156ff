import type {Clock} from './clock.js';
import type {Provider, ResolvedProvider} from './provider.js';

type ProviderResolverOptions = {
	readonly provider: Provider;
	readonly clock: Clock;
	/** Hardened; loaded with the first request. */
	readonly loadFetch: () => Promise<typeof fetch>;
};

/** Finds out what the provider can do: for a login, or ahead of it. */
export class ProviderResolver {
	readonly #options: ProviderResolverOptions;
	#ahead: {readonly provider: Promise<ResolvedProvider>; readonly abort: () => void} | undefined;

	constructor(options: ProviderResolverOptions) {
		this.#options = options;
	}

	/** Begins at once, for whoever resolves next. What went wrong by then is forgotten: it is asked anew. */
	prepare(): void {
		if (this.#ahead !== undefined) return;
		const controller = new AbortController();
		const ahead = {provider: this.#discover(controller.signal), abort: () => controller.abort()};
		this.#ahead = ahead;
		ahead.provider.catch(() => {
			if (this.#ahead === ahead) this.#ahead = undefined;
		});
	}

	/** @throws LoginError `config_error`, or what kept the provider's document from being read */
	async resolve(signal: AbortSignal): Promise<ResolvedProvider> {
		const ahead = this.#ahead;
		if (ahead === undefined) return this.#discover(signal);
		this.#ahead = undefined;
		signal.addEventListener('abort', ahead.abort, {once: true});
		return ahead.provider;
	}

	async #discover(signal: AbortSignal): Promise<ResolvedProvider> {
		const {provider, clock, loadFetch} = this.#options;
		const {discover} = await import('./protocol/index.js');
		return discover(provider, {fetch: await loadFetch(), clock, signal});
	}
}
