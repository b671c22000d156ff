import assert from 'node:assert/strict';
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {cp, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {approveDevice} from '../../source/demo/approve.js';
import type {DemoServerMessage} from '../../source/demo/demo-server-options.js';
import {demoClientId, machineClient} from '../../source/demo/registrations.js';
import {clientOf, deviceGrant, exchangeGrant, accessTokenType, claimsOf} from './oauth-client.js';

test('the bundled server is one file that needs nothing beside it, and behaves as its source does', async t => {
	const folder = await mkdtemp(path.join(tmpdir(), 'ink-login-demo-server-'));
	const file = path.join(folder, 'demo-server.mjs');
	await cp(new URL('../../build/demo-server.js', import.meta.url), file);
	const server = fork(file, ['{}'], {cwd: folder, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc']});
	t.after(async () => {
		server.kill('SIGKILL');
		await rm(folder, {recursive: true, force: true});
	});
	const [message] = (await once(server, 'message')) as [DemoServerMessage];
	assert.equal(message.type, 'listening');
	const {issuer} = message as {issuer: string};
	const client = clientOf({issuer, clientId: demoClientId, machineClient});

	const device = await client.deviceAuthorization();
	assert.equal(device.expires_in, 600);
	await approveDevice({issuer, userCode: device['user_code']!});
	const tokens = await client.token({grant_type: deviceGrant, device_code: device['device_code']!});
	assert.equal(tokens.expires_in, 300);
	assert.ok(tokens['refresh_token']);
	const exchanged = await client.token({
		grant_type: exchangeGrant,
		subject_token: tokens['access_token']!,
		subject_token_type: accessTokenType,
		audience: 'service-a',
	});
	assert.equal(claimsOf(exchanged['access_token'])['aud'], 'service-a');
	assert.equal((await client.machineToken({grant_type: 'client_credentials'})).expires_in, 300);
});
