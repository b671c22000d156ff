import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import os from 'node:os';
import {test, type TestContext} from 'node:test';
import {approveAuthorization, approveDevice} from '../support/oidc-server/approve.js';
import {commandFile, temporaryFolder} from '../support/built-command.js';
import {demoServer} from '../support/demo-server.js';
import {hasIpv6} from '../support/ipv6.js';
import {runInPty} from '../support/pty.js';
import {startSshServer, type SshServer} from '../support/ssh-server.js';
import {rawRequest} from '../support/raw-request.js';

/** A person at a desktop who is connected to another computer, which is this one, and signs in there. */
const signInOverSsh = async (
	t: TestContext,
	{port, ssh, options}: SshServer,
	args: readonly string[],
	variables: readonly string[] = [],
) => {
	const home = await temporaryFolder(t);
	const words = [process.execPath, commandFile, 'login', ...args];
	const remote = ['env', '-u', 'CI', `INK_LOGIN_HOME=${home}`, ...variables, ...words].join(' ');
	const run = runInPty({
		command: ssh,
		args: [...options, '-tt', '-p', String(port), `${os.userInfo().username}@127.0.0.1`, remote],
		columns: 100,
		rows: 30,
	});
	t.after(async () => run[Symbol.asyncDispose]());
	return run;
};

const options = ({issuer, clientId}: {readonly issuer: string; readonly clientId: string}): string[] => [
	...['--issuer', issuer, '--client-id', clientId, '--store', 'file'],
];

test('demands 3, 16: over a real SSH session login chooses the code, and its keys copy through the terminal', async t => {
	const server = await startSshServer(t);
	if (server === undefined) return;
	const demo = await demoServer(t);
	const run = await signInOverSsh(t, server, options(demo));
	const screen = await run.waitFor(/Waiting for approval[^]*\? all keys/);
	const [userCode = ''] = /\b[A-Z]{4}-[A-Z]{4}\b/.exec(screen) ?? assert.fail(screen);
	run.write('c');
	await run.waitFor(/Code sent to your terminal's clipboard/);
	const base64 = (text: string) => Buffer.from(text).toString('base64');
	assert.ok(run.output.includes(`\u001B]52;c;${base64(userCode)}\u0007`));
	run.write('u');
	await run.waitFor(() => run.output.includes(`\u001B]52;c;${base64(`${demo.issuer}/device`)}\u0007`), 'the address');
	await approveDevice({issuer: demo.issuer, userCode});
	await run.waitFor(/Signed in as Alice Demo/);
	assert.deepEqual(await run.exit, {code: 0, signal: 0});
});

test(
	'demands 16, 17: over a real SSH session the browser flow works through the very line that it shows',
	{skip: !(await hasIpv6()) && 'no IPv6'},
	async t => {
		const server = await startSshServer(t);
		if (server === undefined) return;
		const demo = await demoServer(t);
		const run = await signInOverSsh(t, server, [...options(demo), '--flow', 'browser']);
		const screen = await run.waitFor(/Waiting for you there[^]*\? all keys/);
		const [line = ''] = /ssh -N -L .*\S/.exec(screen) ?? assert.fail(screen);
		assert.match(line, /^ssh -N -L (\d+):127\.0\.0\.1:\1 -p \d+ \w+@127\.0\.0\.1$/);

		// What is typed on the other computer. There is one computer only, so its 127.0.0.1 is taken by the login itself:
		// ssh goes on with ::1, which leads through the connection to 127.0.0.1.
		const [, ...words] = line.trim().split(' ');
		const tunnel = spawn(server.ssh, [...server.options, '-v', ...words], {stdio: ['ignore', 'ignore', 'pipe']});
		t.after(() => tunnel.kill());
		let log = '';
		await new Promise<void>((resolve, reject) => {
			tunnel.once('exit', code => reject(new Error(`ssh ended with ${code}: ${log}`)));
			tunnel.stderr.setEncoding('utf8').on('data', (text: string) => {
				log += text;
				if (log.includes('Entering interactive session')) resolve();
			});
		});

		const throughTunnel = async (address: string) => {
			const {host, port, pathname, search} = new URL(address);
			return rawRequest(Number(port), `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, '::1');
		};
		const [short = ''] = /http:\/\/127\.0\.0\.1:\d+\/\w{13}/.exec(screen) ?? assert.fail(screen);
		const visit = await throughTunnel(short);
		assert.equal(visit.status, 302);
		const callback = await approveAuthorization({url: visit.headers.get('location') ?? '', visit: false});
		const page = await throughTunnel(callback);
		assert.equal(page.status, 200);
		assert.match(page.body, /signed in/i);
		await run.waitFor(/Signed in as Alice Demo/);
		assert.deepEqual(await run.exit, {code: 0, signal: 0});
	},
);
