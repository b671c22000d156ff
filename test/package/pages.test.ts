import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {Ajv2020, type AnySchemaObject} from 'ajv/dist/2020.js';
import ts from 'typescript';
import {exitCodes} from '../../source/cli/errors.js';
import {commandNames} from '../../source/cli/options.js';
import {parseCommandLine} from '../../source/cli/parse-args.js';
import {loginErrorCodes} from '../../source/core/errors.js';
import {presets} from '../../source/oauth/presets/index.js';
import {registrations} from '../../source/oauth/registration.js';
import {messages} from '../../source/text/messages.js';
import {codeIn, pages, projectWith, root, textOf} from '../support/pages.js';

const readme = textOf('README.md');

/** The anchors of a page, as GitHub makes them of its headings. */
const anchorsOf = (page: string): readonly string[] =>
	Array.from(textOf(page).matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
		title
			.toLowerCase()
			.replaceAll(/[^\p{L}\p{N} _-]/gu, '')
			.replaceAll(' ', '-'),
	);

/** Where the links and pictures of a page lead to in this project. */
const linksOf = (page: string): readonly string[] =>
	Array.from(
		textOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g),
		([, link, source]) => link ?? source ?? '',
	);

const isCommandName = (word: string | undefined) => commandNames.some(name => name === word);

const others = ['source/README.md', 'test/benchmark/README.md', 'CHANGELOG.md', '.github/CONTRIBUTING.md'];

test('every link between the README, its pages and the sources leads somewhere', () => {
	const lost = [...pages, ...others].flatMap(page =>
		linksOf(page).filter(link => {
			const [file = '', anchor] = link.split('#');
			const target = file === '' ? page : path.join(path.dirname(page), file);
			if (!existsSync(path.join(root, target))) return true;
			return anchor !== undefined && !anchorsOf(target).includes(anchor);
		}),
	);
	assert.deepEqual(lost, []);
	const missing = pages.filter(page => page !== 'README.md' && !linksOf('README.md').includes(page));
	assert.deepEqual(missing, [], 'the README leads to each of its pages');
});

test('every file that the map of the source names is there', () => {
	const named = Array.from(
		textOf('source/README.md').matchAll(/`([\w./-]+\/[\w.-]+\.tsx?)`/g),
		([, file = '']) => file,
	);
	assert.ok(named.length > 20);
	assert.deepEqual(
		named.filter(file => !existsSync(path.join(root, 'source', file))),
		[],
	);
});

test('every TypeScript example compiles by itself', async t => {
	const files: Record<string, string> = {};
	for (const page of pages) {
		for (const language of ['ts', 'tsx']) {
			for (const [index, code] of codeIn(page, language).entries()) {
				files[`${path.basename(page, '.md')}-${index + 1}.${language}`] = `${code}export {};\n`;
			}
		}
	}

	assert.ok(Object.keys(files).length > 8);
	const folder = await projectWith(t, files);
	const program = ts.createProgram(
		Object.keys(files).map(file => path.join(folder, file)),
		{
			target: ts.ScriptTarget.ES2023,
			lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
			module: ts.ModuleKind.NodeNext,
			moduleResolution: ts.ModuleResolutionKind.NodeNext,
			jsx: ts.JsxEmit.ReactJSX,
			types: ['node'],
			typeRoots: [path.join(root, 'node_modules/@types')],
			strict: true,
			skipLibCheck: true,
			noEmit: true,
		},
	);
	const problems = ts.getPreEmitDiagnostics(program).map(({file, messageText}) => {
		const text = ts.flattenDiagnosticMessageText(messageText, ' ');
		return `${path.basename(file?.fileName ?? '')}: ${text}`;
	});
	assert.deepEqual(problems, []);
});

test('the command takes every line that the pages show of it', () => {
	const lines = pages.flatMap(page =>
		[
			...codeIn(page, 'sh').flatMap(code => code.replaceAll(/ {2,}#.*$/gm, '').split('\n')),
			...Array.from(textOf(page).matchAll(/`([^`\n]+)`/g), ([, code = '']) => code),
		].flatMap(line => Array.from(line.matchAll(/(?:^|[(!]|' )(ink-login [a-z-][^)'\n]*)/g), ([, shown = '']) => shown)),
	);
	assert.ok(lines.length > 25);
	for (const line of lines) {
		const [, ...words] = line.trim().split(/ +/);
		if (words[0] === 'help') continue;
		// A name alone, as in `ink-login exec`, stands for the command.
		if (words.length === 1 && !words[0]?.startsWith('https:')) assert.ok(isCommandName(words[0]), line);
		else assert.doesNotThrow(() => parseCommandLine(words[0] === 'helper' ? [...words, 'get'] : words), line);
	}
});

test('the scripts and tests that the pages name are there', () => {
	const {scripts} = JSON.parse(textOf('package.json')) as {scripts: Record<string, string>};
	for (const page of pages) {
		for (const [, name = ''] of textOf(page).matchAll(/npm run ([\w:]+)/g))
			assert.ok(name in scripts, `${page}: ${name}`);
	}

	const [, pattern = '', file = ''] = /--test-name-pattern '([^']+)' (\S+)/.exec(readme) ?? assert.fail();
	assert.match(textOf(file), new RegExp(`test\\('[^']*${pattern}`));
});

test('the pages have every error with what to do, and every command, exit code and preset', () => {
	const errors = textOf('source/docs/errors.md');
	for (const code of loginErrorCodes)
		assert.match(errors, new RegExp(`^\\| \`${code}\` \\| .{10,} \\| .{5,} \\|$`, 'm'));
	for (const code of Object.values(exitCodes)) {
		assert.match(readme, new RegExp(`^\\| ${code} \\| `, 'm'));
		assert.match(errors, new RegExp(`^\\| ${code} \\| `, 'm'));
	}

	for (const name of commandNames.slice(1)) assert.match(readme, new RegExp(`ink-login ${name}\\b`));
	assert.ok(readme.includes(messages.spoken.enterCode('WDJB-MJHT')), 'what a screen reader says');
	for (const name of Object.keys(presets)) {
		const camelCase = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
		assert.match(readme, new RegExp(`^\\| [^|]+ \\| \`${camelCase}\` \\|`, 'm'));
		assert.match(textOf('source/docs/servers.md'), new RegExp(`^\\| \`${camelCase}\` \\|`, 'm'));
	}
});

test('the README sends people to the page where each provider registers apps, with the redirect URIs to enter', () => {
	for (const [name, {page, redirectUris, domain}] of Object.entries(registrations)) {
		const camelCase = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
		const row = readme.split('\n').find(line => line.includes(`| \`${camelCase}\` |`)) ?? assert.fail(name);
		assert.ok(row.includes(`](${page(domain?.fallback)})`), `${name}: ${page(domain?.fallback)}`);
		for (const uri of redirectUris.slice(0, 1)) assert.ok(row.includes(`\`${uri}\``), `${name}: ${uri}`);
		for (const uri of redirectUris.slice(1)) assert.ok(row.includes(new URL(uri).port), `${name}: ${uri}`);
	}
});

test('the event that a page shows is valid by the schema that ships', () => {
	const schema = JSON.parse(readFileSync(path.join(root, 'build/event-schema.json'), 'utf8')) as AnySchemaObject;
	const isEvent = new Ajv2020({strict: true, formats: {uri: text => URL.canParse(text)}}).compile(schema);
	const [event = ''] = codeIn('source/docs/errors.md', 'json');
	assert.ok(isEvent(JSON.parse(event)));
	assert.match(textOf('source/docs/errors.md'), new RegExp(String(schema.$id)));
});
