import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {promisify} from 'node:util';
import {Ajv2020, type AnySchemaObject} from 'ajv/dist/2020.js';
import {exitCodes} from '../../source/cli/errors.js';
import {commandNames, optionTable} from '../../source/cli/options.js';
import {approveAuthorization, approveDevice} from '../support/oidc-server/approve.js';
import type {DemoServer} from '../support/oidc-server/start-demo-server.js';
import {loginErrorCodes} from '../../source/core/errors.js';
import {presets} from '../../source/oauth/presets.js';
import {browserScript} from '../support/browser-script.js';
import {temporaryFolder} from '../support/built-command.js';
import {demoServer} from '../support/demo-server.js';
import {runInPty, type PtyRun} from '../support/pty.js';

const root = path.dirname(path.dirname(import.meta.dirname));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

/** The code under a heading, in one language. */
const snippet = (heading: string, language: string): string => {
	const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? assert.fail(`no section ${heading}`);
	return section.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? assert.fail(`no ${language} in ${heading}`);
};

/** An empty folder in which the packages are installed, without installing them again. */
const projectWith = async (t: TestContext, file: string, text: string): Promise<string> => {
	const folder = await temporaryFolder(t);
	const modules = path.join(folder, 'node_modules');
	await mkdir(modules);
	await symlink(root, path.join(modules, 'ink-login'), 'junction');
	for (const name of ['ink', 'react', 'tsx']) {
		await symlink(path.join(root, 'node_modules', name), path.join(modules, name), 'junction');
	}

	await writeFile(path.join(folder, 'package.json'), JSON.stringify({type: 'module'}));
	await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions: {jsx: 'react-jsx'}}));
	await writeFile(path.join(folder, file), text);
	return folder;
};

/** For the server that is there, instead of the one that the text speaks of. */
const pointedAt = ({issuer, clientId}: DemoServer, text: string): string => {
	assert.match(text, /https:\/\/auth\.example\.com/);
	return text.replace('https://auth.example.com', issuer).replace('my-cli', clientId);
};

const approveOn = async (terminal: PtyRun, issuer: string): Promise<void> => {
	const pattern = /\b[A-Z]{4}-[A-Z]{4}\b/;
	const [userCode] = pattern.exec(await terminal.waitFor(pattern)) ?? assert.fail();
	await approveDevice({issuer, userCode});
};

