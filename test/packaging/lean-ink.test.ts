import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {pathToFileURL} from 'node:url';
import * as esbuild from 'esbuild';
import fc from 'fast-check';

type Tokenizer = {
	readonly tokenize: (text: string, end?: number) => unknown[];
	readonly styledCharsFromTokens: (tokens: unknown[]) => readonly {readonly value: string}[];
	readonly styledCharsToString: (cells: readonly {readonly value: string}[]) => string;
};

const bundled = async (folder: string, plugins: esbuild.Plugin[]): Promise<Tokenizer> => {
	const outfile = path.join(folder, `${plugins.length}.mjs`);
	await esbuild.build({
		stdin: {contents: "export * from '@alcalzone/ansi-tokenize'", resolveDir: process.cwd()},
		bundle: true,
		format: 'esm',
		platform: 'node',
		plugins,
		outfile,
	});
	return (await import(pathToFileURL(outfile).href)) as Tokenizer;
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

test('the styles of a row in the command’s own Ink come out as Ink writes them, the first time and again', async () => {
	// @ts-expect-error -- a plain file of the build, without types
	const {rememberedTokens, sharedStyles} = (await import('../../.config/lean-ink.js')) as Record<
		string,
		esbuild.Plugin
	>;
	const folder = mkdtempSync(path.join(os.tmpdir(), 'lean-ink-'));
	try {
		const usual = await bundled(folder, []);
		const lean = await bundled(folder, [rememberedTokens!, sharedStyles!]);
		const drawn = ({tokenize, styledCharsFromTokens, styledCharsToString}: Tokenizer, row: string) => {
			const cells = styledCharsFromTokens(tokenize(row));
			// As Ink does: other cells beside them, and some of them gone.
			return [styledCharsToString(cells), styledCharsToString([...cells.slice(1), ...cells.slice(0, 2)])];
		};
		const rows = fc.array(fc.constantFrom(...codes, ...words), {maxLength: 12}).map(parts => parts.join(''));
		fc.assert(
			fc.property(rows, row => {
				const expected = drawn(usual, row);
				assert.deepEqual(drawn(lean, row), expected);
				assert.deepEqual(drawn(lean, row), expected);
			}),
			{numRuns: 500},
		);
		assert.deepEqual(lean.tokenize('abc', 2), usual.tokenize('abc', 2));
	} finally {
		rmSync(folder, {recursive: true, force: true});
	}
});
