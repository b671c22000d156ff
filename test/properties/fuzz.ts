import process from 'node:process';
import {parseArgs} from 'node:util';
import fc from 'fast-check';
import {properties} from './properties.js';

// Looks for a login that breaks a property, for as long as is asked for: `npm run fuzz -- --minutes 10`.
const {values} = parseArgs({
	options: {minutes: {type: 'string', default: '1'}, seed: {type: 'string'}, path: {type: 'string'}},
});
const budget = (Number(values.minutes) * 60_000) / properties.length;

for (const {name, property} of properties) {
	const details = await fc.check(property, {
		numRuns: Number.MAX_SAFE_INTEGER,
		interruptAfterTimeLimit: budget,
		...(values.seed !== undefined && {seed: Number(values.seed)}),
		...(values.path !== undefined && {path: values.path}),
	});
	const found = details.counterexample !== null;
	process.stdout.write(
		`${found ? 'FOUND' : 'nothing'} after ${details.numRuns} logins (seed ${details.seed}): ${name}\n`,
	);
	if (found) process.stdout.write(`${fc.defaultReportMessage(details)}\n${String(details.errorInstance)}\n`);
	if (found) process.exitCode = 1;
}
