import {type Clock, systemClock} from '../../source/core/clock.js';

/** Real time, `factor` times as fast: limits of half a minute are reached in a moment, and requests are still real. */
export const createHurriedClock = (factor: number): Clock => {
	const wall = Date.now();
	const start = performance.now();
	const passed = () => (performance.now() - start) * factor;
	return {
		now: () => Math.floor(wall + passed()),
		monotonic: passed,
		sleep: async (ms, signal) => systemClock.sleep(ms / factor, signal),
	};
};
