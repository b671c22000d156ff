import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import path from 'node:path';
import {test} from 'node:test';
import {promisify} from 'node:util';
import {startScriptedServer} from '../../source/testing/index.js';

const table = path.join(import.meta.dirname, 'table.ts');

test('the engine is driven through a server that runs elsewhere, and each outcome is a line', async () => {
	await using server = await startScriptedServer();
	const words = ['--import', 'tsx', table, '--issuer', server.issuer, '--client-id', 'test-client'];
	const {stdout} = await promisify(execFile)(process.execPath, [...words, '--flow', 'browser']);
	const lines = stdout
		.trim()
		.split('\n')
		.map(line => JSON.parse(line) as {type?: string; step?: string; result?: unknown});
	assert.ok(lines.some(({type}) => type === 'signed-in'));
	assert.deepEqual(
		lines.flatMap(({step, result}) => (step !== undefined && result !== undefined ? [step] : [])),
		['browser login', 'userinfo', 'refresh', 'userinfo with the new token', 'logout'],
	);
	assert.doesNotMatch(stdout, /access-token-|refresh-token-[\w-]{20}/);
});
