import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import {pathToFileURL} from 'node:url';

const engine = pathToFileURL(path.join(import.meta.dirname, '../../build/engine.js')).href;

test('an error that nobody catches is printed as a few readable lines', () => {
	const program = `
		import {oidc, TokenEngine} from '${engine}';
		const provider = oidc({issuer: 'https://auth.example', clientId: 'acme'});
		await new TokenEngine({app: 'acme', provider}).token();
	`;
	const {status, stderr} = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
		env: {...process.env, INK_LOGIN_HOME: path.join(os.tmpdir(), 'ink-login-nobody')},
		encoding: 'utf8',
	});
	assert.equal(status, 1);
	const lines = stderr.trim().split('\n');
	assert.match(stderr, /^LoginError: Nobody is signed in/m);
	assert.match(stderr, /code: 'person_required'/);
	assert.ok(lines.length < 20 && lines.every(line => line.length <= 200), stderr);
});
