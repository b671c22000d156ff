import type {Facts} from '../terminal/facts.js';
import {screenStream, wantsSpeech} from '../terminal/screen.js';
import type {OptionValues} from './options.js';

/** How a login is shown, and where. */
export type View =
	{readonly kind: 'ndjson'} | {readonly kind: 'plain' | 'spoken' | 'screen'; readonly stream: 'stdout' | 'stderr'};

/**
 * The view that fits. Lines go to stdout only where it is a terminal: stdout is for data.
 *
 * @param stdoutIsData - whether something else than the login goes to stdout.
 */
export const chooseView = (values: OptionValues, facts: Facts, stdoutIsData: boolean): View => {
	if (values.json && !stdoutIsData) return {kind: 'ndjson'};
	const seen: Facts = stdoutIsData ? {...facts, tty: {...facts.tty, stdout: false}} : facts;
	const lines = seen.tty.stdout ? 'stdout' : 'stderr';
	if (values['screen-reader'] || wantsSpeech(facts)) return {kind: 'spoken', stream: lines};

	// A login without a person has nothing to draw.
	const isForMachines = values.flow === 'client-credentials' || values.flow === 'password';
	const screen = values.plain || isForMachines ? undefined : screenStream(seen);
	return screen === undefined ? {kind: 'plain', stream: lines} : {kind: 'screen', stream: screen};
};
