import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {citedIds, readRules, titlesIn} from './support/rules.js';

const root = path.dirname(import.meta.dirname);
const filesIn = (folder: string, pattern: RegExp): readonly string[] =>
	readdirSync(path.join(root, folder), {recursive: true, encoding: 'utf8'})
		.filter(file => pattern.test(file))
		.map(file => path.join(root, folder, file));

const titles = filesIn('test', /\.tsx?$/).flatMap(file => titlesIn(readFileSync(file, 'utf8')));
const cited = new Set(titles.flatMap(citedIds));
const rules = readRules();

test('every id that a test title cites has its text in RULES.md', () => {
	const ids = new Set(rules.map(({id}) => id));
	assert.deepEqual(
		[...cited].filter(id => !ids.has(id)),
		[],
	);
});

test('every rule is cited by a test, or RULES.md says why not; never both', () => {
	assert.ok(rules.length > 200);
	assert.deepEqual(
		rules.filter(({id, untested}) => cited.has(id) === (untested !== undefined)).map(({id}) => id),
		[],
	);
	assert.deepEqual(
		rules.filter(({id}, index) => rules.findIndex(other => other.id === id) !== index),
		[],
		'an id has one text',
	);
});

test('neither the source nor the README cites an id: they say the reason or name the RFC', () => {
	const files = [...filesIn('source', /\.(tsx?|md)$/), path.join(root, 'README.md')];
	const lines = files.flatMap(file => readFileSync(file, 'utf8').split('\n'));
	assert.deepEqual(
		lines.filter(line => /\bdemands? \d|\([A-Z]\d{1,2}(?:\)|, | to |-)/.test(line)),
		[],
	);
});

test('ids are read from the head of a title only, alone and in lists', () => {
	assert.deepEqual(citedIds('D13, S7: an interval'), ['D13', 'S7']);
	assert.deepEqual(citedIds('S8, demands 1, 2 and 4: a link'), ['S8', 'demand 1', 'demand 2', 'demand 4']);
	assert.deepEqual(citedIds('an id such as D13 in a sentence'), []);
});
