import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {Ajv2020, type AnySchemaObject} from 'ajv/dist/2020.js';
import {samples} from './sample-events.js';

type EventSchema = AnySchemaObject & {
	readonly oneOf: readonly unknown[];
	readonly $defs: Readonly<Record<string, {readonly description?: string; readonly required: readonly string[]}>>;
};

const schema = JSON.parse(
	readFileSync(new URL('../../build/event-schema.json', import.meta.url), 'utf8'),
) as EventSchema;
const demoServer = {type: 'demo-server', issuer: 'http://127.0.0.1:1234', clientId: 'demo'} as const;
const events = [...Object.values(samples), demoServer];

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

test('every event is valid by the schema, to the last member, and described there', () => {
	for (const event of events) {
		assert.ok(isEvent(JSON.parse(JSON.stringify(event))), `${event.type}: ${JSON.stringify(isEvent.errors)}`);
		assert.ok(schema.$defs[event.type]?.description, event.type);
	}

	assert.equal(schema.oneOf.length, events.length);
});

test('what is no event is not valid', () => {
	assert.ok(!isEvent({type: 'something-else'}));
	for (const event of events) {
		for (const name of Object.keys(event)) {
			const {[name]: _, ...rest} = event as Record<string, unknown>;
			const isRequired = schema.$defs[event.type]?.required.includes(name);
			assert.equal(isEvent(rest), !isRequired, `${event.type} without ${name}`);
			assert.ok(!isEvent({...event, [name]: null}), `${event.type} with ${name} null`);
		}
	}

	const {poll, discovery} = samples;
	assert.ok(!isEvent({...samples['flow-opened'], flow: 'carrier-pigeon'}), 'no such flow');
	assert.ok(!isEvent({...samples.failed, code: 'no_such_code'}), 'no such error');
	assert.ok(!isEvent({...poll, interval: 0}), 'seconds between polls are more than none');
	assert.ok(!isEvent({...poll, attempt: 1.5}), 'attempts are counted');
	assert.ok(!isEvent({...discovery, issuer: 'not a URL'}), 'an issuer is a URL');
	assert.ok(!isEvent({...discovery, flows: {...discovery.flows, device: false}}), 'a flow that is not there says why');
});

test('a later member does not make an event invalid for readers of this version', () => {
	assert.ok(compile(schema)({...samples.poll, later: true}));
	assert.equal(schema.$id, 'urn:ink-login:event:1');
});
