import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import test from 'node:test';
import {fileURLToPath} from 'node:url';
import ts from 'typescript';

const source = (path: string) => fileURLToPath(new URL(`../../source/${path}`, import.meta.url));

/** What a file imports so that it is loaded with it, or with `dynamic` what it may load later too; no types. */
const importsOf = (file: string, dynamic: boolean): string[] => {
	const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true);
	const found: string[] = [];
	const visit = (node: ts.Node) => {
		const isTypeOnly = /^(import|export) type /.test(node.getText());
		if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier && !isTypeOnly) {
			found.push((node.moduleSpecifier as ts.StringLiteral).text);
		}

		if (dynamic && ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
			const [name] = node.arguments;
			if (name && ts.isStringLiteral(name)) found.push(name.text);
		}

		ts.forEachChild(node, visit);
	};
	visit(tree);
	return found;
};

/** All that is reachable from a file, packages by their names; `cut` is not followed. */
const reachable = (entry: string, {dynamic, cut = []}: {dynamic: boolean; cut?: readonly string[]}): Set<string> => {
	const seen = new Set<string>();
	const walk = (file: string) => {
		if (seen.has(file)) return;
		seen.add(file);
		for (const name of importsOf(file, dynamic)) {
			if (!name.startsWith('.')) {
				seen.add(name);
				continue;
			}

			const stem = fileURLToPath(new URL(name, `file://${file}`)).replace(/\.js$/, '');
			const next = [`${stem}.ts`, `${stem}.tsx`].find(existsSync);
			assert.ok(next, `${name} in ${file}`);
			if (!cut.includes(next)) walk(next);
		}
	};
	walk(entry);
	return seen;
};

const ui = /^(react|ink)(\/|$)|\.tsx$|^ink-/;

test('token, exec, helper, status, logout and exchange reach no React and no Ink, but for token --login', () => {
	for (const command of ['token', 'exec', 'helper', 'status', 'logout', 'exchange', 'main']) {
		const cut = command === 'main' ? ['login', 'demo', 'token'] : command === 'token' ? ['login'] : [];
		const reached = reachable(source(`commands/${command}.ts`), {
			dynamic: true,
			cut: cut.map(name => source(`commands/${name}.ts`)),
		});
		assert.deepEqual(
			[...reached].filter(name => ui.test(name)),
			[],
			command,
		);
	}
});

test('the way that is cut there does lead to Ink', () => {
	assert.ok(reachable(source('commands/token.ts'), {dynamic: true}).has('ink'));
});

test('a token is printed without the protocol library, a proxy agent or a login being loaded', () => {
	for (const command of ['token', 'main']) {
		const reached = reachable(source(`commands/${command}.ts`), {dynamic: false});
		for (const name of ['oauth4webapi', 'undici', 'open', 'clipboardy', source('commands/login.ts')]) {
			assert.ok(!reached.has(name), `${command}: ${name}`);
		}
	}
});

test('--version and --help load nothing of the commands', () => {
	const reached = reachable(source('cli.ts'), {dynamic: false});
	const heavy = /\/(engine|store|sinks|terminal)\/|\/commands\/(main|options|command-line|help)\.ts$|^[^/n]/;
	assert.deepEqual(
		[...reached].filter(name => heavy.test(name)),
		[],
	);
});

test('what a fresh token takes reaches no engine, no protocol, no login and no screen, now or later', () => {
	const reached = [...reachable(source('commands/quick-token.ts'), {dynamic: true})];
	assert.ok(reached.length > 5);
	const heavy =
		/\/(token-engine|session-keeper|protocol|flows|loopback|main|login|help)(\/|\.ts$)|^(oauth4webapi|undici|open)$/;
	assert.deepEqual(
		reached.filter(name => heavy.test(name) || ui.test(name)),
		[],
	);
});
