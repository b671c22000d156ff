import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import type {CommandContext, Engine} from '../../source/cli/context.js';
import {parseCommandLine} from '../../source/cli/parse-args.js';
import {openTokenFile} from '../../source/cli/token-file.js';
import {createManualClock} from '../../source/testing/index.js';
import {environmentOf} from '../support/environment.js';
import {failure, now, tokenSet} from './command-double.js';

test('the file follows the session, keeps its last token through a failure that is said once, and goes at the end', async t => {
	const folder = mkdtempSync(join(tmpdir(), 'ink-login-test-'));
	t.after(() => rmSync(folder, {recursive: true}));
	const clock = createManualClock({now});
	let said = '';
	let tokens = async () => tokenSet();
	const context = {
		environment: environmentOf({env: {XDG_RUNTIME_DIR: folder}}),
		stderr: {write: (text: string) => (said += text)},
		now: () => clock.now(),
	} as unknown as CommandContext;
	const engine = {clock, tokens: async () => tokens()} as unknown as Engine;
	const line = parseCommandLine(['exec', '--file', 'A', '--', 'true']);
	const {path, remove} = await openTokenFile(line, context, {engine});
	const holds = async (expected: string) => {
		for (let looks = 0; looks < 200 && readFileSync(path, 'utf8') !== expected; looks++) await clock.settle();
		assert.equal(readFileSync(path, 'utf8'), expected);
	};

	await holds('access-1');
	tokens = async () => tokenSet({accessToken: 'access-2'});
	await clock.advance(5000);
	await holds('access-2');
	tokens = async () => Promise.reject(failure('network_error'));
	await clock.advance(120_000);
	await holds('access-2');
	assert.equal(said, 'ink-login: It failed: network_error. Do this next.\n');
	tokens = async () => tokenSet({accessToken: 'access-3'});
	await clock.advance(30_000);
	await holds('access-3');
	await remove();
	assert.ok(!existsSync(path));
	assert.deepEqual(readdirSync(folder), []);
	assert.equal(clock.sleepers, 0);
});
