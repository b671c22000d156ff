import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import {build} from 'esbuild';

const folder = path.join(import.meta.dirname, '../../build');
const {metafile} = await build({
	entryPoints: [path.join(folder, 'engine.js')],
	absWorkingDir: folder,
	write: false,
	bundle: true,
	format: 'esm',
	platform: 'node',
	packages: 'external',
	metafile: true,
	logLevel: 'silent',
});

/** What is loaded together with a file: the files, and what they import from elsewhere. */
const loadedWith = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
	if (seen.has(file)) return seen;
	seen.add(file);
	for (const {path: next, kind} of metafile.inputs[file]?.imports ?? []) {
		if (kind === 'import-statement') loadedWith(next, seen);
	}
	return seen;
};

const loaded = [...loadedWith('engine.js')];

test('to import the engine opens its entry and one chunk', () => {
	const files = loaded.filter(name => name in metafile.inputs);
	assert.equal(files.length, 2, files.join(', '));
});

test('to import the engine loads no package and no module of Node.js as a whole', () => {
	assert.deepEqual(
		loaded.filter(name => !(name in metafile.inputs)),
		[],
	);
});
