import assert from 'node:assert/strict';
import {test} from 'node:test';
import {commandInPty, temporaryFolder} from '../support/built-command.js';
import {demoServer} from '../support/demo-server.js';

test('demand 36: over a stale SSH_CONNECTION the browser is chosen once, and every later login begins with it', async t => {
	const {issuer, clientId} = await demoServer(t);
	const home = await temporaryFolder(t);
	const args = ['login', '--issuer', issuer, '--client-id', clientId, '--store', 'file'];
	// As in a tmux that was started over SSH, and that someone took up again at its own desktop.
	const env = {INK_LOGIN_HOME: home, SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22'};
	const start = async () => commandInPty(t, args, {env, rows: 40});

	const first = await start();
	await first.waitFor(/Waiting for approval[^]*\? all keys/);
	first.write('b');
	await first.waitFor(/On your own computer[^]*Also with code/);
	first.write('?');
	await first.waitFor(/r always use the browser/);
	first.write('r');
	await first.waitFor(/From now on this profile starts in the browser/);
	first.write('\u0003');
	assert.equal((await first.exit).code, 130);

	const second = await start();
	await second.waitFor(/Waiting for you there[^]*\? all keys/);
	assert.doesNotMatch(second.emulator.text, /Waiting for approval/);
	second.write('?');
	await second.waitFor(/r ask each time/);
	second.write('r');
	await second.waitFor(/From now on you'll be asked each time/);
	second.write('\u0003');
	assert.equal((await second.exit).code, 130);

	const third = await start();
	await third.waitFor(/Waiting for approval[^]*\? all keys/);
	third.write('\u0003');
	assert.equal((await third.exit).code, 130);
});
