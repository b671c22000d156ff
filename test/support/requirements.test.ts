import assert from 'node:assert/strict';
import {test, type TestContext} from 'node:test';
import {requireProgram} from './requirements.js';

/** Looks for git where there is none, with `CI` set or not. */
const requireMissing = (t: TestContext, ci: string) => {
	const {PATH: path, CI: before} = process.env;
	t.after(() => {
		process.env['PATH'] = path;
		if (before === undefined) delete process.env['CI'];
		else process.env['CI'] = before;
	});
	process.env['PATH'] = '/nowhere';
	process.env['CI'] = ci;
	const skipped: unknown[] = [];
	const found = requireProgram({...t, skip: (reason: unknown) => skipped.push(reason)}, 'git');
	return {found, skipped};
};

test('a test whose program is missing is skipped with the package to install', t => {
	assert.deepEqual(requireMissing(t, ''), {found: undefined, skipped: ['git is missing: apt-get install git']});
});

test('where CI is set, a test whose program is missing fails', t => {
	assert.throws(() => requireMissing(t, 'true'), /git is missing: apt-get install git/);
});

test('a program that is there is given by its path', t => {
	assert.match(requireProgram(t, 'git') ?? '/git', /\/git$/);
});
