import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {createServer, type Socket} from 'node:net';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import test, {type TestContext} from 'node:test';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {commandInPty, pipedCommand, temporaryFolder} from '../support/built-command.js';

/** What an agent was told when it began a login in the browser. */
const begin = async (
	t: TestContext,
	server: ScriptedServer,
	env: Readonly<Record<string, string>>,
	flow = 'browser',
) => {
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const command = await pipedCommand(t, ['login', ...provider, '--flow', flow, '--no-wait'], env);
	assert.equal(await command.ended, 4, command.heard.stderr);
	const [, url = ''] = /^Open +(\S+)$/m.exec(command.heard.stderr) ?? [];
	const [, id = ''] = /--resume (\w+)$/m.exec(command.heard.stderr) ?? [];
	return {url, id, told: command.heard.stderr};
};

const openWorld = async (t: TestContext) => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	const env = {CLAUDECODE: '1', INK_LOGIN_HOME: await temporaryFolder(t)};
	return {server, env};
};

/** Goes through the redirects as a browser on another computer does; resolves to the URL that it cannot load. */
const signInElsewhere = async (url: string): Promise<string> => {
	const response = await fetch(url, {redirect: 'manual'});
	const location = new URL(response.headers.get('location') ?? '', url).href;
	return location.includes('/callback?') ? location : signInElsewhere(location);
};

test('the person runs the line with --tty in their terminal and pastes the last page there', async t => {
	const {server, env} = await openWorld(t);
	const {url, id, told} = await begin(t, server, env);
	assert.ok(told.includes(`paste it there: ink-login login --resume ${id} --tty\n`), told);
	const terminal = await commandInPty(t, ['login', '--resume', id, '--tty'], {env});
	const shown = await terminal.waitFor(/Waiting for your browser/);
	assert.match(shown, /Error page\? Paste its link here/);
	assert.doesNotMatch(shown, /^(Tell|Next)/m, 'what an agent is told is not for the person');
	terminal.paste(await signInElsewhere(url));
	terminal.write('\r');
	assert.equal((await terminal.exit).code, 0, terminal.emulator.text);
	assert.match(terminal.emulator.text, /Signed in as Ada Lovelace/);
	assert.equal(server.requestsTo('token').length, 1);
});

test('the person looks at the code in their terminal, and Ctrl-C there leaves the login to the agent', async t => {
	const {server, env} = await openWorld(t);
	const {id} = await begin(t, server, env, 'device');
	const terminal = await commandInPty(t, ['login', '--resume', id, '--tty'], {env});
	const shown = await terminal.waitFor(/Waiting for approval/);
	assert.match(shown, /Approve +only if you started this/);
	assert.doesNotMatch(shown, /^(Tell|Next)/m);
	terminal.write('\u0003');
	await terminal.exit;
	server.approve();
	const resumed = await pipedCommand(t, ['login', '--resume', id], env);
	resumed.child.stdin.end();
	assert.equal(await resumed.ended, 0, resumed.heard.stderr);
	assert.equal(server.requestsTo('deviceAuthorization').length, 1);
});

test(
	'no secret and no link with state is in the arguments or the environment of a process, the browser included',
	{skip: process.platform !== 'linux' && 'reads /proc'},
	async t => {
		const {server, env} = await openWorld(t);
		const folder = await temporaryFolder(t);
		const [socket, program] = [path.join(folder, 'socket'), path.join(folder, 'browser')];
		const say = `require('node:net').connect(${JSON.stringify(socket)}).end(JSON.stringify([process.argv, process.env]));`;
		await writeFile(program, `#!${process.execPath}\n${say}\n`, {mode: 0o755});
		const listener = createServer().listen(socket);
		t.after(() => listener.close());
		const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file', '--flow', 'browser'];
		const desktop = {...env, DISPLAY: ':0', BROWSER: program};
		const command = await pipedCommand(t, ['login', ...provider, '--message', 'to deploy'], desktop);
		const [browser] = (await once(listener, 'connection')) as [Socket];
		const browserSaw = await text(browser);
		await command.line('stderr', /^Next/);
		const [, url = ''] = /^Open +(\S+)$/m.exec(command.heard.stderr) ?? [];
		const [, id = ''] = /--resume (\w+)$/m.exec(command.heard.stderr) ?? [];
		const resumed = await pipedCommand(t, ['login', '--resume', id], env);
		await resumed.line('stderr', /other terminal/i);
		const seen = [command, resumed].flatMap(({child: {pid}}) =>
			['cmdline', 'environ'].map(name => readFileSync(`/proc/${pid}/${name}`, 'utf8')),
		);
		const state = new URL(url).searchParams.get('state') ?? '';
		assert.ok(state.length > 20, url);
		const page = await fetch(await signInElsewhere(url));
		await page.text();
		assert.deepEqual([await command.ended, await resumed.ended], [0, 0], resumed.heard.stderr);
		const secrets = ['code', 'code_verifier'].flatMap(name =>
			server.requests.flatMap(({parameters}) => parameters.getAll(name)),
		);
		assert.ok(secrets.length > 0);
		for (const secret of [state, ...secrets]) {
			for (const text of [browserSaw, ...seen]) assert.ok(!text.includes(secret), text);
		}

		assert.match(browserSaw, /"http:\/\/127\.0\.0\.1:\d+\/[\w-]+"/, 'the browser is started with the short link');
	},
);
