import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {run} from 'node:test';
import {answeredIds} from './answered-ids.js';
import {checklist, suiteModules, type Duty} from './checklist.js';
import {runElsewhere} from './elsewhere.js';

type Result = {passed: number; failed: number; skipped: number};

const groups = [...Object.entries(suiteModules), ...Object.entries(checklist)];
/** What is said not to be tested is not: a range such as `O03 to O16` may well lead over it. */
const known = new Set(
	groups.flatMap(([, duties]) => duties.filter(({untested}) => untested === undefined)).map(({id}) => id),
);
const root = path.resolve(import.meta.dirname, '../..');

/** The test files that answer anything, found by what they say; those end to end need a build and are for `npm test`. */
const answeringFiles = (): readonly string[] =>
	readdirSync(path.join(root, 'test'), {recursive: true, encoding: 'utf8'})
		.filter(file => /\.test\.tsx?$/.test(file) && !/^(benchmark|end-to-end)/.test(file))
		.map(file => path.join(root, 'test', file))
		.filter(file => {
			const text = readFileSync(file, 'utf8');
			return file.includes('conformance') || answeredIds(text, known).length > 0;
		})
		.sort();

const resultsOf = async (files: readonly string[]) => {
	const results = new Map<string, Result>();
	const failures: string[] = [];
	const note = (name: string, kind: keyof Result) => {
		for (const id of answeredIds(name, known)) {
			const result = results.get(id) ?? {passed: 0, failed: 0, skipped: 0};
			result[kind]++;
			results.set(id, result);
		}
	};
	const events = run({files: [...files], concurrency: 2, timeout: 300_000});
	events.on('test:pass', ({name, skip}) => {
		note(name, skip === undefined || skip === false ? 'passed' : 'skipped');
	});
	events.on('test:fail', ({name, file}) => {
		note(name, 'failed');
		failures.push(`${path.relative(root, file ?? '')}: ${name}`);
	});
	// Nothing happens before somebody reads.
	for await (const _ of events);
	return {results, failures};
};

/** What stands in the last column, and whether that is well. */
const verdict = (
	duty: Duty,
	results: ReadonlyMap<string, Result>,
): {readonly word: string; readonly isWell: boolean} => {
	if (duty.untested !== undefined) return {word: `not tested: ${duty.untested}`, isWell: true};
	const result = results.get(duty.as ?? duty.id);
	if (result === undefined) return {word: 'no test and no reason', isWell: false};
	const also = duty.as === undefined ? '' : `, as ${duty.as}`;
	const {passed, failed, skipped} = result;
	if (failed > 0) return {word: `FAIL ${failed} of ${failed + passed}${also}`, isWell: false};
	if (passed === 0) return {word: `skipped ${skipped}${also}`, isWell: true};
	return {word: `pass ${passed}${skipped > 0 ? `, skipped ${skipped}` : ''}${also}`, isWell: true};
};

const printTable = (results: ReadonlyMap<string, Result>): boolean => {
	let isWell = true;
	const count = {tested: 0, untested: 0};
	for (const [title, duties] of groups) {
		process.stdout.write(`\n${title}\n`);
		const width = Math.max(...duties.map(({id}) => id.length));
		const clauseWidth = Math.max(...duties.map(({clause}) => clause.length));
		for (const duty of duties) {
			const {word, isWell: isThisWell} = verdict(duty, results);
			isWell &&= isThisWell;
			count[duty.untested === undefined ? 'tested' : 'untested']++;
			const clause = clauseWidth === 0 ? '' : duty.clause.padEnd(clauseWidth) + '  ';
			process.stdout.write(`  ${duty.id.padEnd(width)}  ${clause}${word}\n`);
		}
	}

	process.stdout.write(
		`\n${count.tested} modules and ids with tests, ${count.untested} without, each with its reason\n`,
	);
	return isWell;
};

if (process.argv.includes('--issuer')) {
	process.exitCode = await runElsewhere(process.argv.slice(2));
} else {
	const {results, failures} = await resultsOf(answeringFiles());
	const isWell = printTable(results);
	for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
	process.exitCode = isWell && failures.length === 0 ? 0 : 1;
}
