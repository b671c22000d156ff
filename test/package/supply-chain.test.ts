import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {isBuiltin} from 'node:module';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {promisify} from 'node:util';
import {build} from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

type Manifest = {
	readonly scripts: Readonly<Record<string, string>>;
	readonly dependencies: Readonly<Record<string, string>>;
	readonly optionalDependencies: Readonly<Record<string, string>>;
	readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
	readonly bin: Readonly<Record<string, string>>;
};
const manifest = read('package.json') as Manifest;

/** The packages that are reached from a module, whichever way it imports them. */
const packagesOf = async (entry: string): Promise<readonly string[]> => {
	const {metafile} = await build({
		entryPoints: [path.join(root, entry)],
		bundle: true,
		write: false,
		metafile: true,
		format: 'esm',
		platform: 'node',
		target: 'node20',
		packages: 'external',
		logLevel: 'error',
	});
	const imports = Object.values(metafile.outputs).flatMap(({imports}) => imports.map(({path}) => path));
	return [...new Set(imports)].filter(name => !isBuiltin(name)).sort();
};

test('S39: the protocol reaches one package, the engine one more for proxies and two to show a login, and the stores none but what is optional', async () => {
	assert.deepEqual(await packagesOf('source/login/login.ts'), ['oauth4webapi']);
	assert.deepEqual(await packagesOf('source/session/session-manager.ts'), ['oauth4webapi']);
	assert.deepEqual(await packagesOf('source/token-engine.ts'), ['clipboardy', 'oauth4webapi', 'open', 'undici']);
	assert.deepEqual(await packagesOf('source/session/store/index.ts'), []);
	const asked = sources('source/session/store').flatMap(({text}) =>
		[...text.matchAll(/require\('([^']+)'\)/g)].map(([, name]) => name),
	);
	assert.deepEqual(
		[...new Set(asked)].filter(name => !isBuiltin(name!)),
		['@napi-rs/keyring'],
	);
	assert.ok('@napi-rs/keyring' in manifest.optionalDependencies);
	assert.match(manifest.dependencies['oauth4webapi']!, /^~?\d+\.\d+\.\d+$/, 'pinned to its minor version at least');
});

const sources = (folder: string): readonly {readonly file: string; readonly text: string}[] =>
	readdirSync(path.join(root, folder), {recursive: true, encoding: 'utf8'})
		.filter(file => /\.tsx?$/.test(file))
		.map(file => ({file, text: readFileSync(path.join(root, folder, file), 'utf8')}));

test('S39: nothing runs at an installation, ours or that of anything that comes with us', () => {
	const atInstallation = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
	for (const name of atInstallation) assert.equal(name in manifest.scripts, false, name);
	const {packages} = read('package-lock.json') as {
		packages: Readonly<
			Record<string, {dev?: boolean; devOptional?: boolean; peer?: boolean; hasInstallScript?: boolean}>
		>;
	};
	const withScript = Object.entries(packages).filter(
		([, {dev, devOptional, peer, hasInstallScript}]) => !dev && !devOptional && !peer && hasInstallScript,
	);
	assert.deepEqual(withScript, []);
});

test('S39: no code is made from text, and none is loaded from an address or a name that is not written down', () => {
	for (const {file, text} of sources('source')) {
		assert.doesNotMatch(text, /\beval\(|new Function\(|\bvm\b.*\bfrom 'node:vm'/, file);
		assert.doesNotMatch(text, /\bimport\((?!['"])/, `${file}: import() of something that is not a literal`);
	}
});

test('T05: nothing switches the check of certificates off', () => {
	for (const {file, text} of sources('source')) {
		assert.doesNotMatch(
			text,
			/rejectUnauthorized(?!: true)|NODE_TLS_REJECT\w*['"\]]*\s*=[^=]|checkServerIdentity|insecure-skip/i,
			file,
		);
	}
});

/** The files of the package as it would be published; needs a build. */
const packedFiles = async (t: TestContext): Promise<readonly {path: string; size: number}[] | undefined> => {
	if (!existsSync(path.join(root, 'build/index.js'))) {
		if (process.env['CI']) throw new Error('There is no build: npm run build');
		t.skip('There is no build: npm run build');
		return undefined;
	}

	const {stdout} = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
		cwd: root,
		shell: process.platform === 'win32',
		maxBuffer: 2 ** 26,
	});
	return (JSON.parse(stdout) as [{files: {path: string; size: number}[]}])[0].files;
};

test('S39: what is packed is the build and four pages, with every entry in it and nothing of this machine', async t => {
	const files = await packedFiles(t);
	if (files === undefined) return;
	const names = new Set(files.map(({path}) => path));
	const pages = [...names].filter(name => !name.startsWith('build/')).sort();
	assert.deepEqual(
		pages.filter(name => !/^(README\.md|LICEN[CS]E(\.md)?)$/.test(name)),
		['package.json', 'source/AGENTS.md'],
	);
	for (const name of names) {
		assert.match(
			name,
			/^(package\.json|README\.md|source\/AGENTS\.md|LICEN[CS]E(\.md)?|build\/.+\.([cm]?js|d\.ts|json|txt))$/,
			name,
		);
		assert.doesNotMatch(name, /\.test\.|(^|\/)(test|media|node_modules)\//, name);
	}

	const entries = [
		...Object.values(manifest.bin),
		...Object.values(manifest.exports).flatMap(entry => (typeof entry === 'string' ? entry : Object.values(entry))),
	];
	for (const entry of entries.flat()) assert.ok(names.has(entry.replace(/^\.\//, '')), entry);
	const here = [root, process.env['HOME'] ?? root];
	for (const name of names) {
		const text = readFileSync(path.join(root, name), 'utf8');
		for (const place of here.filter(place => place.length > 5))
			assert.ok(!text.includes(place), `${name} names ${place}`);
		assert.doesNotMatch(
			text,
			/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}|npm_[A-Za-z0-9]{36}|gh[pousr]_[A-Za-z0-9]{36}/,
			name,
		);
	}
});
