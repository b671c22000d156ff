import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import {test, type TestContext} from 'node:test';
import {render} from 'ink-testing-library';
import {Box, Text} from 'ink';
import type {ReactNode} from 'react';
import {createMemoryStore, Login, TokenEngine, type LoginProps} from '../../source/index.js';
import {startScriptedServer} from '../../source/testing/index.js';
import {browserScript} from '../support/browser-script.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';

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
	await shows(terminal, /You're connected to a server, so no browser can open here/);
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
