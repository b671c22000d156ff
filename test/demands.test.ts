import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';

/** What users of such programs ask for about the way to the browser, and about networks of companies. */
const wanted = [...Array.from({length: 38}, (_, index) => index + 1), 51];

/** Why there is no test of a demand; the README says the same. */
const unanswered = JSON.parse(
	readFileSync(path.join(import.meta.dirname, 'unanswered-demands.json'), 'utf8'),
) as Readonly<Record<string, string>>;

const titles = readdirSync(import.meta.dirname, {recursive: true, encoding: 'utf8'})
	.filter(file => /\.test\.tsx?$/.test(file))
	.map(file => readFileSync(path.join(import.meta.dirname, file), 'utf8'))
	.flatMap(text => Array.from(text.matchAll(/\btest\(\s*(['"`])([^]*?)\1/g), ([, , title = '']) => title));

/** "demand 5: …", "demands 1, 2 and 4: …" */
const named = new Set(
	titles
		.flatMap(title => Array.from(title.matchAll(/\bdemands? (\d+(?:(?:, | and )\d+)*)/g), ([, list = '']) => list))
		.flatMap(list => Array.from(list.matchAll(/\d+/g), ([number]) => Number(number))),
);

test('each demand about signing in from anywhere is named by a test, or has its reason why not', () => {
	const missing = wanted.filter(number => !named.has(number) && !(number in unanswered));
	assert.deepEqual(missing, []);
});

test('no demand has both, and each reason is a sentence', () => {
	for (const [number, reason] of Object.entries(unanswered)) {
		assert.ok(wanted.includes(Number(number)), number);
		assert.ok(!named.has(Number(number)), `demand ${number} has a test after all`);
		assert.match(reason, /^[A-Z].{20,}\.$/);
	}
});
