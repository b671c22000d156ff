import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {connect, createServer, type AddressInfo} from 'node:net';
import {createInterface} from 'node:readline';
import {test} from 'node:test';
import type {DemoRequest} from '../../source/demo/demo-server-options.js';
import {startDemoServer} from '../../source/demo/start-demo-server.js';
import {demoServer} from '../support/demo-server.js';
import {clientOf} from './oauth-client.js';

const isUp = async (issuer: string) =>
	fetch(`${issuer}/jwks`).then(
		() => true,
		() => false,
	);

test('when stopped, the server is gone and its port free', async () => {
	const server = await startDemoServer();
	assert.ok(await isUp(server.issuer));
	await server.stop();
	const again = createServer();
	again.listen(Number(new URL(server.issuer).port), '127.0.0.1');
	await once(again, 'listening');
	again.close();
});

test('the server ends with the process that started it, however that one ends', async t => {
	const module = new URL('../../source/demo/start-demo-server.ts', import.meta.url).href;
	const script = `const {startDemoServer} = await import('${module}'); console.log((await startDemoServer()).issuer);`;
	const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.after(() => parent.kill('SIGKILL'));
	const [issuer] = (await once(createInterface(parent.stdout), 'line')) as [string];
	assert.ok(await isUp(issuer));
	// An open connection is the witness: it closes when the server's process is gone.
	const witness = connect(Number(new URL(issuer).port), '127.0.0.1');
	await once(witness, 'connect');
	parent.kill('SIGKILL');
	await once(witness.resume(), 'close', {signal: AbortSignal.timeout(60_000)});
});

test('a port that is taken is named as the reason', async t => {
	const holder = createServer();
	holder.listen(0, '127.0.0.1');
	await once(holder, 'listening');
	t.after(() => holder.close());
	await assert.rejects(startDemoServer({port: (holder.address() as AddressInfo).port}), {
		name: 'LoginError',
		code: 'port_in_use',
	});
});

test('a signal ends the server, before and after it has started', async () => {
	await assert.rejects(startDemoServer({signal: AbortSignal.abort()}), {code: 'cancelled'});
	const starting = new AbortController();
	const start = startDemoServer({signal: starting.signal});
	starting.abort();
	await assert.rejects(start, {code: 'cancelled'});
	const running = new AbortController();
	const server = await startDemoServer({signal: running.signal});
	running.abort();
	await server.stop();
	assert.equal(await isUp(server.issuer), false);
});

test('each answered request is told, without its query or body', async t => {
	const requests: DemoRequest[] = [];
	await new Promise<void>((resolve, reject) => {
		const onRequest = (request: DemoRequest) => {
			requests.push(request);
			if (requests.length === 2) resolve();
		};
		demoServer(t, {onRequest})
			.then(async server => {
				await fetch(`${server.issuer}/jwks?secret=1`);
				await clientOf(server).machineToken({grant_type: 'client_credentials'});
			})
			.catch(reject);
	});
	assert.deepEqual(requests, [
		{method: 'GET', path: '/jwks', status: 200},
		{method: 'POST', path: '/token', status: 200, grantType: 'client_credentials'},
	]);
});
