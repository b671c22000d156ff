import {execFile} from 'node:child_process';
import {chmod, copyFile, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {promisify} from 'node:util';
import * as esbuild from 'esbuild';
import {
	fewSpinners,
	oneBlankCell,
	rememberedTokens,
	rememberedWidths,
	sharedStyles,
	withoutDevtools,
	yogaWithoutFetch,
} from './lean-ink.js';

const root = path.dirname(import.meta.dirname);
process.chdir(root);
const run = promisify(execFile);

const readPackage = async () => JSON.parse(await readFile('package.json', 'utf8'));

/** The members of a builtin module that its importers use; esbuild drops the others unread. */
const membersOf = name => {
	const names = Object.keys(process.getBuiltinModule(name)).filter(
		member => /^[a-z]\w*$/i.test(member) && member !== 'default',
	);
	return [
		`const builtin = /* @__PURE__ */ process.getBuiltinModule('${name}');`,
		'const read = (from, member) => from[member];',
		...names.map(member => `const _${member} = /* @__PURE__ */ read(builtin, '${member}');`),
		`export {builtin as default, ${names.map(member => `_${member} as ${member}`).join(', ')}};`,
	].join('\n');
};

/**
 * To import a builtin module reads every member that it has, and many are loaded by being read: `process.stdin`,
 * `fs.promises`. To ask for it does not.
 */
const askForBuiltins = {
	name: 'ask-for-builtins',
	setup(build) {
		build.onResolve({filter: /^node:/}, ({path, kind}) => {
			// `import()` of what is bundled here would give its default and none of its names.
			if (kind === 'dynamic-import') return {path, external: true};
			return {path, namespace: kind === 'require-call' ? 'required-builtin' : 'builtin'};
		});
		build.onLoad({filter: /./, namespace: 'builtin'}, ({path}) => ({contents: membersOf(path)}));
		build.onLoad({filter: /./, namespace: 'required-builtin'}, ({path}) => ({
			contents: `module.exports = process.getBuiltinModule('${path}')`,
		}));
	},
};

/**
 * What the engine loads with its import goes into one chunk, whoever else needs a part of it: each file at import is half
 * a millisecond. esbuild makes a chunk of the modules that the same entries reach, and whatever is loaded later is an
 * entry too; so every entry is told that it reaches the whole engine. An import for nothing else is not written out.
 */
const oneCore = {
	name: 'one-core',
	setup(build) {
		const core = JSON.stringify(path.resolve('source/engine.ts'));
		build.onResolve({filter: /^(\.|source\/)/}, ({path: file, kind, resolveDir}) =>
			kind === 'entry-point' || kind === 'dynamic-import'
				? {path: path.resolve(resolveDir, file.replace(/\.js$/, '.ts')), pluginData: 'entry'}
				: undefined,
		);
		build.onLoad({filter: /\.ts$/}, async ({path: file, pluginData}) =>
			pluginData === 'entry' ? {contents: `${await readFile(file, 'utf8')}\nimport ${core};`, loader: 'ts'} : undefined,
		);
	},
};

/**
 * The library: its entries with what they share, in few files, since to import a hundred modules takes longer than all
 * that they do; and the types of each module, as TypeScript writes them.
 */
const buildLibrary = async () => {
	try {
		await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.config/tsconfig.library.json']);
	} catch (error) {
		throw new Error(error.stdout || error.message, {cause: error});
	}
	await copyFile('source/sinks/event-schema.json', 'build/event-schema.json');
	const {dependencies, optionalDependencies, peerDependencies} = await readPackage();
	const {metafile} = await esbuild.build({
		entryPoints: ['source/index.ts', 'source/engine.ts', 'source/testing/index.ts'],
		outdir: 'build',
		chunkNames: 'chunks/[name]-[hash]',
		bundle: true,
		splitting: true,
		format: 'esm',
		platform: 'node',
		target: 'node20',
		jsx: 'automatic',
		// As a dependency ink-spinner would bring an Ink of its own, so it goes inside.
		external: Object.keys({...dependencies, ...optionalDependencies, ...peerDependencies}),
		plugins: [askForBuiltins, oneCore, fewSpinners],
		metafile: true,
		logLevel: 'warning',
		logOverride: {'ignored-bare-import': 'silent'},
	});
	return metafile;
};

const bundle = {
	bundle: true,
	format: 'esm',
	platform: 'node',
	target: 'node20',
	minify: true,
	legalComments: 'none',
	metafile: true,
	logLevel: 'warning',
	// A hook that our own Ink has not is looked for in an application's (source/hooks/use-keys.ts).
	logOverride: {'import-is-undefined': 'silent'},
	define: {'process.env.NODE_ENV': '"production"'},
	// What is CommonJS inside the bundle asks for Node's own modules with require.
	banner: {
		js: "import {createRequire as createBundleRequire} from 'node:module';const require=createBundleRequire(import.meta.url);",
	},
};

/** What the command's entry loads only where it has no quick answer. */
const later = ['main', 'help', 'options'];

const leaveForLater = {
	name: 'leave-for-later',
	setup(build) {
		build.onResolve({filter: new RegExp(`/commands/(${later.join('|')})\\.js$`)}, ({path, kind}) =>
			kind === 'dynamic-import' ? {path: path.replace(/^.*\/(.*)\.js$/, './$1.mjs'), external: true} : undefined,
		);
	},
};

/** What a quick answer needs, or may need: to read and to compile the others would take a millisecond. */
const quick = {
	'quick-token': 'source/commands/quick-token.ts',
	'early-picker': 'source/commands/early-picker.ts',
	'command-line': 'source/commands/command-line.ts',
	'code-cache': 'source/commands/code-cache.ts',
	'unseal-at-once': 'source/store/unseal-at-once.ts',
};

const leaveBeside = {
	name: 'leave-beside',
	setup(build) {
		build.onResolve({filter: new RegExp(`/(${Object.keys(quick).join('|')})\\.js$`)}, ({path, kind}) => {
			const file = path.replace(/^.*\//, './');
			if (kind === 'dynamic-import') return {path: file, namespace: 'beside'};
			return kind === 'require-call' ? {path: file, external: true} : undefined;
		});
		build.onLoad({filter: /./, namespace: 'beside'}, ({path}) => ({contents: `module.exports = require('${path}')`}));
	},
};

/**
 * The command, with its own Ink inside. Its entry and the quick answers are CommonJS, since to start Node.js's loader of ES modules
 * takes as long as to find a token; the rest are chunks that are loaded when they are needed.
 */
const buildCommand = async () => {
	const {version} = await readPackage();
	const common = {
		...bundle,
		outdir: 'build/command',
		jsx: 'automatic',
		define: {...bundle.define, packageVersion: JSON.stringify(version)},
	};
	const builds = await Promise.all([
		...['source/cli.ts', ...Object.values(quick)].map(entry =>
			esbuild.build({
				...common,
				entryPoints: [entry],
				format: 'cjs',
				banner: {},
				plugins: [askForBuiltins, leaveForLater, leaveBeside],
				define: {...common.define, 'import.meta.url': '__filename'},
			}),
		),
		esbuild.build({
			...common,
			entryPoints: later.map(name => `source/commands/${name}.ts`),
			outExtension: {'.js': '.mjs'},
			splitting: true,
			plugins: [
				askForBuiltins,
				fewSpinners,
				withoutDevtools,
				yogaWithoutFetch,
				rememberedTokens,
				rememberedWidths,
				oneBlankCell,
				sharedStyles,
			],
			// These bring files of their own that they look for beside themselves.
			external: ['clipboardy', 'open', '@napi-rs/keyring'],
		}),
	]);
	await writeFile('build/command/package.json', '{"type": "commonjs"}\n');
	await chmod('build/command/cli.js', 0o755);
	return {inputs: Object.assign({}, ...builds.map(({metafile}) => metafile.inputs))};
};

/** The licences of everything that ended up inside a bundle. */
const writeLicences = async metafiles => {
	const inputs = metafiles.flatMap(({inputs}) => Object.keys(inputs));
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
	await writeLicences(await Promise.all([buildLibrary(), buildCommand()]));
} catch (error) {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
}
