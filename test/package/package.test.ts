import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import {promisify} from 'node:util';

const root = path.dirname(path.dirname(import.meta.dirname));

/** The programs complain by their exit code, which rejects. */
const run = async (file: string, ...args: readonly string[]): Promise<string> => {
	const script = path.join(root, 'node_modules', file);
	const {stdout} = await promisify(execFile)(process.execPath, [script, ...args], {cwd: root, maxBuffer: 2 ** 26});
	return stdout;
};

test('publint finds nothing to complain about in the package', async () => {
	assert.match(await run('publint/src/cli.js', '--strict'), /All good!/);
});

test('every entry of the package has its types, for anyone who imports ES modules', async () => {
	const found = await run(
		'@arethetypeswrong/cli/dist/index.js',
		'--pack',
		'.',
		'--profile',
		'esm-only',
		'--format',
		'json',
	);
	const {problems} = JSON.parse(found) as {readonly problems?: Readonly<Record<string, unknown>>};
	// CommonJS and TypeScript's oldest way to find modules are not served (the profile's own limits).
	const ours = Object.keys(problems ?? {}).filter(kind => kind !== 'CJSResolvesToESM' && kind !== 'NoResolution');
	assert.deepEqual(ours, []);
});
