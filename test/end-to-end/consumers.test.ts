import assert from 'node:assert/strict';
import {execFile, execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import type {IncomingMessage} from 'node:http';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {temporaryFolder} from '../support/built-command.js';
import {requireProgram} from '../support/requirements.js';
import {scriptedSession} from '../support/scripted-session.js';
import {command} from '../support/session-command.js';
import {serve} from '../support/loopback.js';

type Responses = Readonly<Record<string, string | Buffer>>;

/** Bearer, or the password of a user, as registries take a token too. */
const tokenOf = ({headers: {authorization = ''}}: IncomingMessage): string => {
	const [, scheme = '', credential = ''] = /^(\w+) (.+)$/.exec(authorization) ?? [];
	if (scheme.toLowerCase() === 'bearer') return credential;
	return Buffer.from(credential, 'base64')
		.toString()
		.replace(/^oauth2:/, '');
};

/** A session, a server that gives out `responses` by path to nobody without its token, and a shell that has ink-login. */
const consumer = async (t: TestContext, responses: Responses) => {
	const signedIn = await scriptedSession(t);
	const {home, session} = signedIn;
	const statuses: number[] = [];
	const origin = await serve(t, (request, response) => {
		const body = responses[request.url ?? ''];
		const isGood = tokenOf(request) === session().tokens.accessToken;
		const status = !isGood ? 401 : body === undefined ? 404 : 200;
		statuses.push(status);
		const type = (request.url ?? '').startsWith('/simple') ? 'text/html' : 'application/json';
		response.writeHead(status, {'content-type': type, 'www-authenticate': 'Basic realm="packages"'});
		response.end(status === 200 ? body : '{}');
	});
	const folder = await temporaryFolder(t);
	const programs = path.join(folder, 'programs');
	mkdirSync(programs);
	const script = `#!/bin/sh\nexec '${process.execPath}' '${command}' "$@"\n`;
	writeFileSync(path.join(programs, 'ink-login'), script, {mode: 0o755});
	const shell = async (line: string) =>
		new Promise<{exit: number; stdout: string; stderr: string}>(resolve => {
			const env = {
				PATH: `${programs}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
				HOME: folder,
				INK_LOGIN_HOME: home,
			};
			execFile('/bin/sh', ['-c', line], {cwd: folder, env}, (error, stdout, stderr) => {
				resolve({exit: typeof error?.code === 'number' ? error.code : 0, stdout, stderr});
			});
		});
	const {port} = new URL(origin);
	return {...signedIn, host: `127.0.0.1:${port}`, folder, shell, statuses};
};

test('curl is let in with the header, and a caller that was told 401 by --refresh', async t => {
	if (requireProgram(t, 'curl') === undefined) return;
	const {host, shell, session, change, refreshes} = await consumer(t, {'/me': '{"me":1}'});
	const line = (more = '') => `curl -fsS -H "$(ink-login token ${more}--format header)" http://${host}/me`;
	assert.deepEqual(await shell(line()), {exit: 0, stdout: '{"me":1}', stderr: ''});

	// Renewed for the first who was told 401, and not again for those who hear of it at the same time.
	change(({tokens, ...rest}) => ({...rest, tokens: {...tokens, issuedAt: tokens.issuedAt - 60_000}}));
	const before = session().tokens.accessToken;
	const all = await Promise.all(['1', '2', '3'].map(async () => shell('ink-login token --refresh')));
	assert.deepEqual(new Set(all.map(({stdout}) => stdout)), new Set([`${session().tokens.accessToken}\n`]));
	assert.notEqual(session().tokens.accessToken, before);
	assert.equal(refreshes(), 1);
	assert.equal((await shell(line('--refresh '))).exit, 0);
	assert.equal(refreshes(), 1);
});

test('npm is let in by the variable that its .npmrc names', async t => {
	if (requireProgram(t, 'npm') === undefined) return;
	const {host, shell, folder, statuses} = await consumer(t, {'/-/whoami': '{"username":"ada"}'});
	writeFileSync(path.join(folder, '.npmrc'), `registry=http://${host}/\n//${host}/:_authToken=\${NPM_TOKEN}\n`);
	const {exit, stdout, stderr} = await shell('ink-login exec --env NPM_TOKEN -- npm whoami --no-update-notifier');
	assert.deepEqual([exit, stdout], [0, 'ada\n'], stderr);
	assert.deepEqual(new Set(statuses), new Set([200]));
});

test('pip is let in by the variable that its requirements name', async t => {
	if (requireProgram(t, 'pip3') === undefined) return;
	const folder = await temporaryFolder(t);
	const info = path.join(folder, 'acme-1.0.dist-info');
	mkdirSync(info);
	writeFileSync(path.join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n');
	writeFileSync(path.join(info, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
	writeFileSync(path.join(info, 'RECORD'), '');
	const name = 'acme-1.0-py3-none-any.whl';
	execFileSync('python3', ['-m', 'zipfile', '-c', name, 'acme-1.0.dist-info/'], {cwd: folder});
	const wheel = readFileSync(path.join(folder, name));
	const index = `<!doctype html><a href="/simple/acme/${name}">${name}</a>`;
	const made = await consumer(t, {'/simple/acme/': index, [`/simple/acme/${name}`]: wheel});
	const requirements = `--index-url http://oauth2:\${INK_LOGIN_TOKEN}@${made.host}/simple\nacme\n`;
	writeFileSync(path.join(made.folder, 'requirements.txt'), requirements);
	const pip = 'pip3 download --no-deps --no-cache-dir --disable-pip-version-check -r requirements.txt';
	const {exit, stderr} = await made.shell(`ink-login exec -- ${pip}`);
	assert.equal(exit, 0, stderr);
	assert.ok(readFileSync(path.join(made.folder, name)).equals(wheel));
	assert.notEqual((await made.shell(`INK_LOGIN_TOKEN=wrong ${pip} </dev/null`)).exit, 0);
});

test('a command that outlives its token reads a fresh one from the file', async t => {
	const {shell, expire, session, home} = await consumer(t, {});
	const script = `
		const fs = require('node:fs');
		const file = process.env.TOKEN_FILE;
		const first = fs.readFileSync(file, 'utf8');
		fs.writeFileSync(process.env.INK_LOGIN_HOME + '/ready', first);
		const look = () => {
			const now = fs.readFileSync(file, 'utf8');
			if (now === first) setTimeout(look, 50);
			else process.stdout.write(now);
		};
		look();`;
	writeFileSync(path.join(home, 'child.cjs'), script);
	const running = shell(`ink-login exec --file TOKEN_FILE -- node '${path.join(home, 'child.cjs')}'`);
	const first = session().tokens.accessToken;
	const isReady = () => {
		try {
			return readFileSync(path.join(home, 'ready'), 'utf8') === first;
		} catch {
			return false;
		}
	};
	while (!isReady()) await new Promise(resolve => setImmediate(resolve));
	expire();
	const {exit, stdout, stderr} = await running;
	assert.deepEqual([exit, stderr], [0, '']);
	assert.notEqual(stdout, first);
	assert.equal(stdout, session().tokens.accessToken);
});
