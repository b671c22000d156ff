import assert from 'node:assert/strict';

/**
 * A bare `assert.ok` that fails searches the test's file for its own expression, to quote it. It goes by the line and column
 * in what tsx compiled, which is one long line, so in a long file the search outlasts the whole run. With a message there
 * is no search, and the stack says where it failed.
 */
const {ok} = assert;
Object.assign(assert, {
	ok: (value: unknown, message: string | Error = `Expected something truthy instead of ${String(value)}`) =>
		ok(value, message),
});
