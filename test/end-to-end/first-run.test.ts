import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {startScriptedServer, type ScriptedServer, type ServerScript} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {commandInPty, pipedCommand, temporaryFolder} from '../support/built-command.js';
import {createPrivateCa} from '../support/certificates.js';
import {commandInShell, givesBack} from '../support/command-in-shell.js';
import {demoServer} from '../support/demo-server.js';
import {startForwardProxy} from '../support/forward-proxy.js';
import {startAuth0} from '../support/dialects/auth0.js';
import {entraTenant, startEntra} from '../support/dialects/entra.js';
import {startGithub} from '../support/dialects/github.js';
import {googleSecret, startGoogle} from '../support/dialects/google.js';
import {startWorkos} from '../support/dialects/workos.js';
import {serveOverHttps} from '../support/https-hosts.js';
import {approveDevice} from '../support/oidc-server/approve.js';
import type {PtyRun} from '../support/pty.js';

const enter = '\r';
const escape = '\u001B';
const ctrlC = '\u0003';
const ctrlO = '\u000F';
const ctrlU = '\u0015';

const places = /Where do you want to sign in\?[^]*esc cancel/;
const asked = /Where do you want|Client ID of your app/;
const userCode = /\b[A-Z]{4}-[A-Z]{4}\b/;

/** Someone at a terminal who runs the bare command, again and again, and whose browser is the test's. */
const newUser = async (t: TestContext, more: Readonly<Record<string, string>> = {}) => {
	const script = await browserScript(t);
	const home = await temporaryFolder(t);
	const env: Readonly<Record<string, string>> = {INK_LOGIN_HOME: home, BROWSER: script.program, ...more};
	return {
		env,
		script,
		run: async (...args: readonly string[]) => commandInPty(t, args, {env, columns: 100}),
	};
};

/** A server that is on the network under its own https names, behind a proxy. */
const onTheNetwork = async (t: TestContext, server: ScriptedServer): Promise<Record<string, string>> => {
	const ca = await createPrivateCa();
	t.after(async () => ca[Symbol.asyncDispose]());
	const hosts = [...new Set(Object.values(server.endpoints).map(url => new URL(url).host))];
	const port = await serveOverHttps(t, ca, hosts, async (input, init) => server.fetch(input, init));
	const proxy = await startForwardProxy(Object.fromEntries(hosts.map(host => [`${host}:443`, port])));
	t.after(async () => proxy[Symbol.asyncDispose]());
	return {HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: ca.caFile};
};

const answer = async (run: PtyRun, text: string) => {
	run.paste(text);
	await run.waitFor(({text: screen}) => screen.includes(`❯  ${text}`), text);
	run.write(enter);
};

/** Signed in, and the line that does the same without questions. */
const endsWith = async (run: PtyRun, headline: RegExp): Promise<readonly string[]> => {
	assert.equal((await run.exit).code, 0, run.emulator.text);
	const text = run.emulator.paragraphs().join('\n');
	assert.match(text, headline);
	const [, line] = /Again +ink-login (.+)$/m.exec(text) ?? assert.fail(text);
	return line!.trim().split(' ');
};

test('who knows only "I use GitHub" signs in from the bare command, and the line it ends with asks nothing', async t => {
	const server = await startGithub({interval: 1});
	const user = await newUser(t, await onTheNetwork(t, server));
	const first = await user.run();
	const screen = await first.waitFor(places);
	assert.match(screen, /❯ 1 {2}A server by its URL/);
	assert.match(screen, /^ +2 {2}GitHub$/m);
	first.write('2');
	const question = await first.waitFor(/Client ID of your app[^]*esc back/);
	for (const fact of [
		'Sign in to GitHub',
		'https://github.com/settings/applications/new',
		'http://127.0.0.1/callback',
		'Enable Device Flow',
	]) {
		assert.ok(question.includes(fact), `${fact} is not on:\n${question}`);
	}

	first.write(ctrlO);
	assert.equal(await user.script.next(), 'https://github.com/settings/applications/new');
	await answer(first, 'Iv1.github');
	await first.waitFor(userCode);
	server.approve();
	const again = await endsWith(first, /Signed in as octocat/);
	assert.deepEqual(again, ['login', '--preset', 'github', '--client-id', 'Iv1.github']);

	const repeated = await user.run(...again);
	await repeated.waitFor(userCode);
	server.approve();
	assert.equal((await repeated.exit).code, 0);
	assert.doesNotMatch(repeated.output, asked);

	const bare = await user.run();
	const picker = await bare.waitFor(/esc cancel/);
	assert.match(picker, /❯ 1 {2}Stay signed in as octocat/);
	bare.write(enter);
	assert.equal((await bare.exit).code, 0);
	assert.match(bare.emulator.text, /Still signed in as octocat/);
	assert.doesNotMatch(bare.output, asked);

	assert.equal((await (await user.run('logout')).exit).code, 0);
	const afterwards = await user.run();
	await afterwards.waitFor(userCode);
	assert.doesNotMatch(afterwards.output, asked, 'signed out, the server is still known');
	afterwards.write(ctrlC);
	assert.equal((await afterwards.exit).code, 130);
});

