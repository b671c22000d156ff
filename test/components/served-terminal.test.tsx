import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import {test, type TestContext} from 'node:test';
import {render} from 'ink-testing-library';
import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import {
	createMemoryStore,
	Login,
	login,
	screen,
	TokenEngine,
	type LoginProps,
	type ShowLogin,
} from '../../source/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {drawOn, FakeStdin, FakeStdout, type FakeTerminal} from '../support/fake-terminal.js';
import {TerminalEmulator} from '../support/terminal-emulator.js';

const newEngine = async (t: TestContext) => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	return new TokenEngine({provider: server.provider, store: createMemoryStore()});
};

/** A login on a terminal that is not the process's own, as an SSH server's visitor has it. */
const visitor = async (t: TestContext, props: Partial<LoginProps> = {}): Promise<FakeTerminal> => {
	const all = {...props, engine: await newEngine(t)} as LoginProps;
	const terminal = await drawOn(<Login {...all} />);
	t.after(terminal.unmount);
	return terminal;
};

const shows = async (terminal: FakeTerminal, pattern: RegExp): Promise<void> => {
	const end = performance.now() + 30_000;
	while (!pattern.test(terminal.emulator.text)) {
		if (performance.now() > end) assert.match(terminal.emulator.text, pattern);
		await terminal.settle();
	}
};

/** The machine of the server has a desktop with a browser. */
const desktopOf = async (t: TestContext) => {
	const browser = await browserScript(t);
	const before = {...process.env};
	t.after(() => (process.env = before));
	process.env = {PATH: before['PATH'], DISPLAY: ':99', BROWSER: browser.program};
	return browser;
};

test("a visitor of a server gets a code recommended, no browser of the server's, and copies into their own terminal", async t => {
	const browser = await desktopOf(t);
	const terminal = await visitor(t);
	await shows(terminal, /You're connected to a server, so no browser opens here/);
	await terminal.type('\r');
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);
	await terminal.type('c');
	assert.ok(terminal.written().includes('\u001B]52;c;'));
	await terminal.type('b');
	await shows(terminal, /127\.0\.0\.1:\d+\/\w/);
	await terminal.type('\r');
	assert.equal(browser.calls, 0);
});

test('an opener and a clipboard that are handed in are used there too', async t => {
	await desktopOf(t);
	const used: string[] = [];
	const terminal = await visitor(t, {
		flow: 'browser',
		terminal: {
			openBrowser: async () => {
				used.push('browser');
				return {status: 'opened'};
			},
			clipboard: async () => {
				used.push('clipboard');
				return {status: 'copied'};
			},
		},
	});
	await shows(terminal, /127\.0\.0\.1:\d+\/\w/);
	await terminal.type('u');
	assert.deepEqual(used, ['browser', 'clipboard']);
});

/** A visitor whose login the server shows with `login()`. */
const served = async (t: TestContext, show: ShowLogin) => {
	const server = await startScriptedServer({interval: 1});
	t.after(async () => server.close());
	const engine = new TokenEngine({provider: server.provider, store: createMemoryStore()});
	const stdout = new FakeStdout(new TerminalEmulator(80, 24), 80, 24);
	const stdin = new FakeStdin();
	stdin.setEncoding('utf8');
	const streams = {stdin, stdout} as unknown as {stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream};
	const session = login(engine, {show, terminal: {streams}});
	const sees = async (pattern: RegExp) => {
		const end = performance.now() + 30_000;
		while (!pattern.test(stdout.written)) {
			if (performance.now() > end) assert.match(stdout.written, pattern);
			await new Promise(resolve => setTimeout(resolve, 5));
		}
	};
	return {server, session, stdin, stdout, sees};
};

test("two visitors sign in at once by login(), one on a screen and one by lines, and the server's own terminal and browser stay out of it", async t => {
	const browser = await desktopOf(t);
	const [one, other] = [await served(t, screen), await served(t, 'plain')];
	for (const {sees, server} of [one, other]) {
		await sees(/[A-Z]{4}-[A-Z]{4}/);
		server.approve();
	}

	assert.equal((await one.session).identity?.name, 'Ada Lovelace');
	assert.equal((await other.session).identity?.name, 'Ada Lovelace');
	assert.match(one.stdout.written, /all keys/);
	assert.match(other.stdout.written, /Signed in/);
	assert.ok(!other.stdout.written.includes('\u001B'));
	assert.equal(browser.calls, 0);
});

test("a host's last frame after the login is its own in ink-testing-library", {timeout: 60_000}, async t => {
	const engine = await newEngine(t);
	function Host({shown}: {readonly shown: boolean}): ReactNode {
		return shown ? <Login engine={engine} /> : <Text>Welcome</Text>;
	}

	const app = render(<Host shown />);
	t.after(app.unmount);
	while (!app.lastFrame()?.includes('Sign in')) await new Promise(resolve => setImmediate(resolve));
	app.rerender(<Host shown={false} />);
	for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
	assert.equal(app.lastFrame(), 'Welcome');
	assert.deepEqual(
		app.frames.filter(frame => frame.includes('\u001B[?')),
		[],
	);
});

test("an application's own spinner may be a box", async t => {
	const terminal = await visitor(t, {
		flow: 'device',
		environment: {remote: false},
		components: {
			Spinner: () => (
				<Box>
					<Text>~</Text>
				</Box>
			),
		},
	});
	await shows(terminal, /[A-Z]{4}-[A-Z]{4}/);
	assert.doesNotMatch(terminal.written(), /can't be nested/);
});