test('ten lines from the README, in an empty folder, sign someone in', async t => {
	const server = await demoServer(t);
	const text = snippet('In an Ink app', 'tsx');
	const lines = text.split('\n').filter(line => line.trim() !== '');
	assert.ok(lines.length <= 10);
	const cwd = await projectWith(t, 'app.tsx', pointedAt(server, text));
	// Over SSH the code is recommended, so it comes first.
	const env = {INK_LOGIN_HOME: path.join(cwd, 'home'), SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22'};
	await using terminal = runInPty({args: ['--import', 'tsx', 'app.tsx'], cwd, env});
	await terminal.waitFor(/❯ 1 {2}On my phone or elsewhere/);
	terminal.write('\r');
	await approveOn(terminal, server.issuer);
	await terminal.waitFor(/A token of \d+ characters, which renews itself\./);
	assert.equal((await terminal.exit).code, 0);
	assert.match(terminal.emulator.text, /✔ Signed in.* as "Alice Demo"/);
	assert.doesNotMatch(terminal.emulator.text, /[A-Z]{4}-[A-Z]{4}|█/, 'no code and no QR code stay');
});

test('those lines alone open the browser at a desktop, and over SSH recommend the code and copy through the terminal', async t => {
	const server = await demoServer(t);
	const cwd = await projectWith(t, 'app.tsx', pointedAt(server, snippet('In an Ink app', 'tsx')));
	const browser = await browserScript(t);
	const start = (env: Record<string, string>) =>
		runInPty({args: ['--import', 'tsx', 'app.tsx'], cwd, env: {INK_LOGIN_HOME: path.join(cwd, 'home'), ...env}});

	await using desktop = start({DISPLAY: ':0', BROWSER: browser.program});
	await desktop.waitFor(/❯ 1 {2}On this computer/);
	desktop.write('\r');
	await approveAuthorization({url: await browser.next()});
	await desktop.waitFor(/A token of \d+ characters/);
	assert.equal((await desktop.exit).code, 0);

	await using remote = start({SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22'});
	await remote.waitFor(/❯ 1 {2}On my phone or elsewhere/);
	remote.write('\r');
	const pattern = /\b[A-Z]{4}-[A-Z]{4}\b/;
	const [userCode = ''] = pattern.exec(await remote.waitFor(pattern)) ?? [];
	remote.write('c');
	const sequence = `\u001B]52;c;${Buffer.from(userCode).toString('base64')}\u0007`;
	await remote.waitFor(() => remote.output.includes(sequence), 'the code for the clipboard');
});

test("the screen of one's own from the README shows the code, and ends with the session", async t => {
	const server = await demoServer(t);
	const text = `${snippet('With a screen of your own', 'tsx')}
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
	const cwd = await projectWith(t, 'app.tsx', text);
	await using terminal = runInPty({args: ['--import', 'tsx', 'app.tsx'], cwd});
	await approveOn(terminal, server.issuer);
	await terminal.waitFor(/as Alice Demo/);
	assert.equal((await terminal.exit).code, 0);
});

test('the lines for a program without Ink sign someone in, with lines and with the screen, and leave nothing running', async t => {
	const server = await demoServer(t);
	const text = `${pointedAt(server, snippet('In any program', 'ts'))}\nconsole.log('the token has', token.length);\n`;
	const withScreen = text
		.replace('ink-login/engine', 'ink-login')
		.replace('login, ', 'login, screen, ')
		.replace('login(engine)', 'login(engine, {show: screen})');
	for (const {program, says} of [
		{program: text, says: /^Check /m},
		{program: withScreen, says: / esc /},
	]) {
		const cwd = await projectWith(t, 'app.ts', program);
		const env = {INK_LOGIN_HOME: path.join(cwd, 'home'), SSH_CONNECTION: '198.51.100.7 50122 203.0.113.9 22'};
		for (const round of ['signs in', 'is signed in']) {
			await using terminal = runInPty({args: ['--import', 'tsx', 'app.ts'], cwd, env});
			if (round === 'signs in') {
				await terminal.waitFor(says);
				await approveOn(terminal, server.issuer);
			}

			await terminal.waitFor(/the token has \d+/);
			assert.equal((await terminal.exit).code, 0, round);
		}
	}
});

test("the lines about testing an app of one's own run", async t => {
	const text = `${snippet('Testing your app', 'ts')}\nconsole.log(session.identity?.name);\n`;
	const cwd = await projectWith(t, 'app.ts', text);
	const {stdout} = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'app.ts'], {cwd});
	assert.equal(stdout, 'Ada Lovelace\n');
});

test('issue 5: the README has every error with what to do, every command, option, exit code and preset', () => {
	for (const code of loginErrorCodes)
		assert.match(readme, new RegExp(`^\\| \`${code}\` \\| .{10,} \\| .{5,} \\|$`, 'm'));
	for (const name of Object.keys(optionTable)) assert.match(readme, new RegExp(`^\\| \`--${name}\` \\|`, 'm'));
	for (const code of Object.values(exitCodes)) assert.match(readme, new RegExp(`^\\| ${code} \\| `, 'm'));
	for (const name of commandNames.slice(1)) assert.match(readme, new RegExp(`^ink-login ${name}\\b`, 'm'));
	for (const name of Object.keys(presets)) {
		const camelCase = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
		assert.match(readme, new RegExp(`^\\| \`${camelCase}\` \\|`, 'm'));
	}
});

test('the event that the README shows is valid by the schema that ships', () => {
	const schema = JSON.parse(readFileSync(path.join(root, 'build/event-schema.json'), 'utf8')) as AnySchemaObject;
	const isEvent = new Ajv2020({strict: true, formats: {uri: text => URL.canParse(text)}}).compile(schema);
	assert.ok(isEvent(JSON.parse(snippet('CI, agents, other programs', 'json'))));
	assert.match(readme, new RegExp(String(schema.$id)));
});

test('what the README links to is there', () => {
	const links = Array.from(
		readme.matchAll(/\]\((?!https?:|#)([^)#]+)|(?:src|srcset)="([^"]+)"/g),
		([, link, source]) => link ?? source ?? '',
	);
	assert.ok(links.length > 8);
	assert.deepEqual(
		links.filter(link => !existsSync(path.join(root, link))),
		[],
	);
});
