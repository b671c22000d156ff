import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {auth0Refusals, startCredentialsServer} from '../support/dialects/auth0-credentials.js';
import {runInPty, type PtyRun} from '../support/pty.js';
import {command, sessionHome} from '../support/session-command.js';

const open = async (t: TestContext) => {
	const auth0 = await startCredentialsServer(t);
	const home = await sessionHome(t);
	const {server, codeEndpoint} = auth0;
	const provider = ['--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const database = ['login', ...provider, '--flow', 'password', '--realm', 'Username-Password-Authentication'];
	const directory = ['login', ...provider, '--flow', 'password', '--realm', 'corp-ad'];
	const codes = ['login', ...provider, '--flow', 'one-time-code', '--endpoint', `one-time-code=${codeEndpoint}`];
	const inPty = (args: readonly string[], size: {columns?: number; rows?: number} = {}) =>
		runInPty({args: [command, ...args], env: {INK_LOGIN_HOME: home.home}, ...size});
	return {...auth0, ...home, database, directory, codes, inPty};
};

/** Looks at all that a program on a terminal let others see: its output, what scrolled away, its arguments and environment. */
const assertHidden = (pty: PtyRun, ...secrets: readonly string[]) => {
	const places = [pty.output, pty.emulator.scrollback().join('\n'), pty.emulator.text];
	for (const name of ['cmdline', 'environ']) {
		const file = `/proc/${pty.pid}/${name}`;
		if (existsSync(file)) places.push(readFileSync(file, 'latin1'));
	}

	for (const secret of secrets) for (const place of places) assert.ok(!place.includes(secret), place);
};

for (const [columns, rows] of [
	[80, 24],
	[40, 15],
] as const) {
	test(`S22: database connection at ${columns}x${rows}, on the screen: the password is never written to the terminal`, async t => {
		const {database, inPty, server} = await open(t);
		await using pty = inPty(database, {columns, rows});
		await pty.waitFor(/User name\s+❯/);
		pty.write('ada');
		await pty.waitFor(/❯ +ada/);
		pty.write('\r');
		await pty.waitFor(/Password\s+❯/);
		pty.paste('canary-database-password');
		await pty.waitFor(/❯ +\*{10,}/);
		assertHidden(pty, 'canary');
		pty.write('\r');
		await pty.waitFor(/Signed in/);
		assert.equal((await pty.exit).code, 0);
		assertHidden(pty, 'canary');
		// The screen is gone with all that was typed on it.
		assert.ok(!pty.emulator.text.includes('❯'));
		assert.equal(server.requestsTo('token')[0]?.parameters.get('password'), 'canary-database-password');
	});

	test(`e-mail passwordless at ${columns}x${rows}, on the screen: a wrong code, a new one, and nothing of them left`, async t => {
		const {codes, code, inPty, asked} = await open(t);
		await using pty = inPty([...codes, '--login-hint', 'alice@example.test'], {columns, rows});
		await pty.waitFor(/The code sent to a\*\*\*@example\.test/);
		pty.paste('000000');
		await pty.waitFor(/❯ 000000|❯ {2}000000/);
		pty.write('\r');
		await pty.waitFor(/2 tries left/);
		pty.write('n');
		await pty.waitFor(() => asked.length === 2, 'a second code');
		await pty.waitFor(emulator => !emulator.text.includes('tries left'), 'a new code');
		pty.paste(`Your code is ${code()}`);
		await pty.waitFor(new RegExp(`❯ +${code()}`));
		pty.write('\r');
		await pty.waitFor(/Signed in/);
		assert.equal((await pty.exit).code, 0);
		for (const place of [pty.emulator.text, pty.emulator.scrollback().join('\n')]) {
			for (const typed of [code(), '000000']) assert.ok(!place.includes(typed), place);
		}
	});
}

test('a window that is made narrow and wide again leaves one password screen', async t => {
	const {database, inPty} = await open(t);
	await using pty = inPty([...database, '--application', 'Acme Cloud Platform for Everyone']);
	await pty.waitFor(/User name\s+❯/);
	pty.resize(40, 15);
	const narrow = await pty.waitFor(/for Eve…[^]*esc back/);
	pty.resize(80, 24);
	const wide = await pty.waitFor(/for Everyone[^]*enter continue[^]*esc back/);
	for (const screen of [narrow, wide]) assert.equal(screen.match(/Sign in to/g)?.length, 1, screen);
});

test('S22: AD in plain lines at a terminal: the password is asked for without echo, and the program is warned of', async t => {
	const {directory, inPty} = await open(t);
	await using pty = inPty([...directory, '--plain']);
	await pty.waitFor(/Warning: this program sees your password/);
	await pty.waitFor(/Type your user name/);
	pty.write('ada\r');
	await pty.waitFor(/Type your password, it isn't shown/);
	pty.write('canary-wrong\r');
	await pty.waitFor(/doesn't accept this user name and password[^]*Type your user name/);
	pty.write('ada\r');
	await pty.waitFor(/Type your password[^]*Type your password/);
	pty.write('canary-directory-password\r');
	await pty.waitFor(/Signed in/);
	assert.equal((await pty.exit).code, 0);
	assert.ok(pty.output.includes('ada'));
	assertHidden(pty, 'canary');
});

test('SMS passwordless in spoken lines at a terminal: the code is asked for without echo, and Ctrl-C leaves', async t => {
	const {codes, code, inPty} = await open(t);
	await using pty = inPty([...codes, '--screen-reader']);
	await pty.waitFor(/Type your email address, or your phone number/);
	pty.write('+49 170 1234567\r');
	await pty.waitFor(/A code was sent to \+49\*\*\*67\./);
	await pty.waitFor(/Type the code/);
	pty.write(`${code()}\r`);
	await pty.waitFor(/Signed in/);
	assert.equal((await pty.exit).code, 0);
	assertHidden(pty, code());

	await using left = inPty([...codes, '--plain', '--login-hint', '+491701234567']);
	await left.waitFor(/Type the code/);
	left.write('\u0003');
	assert.equal((await left.exit).code, 130);
});

test('e-mail passwordless as JSON: the code is the next line of stdin, and no event holds what was typed', async t => {
	const {codes, code, start} = await open(t);
	const {child, line, ended} = start([...codes, '--json', '--login-hint', 'alice.canary@example.test'], {
		input: undefined,
	});
	assert.deepEqual(JSON.parse(await line('stdout', /code-sent/)), {
		type: 'code-sent',
		channel: 'email',
		to: 'a***@example.test',
	});
	child.stdin.write('000000\n');
	assert.match(await line('stdout', /code-rejected/), /"reason":"That code is wrong\. 2 tries left\."/);
	child.stdin.write(`${code()}\n`);
	await line('stdout', /signed-in/);
	child.stdin.end();
	const {exit, stdout, stderr} = await ended;
	assert.equal(exit, 0);
	for (const secret of ['canary', code(), '000000']) assert.ok(!`${stdout}${stderr}`.includes(secret), stdout);
});

test('S22: no saved file holds a password or a code that was typed', async t => {
	const {database, codes, code, start, run, session, home} = await open(t);
	const typedPassword = await run([...database, '--json'], {input: 'ada\ncanary-database-password\n'});
	assert.equal(typedPassword.exit, 0, typedPassword.stderr);
	const {child, line, ended} = start([...codes, '--login-hint', 'alice@example.test', '--json'], {input: undefined});
	await line('stdout', /"asks":"code"/);
	child.stdin.end(`${code()}\n`);
	assert.equal((await ended).exit, 0);
	const files = readdirSync(home, {recursive: true, withFileTypes: true}).filter(entry => entry.isFile());
	assert.ok(files.length > 0);
	const kept = files.map(({parentPath, name}) => readFileSync(path.join(parentPath, name), 'latin1')).join('\n');
	assert.ok(kept.includes(session().tokens.accessToken), 'what is saved can be read here');
	for (const secret of ['canary', code()]) assert.ok(!kept.includes(secret), kept);
});

test('lines that come before they are asked for are not lost, though a password looks like a link', async t => {
	const {database, start} = await open(t);
	const {exit, stderr} = await start(database, {input: 'ada\nhttps://canary-wrong\nada\ncanary-database-password\n'})
		.ended;
	assert.equal(exit, 0, stderr);
	assert.ok(!stderr.includes('canary'));
});

test('database connection: a second factor leads to the browser, one key away', async t => {
	const {database, inPty, server} = await open(t);
	server.answer('token', auth0Refusals.secondFactor);
	await using pty = inPty([...database, '--login-hint', 'ada', '--no-open']);
	await pty.waitFor(/Password\s+❯/);
	pty.paste('canary-database-password');
	await pty.waitFor(/❯ +\*{10,}/);
	pty.write('\r');
	await pty.waitFor(/second factor[^]*b your own computer's browser/);
	pty.write('b');
	await pty.waitFor(/http:\/\//);
	pty.write('\u0003');
	assert.equal((await pty.exit).code, 130);
	assertHidden(pty, 'canary');
});