/** The other providers by name: what is asked, with what someone answers, until the picker is there. */
const named = {
	Google: {
		key: '3',
		start: startGoogle,
		questions: ['Client ID of your app', 'A file that holds the client secret'],
		answers: async (t: TestContext) => {
			const file = path.join(await temporaryFolder(t), 'secret');
			await writeFile(file, googleSecret, {mode: 0o600});
			return ['app.apps.googleusercontent.com', file];
		},
	},
	'Microsoft Entra ID': {
		key: '4',
		start: async (script: ServerScript) => startEntra(script, {path: entraTenant}),
		questions: ['Your Tenant ID', 'Client ID of your app'],
		answers: async () => [entraTenant, '11111111-2222-3333-4444-555555555555'],
	},
	Auth0: {
		key: '5',
		start: startAuth0,
		questions: ['Your Auth0 domain', 'Client ID of your app'],
		answers: async () => ['acme.eu.auth0.com', 'auth0-native'],
	},
	WorkOS: {
		key: '6',
		start: startWorkos,
		questions: ['Client ID of your app'],
		answers: async () => ['client_01WORKOS'],
	},
} as const;

for (const [title, {key, start, questions, answers}] of Object.entries(named)) {
	test(`who knows only "I use ${title}" signs in after ${questions.length === 1 ? 'one question' : `${questions.length} questions`}`, async t => {
		const server = await start({interval: 1});
		const user = await newUser(t, await onTheNetwork(t, server));
		const run = await user.run();
		await run.waitFor(places);
		run.write(key);
		const said = await answers(t);
		for (const [index, question] of questions.entries()) {
			const screen = await run.waitFor(({text}) => text.includes(question) && text.includes('esc back'), question);
			assert.ok(screen.includes(`Sign in to ${title}`), screen);
			// What is offered there goes.
			run.write(ctrlU);
			await answer(run, said[index]!);
		}

		await run.waitFor(({text}) => userCode.test(text) || /❯ 1 {2}In this[^]*esc cancel/.test(text), 'what to choose');
		if (!userCode.test(run.emulator.text)) run.write('2');
		await run.waitFor(userCode);
		server.approve();
		const again = await endsWith(run, /Signed in as/);
		for (const text of said) assert.ok(again.includes(text), again.join(' '));
	});
}

