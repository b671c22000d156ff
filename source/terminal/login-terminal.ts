import type {LoginTerminal} from '../login/flow.js';
import {createClipboard} from './clipboard.js';
import {
	type TerminalEnvironment,
	forwardedAddress,
	forwardLine,
	locateTerminal,
	recommend,
	type RecommendOptions,
} from './environment.js';
import {createLocalSockets} from './local-sockets.js';
import {createBrowserOpener} from './open-browser.js';

/** What `createLoginTerminal` takes besides the environment. */
export type LoginTerminalOptions = Partial<RecommendOptions> & {
	/** Writes a sequence to the terminal, past whatever draws there. @default to stdout */
	readonly write?: (sequence: string) => void;
};

/**
 * What a login needs of the terminal, by where that is. Nothing is started or loaded before it is used.
 *
 * @param environment - as from `detectEnvironment()`
 */
export const createLoginTerminal = (
	environment: TerminalEnvironment,
	{personIsThere = true, preferred, write = sequence => process.stdout.write(sequence)}: LoginTerminalOptions = {},
): Required<LoginTerminal> => {
	const location = locateTerminal(environment);
	return {
		browser: location.browser,
		openBrowser: createBrowserOpener(environment),
		clipboard: createClipboard(environment, write),
		sockets: createLocalSockets(environment),
		recommend: flows => recommend(location, flows, {personIsThere, preferred}),
		forwardLine: port => forwardLine(environment, port),
		forwardedAddress: port => forwardedAddress(environment, port),
	};
};
