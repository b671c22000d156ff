import {TokenEngine as Engine, type TokenEngineOptions} from './engine/token-engine.js';

/** The fetch of this process's environment, loaded with the first request only: a token that is fresh needs none. */
const environmentFetch = ({caFile}: TokenEngineOptions): typeof fetch => {
	let loading: Promise<typeof fetch> | undefined;
	const load = async () => {
		const {createFetch} = await import('./terminal/proxy-fetch.js');
		return createFetch(process, {...(caFile !== undefined && {caFile})});
	};
	return async (input, init) => (await (loading ??= load()))(input, init);
};

/**
 * Gets tokens and keeps them alive. Its requests follow the proxy variables of the environment and trust `caFile`, unless
 * a `fetch` is handed in. Every method throws `LoginError`s only.
 */
export class TokenEngine extends Engine {
	constructor(options: TokenEngineOptions) {
		super({...options, fetch: options.fetch ?? environmentFetch(options)});
	}
}