test('who names a file that is not there is asked again, and ~ is their home', async t => {
	const home = await temporaryFolder(t);
	const run = await (await newUser(t, {HOME: home})).run();
	await run.waitFor(places);
	run.write('3');
	await run.waitFor(/Client ID of your app[^]*esc back/);
	await answer(run, 'app.apps.googleusercontent.com');
	await run.waitFor(/A file that holds the client secret[^]*esc back/);
	await answer(run, '~/secret');
	const screen = await run.waitFor(/Can't read the client secret/);
	assert.ok(screen.replaceAll(/\s+/g, '').includes(path.join(home, 'secret').replaceAll(/\s+/g, '')), screen);
	run.write(ctrlC);
	assert.equal((await run.exit).code, 130);
});

test('who has "Keycloak" finds the form of its URL after a wrong one, and signs in with the browser', async t => {
	const server = await startScriptedServer({issuer: 'https://sso.acme.test/realms/acme', interval: 1});
	const network = await onTheNetwork(t, server);
	const user = await newUser(t, network);
	const run = await user.run();
	await run.waitFor(places);
	run.write('7');
	const forms = await run.waitFor(/Its URL[^]*esc back/);
	assert.match(forms, /Keycloak +https:\/\/HOST\/realms\/NAME/);

	await answer(run, 'no url at all');
	await run.waitFor(/⚠ {2}That can't be used because/);
	run.write(ctrlU);
	await answer(run, 'https://sso.acme.test');
	const wrong = await run.waitFor(/⚠ [^]*esc back/);
	assert.match(wrong, /Looked for[^]+https:\/\/sso\.acme\.test\/\.well-known\//);
	assert.match(wrong, /Keycloak +https:\/\/HOST\/realms\/NAME/, 'the usual forms');

	run.write(ctrlU);
	await answer(run, 'sso.acme.test/realms/acme');
	const question = await run.waitFor(/Client ID of your app[^]*esc back/);
	assert.match(question, /Sign in to Keycloak · sso\.acme\.test/);
	assert.match(question, /https:\/\/sso\.acme\.test\/admin\/acme\/console/);
	await answer(run, 'test-client');
	await run.waitFor(/❯ 1 {2}In this computer's browser[^]*esc cancel/);
	run.write('1');
	await server.openBrowser((await user.script.next()) as never, t.signal);
	const again = await endsWith(run, /Signed in as Ada Lovelace/);
	assert.deepEqual(again.slice(0, 3), ['login', '--preset', 'keycloak']);

	// On another day, or another computer.
	const elsewhere = await newUser(t, network);
	const repeated = await elsewhere.run(...again);
	await server.openBrowser((await elsewhere.script.next()) as never, t.signal);
	assert.equal((await repeated.exit).code, 0);
	assert.doesNotMatch(repeated.output, asked);
});

test('who has nothing but a URL signs in there, with a code', async t => {
	const {issuer, clientId} = await demoServer(t);
	const user = await newUser(t);
	const run = await user.run();
	await run.waitFor(places);
	run.write(enter);
	await run.waitFor(/Its URL/);
	await answer(run, issuer);
	await run.waitFor(/Client ID of your app[^]*esc back/);
	await answer(run, clientId);
	await run.waitFor(/On another device[^]*esc cancel/);
	run.write('2');
	const [code = ''] = userCode.exec(await run.waitFor(userCode)) ?? [];
	await approveDevice({issuer, userCode: code});
	const again = await endsWith(run, /Signed in as Alice Demo/);
	assert.deepEqual(again, ['login', '--issuer', issuer, '--client-id', clientId]);
});

test('Esc steps back question by question, and leaves at the first one', async t => {
	const {issuer} = await demoServer(t);
	const {run: start} = await newUser(t);
	const run = await start();
	await run.waitFor(places);
	run.write('1');
	await run.waitFor(/Its URL/);
	await answer(run, issuer);
	await run.waitFor(/Client ID of your app/);
	run.write(escape);
	await run.waitFor(({text}) => text.includes('Its URL') && !text.includes('Client ID'));
	run.write(escape);
	await run.waitFor(({text}) => places.test(text) && !text.includes('Its URL'));
	run.write(escape);
	assert.equal((await run.exit).code, 130);
	assert.doesNotMatch(run.emulator.text, /Where do you want/);
});

for (const [when, keys, shown] of [
	['among the places', '', places],
	['in a question', '2', /Client ID of your app/],
] as const) {
	test(`Ctrl-C ${when} leaves the terminal as it was`, async t => {
		const run = await commandInShell(t, []);
		await run.waitFor(places);
		run.write(keys);
		await run.waitFor(shown);
		run.write(ctrlC);
		const {code, text} = await givesBack(run);
		assert.equal(code, 130);
		assert.doesNotMatch(text, /Where do you want|Client ID/);
	});
}

test('who only wants to see it is shown the demo', async t => {
	const {run: start} = await newUser(t);
	const run = await start();
	assert.match(await run.waitFor(places), /^ +8 {2}Just show me/m);
	run.write('8');
	await run.waitFor(/Sign in to the demo[^]*esc cancel/);
	run.write('2');
	await run.waitFor(/Demo: press a to approve/);
	run.write('a');
	assert.equal((await run.exit).code, 0);
	assert.match(run.emulator.text, /Signed in to the demo as Alice Demo/);
});

test('where another profile was used before, it is the first place', async t => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	const user = await newUser(t);
	const words = [
		'login',
		'work',
		'--issuer',
		server.issuer,
		'--client-id',
		'test-client',
		'--flow',
		'device',
		'--json',
	];
	const login = await pipedCommand(t, words, user.env);
	await login.line('stdout', /"device-code"/);
	server.approve();
	assert.equal(await login.ended, 0, login.heard.stdout);

	const run = await user.run();
	assert.match(await run.waitFor(places), /❯ 1 {2}ada@example\.com +127\.0\.0\.1:\d+/);
	run.write('1');
	await run.waitFor(/❯ 1 {2}Stay signed in as ada@example\.com/);
	run.write(enter);
	assert.equal((await run.exit).code, 0);
});
