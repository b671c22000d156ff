import process from 'node:process';
import ts from 'typescript';

/** Tags that say what a TypeScript type cannot, by the names of JSON Schema's keywords. */
const keywords = {type: String, format: String, minimum: Number, exclusiveMinimum: Number};

const withoutLinks = text =>
	text
		.replaceAll(/\{@link (\S+?)\}/g, '`$1`')
		.replaceAll(/\s+/g, ' ')
		.trim();

/** The JSON Schema of `EventLine`, from its TypeScript type and TSDoc. */
export const eventSchema = () => {
	const file = 'source/text/ndjson.ts';
	const {config} = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
	const {options} = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
	const program = ts.createProgram([file], {...options, types: []});
	const checker = program.getTypeChecker();
	const $defs = {};

	/** What the comment of a member or a type says. */
	const documented = symbol => {
		const description = withoutLinks(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
		const tags = symbol.getJsDocTags().filter(({name}) => name in keywords);
		return {
			...(description !== '' && {description}),
			...Object.fromEntries(tags.map(({name, text}) => [name, keywords[name](ts.displayPartsToString(text))])),
		};
	};

	const schemaOfType = type => {
		if (type.flags & ts.TypeFlags.String) return {type: 'string'};
		if (type.flags & ts.TypeFlags.Number) return {type: 'number'};
		if (type.flags & ts.TypeFlags.Boolean) return {type: 'boolean'};
		if (type.isStringLiteral()) return {const: type.value};
		if (type.flags & ts.TypeFlags.BooleanLiteral) return {const: checker.typeToString(type) === 'true'};
		if (type.isUnion()) {
			const literals = type.types.every(part => part.isStringLiteral());
			return literals ? {enum: type.types.map(({value}) => value)} : {anyOf: type.types.map(schemaOfType)};
		}

		// A string with a brand.
		if (type.isIntersection()) return schemaOfType(type.types[0]);
		if (!(type.flags & ts.TypeFlags.Object)) throw new Error(`No JSON has a ${checker.typeToString(type)}.`);
		const members = type.getProperties();
		return {
			type: 'object',
			properties: Object.fromEntries(members.map(member => [member.name, schemaOfMember(member)])),
			required: members.filter(({flags}) => !(flags & ts.SymbolFlags.Optional)).map(({name}) => name),
		};
	};

	const schemaOfMember = member => {
		const node = member.valueDeclaration?.type;
		const schema = node ? schemaOfNode(node) : schemaOfType(checker.getTypeOfSymbol(member));
		return {...schema, ...documented(member)};
	};

	/** The declaration of a type that has a name of its own here. */
	const declarationOf = node => {
		if (!ts.isTypeReferenceNode(node)) return undefined;
		const symbol = checker.getSymbolAtLocation(node.typeName);
		const aliased = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
		return aliased.declarations.find(ts.isTypeAliasDeclaration);
	};

	const schemaOfNode = node => {
		const declaration = declarationOf(node);
		if (declaration === undefined) return schemaOfType(checker.getTypeFromTypeNode(node));
		const {name, symbol} = declaration;
		$defs[name.text] ??= {...schemaOfType(checker.getTypeFromTypeNode(declaration.type)), ...documented(symbol)};
		return {$ref: `#/$defs/${name.text}`};
	};

	/** TypeScript keeps no comment of a union's part; it stands before the `|`. */
	const commentBefore = (node, position) => {
		const text = node.getSourceFile().text;
		const {pos, end} = ts.getLeadingCommentRanges(text, position)?.at(-1) ?? {pos: 0, end: 0};
		return withoutLinks(text.slice(pos, end).replaceAll(/^\/\*\*|\*\/$|^\s*\*/gm, ''));
	};

	/** One branch for each `type`. */
	const branchesOf = node => {
		const declaration = declarationOf(node);
		if (declaration !== undefined) return branchesOf(declaration.type);
		return node.types.flatMap((part, index) => {
			if (!ts.isTypeLiteralNode(part)) return branchesOf(part);
			const schema = schemaOfNode(part);
			const title = schema.properties.type.const;
			const description = commentBefore(part, index === 0 ? node.pos : node.types[index - 1].end);
			$defs[title] = {title, ...(description !== '' && {description}), ...schema};
			return {$ref: `#/$defs/${title}`};
		});
	};

	const line = program
		.getSourceFile(file)
		.statements.find(node => ts.isTypeAliasDeclaration(node) && node.name.text === 'EventLine');
	return {
		$schema: 'https://json-schema.org/draft/2020-12/schema',
		$id: 'urn:ink-login:event:1',
		title: 'ink-login events, version 1',
		...documented(line.symbol),
		type: 'object',
		required: ['type'],
		oneOf: branchesOf(line.type),
		$defs,
	};
};
