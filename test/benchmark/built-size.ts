import path from 'node:path';
import {readdirSync, statSync} from 'node:fs';
import * as esbuild from 'esbuild';

/** Bytes of what a person installs or an application bundles. */
export type BuiltSizes = {
	/** The command's entry: all that a quick answer loads. */
	readonly entry: number;
	/** The whole command, with its Ink. */
	readonly command: number;
	/** The engine as an application bundles it, without what it loads later. */
	readonly engine: number;
	/** The same, with all that it loads later. */
	readonly wholeEngine: number;
};

const sizeOf = (file: string) => statSync(file).size;

export const measureBuild = async (build: string): Promise<BuiltSizes> => {
	const command = path.join(build, 'command');
	const {metafile} = await esbuild.build({
		stdin: {contents: "export {TokenEngine, oidc, openStore} from './engine.js'", resolveDir: build},
		outdir: 'out',
		entryNames: 'engine',
		bundle: true,
		splitting: true,
		minify: true,
		write: false,
		format: 'esm',
		platform: 'node',
		target: 'node20',
		external: ['@napi-rs/keyring', 'open', 'clipboardy', 'undici'],
		metafile: true,
		logLevel: 'silent',
	});
	const eager = (file: string, seen = new Set<string>()): number => {
		const output = metafile.outputs[file];
		if (output === undefined || seen.has(file)) return 0;
		seen.add(file);
		const further = output.imports.filter(({kind, external}) => kind === 'import-statement' && external !== true);
		return output.bytes + further.reduce((sum, {path: next}) => sum + eager(next, seen), 0);
	};
	return {
		entry: sizeOf(path.join(command, 'cli.js')),
		command: readdirSync(command).reduce((sum, name) => sum + sizeOf(path.join(command, name)), 0),
		engine: eager('out/engine.js'),
		wholeEngine: Object.values(metafile.outputs).reduce((sum, {bytes}) => sum + bytes, 0),
	};
};
