import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdtemp, open, readFile, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import test, {after} from 'node:test';
import {fileURLToPath} from 'node:url';
import {approvePage} from '../../source/demo/approve.js';
import {openStore} from '../../source/session/store/index.js';
import {storedSession, tokenSet} from './command-double.js';

const home = await mkdtemp(path.join(os.tmpdir(), 'ink-login-'));
after(async () => rm(home, {recursive: true}));

const cli = fileURLToPath(new URL('../../source/cli/index.ts', import.meta.url));

/** The command in a process of its own, on no terminal. */
const start = (...args: readonly string[]) => {
	const child = spawn(process.execPath, ['--import', 'tsx', cli, ...args], {
		env: {PATH: process.env['PATH'], INK_LOGIN_HOME: home},
	});
	const heard = {stdout: '', stderr: ''};
	child.stdout.on('data', chunk => (heard.stdout += String(chunk)));
	child.stderr.on('data', chunk => (heard.stderr += String(chunk)));
	const line = async (from: 'stdout' | 'stderr', pattern: RegExp) => {
		for await (const text of createInterface({input: child[from]})) if (pattern.test(text)) return text;
		assert.fail(`no line ${String(pattern)}: ${heard.stderr}`);
	};
	const ended = (async () => {
		const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
		return code ?? signal;
	})();
	return {child, heard, line, ended};
};

const keepSession = async () => {
	const store = openStore({kind: 'file', home});
	const {expiresAt: _, ...tokens} = tokenSet();
	await store.write('default', storedSession({tokens}));
};

test('--version says what package.json says', async () => {
	const {heard, ended} = start('--version');
	assert.equal(await ended, 0);
	const {version} = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
		version: string;
	};
	assert.equal(heard.stdout, `${version}\n`);
});

test('a stored session gives its token to another process', async () => {
	await keepSession();
	const {heard, ended} = start('token');
	assert.equal(await ended, 0);
	assert.deepEqual(heard, {stdout: 'access-1\n', stderr: ''});
});

test(
	'what could not be written to a full disk is a failure, and is told',
	{skip: !existsSync('/dev/full')},
	async () => {
		await keepSession();
		const full = await open('/dev/full', 'w');
		after(async () => full.close());
		for (const args of [['token'], ['status', '--json'], ['--help']]) {
			const child = spawn(process.execPath, ['--import', 'tsx', cli, ...args], {
				env: {PATH: process.env['PATH'], INK_LOGIN_HOME: home},
				stdio: ['ignore', full.fd, 'pipe'],
			});
			let stderr = '';
			child.stderr?.on('data', chunk => (stderr += String(chunk)));
			const [code] = (await once(child, 'close')) as [number | null];
			assert.equal(code, 1, args[0]);
			assert.equal(stderr, "ink-login: The output couldn't be written (ENOSPC).\n");
		}
	},
);

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
	test(`exec hands ${signal} on to its child, and ends as the child does`, async () => {
		await keepSession();
		const script = `process.on("${signal}", () => process.exit(42)); setInterval(() => {}, 1000); console.log("ready")`;
		const {child, line, ended} = start('exec', '--', process.execPath, '-e', script);
		await line('stdout', /ready/);
		child.kill(signal);
		assert.equal(await ended, 42);
	});
}

test('exec ends by the signal that its child ended by', async () => {
	await keepSession();
	const {ended} = start('exec', '--', process.execPath, '-e', 'process.kill(process.pid, "SIGTERM")');
	assert.equal(await ended, 'SIGTERM');
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	test(`S37: ${signal} cancels a login, and is told`, async () => {
		const {child, heard, line, ended} = start('demo', '--plain', '--flow', 'device');
		await line('stderr', /^Check/);
		child.kill(signal);
		assert.equal(await ended, signal === 'SIGHUP' ? 'SIGHUP' : 130);
		assert.match(heard.stderr, /\nSign-in cancelled\.\n/);
	});
}

test('a login whose reader has left ends', async () => {
	const {child, line, ended} = start('demo', '--json', '--flow', 'device', '--timeout', '60');
	await line('stdout', /"discovery"/);
	child.stdout.destroy();
	assert.equal(await ended, 130);
});

test('the demo server alone says what a client needs, and runs until Ctrl-C', async () => {
	const {child, line, ended} = start('demo', '--serve');
	const command = await line('stdout', /ink-login login demo --issuer \S+ --client-id \S+$/);
	const [, issuer = ''] = /--issuer (\S+)/.exec(command) ?? [];
	assert.equal((await fetch(`${issuer}/.well-known/openid-configuration`)).status, 200);
	child.kill('SIGINT');
	assert.equal(await ended, 0);
});

test('in plain lines the demo says how to approve, and its link does that', async () => {
	const {child, heard, line, ended} = start('demo', '--plain', '--flow', 'device');
	const [link = ''] = /http:\S+user_code=\S+/.exec(await line('stderr', /user_code=/)) ?? [];
	assert.match(heard.stderr, /^Demo: to approve, open the link below on this computer\n/);
	await approvePage(link);
	child.kill();
	await ended;
});

test('where nobody has to approve, the demo says nothing about it', async () => {
	const {heard, ended} = start('demo', '--plain', '--flow', 'client-credentials');
	assert.equal(await ended, 0);
	assert.doesNotMatch(heard.stderr, /approve/);
});

test('the demo tells its server first, and is signed in to by a program alone', async () => {
	const {heard, ended} = start('demo', '--json', '--flow', 'client-credentials');
	assert.equal(await ended, 0);
	const events = heard.stdout
		.trimEnd()
		.split('\n')
		.map(text => JSON.parse(text) as {type: string; issuer?: string; clientId?: string});
	assert.equal(events[0]?.type, 'demo-server');
	assert.equal(events[0].issuer, events[1]?.issuer);
	assert.equal(events.at(-1)?.type, 'signed-in');
});
