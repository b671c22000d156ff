import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import path from 'node:path';
import {run} from 'node:test';
import {spec as Spec} from 'node:test/reporters';

/**
 * Runs every test file, or those whose path contains one of the arguments, each in a process of its own, and ends with
 * the line `N passed, N failed, N skipped`. (`node --test` takes patterns from Node 21 on only.) With `--unit` it leaves
 * out what needs a build or starts programs.
 */
const root = path.dirname(import.meta.dirname);
process.chdir(root);

const sourceOf = (file: string) => [file, `${file}x`].find(existsSync);

/** Whether a file of test/, or a helper that it imports from there, starts a program. */
const startsPrograms = (file: string, seen = new Set<string>()): boolean => {
	if (seen.has(file)) return false;
	seen.add(file);
	const text = readFileSync(file, 'utf8');
	if (/from '(?:node:child_process|@lydell\/node-pty|playwright-core)'/.test(text)) return true;
	return Array.from(text.matchAll(/(?:from|import) '(\.[^']+)\.js'/g), ([, name = '']) => name)
		.map(name => sourceOf(path.join(path.dirname(file), `${name}.ts`)))
		.some(helper => helper?.startsWith('test') === true && startsPrograms(helper, seen));
};

/** A unit test lies in a folder that source/ has too, or in test/ itself, and starts no program. */
const isUnit = (file: string): boolean => {
	const [, folder = ''] = path.dirname(file).split(path.sep);
	return existsSync(path.join('source', folder)) && !startsPrograms(file);
};

const wanted = process.argv.slice(2).filter(word => word !== '--unit');
const onlyUnit = process.argv.includes('--unit');
const files = readdirSync('test', {recursive: true, encoding: 'utf8'})
	.map(file => path.join('test', file))
	.filter(file => /\.test\.tsx?$/.test(file) && !file.startsWith(path.join('test', 'benchmark')))
	.filter(file => wanted.length === 0 || wanted.some(part => file.includes(path.normalize(part))))
	.filter(file => !onlyUnit || isUnit(file))
	.sort();

// Each file's process is started with these.
process.execArgv.push('--import', './test/support/quick-assert.ts');

const count = {passed: 0, failed: 0, skipped: 0};
// Many files wait for programs, so one more than there are cores. One that hangs must fail, not the whole run.
const results = run({files, concurrency: availableParallelism() + 1, timeout: 900_000});

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
