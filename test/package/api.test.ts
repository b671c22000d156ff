import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {apiReference} from '../support/api-reference.js';
import {sentencesFile} from '../support/sentences.js';

const {text, undocumented} = apiReference();

test('source/API.md says what the package exports today', () => {
	const written = readFileSync(new URL('../../source/API.md', import.meta.url), 'utf8');
	assert.ok(written === text, 'it is out of date: run `npm run api`');
});

test('source/text/sentences.json has the sentences to translate as they are today', () => {
	const written = readFileSync(new URL('../../source/text/sentences.json', import.meta.url), 'utf8');
	assert.ok(written === sentencesFile(), 'it is out of date: run `npm run api`');
});

test('every export has a comment', () => {
	assert.deepEqual(undocumented, []);
});
