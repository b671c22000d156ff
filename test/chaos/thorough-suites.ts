/* Suites that `npm test` runs on a part of their cases, on all of them: a part of `npm run chaos`. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const tests = path.dirname(import.meta.dirname);
const suites = readdirSync(tests, {recursive: true, encoding: 'utf8'}).filter(
	file => /\.test\.tsx?$/.test(file) && readFileSync(path.join(tests, file), 'utf8').includes('/thorough.js'),
);
const child = spawn(process.execPath, ['--import', 'tsx', path.join(tests, 'run.ts'), ...suites], {
	env: {...process.env, THOROUGH: '1'},
	stdio: 'inherit',
});
const [code] = (await once(child, 'close')) as [number | null];
if (code !== 0) process.exitCode = 1;
