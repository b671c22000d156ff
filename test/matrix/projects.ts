import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {promisify} from 'node:util';
import * as esbuild from 'esbuild';

export const root = path.dirname(path.dirname(import.meta.dirname));
const run = promisify(execFile);

/** npm's own variables would make the npm inside take this project for its own. */
export const cleanEnvironment = (): Record<string, string | undefined> =>
	Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

export const npm = async (folder: string, ...args: readonly string[]): Promise<string> => {
	const {stdout, stderr} = await run('npm', args, {
		cwd: folder,
		env: cleanEnvironment(),
		maxBuffer: 2 ** 26,
		shell: process.platform === 'win32',
	});
	return stdout + stderr;
};

/** What the tests are run with; none of it brings an Ink or a React. */
const tools = [
	'tsx',
	'jose',
	'jsqr',
	'fast-check',
	'@xterm/headless',
	'@lydell/node-pty',
	'typescript',
	'@types/node',
	'@types/react',
];

export type Workshop = AsyncDisposable & {readonly folder: string; readonly tarball: string};

/** A folder with the packed package, and the tools where every project in it finds them. */
export const openWorkshop = async (): Promise<Workshop> => {
	const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'ink-login-matrix-')));
	for (const tool of tools) {
		const link = path.join(folder, 'node_modules', tool);
		await mkdir(path.dirname(link), {recursive: true});
		await symlink(path.join(root, 'node_modules', tool), link, 'junction');
	}

	await npm(root, 'pack', '--pack-destination', folder);
	const packed = (await readdir(folder)).find(name => name.endsWith('.tgz'));
	if (packed === undefined) throw new Error('npm pack has made no package.');
	return {
		folder,
		tarball: path.join(folder, packed),
		[Symbol.asyncDispose]: async () => rm(folder, {recursive: true, force: true, maxRetries: 3}),
	};
};

export type Project = {
	readonly folder: string;
	/** What npm had to complain about, but for the Node versions that Ink itself asks for. */
	readonly complaints: readonly string[];
	/** The folders of packages with that name. */
	readonly copiesOf: (name: string) => Promise<readonly string[]>;
};

/** An empty project with the package, and whatever else it is given, installed. */
export const createProject = async (
	{folder: workshop, tarball}: Workshop,
	name: string,
	packages: readonly string[],
): Promise<Project> => {
	const folder = path.join(workshop, name);
	await mkdir(folder);
	await writeFile(path.join(folder, 'package.json'), JSON.stringify({name, private: true, type: 'module'}));
	const said = await npm(folder, 'install', tarball, ...packages);
	// It has no Ink of its own.
	if (packages.length > 0) await npm(folder, 'install', '--no-save', 'ink-testing-library@4');
	// Ink 7 and 8 ask for Node 22, and run on 20.
	const complaints = said
		.split('\n')
		.filter(line => /^npm (warn|error)/i.test(line) && !/EBADENGINE|Unknown .*config|install-scripts/.test(line));
	return {
		folder,
		complaints,
		async copiesOf(wanted) {
			const all = await readdir(path.join(folder, 'node_modules'), {recursive: true});
			const suffix = path.join('node_modules', wanted, 'package.json');
			return all.map(file => path.join('node_modules', file)).filter(file => file.endsWith(suffix));
		},
	};
};

/**
 * The source, each module for itself as the tests of the screens take it, so that it finds the Ink and the React that are
 * installed: the package has its modules in few files. An ink-spinner would bring an Ink of its own, so it goes inside.
 */
const compileModules = async (outdir: string): Promise<void> => {
	const source = path.join(root, 'source');
	const files = await readdir(source, {recursive: true});
	const common = {
		outbase: source,
		outdir,
		format: 'esm',
		platform: 'node',
		target: 'node20',
		jsx: 'automatic',
	} as const;
	const frame = path.join(source, 'components', 'frame.tsx');
	const modules = files.filter(file => /\.tsx?$/.test(file)).map(file => path.join(source, file));
	const sentences = path.join('text', 'sentences.json');
	await cp(path.join(source, sentences), path.join(outdir, sentences));
	await esbuild.build({...common, entryPoints: modules.filter(file => file !== frame)});
	const ours: esbuild.Plugin = {
		name: 'ours',
		setup: build =>
			build.onResolve({filter: /^\./}, ({importer, path}) => (importer === frame ? {path, external: true} : undefined)),
	};
	await esbuild.build({...common, entryPoints: [frame], bundle: true, external: ['ink', 'react'], plugins: [ours]});
};

/**
 * The tests of the screens and hooks, beside what is installed; but for the one that runs the others on each Ink.
 */
export const addSuite = async (project: string): Promise<readonly string[]> => {
	const folders = ['components', 'hooks', 'support'];
	await Promise.all(
		folders.map(async folder =>
			cp(path.join(root, 'test', folder), path.join(project, 'test', folder), {recursive: true}),
		),
	);
	await cp(path.join(root, 'test/screens.tsx'), path.join(project, 'test/screens.tsx'));
	await compileModules(path.join(project, 'source'));
	const files = await Promise.all(folders.slice(0, 2).map(async folder => readdir(path.join(project, 'test', folder))));
	return files.flatMap((names, index) =>
		names
			.filter(name => /\.test\.tsx?$/.test(name) && name !== 'ink-versions.test.ts')
			.map(name => path.join('test', folders[index] ?? '', name)),
	);
};

/** A Node of that major version: this one, or that of the package `node`, kept for the next time; undefined where there is none. */
export const findNode = async (major: number): Promise<string | undefined> => {
	if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
	const cache = path.join(root, 'node_modules', '.cache', `node-${major}`);
	const binary = path.join(cache, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
	if (existsSync(binary)) return binary;
	await mkdir(cache, {recursive: true});
	try {
		await npm(cache, 'install', '--no-save', '--prefix', cache, `node@${major}`);
	} catch {
		return undefined;
	}

	return existsSync(binary) ? binary : undefined;
};
