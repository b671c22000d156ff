import {test} from 'node:test';
import fc from 'fast-check';
import {properties} from './properties.js';

/** Milliseconds for each property; `npm run fuzz` takes longer. */
const budget = 3000;

for (const {name, property} of properties) {
	test(name, async () => {
		await fc.assert(property, {numRuns: 10_000, interruptAfterTimeLimit: budget, markInterruptAsFailure: false});
	});
}
