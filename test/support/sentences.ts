import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const source = path.join(import.meta.dirname, '../../source');
/** Who sets up an app, a bus and the browser's pages have words of their own; what an agent is told stays English. */
const others = /\/registration\.ts|d-bus|pages\.ts/;

const words = (node: ts.StringLiteralLike | ts.TemplateExpression): string =>
	ts.isTemplateExpression(node)
		? node.head.text + node.templateSpans.map(({literal}, index) => `{${index}}${literal.text}`).join('')
		: node.text;

/** A sentence that goes before or after is one of its own. */
const template = (node: ts.StringLiteralLike | ts.TemplateExpression): string => {
	let place = 0;
	return words(node)
		.replaceAll(/^\{\d+\} (?=\p{Lu})|(?<=[.?!])(?: \{\d+\})+$/gu, '')
		.replaceAll(/\{\d+\}/g, () => `{${place++}}`);
};

/** Two words or more, in what is no markup, program, header or list of names. */
const isSentence = (text: string): boolean =>
	/\p{Ll}\p{P}* [\p{P}\d]*\p{L}|\p{Ll} .*\} .*\p{Ll}{2}|\} \p{Ll}{4}/u.test(text) &&
	!/[\n\0<]|^(?:ssh|gh|gcloud|openid|JWT) |offline_access$|^"alg"|^Application Support$|^(?:text|application)\/|^(?:-|Basic|Bearer|step-up|ensure|client \{)/.test(
		text,
	);

/** Every sentence of errors, hints, reasons and notices, and every part of one, with `{0}` where a value goes. */
const sentencesInSource = (): readonly string[] => {
	const found = new Set<string>();
	const visit = (node: ts.Node): void => {
		if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
		if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
			const text = template(node);
			if (isSentence(text)) found.add(text);
		}

		ts.forEachChild(node, visit);
	};
	const folders = ['core', 'oauth', 'session', 'login', 'terminal'];
	const files = folders.flatMap(folder =>
		readdirSync(path.join(source, folder), {recursive: true, encoding: 'utf8'}).map(name => `${folder}/${name}`),
	);
	for (const file of [...files, 'token-engine.ts', 'sign-in.ts', 'login.ts']) {
		if (!file.endsWith('.ts') || others.test(file.replaceAll('\\', '/'))) continue;
		const text = readFileSync(path.join(source, file), 'utf8');
		visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
	}

	return [...found].sort();
};

/** The file that a translator copies: each sentence under itself. */
export const sentencesFile = (): string =>
	`${JSON.stringify(Object.fromEntries(sentencesInSource().map(text => [text, text])), undefined, '\t')}\n`;
