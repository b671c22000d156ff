import type {LoginTerminal} from '../engine/flow.js';
import {createClipboard} from './clipboard.js';
import type {Facts} from './facts.js';
import {createLocalSockets} from './local-sockets.js';
import {createBrowserOpener} from './open-browser.js';
import {forwardedAddress, forwardLine} from './remote-address.js';
import {describeSituation, recommend, type RecommendOptions} from './situation.js';

/** What `createLoginTerminal` takes besides the facts. */
export type LoginTerminalOptions = Partial<RecommendOptions> & {
	/** Writes a sequence to the terminal, past whatever draws there. @default to stdout */
	readonly write?: (sequence: string) => void;
};

/**
 * What a login needs of the terminal, by where that is. Nothing is started or loaded before it is used.
 *
 * @param facts - as from `gatherFacts()`
 */
export const createLoginTerminal = (
	facts: Facts,
	{personIsThere = true, preferred, write = sequence => process.stdout.write(sequence)}: LoginTerminalOptions = {},
): Required<LoginTerminal> => {
	const situation = describeSituation(facts);
	return {
		openBrowser: createBrowserOpener(facts),
		clipboard: createClipboard(facts, write),
		sockets: createLocalSockets(facts),
		recommend: flows => recommend(situation, flows, {personIsThere, preferred}),
		forwardLine: port => forwardLine(facts, port),
		forwardedAddress: port => forwardedAddress(facts, port),
	};
};
