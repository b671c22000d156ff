import assert from 'node:assert/strict';
import {PassThrough} from 'node:stream';
import test from 'node:test';
import {
	belongsToProfile,
	formatGitCredential,
	parseGitCredential,
} from '../../../source/cli/commands/git-credential.js';
import type {AccessTokenOptions} from '../../../source/session/types.js';
import {now, runDouble, storedSession, tokenSet} from '../command-double.js';

const sessions = {default: storedSession()};
const engine = {tokens: async () => tokenSet()};
const asking = (protocol: string, host: string, more = '') => `protocol=${protocol}\nhost=${host}\n${more}\n`;

test("git's lines are read up to the empty one; values may hold =, and a list has one to a line", () => {
	assert.deepEqual(parseGitCredential('protocol=https\r\nhost=a.example\nx[]=1\npath=a=b\nx[]=2\n\nhost=evil\n'), {
		protocol: 'https',
		host: 'a.example',
		'x[]': '1\n2',
		path: 'a=b',
	});
});

test('an empty line ends the question, though its end is still open', async () => {
	const stdin = new PassThrough();
	stdin.write('protocol=https\nhost=auth.example\r');
	setImmediate(() => stdin.write('\n\r\n'));
	const {stdout} = await runDouble(['helper', 'git', 'get'], {sessions, engine, stdin});
	assert.match(stdout, /\npassword=access-1\n/);
});

test('a value with a line end in it is not written', () => {
	assert.equal(formatGitCredential({username: 'a', password: 'b\nhost=evil'}), 'username=a\n');
});

test('get answers with the token, a name, and when the token ends', async () => {
	const {exit, stdout, stderr} = await runDouble(['helper', 'git', 'get'], {
		sessions,
		engine,
		stdin: asking('https', 'auth.example'),
	});
	assert.deepEqual([exit, stderr], [0, '']);
	assert.equal(stdout, `username=oauth2\npassword=access-1\npassword_expiry_utc=${now / 1000 + 3600}\n`);
});

test('a git that can gets a bearer token where the server takes one, and is told not to have it saved', async () => {
	const answer = async (more: string) => {
		const stdin = asking('https', 'auth.example', more);
		return (await runDouble(['helper', 'git', 'get'], {sessions, engine, stdin})).stdout;
	};
	const able = 'capability[]=authtype\ncapability[]=state\n';
	const expiry = `password_expiry_utc=${now / 1000 + 3600}\n`;
	const bearer = `capability[]=authtype\nauthtype=Bearer\ncredential=access-1\nephemeral=1\n${expiry}`;
	const basic = `capability[]=authtype\nusername=oauth2\npassword=access-1\nephemeral=1\n${expiry}`;
	assert.equal(await answer(`${able}wwwauth[]=Bearer realm="git"\n`), bearer);
	assert.equal(await answer(`${able}wwwauth[]=Basic realm="Bearer"\nwwwauth[]=bearer\n`), bearer);
	assert.equal(await answer(`${able}wwwauth[]=Basic realm="Bearer"\n`), basic);
	assert.equal(await answer(able), basic);
	const old = `username=oauth2\npassword=access-1\n${expiry}`;
	assert.equal(await answer('wwwauth[]=Bearer realm="git"\n'), old);
	assert.equal(await answer('capability[]=state\nwwwauth[]=Bearer realm="git"\n'), old);
});

test('get keeps the name that the address holds', async () => {
	const stdin = asking('https', 'auth.example', 'username=alice\n');
	const {stdout} = await runDouble(['helper', 'git', 'get'], {sessions, engine, stdin});
	assert.match(stdout, /^username=alice\n/);
});

