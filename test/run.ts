import {readdirSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import path from 'node:path';
import {run} from 'node:test';
import {spec as Spec} from 'node:test/reporters';

/**
 * Runs every test file, or those whose path contains one of the arguments, each in a process of its own, and ends with
 * the line `N passed, N failed, N skipped`. (`node --test` takes patterns from Node 21 on only.)
 */
const root = path.dirname(import.meta.dirname);
const wanted = process.argv.slice(2);
const files = readdirSync(import.meta.dirname, {recursive: true, encoding: 'utf8'})
	.map(file => path.join('test', file))
	.filter(file => /\.test\.tsx?$/.test(file) && !file.startsWith(path.join('test', 'benchmark')))
	.filter(file => wanted.length === 0 || wanted.some(part => file.includes(path.normalize(part))))
	.sort();

process.chdir(root);
const count = {passed: 0, failed: 0, skipped: 0};
// A file that hangs must fail, not the whole run; the longest takes a minute on a machine that does nothing else.
const results = run({files, concurrency: Math.max(2, availableParallelism()), timeout: 900_000});

results.on('test:pass', ({details, skip}) => {
	if (details.type === 'suite') return;
	count[skip === undefined || skip === false ? 'passed' : 'skipped']++;
});
results.on('test:fail', ({details}) => {
	if (details.type !== 'suite') count.failed++;
});

for await (const line of results.compose(new Spec())) process.stdout.write(String(line));
process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
