import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {promisify} from 'node:util';
import {approveAuthorization} from '../support/oidc-server/approve.js';
import type {EventOf} from '../../source/login/events.js';
import {callbackPages} from '../../source/login/loopback/pages.js';
import {demoServer} from '../support/demo-server.js';
import {startCommand, type Started} from '../support/session-command.js';

/** Two users of one computer. */
const victim = 3001;
const mallory = 3002;

/** Code that runs as another user, with its arguments; what it returns comes back. */
const runAs = async <Result>(uid: number, code: string, ...words: readonly string[]): Promise<Result> => {
	const program = `(async ([, ...words]) => { ${code} })(process.argv).then(result => console.log(JSON.stringify(result)))`;
	const {stdout} = await promisify(execFile)(process.execPath, ['-e', program, ...words], {
		uid,
		gid: uid,
		cwd: '/',
		env: {},
		maxBuffer: 1e8,
	});
	return JSON.parse(stdout) as Result;
};

type Page = {readonly status: number; readonly body: string; readonly location: string | null};

/** A link that is opened in a user's browser; an IPv4 address may be written as one of IPv6. */
const browse = async (uid: number, url: string, host = new URL(url).hostname) =>
	runAs<Page>(
		uid,
		`return new Promise((resolve, reject) => {
			const [url, host] = words;
			const {port, pathname, search} = new URL(url);
			require('node:http').get({host, port, path: pathname + search, headers: {host: new URL(url).host}}, response => {
				let body = '';
				response.setEncoding('utf8').on('data', text => (body += text)).on('end', () =>
					resolve({status: response.statusCode, location: response.headers.location ?? null, body}));
			}).on('error', reject);
		});`,
		url,
		host,
	);

/** Every process list entry that a user can read, once one of them has the text in it. */
const processesSeenBy = async (uid: number, text: string) =>
	runAs<readonly string[]>(
		uid,
		`const fs = require('node:fs');
		const read = pid => { try { return fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8'); } catch { return ''; } };
		for (;;) {
			const entries = fs.readdirSync('/proc').filter(name => /^\\d+$/.test(name) && name !== String(process.pid) && name !== String(process.ppid)).map(read);
			if (entries.some(entry => entry.includes(atob(words[0])))) return entries;
		}`,
		// So that this program's own entry has it not.
		btoa(text),
	);

type Login = {
	readonly login: Started;
	readonly address: EventOf<'authorization-url'>;
	/** What the browser is called. */
	readonly browser: string;
};

/** A login as the victim, whose browser stays open. Undefined where the test cannot be two users. */
const loginAsVictim = async (
	t: TestContext,
	env: Readonly<Record<string, string>> = {},
): Promise<Login | undefined> => {
	if (process.getuid?.() !== 0 || process.platform !== 'linux') {
		if (process.env['CI'] && process.platform === 'linux') throw new Error('only root can be two users');
		t.skip('only root can be two users, on Linux');
		return undefined;
	}

	const server = await demoServer(t);
	const home = mkdtempSync(path.join(tmpdir(), 'ink-login-test-'));
	t.after(() => rmSync(home, {recursive: true, force: true}));
	const browser = path.join(home, 'browser');
	writeFileSync(browser, '#!/bin/sh\nsleep 20\n', {mode: 0o755});
	chownSync(home, victim, victim);
	chmodSync(home, 0o700);
	const provider = ['--issuer', server.issuer, '--client-id', server.clientId, '--store', 'file'];
	const login = startCommand(t, home, ['login', ...provider, '--flow', 'browser', '--json'], {
		uid: victim,
		env: {...env, BROWSER: browser, DISPLAY: ':0'},
		input: undefined,
	});
	const address = JSON.parse(await login.line('stdout', /"authorization-url"/)) as Login['address'];
	return {login, address, browser};
};

const callbackOf = async ({url}: Login['address'], login: string) => approveAuthorization({url, visit: false, login});

test('another user of this computer reads no state in any process list, and no sign-in of theirs becomes ours', async t => {
	const running = await loginAsVictim(t);
	if (running === undefined) return;
	const {login, address, browser} = running;
	const entries = await processesSeenBy(mallory, browser);
	const {searchParams} = new URL(address.url);
	for (const secret of [searchParams.get('state')!, searchParams.get('code_challenge')!, 'code_challenge=']) {
		assert.equal(entries.filter(entry => entry.includes(secret)).length, 0);
	}

	assert.ok(entries.some(entry => entry.includes(address.shortUrl)));

	// She comes first, by either protocol, and gets nowhere.
	for (const host of ['127.0.0.1', '::ffff:127.0.0.1']) {
		const visit = await browse(mallory, address.shortUrl, host);
		assert.deepEqual(visit, {status: 403, location: null, body: callbackPages['others-visit']});
		// Though she had the state all the same.
		const denied = `${address.redirectUri}?error=access_denied&state=${searchParams.get('state')}`;
		for (const callback of [await callbackOf(address, 'mallory'), denied]) {
			const page = await browse(mallory, callback, host);
			assert.deepEqual(page, {status: 403, location: null, body: callbackPages['others-callback']});
		}
	}

	const visit = await browse(victim, address.shortUrl);
	assert.deepEqual([visit.status, visit.location], [302, address.url]);
	const page = await browse(victim, await callbackOf(address, 'alice'));
	assert.equal(page.status, 200);
	assert.match(page.body, /Signed in to/);
	const {exit, stdout} = await login.ended;
	assert.equal(exit, 0);
	assert.match(stdout, /"signed-in".*alice/i);
	assert.doesNotMatch(stdout, /mallory|callback-ignored/i);
});

test('a person whose browser runs as another user finishes by pasting', async t => {
	const running = await loginAsVictim(t);
	if (running === undefined) return;
	const {login, address} = running;
	const callback = await callbackOf(address, 'alice');
	assert.equal((await browse(mallory, callback)).body, callbackPages['others-callback']);
	login.child.stdin.write(`${callback}\n`);
	assert.equal((await login.ended).exit, 0);
});

for (const [who, uid] of [
	['root', 0],
	['the user who used sudo', mallory],
] as const) {
	test(`a callback of ${who} counts`, async t => {
		const running = await loginAsVictim(t, {SUDO_UID: String(mallory)});
		if (running === undefined) return;
		const {login, address} = running;
		assert.equal((await browse(uid, address.shortUrl)).status, 302);
		const page = await browse(uid, await callbackOf(address, 'alice'));
		assert.match(page.body, /Signed in to/);
		assert.equal((await login.ended).exit, 0);
	});
}
