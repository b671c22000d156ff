import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, {after} from 'node:test';
import {pathToFileURL} from 'node:url';
import * as esbuild from 'esbuild';
import fc from 'fast-check';

type Tokenizer = {
	readonly tokenize: (text: string, end?: number) => unknown[];
	readonly styledCharsFromTokens: (tokens: unknown[]) => readonly {readonly value: string}[];
	readonly styledCharsToString: (cells: readonly {readonly value: string}[]) => string;
};

type Ink = {
	readonly stringWidth: (text: string, options?: {readonly ambiguousIsNarrow: boolean}) => number;
	readonly Output: new (size: {readonly width: number; readonly height: number}) => {
		write(x: number, y: number, text: string, options: {readonly transformers: readonly unknown[]}): void;
		get(): {readonly output: string; readonly height: number};
	};
};

// @ts-expect-error -- a plain file of the build, without types
const plugins = (await import('../../.config/lean-ink.js')) as Readonly<Record<string, esbuild.Plugin>>;

const folder = mkdtempSync(path.join(os.tmpdir(), 'lean-ink-'));
after(() => rmSync(folder, {recursive: true}));

/** The same modules as they are, and as the command has them. */
const bundleBoth = async <Modules>(name: string, contents: string): Promise<readonly [Modules, Modules]> => {
	const bundle = async (kind: string, used: esbuild.Plugin[]) => {
		const outfile = path.join(folder, `${name}-${kind}.mjs`);
		await esbuild.build({
			stdin: {contents, resolveDir: process.cwd()},
			bundle: true,
			format: 'esm',
			platform: 'node',
			plugins: used,
			outfile,
		});
		return (await import(pathToFileURL(outfile).href)) as Modules;
	};
	return [await bundle('usual', []), await bundle('lean', Object.values(plugins))];
};

const codes = [
	'\u001B[1m',
	'\u001B[22m',
	'\u001B[2m',
	'\u001B[31m',
	'\u001B[39m',
	'\u001B[48;2;255;255;255m',
	'\u001B[0m',
];
const words = ['plain', '█▀ ▄', '漢字', '👩‍🚀', '\u001B]8;;https://a.example\u0007link\u001B]8;;\u0007', '', ' '];

const rows = fc.array(fc.constantFrom(...codes, ...words), {maxLength: 12}).map(parts => parts.join(''));

test('the styles of a row in the command’s own Ink come out as Ink writes them, the first time and again', async () => {
	const [usual, lean] = await bundleBoth<Tokenizer>('tokenizer', "export * from '@alcalzone/ansi-tokenize'");
	const drawn = ({tokenize, styledCharsFromTokens, styledCharsToString}: Tokenizer, row: string) => {
		const cells = styledCharsFromTokens(tokenize(row));
		// As Ink does: other cells beside them, and some of them gone.
		return [styledCharsToString(cells), styledCharsToString([...cells.slice(1), ...cells.slice(0, 2)])];
	};
	fc.assert(
		fc.property(rows, row => {
			const expected = drawn(usual, row);
			assert.deepEqual(drawn(lean, row), expected);
			assert.deepEqual(drawn(lean, row), expected);
		}),
		{numRuns: 500},
	);
	assert.deepEqual(lean.tokenize('abc', 2), usual.tokenize('abc', 2));
});

test('a frame of the command’s own Ink, and the width of each of its rows, is the one that Ink makes', async () => {
	const ink = './node_modules/ink/build/output.js';
	const width = './node_modules/ink/node_modules/string-width/index.js';
	const [usual, lean] = await bundleBoth<Ink>(
		'output',
		`export {default as Output} from '${ink}'; export {default as stringWidth} from '${width}';`,
	);
	const drawn = ({Output}: Ink, lines: readonly string[]) => {
		const output = new Output({width: 30, height: lines.length});
		for (const [index, line] of lines.entries()) output.write(index % 4, index, line, {transformers: []});
		return output.get();
	};
	const narrow = {ambiguousIsNarrow: false};
	fc.assert(
		fc.property(fc.array(rows, {maxLength: 5}), lines => {
			assert.deepEqual(drawn(lean, lines), drawn(usual, lines));
			for (const line of lines) {
				assert.equal(lean.stringWidth(line), usual.stringWidth(line));
				assert.equal(lean.stringWidth(line, narrow), usual.stringWidth(line, narrow));
			}
		}),
		{numRuns: 500},
	);
});
