import path from 'node:path';
import ts from 'typescript';

const root = path.dirname(path.dirname(import.meta.dirname));

const entries = {
	'ink-login/engine': 'build/engine.d.ts',
	'ink-login': 'build/index.d.ts',
	'ink-login/mcp': 'build/mcp.d.ts',
	'ink-login/testing': 'build/testing/index.d.ts',
};

const opening = `# API

\`npm run api\` writes this file from the types and their comments. \`ink-login\` exports everything of \`ink-login/engine\` too. Times are epoch milliseconds unless a comment says otherwise.`;

const printer = ts.createPrinter({removeComments: true});
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
const codeOf = (node: ts.Node): string =>
	oneLine(printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()))
		.replace(/^(?:export|public) (?:declare )?/, '')
		.replace(/;$/, '');
const inCode = (text: string): string => `\`${text.replaceAll('|', String.raw`\|`)}\``;

/** Every export of the package with its comment, its members and their comments, as Markdown. */
export const apiReference = (): {readonly text: string; readonly undocumented: readonly string[]} => {
	const files = Object.values(entries).map(file => path.join(root, file));
	const program = ts.createProgram(files, {module: ts.ModuleKind.NodeNext, skipLibCheck: true});
	const checker = program.getTypeChecker();
	const told = new Set<ts.Symbol>();
	const undocumented: string[] = [];

	const linked = (text: string): string => text.replaceAll(/\{@link (\S+?)\}/g, '`$1`');
	const commentOf = (symbol: ts.Symbol): string =>
		linked(ts.displayPartsToString(symbol.getDocumentationComment(checker))).replaceAll(/(?<!\n)\n(?!\n|- )\s*/g, ' ');
	const commentInRow = (symbol: ts.Symbol): string => {
		const standard = symbol.getJsDocTags(checker).find(({name}) => name === 'default');
		const sentences = [
			commentOf(symbol),
			standard === undefined ? '' : `Default: ${ts.displayPartsToString(standard.text)}`,
		];
		return oneLine(sentences.join(' ')).replaceAll('|', String.raw`\|`);
	};

	const rowOf = (member: ts.ClassElement | ts.TypeElement): string => {
		const symbol = checker.getSymbolAtLocation(member.name ?? member);
		const optional = 'questionToken' in member && member.questionToken !== undefined ? '?' : '';
		const isProperty = ts.isPropertySignature(member) || ts.isPropertyDeclaration(member);
		const [name, type] =
			isProperty && member.type !== undefined
				? [`${member.name.getText()}${optional}`, codeOf(member.type)]
				: [member.name?.getText() ?? 'constructor', codeOf(member)];
		return `| ${inCode(name)} | ${inCode(type)} | ${symbol === undefined ? '' : commentInRow(symbol)} |`;
	};

	const section = (name: string, comment: string, ...rest: readonly string[]): string =>
		[`**\`${name}\`** ${comment}`.trim(), ...rest].filter(Boolean).join('\n\n');
	const table = (members: readonly (ts.ClassElement | ts.TypeElement)[]): string =>
		members.length === 0 ? '' : ['| member | type | |', '|---|---|---|', ...members.map(rowOf)].join('\n');

	/** Not what every error has, nor what is private. */
	const isOurs = (member: ts.Declaration): member is ts.ClassElement | ts.TypeElement =>
		(ts.isClassElement(member) || ts.isTypeElement(member)) &&
		!member.getSourceFile().fileName.includes('/node_modules/') &&
		!(member.name && ts.isPrivateIdentifier(member.name)) &&
		(ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;

	const tell = (name: string, declaration: ts.Declaration, comment: string): string => {
		if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
			const inherited = checker.getTypeAtLocation(declaration).getProperties();
			const members = [
				...declaration.members.filter(ts.isConstructorDeclaration),
				...inherited.flatMap(({declarations}) => declarations?.[0] ?? []).filter(isOurs),
			];
			return section(name, comment, table(members));
		}

		if (!ts.isTypeAliasDeclaration(declaration)) {
			// An object of many members is told of by its comment.
			const code = codeOf(declaration);
			return code.length > 400 ? section(name, comment) : section(code, comment);
		}

		const {type} = declaration;
		const parts: readonly ts.TypeNode[] = ts.isIntersectionTypeNode(type) ? type.types : [type];
		// What is computed brands a string.
		const members = parts
			.filter(ts.isTypeLiteralNode)
			.flatMap(part => part.members.filter(({name}) => name === undefined || !ts.isComputedPropertyName(name)));
		const others = parts.filter(part => !ts.isTypeLiteralNode(part));
		if (members.length > 0) {
			const bases = others.map(part => `\`${codeOf(part)}\``).join(', ');
			return section(name, comment, bases === '' ? '' : `Everything in ${bases}, and:`, table(members));
		}

		const code = codeOf(declaration);
		if (code.length <= 400) return section(code, comment);
		const text = declaration.getText().replace(/^export (?:declare )?/, '');
		return section(
			name,
			comment,
			`\`\`\`ts\n${text.replaceAll(/^( {4})+/gm, spaces => '\t'.repeat(spaces.length / 4))}\n\`\`\``,
		);
	};

	const chapters = Object.keys(entries).map((title, index) => {
		const source = program.getSourceFile(files[index]!);
		const module = source && checker.getSymbolAtLocation(source);
		if (module === undefined) throw new Error('There are no declarations: run `npm run build` first.');
		const sections = checker.getExportsOfModule(module).flatMap(exported => {
			const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
			const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
			const [declaration] = symbol.declarations ?? [];
			if (declaration === undefined || told.has(symbol)) return [];
			told.add(symbol);
			const comment = commentOf(symbol);
			if (comment === '') undocumented.push(exported.name);
			return [tell(exported.name, declaration, comment)];
		});
		return [`## \`${title}\``, ...sections].join('\n\n');
	});
	return {text: `${[opening, ...chapters].join('\n\n')}\n`, undocumented};
};
