import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {run} from 'node:test';
import {citedIds, readRules, titlesIn} from '../support/rules.js';
import {runElsewhere} from './elsewhere.js';
import {suiteModules} from './suite-modules.js';

type Duty = {readonly id: string; readonly about?: string; readonly untested?: string};
type Result = {passed: number; failed: number; skipped: number};

/** What people ask for is tested end to end, which needs a build: that is for `npm test`. */
const rules = readRules().filter(({id}) => !id.startsWith('demand'));
const families = [...new Set(rules.map(({family}) => family))];
const groups: readonly (readonly [title: string, duties: readonly Duty[]])[] = [
	...Object.entries(suiteModules),
	...families.map(title => [title, rules.filter(({family}) => family === title)] as const),
];
const known = new Set(groups.flatMap(([, duties]) => duties.map(({id}) => id)));
const root = path.resolve(import.meta.dirname, '../..');

/** The rules, and the modules of the suite, that a title begins with. */
const answeredBy = (title: string): readonly string[] => {
	const [head = ''] = title.split(': ');
	return [...citedIds(title), ...Array.from(head.matchAll(/[a-z][\w-]*-[\w-]+/g), ([name]) => name)].filter(id =>
		known.has(id),
	);
};

const answeringFiles = (): readonly string[] =>
	readdirSync(path.join(root, 'test'), {recursive: true, encoding: 'utf8'})
		.filter(file => /\.test\.tsx?$/.test(file) && !/^(benchmark|end-to-end)/.test(file))
		.filter(
			file =>
				file.startsWith('conformance') ||
				titlesIn(readFileSync(path.join(root, 'test', file), 'utf8')).some(title => answeredBy(title).length > 0),
		)
		.map(file => path.join(root, 'test', file))
		.sort();

const resultsOf = async (files: readonly string[]) => {
	const results = new Map<string, Result>();
	const failures: string[] = [];
	const note = (name: string, kind: keyof Result) => {
		for (const id of answeredBy(name)) {
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
	// The run starts when its events are read.
	for await (const _ of events);
	return {results, failures};
};

/** What stands in the last column, and whether that is well. */
const verdict = (
	duty: Duty,
	results: ReadonlyMap<string, Result>,
): {readonly word: string; readonly isWell: boolean} => {
	if (duty.untested !== undefined) return {word: `not tested: ${duty.untested}`, isWell: true};
	const result = results.get(duty.id);
	if (result === undefined) return {word: 'no test and no reason', isWell: false};
	const {passed, failed, skipped} = result;
	if (failed > 0) return {word: `FAIL ${failed} of ${failed + passed}`, isWell: false};
	if (passed === 0) return {word: `skipped ${skipped}`, isWell: true};
	return {word: `pass ${passed}${skipped > 0 ? `, skipped ${skipped}` : ''}`, isWell: true};
};

const printTable = (results: ReadonlyMap<string, Result>): boolean => {
	let isWell = true;
	const count = {tested: 0, untested: 0};
	for (const [title, duties] of groups) {
		process.stdout.write(`\n${title}\n`);
		const width = Math.max(...duties.map(({id}) => id.length));
		const aboutWidth = Math.max(...duties.map(({about = ''}) => about.length));
		for (const duty of duties) {
			const {word, isWell: isThisWell} = verdict(duty, results);
			isWell &&= isThisWell;
			count[duty.untested === undefined ? 'tested' : 'untested']++;
			const about = aboutWidth === 0 ? '' : (duty.about ?? '').padEnd(aboutWidth) + '  ';
			process.stdout.write(`  ${duty.id.padEnd(width)}  ${about}${word}\n`);
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