test('the token goes to the scheme, host and port of its login alone, and to no host that is not what it reads as', () => {
	const remote = {
		issuer: 'https://auth.example/realms/main',
		resource: ['https://git.example:8443/', 'urn:not-an-address', 'http://plain.example/'],
		audience: 'https://api.example',
	};
	const local = {issuer: 'http://127.0.0.1:4000', resource: ['http://localhost/', 'https://[::1]:8443']};
	const table = {
		'https answered': [
			[remote, 'https', 'auth.example', 'AUTH.example', 'auth.example:443', 'git.example:8443', 'api.example'],
			[local, 'https', '[::1]:8443'],
		],
		'http answered': [[local, 'http', '127.0.0.1:4000', 'localhost', 'localhost:80', 'localhost:5000', 'LOCALHOST:1']],
		'another host or port': [
			[
				remote,
				'https',
				'',
				'git.example',
				'evil.example',
				'example',
				'x.auth.example',
				'auth.example.',
				'auth.example:81',
			],
			[remote, 'https', 'auth.example.evil.dev', 'plain.example'],
			[local, 'http', '127.0.0.1', '127.0.0.1:5000', '127.0.0.2:4000'],
			[local, 'https', '127.0.0.1:4000', 'localhost', '[::1]', '[::1]:1'],
		],
		'another scheme': [
			...['http', 'ftp', 'file', '', 'HTTPS', ' https', 'https:', 'https://auth.example/?'].map(
				scheme => [remote, scheme, 'auth.example', 'api.example', 'plain.example'] as const,
			),
			[local, 'http', '[::1]:8443'],
		],
		'a host that is not what it reads as': [
			[
				remote,
				'https',
				'auth.example@evil.dev',
				'evil.dev@auth.example',
				'x:y@auth.example',
				'auth.example\\@evil.dev',
			],
			[remote, 'https', 'evil.dev/auth.example', 'evil.dev#auth.example', 'auth.example/', 'auth.example/.evil.dev'],
			[remote, 'https', 'auth.example#.evil.dev', 'auth.example?.evil.dev', 'auth.example#', 'auth.example?'],
			[
				remote,
				'https',
				'auth\t.example',
				'auth.example\t',
				'auth%2eexample',
				'auth。example',
				'ａuth.example',
				' auth.example',
			],
			[remote, 'https', 'auth.example:', 'auth.example:0443', 'auth.example:443:443', 'aut\u00ADh.example'],
			[local, 'http', '127.1:4000', '2130706433:4000', '0x7f.0.0.1:4000', '127.0.0.1:04000', '127.0.0.1.:4000'],
			[local, 'https', '[::0001]:8443', '[0:0:0:0:0:0:0:1]:8443'],
		],
	} as const;
	for (const [what, rows] of Object.entries(table)) {
		for (const [provider, protocol, ...hosts] of rows) {
			for (const host of hosts) {
				const answered = belongsToProfile({protocol, host}, provider);
				assert.equal(answered, what.endsWith('answered'), `${what}: ${protocol}://${host}`);
			}
		}
	}

	assert.ok(!belongsToProfile({}, remote));
});

test('for a host that is not ours, and without a session, it says nothing, so that git asks the next helper', async () => {
	const quiet = {exit: 0, stdout: '', stderr: ''};
	const other = await runDouble(['helper', 'git', 'get'], {sessions, engine, stdin: asking('https', 'evil.example')});
	assert.deepEqual({exit: other.exit, stdout: other.stdout, stderr: other.stderr}, quiet);
	const none = await runDouble(['helper', 'git', 'get'], {engine, stdin: asking('https', 'auth.example')});
	assert.deepEqual({exit: none.exit, stdout: none.stdout, stderr: none.stderr}, quiet);
});

test('a session that has ended says so, and what to run', async () => {
	const {exit, stdout, stderr} = await runDouble(['helper', 'git', 'get'], {
		sessions: {default: storedSession({dead: true})},
		stdin: asking('https', 'auth.example'),
	});
	assert.deepEqual([exit, stdout], [3, '']);
	assert.match(stderr, /Run: ink-login login/);
});

test('store and words of later versions are heard and change nothing', async () => {
	for (const action of ['store', 'capability']) {
		const stdin = asking('https', 'auth.example', 'username=x\npassword=y\n');
		const {exit, stdout, opened} = await runDouble(['helper', 'git', action], {sessions, engine, stdin});
		assert.deepEqual({exit, stdout, opened}, {exit: 0, stdout: '', opened: []}, action);
	}
});

test('erase renews the token that was refused, and never ends the session', async () => {
	const erase = async (password: string, host = 'auth.example', name = 'password') => {
		const asked: AccessTokenOptions[] = [];
		const {exit, stdout, store} = await runDouble(['helper', 'git', 'erase'], {
			sessions,
			engine: {tokens: async options => (asked.push(options ?? {}), tokenSet())},
			stdin: asking('https', host, `username=oauth2\n${name}=${password}\n`),
		});
		assert.deepEqual([exit, stdout], [0, '']);
		assert.ok(await store.read('default'));
		return asked.map(({rejected}) => rejected);
	};

	assert.deepEqual(await erase('access-1'), ['access-1']);
	assert.deepEqual(await erase('access-1', 'auth.example', 'credential'), ['access-1']);
	assert.deepEqual(await erase('someone-elses'), []);
	assert.deepEqual(await erase('access-1', 'evil.example'), []);
});
