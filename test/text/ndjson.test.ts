import assert from 'node:assert/strict';
import test from 'node:test';
import {createNdjsonReporter, jsonLine, showNdjson} from '../../source/text/ndjson.js';
import {playRecording} from '../../source/testing/index.js';
import {samples, start} from './sample-events.js';

test('demand 53: every event is one line that reads back as the same event', () => {
	for (const event of Object.values(samples)) {
		const lines: string[] = [];
		createNdjsonReporter(line => void lines.push(line))(event);
		assert.equal(lines.length, 1);
		assert.match(lines[0]!, /^\{.*\}\n$/);
		assert.deepEqual(JSON.parse(lines[0]!), event);
	}
});

test('S1: a line of JSON holds nothing that a terminal acts on or that ends a line elsewhere', () => {
	const text = 'a\u001B[2Jb\u009B31mc\u007Fd\u2028e\u2029f\ng';
	const line = jsonLine({text});
	// eslint-disable-next-line no-control-regex -- they are what must not be there
	assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/);
	assert.deepEqual(JSON.parse(line), {text});
});

test('a login is written to its end', async () => {
	const events = [samples.discovery, samples['flow-opened'], samples['signed-in']];
	const run = playRecording({version: 1, events: events.map(event => ({at: start, event}))});
	let written = '';
	await showNdjson(run, {write: line => void (written += line)});
	assert.deepEqual(
		written
			.trimEnd()
			.split('\n')
			.map(line => (JSON.parse(line) as {type: string}).type),
		['discovery', 'flow-opened', 'signed-in'],
	);
});
