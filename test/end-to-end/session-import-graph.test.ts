import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {build} from 'esbuild';
import {command} from '../support/session-command.js';

/** What each file of the built command imports, at once and later. */
const readGraph = async () => {
	const folder = path.dirname(command);
	const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(file => /\.m?js$/.test(file));
	const {metafile} = await build({
		entryPoints: files.map(file => path.join(folder, file)),
		absWorkingDir: folder,
		outdir: path.join(folder, 'nowhere'),
		write: false,
		bundle: true,
		splitting: true,
		format: 'esm',
		platform: 'node',
		packages: 'external',
		metafile: true,
		logLevel: 'silent',
	});
	return new Map(Object.entries(metafile.inputs).map(([file, {imports}]) => [file, imports]));
};

const graph = await readGraph();

const chunkOf = (name: string): string => {
	const file = [...graph.keys()].find(file => new RegExp(`^${name}-[A-Z0-9]{8}\\.m?js$`).test(path.basename(file)));
	assert.ok(file, `no chunk of ${name}`);
	return file;
};

/** All files, and packages by their names, that are reached from one; files in `cut` are not entered. */
const reach = (from: string, {later, cut = []}: {later: boolean; cut?: readonly string[]}): ReadonlySet<string> => {
	const seen = new Set<string>();
	const walk = (file: string) => {
		if (seen.has(file) || cut.includes(file)) return;
		seen.add(file);
		for (const {path, kind} of graph.get(file) ?? []) {
			if (later || kind === 'import-statement') walk(path);
		}
	};
	walk(from);
	return seen;
};

/** React marks its elements with a symbol of this name, and Ink its nodes with these. */
const isScreen = (file: string): boolean =>
	graph.has(file)
		? /Symbol\.for\("react\.|"ink-box"|"ink-root"/.test(readFileSync(path.join(path.dirname(command), file), 'utf8'))
		: /^(react|ink)(\/|-|$)/.test(file);

const screensIn = (files: ReadonlySet<string>) => [...files].filter(file => isScreen(file));

for (const name of ['token', 'exec', 'helper', 'status', 'logout', 'exchange']) {
	test(`the built ${name} reaches no React and no Ink, now or later${name === 'token' ? ', but for --login' : ''}`, () => {
		const cut = name === 'token' ? [chunkOf('login')] : [];
		const reached = reach(chunkOf(name), {later: true, cut});
		assert.ok(reached.size > 2, 'the graph has edges');
		assert.deepEqual(screensIn(reached), []);
	});
}

test('the built command loads no React and no Ink before it knows what it was called for', () => {
	const entries = [...graph.keys()].filter(file => /^(cli|main|help|options)\.m?js$/.test(file));
	assert.ok(entries.length > 1);
	for (const file of entries) {
		assert.deepEqual(screensIn(reach(file, {later: false})), [], file);
	}
});

test('the way that is cut there does lead to the screens, by dynamic imports alone', () => {
	const token = chunkOf('token');
	assert.ok(screensIn(reach(token, {later: true})).length > 0);
	assert.deepEqual(screensIn(reach(token, {later: false})), []);
	const [edge] = (graph.get(token) ?? []).filter(({path}) => path === chunkOf('login'));
	assert.equal(edge?.kind, 'dynamic-import');
});

test('a fresh token needs neither the protocol library, nor a keyring, nor a proxy agent', () => {
	const files = reach(chunkOf('token'), {later: false});
	for (const file of files) {
		assert.ok(!/^(protocol|undici|proxy-fetch|hardened-fetch|keyring-child|secret-service)-/.test(file), file);
		assert.ok(!['oauth4webapi', 'undici', '@napi-rs/keyring', 'open', 'clipboardy'].includes(file), file);
	}
});
