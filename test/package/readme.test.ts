import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {promisify} from 'node:util';
import {approveAuthorization, approveDevice} from '../support/oidc-server/approve.js';
import type {DemoServer} from '../support/oidc-server/start-demo-server.js';
import {browserScript} from '../support/browser-script.js';
import {commandFile} from '../support/built-command.js';
import {demoServer} from '../support/demo-server.js';
import {serve} from '../support/loopback.js';
import {projectWith, snippet, snippets} from '../support/pages.js';
import {cleanEnvironment, runInPty, type PtyRun} from '../support/pty.js';

const ssh = {SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22'};

/** An API that takes whatever token it is given. */
const anApi = async (t: TestContext): Promise<string> =>
	serve(t, (request, response) => {
		response.writeHead(request.headers.authorization?.startsWith('Bearer ') === true ? 200 : 400).end();
	});

/** For the server that is there, instead of the one that the text speaks of. */
const pointedAt = ({issuer, clientId}: DemoServer, text: string): string => {
	assert.match(text, /https:\/\/auth\.example\.com/);
	return text.replaceAll('https://auth.example.com', issuer).replaceAll('my-cli', clientId);
};

const shownCode = /\b[A-Z]{4}-[A-Z]{4}\b/;

const approveOn = async (terminal: PtyRun, issuer: string): Promise<string> => {
	const [userCode] = shownCode.exec(await terminal.waitFor(shownCode)) ?? assert.fail();
	await approveDevice({issuer, userCode});
	return userCode;
};

const inkApp = (server: DemoServer): string => pointedAt(server, snippet('README.md', 'In an Ink app', 'tsx'));

test('a few lines from the README, in an empty folder, sign someone in, greet them after a second start, and end on Esc', async t => {
	const lines = snippet('README.md', 'In an Ink app', 'tsx').split('\n');
	assert.ok(lines.filter(line => line.trim() !== '').length <= 10);
	const server = await demoServer(t);
	const cwd = await projectWith(t, {'app.tsx': inkApp(server)});
	// Over SSH the code is recommended, so it comes first.
	const env = {INK_LOGIN_HOME: path.join(cwd, 'home'), ...ssh};
	const start = () => runInPty({args: ['--import', 'tsx', 'app.tsx'], cwd, env});

	await using left = start();
	await left.waitFor(/❯ 1 {2}On another device/);
	left.write('\u001B');
	assert.equal((await left.exit).code, 0);
	assert.doesNotMatch(left.output, /Error/);

	await using terminal = start();
	await terminal.waitFor(/❯ 1 {2}On another device/);
	terminal.write('\r');
	await approveOn(terminal, server.issuer);
	await terminal.waitFor(/Hello, Alice Demo/);
	assert.doesNotMatch(terminal.emulator.text, /[A-Z]{4}-[A-Z]{4}|█/, 'no code and no QR code stay');
	terminal.write('\u0003');
	await terminal.exit;

	await using again = start();
	await again.waitFor(/Hello, Alice Demo/);
	assert.doesNotMatch(again.output, /Sign in/);
});

test('those lines alone open the browser at a desktop, and over SSH recommend the code and copy through the terminal', async t => {
	const server = await demoServer(t);
	const cwd = await projectWith(t, {'app.tsx': inkApp(server)});
	const browser = await browserScript(t);
	const start = (home: string, env: Record<string, string>) =>
		runInPty({args: ['--import', 'tsx', 'app.tsx'], cwd, env: {INK_LOGIN_HOME: path.join(cwd, home), ...env}});

	await using desktop = start('desktop', {DISPLAY: ':0', BROWSER: browser.program});
	await desktop.waitFor(/❯ 1 {2}In this computer's browser/);
	desktop.write('\r');
	await approveAuthorization({url: await browser.next()});
	await desktop.waitFor(/Hello, Alice Demo/);

	await using remote = start('remote', ssh);
	await remote.waitFor(/❯ 1 {2}On another device/);
	remote.write('\r');
	const [userCode = ''] = shownCode.exec(await remote.waitFor(shownCode)) ?? [];
	remote.write('c');
	const sequence = `\u001B]52;c;${Buffer.from(userCode).toString('base64')}\u0007`;
	await remote.waitFor(() => remote.output.includes(sequence), 'the code for the clipboard');
});

test('the screen of your own shows the code, and ends with the session', async t => {
	const server = await demoServer(t);
	const text = `${snippet('source/docs/your-app.md', 'A screen of your own', 'tsx')}
import {render} from 'ink';
import {createMemoryStore, oidc, TokenEngine as Engine} from 'ink-login';
const provider = oidc({issuer: '${server.issuer}', clientId: '${server.clientId}'});
const app = render(
	<Code
		engine={new Engine({provider, store: createMemoryStore()})}
		onSignedIn={session => {
			app.unmount();
			console.log('as', session.identity?.name);
		}}
	/>,
);
`;
	const cwd = await projectWith(t, {'app.tsx': text});
	await using terminal = runInPty({args: ['--import', 'tsx', 'app.tsx'], cwd});
	await approveOn(terminal, server.issuer);
	await terminal.waitFor(/as Alice Demo/);
	assert.equal((await terminal.exit).code, 0);
});

test('the lines for a program without Ink sign someone in, with lines and with the screen, and leave nothing running', async t => {
	const server = await demoServer(t);
	const origin = await anApi(t);
	const lines = snippet('README.md', 'In any program', 'ts');
	const text = `${pointedAt(server, lines).replaceAll('https://api.example.com', origin)}
console.log('the API says', response.status);
`;
	const withScreen = text
		.replace('ink-login/engine', 'ink-login')
		.replace('{oidc', '{screen, oidc')
		.replace('provider, origins', 'provider, show: screen, origins');
	for (const [program, isScreen] of [
		[text, false],
		[withScreen, true],
	] as const) {
		const cwd = await projectWith(t, {'app.ts': program});
		const env = {INK_LOGIN_HOME: path.join(cwd, 'home'), ...ssh};
		for (const round of ['signs in', 'is signed in']) {
			await using terminal = runInPty({args: ['--import', 'tsx', 'app.ts'], cwd, env});
			if (round === 'signs in') {
				await terminal.waitFor(shownCode);
				assert.equal(terminal.emulator.text.includes(' all keys'), isScreen);
				await approveOn(terminal, server.issuer);
			}

			await terminal.waitFor(/the API says 200/);
			assert.equal((await terminal.exit).code, 0, round);
		}
	}
});

test('the lines about testing and recordings run', async t => {
	const [device, browser] = snippets('source/docs/your-app.md', 'Testing', 'ts');
	const recorded = snippet('source/docs/your-app.md', 'Recordings', 'ts');
	const cwd = await projectWith(t, {
		'device.ts': `${device}\nconsole.log(session.identity?.name);\n`,
		'recorded.ts': `${recorded}\nconsole.log(state.signedIn?.identity?.name);\n`,
		// The server fails once, and this engine does not ask twice.
		'browser.ts': `${browser?.replace('await run.session', 'await run.session.catch(error => error)')}\nconsole.log(session.code);\n`,
	});
	for (const [file, says] of [
		['device.ts', 'Ada Lovelace\n'],
		['recorded.ts', 'Ada Lovelace\n'],
		['browser.ts', 'server_unavailable\n'],
	] as const) {
		const {stdout} = await promisify(execFile)(process.execPath, ['--import', 'tsx', file], {cwd});
		assert.equal(stdout, says, file);
	}
});

test("the README's lines for the shell sign in, use the token and sign out", async t => {
	const server = await demoServer(t);
	const lines = pointedAt(server, snippet('README.md', 'The command', 'sh'))
		.split('\n')
		.map(line => line.replace(/ {2,}#.*$/, ''))
		.filter(line => line !== '' && line !== 'ink-login');
	const [login = '', ...others] = lines;
	const cwd = await projectWith(t, {'deploy.sh': '#!/bin/sh\necho "deployed with ${#INK_LOGIN_TOKEN}"\n'});
	const bin = path.join(cwd, 'bin');
	await mkdir(bin);
	await chmod(path.join(cwd, 'deploy.sh'), 0o755);
	const program = async (name: string, text: string) => {
		await writeFile(path.join(bin, name), `#!/bin/sh\n${text}\n`, {mode: 0o755});
	};
	await program('ink-login', `exec '${process.execPath}' '${commandFile}' "$@"`);
	await program('curl', 'echo "curl: $*"');
	const {PATH, ...environment} = cleanEnvironment();
	const env = {...environment, ...ssh, PATH: `${bin}:${PATH}`, HOME: cwd, INK_LOGIN_HOME: path.join(cwd, 'home')};

	await using terminal = runInPty({command: '/bin/sh', args: ['-c', login], cwd, env});
	await approveOn(terminal, server.issuer);
	assert.equal((await terminal.exit).code, 0);
	const asked = new URL(server.issuer);
	const git = `printf 'protocol=${asked.protocol.slice(0, -1)}\\nhost=${asked.host}\\n\\n' | git credential fill`;
	const script = [...others.slice(0, -1), 'echo "the token has ${#TOKEN}"', git, ...others.slice(-1)].join('\n');
	const {stdout, stderr} = await promisify(execFile)('/bin/sh', ['-ec', script], {cwd, env});
	assert.match(stdout, /^Signed in as Alice Demo/);
	assert.match(stdout, /^curl: -H Authorization: Bearer \S{20,} https:\/\/api\.example\.com\/me$/m);
	assert.match(stdout, /^deployed with [1-9]\d+$/m);
	assert.match(stdout, /^the token has [1-9]\d+$/m);
	assert.match(stdout, /^password=\S{20,}$/m);
	assert.match(stderr, /Signed out of "default"/);
});
