import process from 'node:process';
import v8 from 'node:v8';
import type {Facts} from '../terminal/facts.js';
import {colourLevel} from '../terminal/screen.js';

/**
 * A screen that paints once a second never earns what it costs to optimise its code: half of a waiting login's time and
 * a tenth of its memory went into that.
 */
const doWithoutOptimising = (): void => {
	v8.setFlagsFromString('--no-opt');
	v8.setFlagsFromString('--no-maglev');
};

/**
 * Loads Ink, React and the screen. Both look at the environment once, while they are loaded: React for its fast build,
 * Ink's colours for `FORCE_COLOR` alone. It is set as late as this so that a command run by `exec` never sees it. Where
 * `DEV` is "true", Ink looks for React's devtools, which are not installed with the command.
 */
export const loadScreen = async (facts: Facts) => {
	process.env['NODE_ENV'] ??= 'production';
	process.env['FORCE_COLOR'] = String(process.env['NO_COLOR'] ? 0 : colourLevel(facts));
	delete process.env['DEV'];
	doWithoutOptimising();
	return import('./login-screen.js');
};
