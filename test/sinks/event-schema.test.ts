import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {fileURLToPath} from 'node:url';
import {Ajv2020, type AnySchemaObject} from 'ajv/dist/2020.js';
import ts from 'typescript';
import {loginErrorCodes} from '../../source/engine/login-error.js';
import {routes} from '../../source/engine/login-event.js';
import {samples} from './sample-events.js';

type ObjectSchema = {
	readonly properties: Readonly<Record<string, {readonly enum?: readonly string[]; readonly const?: string}>>;
	readonly required: readonly string[];
};
type EventSchema = AnySchemaObject & {
	readonly oneOf: readonly {readonly $ref: string}[];
	readonly $defs: Readonly<Record<string, ObjectSchema & {readonly enum?: readonly string[]}>>;
};

const file = (path: string) => fileURLToPath(new URL(`../../source/${path}`, import.meta.url));
const schema = JSON.parse(readFileSync(file('sinks/event-schema.json'), 'utf8')) as EventSchema;

/** Within a version members may come, so the schema lets them; here nothing may be there that it does not know. */
const closed = (node: unknown): unknown => {
	if (Array.isArray(node)) return node.map(closed);
	if (typeof node !== 'object' || node === null) return node;
	const entries = Object.entries(node).map(([name, value]) => [name, closed(value)] as const);
	const isObjectSchema = 'properties' in node && 'type' in node && node.type === 'object';
	return Object.fromEntries([...entries, ...(isObjectSchema ? [['additionalProperties', false] as const] : [])]);
};

const compile = (content: unknown) =>
	new Ajv2020({strict: true, allErrors: true, formats: {uri: text => URL.canParse(text)}}).compile(
		content as AnySchemaObject,
	);
const isEvent = compile(closed(schema));

/** Each event's type with its members, as the TypeScript union has them. */
const unionMembers = () => {
	const program = ts.createProgram([file('engine/login-event.ts')], {
		strict: true,
		target: ts.ScriptTarget.ES2023,
		module: ts.ModuleKind.NodeNext,
		moduleResolution: ts.ModuleResolutionKind.NodeNext,
		types: [],
		noLib: false,
	});
	const checker = program.getTypeChecker();
	const source = program.getSourceFile(file('engine/login-event.ts'));
	const alias = source?.statements.find(
		(node): node is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(node) && node.name.text === 'LoginEvent',
	);
	assert.ok(alias);
	const union = checker.getTypeAtLocation(alias);
	assert.ok(union.isUnion());
	return union.types.map(type => {
		const members = type.getProperties().map(property => {
			const valueType = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(property, alias));
			const parts = valueType.isUnion() ? valueType.types : [valueType];
			const literals = parts.every(part => part.isStringLiteral()) ? parts.map(part => part.value) : undefined;
			return {
				name: property.name,
				isOptional: (property.flags & ts.SymbolFlags.Optional) !== 0,
				literals: literals?.sort(),
			};
		});
		return {type: members.find(({name}) => name === 'type')?.literals?.[0] ?? '', members};
	});
};

const enumOf = (property: {readonly enum?: readonly string[]; readonly const?: string; readonly $ref?: string}) => {
	const values =
		property.$ref === undefined ? property.enum : schema.$defs[property.$ref.slice('#/$defs/'.length)]?.enum;
	return (values ?? (property.const === undefined ? undefined : [property.const]))?.toSorted();
};

test('every event is valid by the schema, to the last member', () => {
	for (const event of Object.values(samples)) {
		assert.ok(isEvent(JSON.parse(JSON.stringify(event))), `${event.type}: ${JSON.stringify(isEvent.errors)}`);
	}

	assert.ok(isEvent({type: 'demo-server', issuer: 'http://127.0.0.1:1234', clientId: 'demo'}));
});

test('what is no event is not valid', () => {
	assert.ok(!isEvent({type: 'something-else'}));
	for (const event of Object.values(samples)) {
		for (const name of Object.keys(event)) {
			const {[name]: _, ...rest} = event as Record<string, unknown>;
			const isRequired = schema.$defs[event.type]?.required.includes(name);
			assert.equal(isEvent(rest), !isRequired, `${event.type} without ${name}`);
			assert.ok(!isEvent({...event, [name]: null}), `${event.type} with ${name} null`);
		}
	}
});

test('the schema has the events of the TypeScript union, member by member', () => {
	const members = unionMembers();
	const listed = schema.oneOf.map(({$ref}) => $ref.slice('#/$defs/'.length));
	assert.deepEqual(listed.toSorted(), [...members.map(({type}) => type), 'demo-server'].toSorted());
	for (const {type, members: expected} of members) {
		const {properties, required} = schema.$defs[type]!;
		assert.deepEqual(Object.keys(properties).toSorted(), expected.map(({name}) => name).toSorted(), type);
		assert.deepEqual(
			required.toSorted(),
			expected
				.filter(({isOptional}) => !isOptional)
				.map(({name}) => name)
				.toSorted(),
			type,
		);
		for (const {name, literals} of expected) assert.deepEqual(enumOf(properties[name]!), literals, `${type}.${name}`);
	}
});

test('the schema names every route and every error', () => {
	assert.deepEqual(schema.$defs['route']?.enum, routes);
	assert.deepEqual(schema.$defs['errorCode']?.enum, loginErrorCodes);
});

test('a later member does not make an event invalid for readers of this version', () => {
	assert.ok(compile(schema)({...samples.poll, later: true}));
	assert.equal(schema.$id, 'urn:ink-login:event:1');
});
