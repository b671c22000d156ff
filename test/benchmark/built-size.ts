import * as esbuild from 'esbuild';

/** The esbuild options of an application that bundles the engine. */
export const bundledEngine = (build: string): esbuild.BuildOptions => ({
	stdin: {contents: "export {TokenEngine, oidc, openStore} from './engine.js'", resolveDir: build},
	entryNames: 'engine',
	outExtension: {'.js': '.mjs'},
	bundle: true,
	splitting: true,
	minify: true,
	format: 'esm',
	platform: 'node',
	target: 'node20',
	external: ['@napi-rs/keyring', 'open', 'clipboardy', 'undici'],
	logLevel: 'silent',
});

/** Bytes of the engine as an application bundles it: what is loaded with it, and all that it may load. */
export const engineSizes = async (build: string): Promise<{readonly atOnce: number; readonly all: number}> => {
	const {metafile} = await esbuild.build({...bundledEngine(build), outdir: 'out', write: false, metafile: true});
	const loadedWith = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
		if (seen.has(file)) return seen;
		seen.add(file);
		for (const {kind, path, external} of metafile.outputs[file]?.imports ?? []) {
			if (kind === 'import-statement' && external !== true) loadedWith(path, seen);
		}
		return seen;
	};
	const bytes = (files: Iterable<string>) =>
		[...files].reduce((sum, file) => sum + (metafile.outputs[file]?.bytes ?? 0), 0);
	return {atOnce: bytes(loadedWith('out/engine.mjs')), all: bytes(Object.keys(metafile.outputs))};
};
