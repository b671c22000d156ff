import type {LoginOptions} from '../engine/flow.js';
import type {Facts} from '../terminal/facts.js';
import {createLocalSockets} from '../terminal/local-sockets.js';
import {createBrowserOpener} from '../terminal/open-browser.js';
import {describeSituation, recommend} from '../terminal/situation.js';

/**
 * What a login is given by itself: the route that fits where the terminal is, a way to open a browser there, and
 * what the system knows of its sockets.
 *
 * @param personIsThere - whether somebody looks on; without a person `recommend` throws `person_required`, or takes the
 * client's own credentials.
 */
export const loginDefaults = (
	facts: Facts,
	personIsThere: boolean,
): Required<Pick<LoginOptions, 'openBrowser' | 'sockets' | 'recommend'>> => {
	const situation = describeSituation(facts);
	return {
		openBrowser: createBrowserOpener(facts),
		sockets: createLocalSockets(facts),
		recommend: routes => recommend(situation, routes, {personIsThere}),
	};
};
