import {execFile} from 'node:child_process';
import {chmod, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {promisify} from 'node:util';
import * as esbuild from 'esbuild';
import {eventSchema} from './event-schema.js';

process.chdir(path.dirname(import.meta.dirname));
const run = promisify(execFile);

const {version, dependencies, optionalDependencies, peerDependencies} = JSON.parse(
	await readFile('package.json', 'utf8'),
);

/** What npm installs beside us is never bundled. */
const installed = Object.keys({...dependencies, ...optionalDependencies});

const common = {
	bundle: true,
	platform: 'node',
	target: 'node20',
	jsx: 'automatic',
	minify: true,
	legalComments: 'none',
	metafile: true,
	logLevel: 'warning',
};

const split = {...common, format: 'esm', splitting: true, chunkNames: 'chunks/[name]-[hash]'};

const libraryEntries = ['index', 'engine', 'mcp', 'testing/index'];

/** Only what the declarations of the entries lead to can be imported; TypeScript writes those of every file. */
const removeUnreached = async () => {
	const reached = new Set();
	const reach = async file => {
		if (reached.has(file)) return;
		reached.add(file);
		const imports = (await readFile(file, 'utf8')).matchAll(/from '(\.[^']+)\.js'/g);
		for (const [, name] of imports) await reach(path.join(path.dirname(file), `${name}.d.ts`));
	};
	for (const entry of libraryEntries) await reach(path.join('build', `${entry}.d.ts`));
	for (const name of await readdir('build', {recursive: true})) {
		const file = path.join('build', name);
		if (file.endsWith('.d.ts') && !reached.has(file)) await rm(file);
	}
};

const buildTypes = async () => {
	try {
		await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.config/tsconfig.library.json']);
	} catch (error) {
		throw new Error(error.stdout || error.message, {cause: error});
	}

	await removeUnreached();
};

const buildLibrary = async () =>
	esbuild.build({
		...split,
		// Node prints the line that threw what nobody catches.
		lineLimit: 180,
		// Few programs want the pages to register an app on: in a file of their own the others' bundlers leave them out.
		entryPoints: [...libraryEntries, 'oauth/registration'].map(name => `source/${name}.ts`),
		outdir: 'build',
		// As a dependency ink-spinner would bring an Ink of its own, so it goes inside.
		external: [...installed, ...Object.keys(peerDependencies)],
	});

/** What the command's entry imports when it has no fresh token to give. */
const later = ['main', 'picker/open-picker', 'pending-login', 'provider-options'];

/**
 * The command's entry with all that it loads before `main`. CommonJS, since starting Node's loader of ES modules takes as
 * long as finding a token.
 */
const buildEntry = async () => {
	const outfile = 'build/command/cli.cjs';
	const result = await esbuild.build({
		...common,
		entryPoints: ['source/cli/index.ts'],
		outfile,
		format: 'cjs',
		external: [...installed, ...later.map(name => `./${name}.js`)],
		// V8 skips the body of a function until it is called, but not that of an arrow function: 2 ms of each start.
		supported: {arrow: false},
		define: {packageVersion: JSON.stringify(version), 'import.meta.url': '__filename'},
	});
	await chmod(outfile, 0o755);
	return result;
};

/** The rest of the command, with an Ink of its own inside: it works wherever it is installed alone. */
const buildCommand = async () =>
	esbuild.build({
		...split,
		entryPoints: later.map(name => `source/cli/${name}.ts`),
		outbase: 'source/cli',
		outdir: 'build/command',
		define: {'process.env.NODE_ENV': '"production"'},
		// Ink's devtools need a package that is not installed with us (source/cli/commands/login.ts).
		external: [...installed, './devtools.js'],
		// A hook that our own Ink does not have is looked for in an application's (source/hooks/use-keys.ts).
		logOverride: {'import-is-undefined': 'silent'},
		// CommonJS inside the bundle asks for Node's own modules with require.
		banner: {
			js: "import {createRequire as createBundleRequire} from 'node:module';const require=createBundleRequire(import.meta.url);",
		},
	});

/** The licences of everything that ended up inside a bundle. */
const writeLicences = async builds => {
	const inputs = builds.flatMap(({metafile}) => Object.keys(metafile.inputs));
	const folders = new Set(
		inputs.map(input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]).filter(folder => folder !== undefined),
	);
	const notices = await Promise.all(
		[...folders].sort().map(async folder => {
			const {name, version, license} = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
			const files = await readdir(folder);
			const texts = files.filter(file => /^(licen[cs]e|notice|third-party)/i.test(file)).sort();
			const contents = await Promise.all(texts.map(file => readFile(`${folder}/${file}`, 'utf8')));
			return [`${name} ${version} (${license})`, ...contents.map(text => text.trim())].join('\n\n');
		}),
	);
	const opening = 'The files in command/ and chunks/ contain these packages.';
	await writeFile('build/THIRD-PARTY-LICENSES.txt', [opening, ...notices].join(`\n\n${'-'.repeat(72)}\n\n`) + '\n');
};

await rm('build', {recursive: true, force: true});
try {
	const [, ...builds] = await Promise.all([buildTypes(), buildLibrary(), buildEntry(), buildCommand()]);
	await writeFile('build/event-schema.json', `${JSON.stringify(eventSchema(), undefined, '\t')}\n`);
	await writeLicences(builds);
} catch (error) {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
}
