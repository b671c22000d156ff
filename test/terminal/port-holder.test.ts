import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {test} from 'node:test';
import {portHolder} from '../../source/terminal/port-holder.js';
import {hasIpv6} from '../support/ipv6.js';

const tells = process.platform === 'linux';

test('demand 22: the program that holds a port is named', {skip: !tells && 'only Linux is tried here'}, async t => {
	const program = `
		const server = require('node:net').createServer();
		server.listen(0, process.argv[1], () => console.log(server.address().port));
	`;
	for (const address of (await hasIpv6()) ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
		const child = spawn(process.execPath, ['-e', program, address], {stdio: ['ignore', 'pipe', 'inherit']});
		t.after(() => child.kill());
		const [line] = (await once(child.stdout, 'data')) as [Buffer];
		const holder = await portHolder(Number(String(line)));
		assert.match(holder ?? '', new RegExp(`^(node|MainThread), process ${child.pid}$`));
		child.kill();
		await once(child, 'exit');
		assert.equal(await portHolder(Number(String(line))), undefined);
	}
});
