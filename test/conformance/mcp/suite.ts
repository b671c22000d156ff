import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import * as esbuild from 'esbuild';

const version = '0.2.0-alpha.12';
const root = path.resolve(import.meta.dirname, '../../..');
const cache = path.join(root, 'node_modules/.cache/ink-login', `mcp-conformance-${version}`);
const program = path.join(cache, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
const client = path.join(cache, 'client.mjs');
/** The suite needs Node 22; the client runs on what the tests run on. */
const runsHere = Number(process.versions.node.split('.')[0]) >= 22;
const runtime = runsHere ? process.execPath : path.join(cache, 'node_modules/node/bin/node');

type Run = {readonly code: number; readonly output: string};

const run = async (
	file: string,
	args: readonly string[],
	options: {cwd?: string; shell?: boolean} = {},
): Promise<Run> =>
	new Promise(resolve => {
		const child = execFile(file, args, {...options, maxBuffer: 1e8, timeout: 300_000}, (error, stdout, stderr) => {
			resolve({code: error === null ? 0 : (child.exitCode ?? -1), output: stdout + stderr});
		});
	});

const npm = async (...args: readonly string[]) => {
	// The settings of a project that npm runs us for are not for this folder.
	const all = ['install', '--no-audit', '--no-fund', '--no-save', '--prefix', cache, ...args];
	return run('npm', all, {cwd: cache, shell: process.platform === 'win32'});
};

/**
 * Puts the suite into the cache, and the client beside it, where the SDK's packages are found.
 *
 * @returns what npm says, where it could not bring the suite
 */
export const prepareSuite = async (): Promise<string | undefined> => {
	await mkdir(cache, {recursive: true});
	if (!existsSync(program) || !existsSync(runtime)) {
		await writeFile(path.join(cache, 'package.json'), '{"private": true}\n');
		const wanted = [`@modelcontextprotocol/conformance@${version}`, ...(runsHere ? [] : ['node@22'])];
		// Only the runtime has something to do when it is installed: it copies the program for this platform.
		const {code, output} = await npm(...wanted, ...(runsHere ? ['--ignore-scripts'] : []));
		if (code !== 0 || !existsSync(program) || !existsSync(runtime)) return output;
	}

	await esbuild.build({
		entryPoints: [path.join(import.meta.dirname, 'client.ts')],
		outfile: client,
		bundle: true,
		packages: 'external',
		platform: 'node',
		target: 'node20',
		format: 'esm',
		logLevel: 'warning',
	});
	return undefined;
};

/** A scenario, and the revisions of the specification that have it; an extension has none. */
export type Scenario = {readonly name: string; readonly revisions: readonly string[]};

/** All that the suite has about authorization. */
export const listScenarios = async (): Promise<readonly Scenario[]> => {
	const {output} = await run(runtime, [program, 'list', '--client']);
	return Array.from(output.matchAll(/^ *- (auth\/\S+) \[(.*)\]$/gm), ([, name = '', revisions = '']) => ({
		name,
		revisions: revisions.split(',').filter(revision => revision !== 'extension'),
	}));
};

/** Plays a scenario against the client; a warning counts as a failure. */
export const playScenario = async (name: string, revision: string | undefined): Promise<Run> => {
	const command = [process.execPath, client].join(' ');
	const when = revision === undefined ? [] : ['--spec-version', revision];
	return run(runtime, [program, 'client', '--command', command, '--scenario', name, ...when], {cwd: cache});
};
