import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {temporaryFolder, type Scope} from './built-command.js';

export const root = path.dirname(path.dirname(import.meta.dirname));

/** The README and what it sends people on to, by their paths in the project. */
export const pages: readonly string[] = [
	'README.md',
	...readdirSync(path.join(root, 'source/docs')).map(name => `source/docs/${name}`),
	'source/mcp/README.md',
];

export const textOf = (page: string): string => readFileSync(path.join(root, page), 'utf8');

/** All code of a page in one language. */
export const codeIn = (page: string, language: string): readonly string[] =>
	Array.from(textOf(page).matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm')), ([, code = '']) => code);

/** The code under a heading, in one language. */
export const snippets = (page: string, heading: string, language: string): readonly string[] => {
	const section = textOf(page).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? assert.fail(`no section ${heading}`);
	return section
		.split(`\`\`\`${language}\n`)
		.slice(1)
		.map(rest => rest.split('```')[0] ?? '');
};

/** The first code under a heading, in one language. */
export const snippet = (page: string, heading: string, language: string): string =>
	snippets(page, heading, language)[0] ?? assert.fail(`no ${language} in ${heading}`);

/** An empty folder in which the packages are installed, without installing them again. */
export const projectWith = async (t: Scope, files: Readonly<Record<string, string>>): Promise<string> => {
	const folder = await temporaryFolder(t);
	const modules = path.join(folder, 'node_modules');
	await mkdir(modules);
	await symlink(root, path.join(modules, 'ink-login'), 'junction');
	for (const name of ['ink', 'react', 'tsx', '@types', '@modelcontextprotocol']) {
		await symlink(path.join(root, 'node_modules', name), path.join(modules, name), 'junction');
	}

	await writeFile(path.join(folder, 'package.json'), JSON.stringify({type: 'module'}));
	await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions: {jsx: 'react-jsx'}}));
	for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text);
	return folder;
};
