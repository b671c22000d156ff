import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {measureBuild, type BuiltSizes} from '../benchmark/built-size.js';

const recorded = JSON.parse(readFileSync(path.join(import.meta.dirname, 'size.json'), 'utf8')) as BuiltSizes;
const now = await measureBuild(path.join(import.meta.dirname, '../../build'));

for (const name of ['entry', 'command', 'engine', 'wholeEngine'] as const) {
	test(`the build does not grow by more than 5 % unnoticed: ${name}`, () => {
		const growth = (now[name] / recorded[name] - 1) * 100;
		assert.ok(
			growth <= 5,
			`${now[name]} bytes, ${growth.toFixed(1)} % more than recorded. Where that is worth it: npm run size -- --accept`,
		);
	});
}

test('the engine, bundled, takes at most 60 KB to be loaded at once', () => {
	assert.ok(now.engine <= 60_000, `${now.engine} bytes`);
});
