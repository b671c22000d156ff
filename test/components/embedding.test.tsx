import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import type {EventEmitter} from 'node:events';
import net from 'node:net';
import process from 'node:process';
import test from 'node:test';
import {Box, Text, useInput, useStdin} from 'ink';
import {StrictMode, useEffect, useState, type ReactNode} from 'react';
import {createMemoryStore, Login, TokenEngine, type LoginProps, type Session} from '../../source/index.js';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';
import {createHurriedClock} from '../support/hurried-clock.js';

const environment = {unicode: true, color: true, hyperlinks: false, remote: false};

/** What the host has seen by itself. */
type Seen = {keys: string; sessions: Session[]; inputListeners: () => number};

/** An application with two panes: its own, whose keys work at all times, and the login, which comes and goes. */
function Host({seen, ...login}: LoginProps & {readonly seen: Seen}): ReactNode {
	const [shows, setShows] = useState(false);
	const [isActive, setActive] = useState(true);
	const [count, setCount] = useState(0);
	// What Ink hands keys to; there is no public word for it.
	const {internal_eventEmitter: keys} = useStdin() as unknown as {internal_eventEmitter: EventEmitter};
	seen.inputListeners = () => keys.listenerCount('input');
	useInput((input, key) => {
		seen.keys += key.tab ? '<tab>' : input;
		if (input === 'l') setShows(shown => !shown);
		if (key.tab) setActive(active => !active);
		setCount(before => before + 1);
	});
	return (
		<Box width={80}>
			<Box width={24} borderStyle="single" flexDirection="column" flexShrink={0}>
				<Text>Host</Text>
				<Text>{count} keys</Text>
			</Box>
			{shows && (
				<Login
					{...login}
					environment={environment}
					isActive={isActive}
					maxRows={12}
					onSignedIn={session => {
						seen.sessions.push(session);
					}}
				/>
			)}
		</Box>
	);
}

const withHost = async (
	play: (terminal: FakeTerminal, seen: Seen, server: ScriptedServer) => Promise<void>,
	props: Partial<LoginProps> = {},
	wrap = (node: ReactNode): ReactNode => node,
): Promise<void> => {
	const clock = createHurriedClock(5);
	await using server = await startScriptedServer({interval: 1, clock});
	const engine = new TokenEngine({provider: server.provider, store: createMemoryStore({clock}), clock});
	const seen: Seen = {keys: '', sessions: [], inputListeners: () => 0};
	const recommend = () => ({flow: 'browser', reason: 'it is there'}) as const;
	const browser = 'here' as const;
	const all = {open: false, terminal: {browser, recommend}, ...props, engine, seen} as LoginProps & {
		readonly seen: Seen;
	};
	const terminal = await drawOn(wrap(<Host {...all} />));
	try {
		await play(terminal, seen, server);
	} finally {
		await terminal.unmount();
	}
};

const until = async (condition: () => boolean | Promise<boolean>, what: string): Promise<void> => {
	const end = performance.now() + 60_000;
	while (!(await condition())) {
		if (performance.now() > end) throw new Error(`It never came: ${what}`);
		await new Promise(resolve => setTimeout(resolve, 5));
	}
};

/** Everything that keeps a process alive, or is called when something happens: sorted, so that two can be compared. */
const held = (terminal: FakeTerminal, seen: Seen) => ({
	// A file that is being read is a module on its way in: it ends by itself.
	resources: process
		.getActiveResourcesInfo()
		.filter(name => !name.startsWith('FSReq'))
		.toSorted(),
	process: process.eventNames().map(name => `${String(name)} ${process.listenerCount(name)}`),
	terminal: terminal.listeners(),
	input: seen.inputListeners(),
});

/** The sockets of the global fetch that are idle do not count; those in use do until they have ended. */
const isBackTo = async (before: ReturnType<typeof held>, terminal: FakeTerminal, seen: Seen): Promise<void> => {
	const same = () => JSON.stringify(held(terminal, seen)) === JSON.stringify(before);
	await until(same, 'what was held before').catch(() => undefined);
	assert.deepEqual(held(terminal, seen), before);
};

const isFree = async (port: number): Promise<boolean> =>
	new Promise(resolve => {
		const socket = net.connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(false);
		});
		socket.once('error', () => resolve(true));
	});

test('unmounted in the middle of a poll and mounted again, it leaves no timer, socket, listener or key behind', async () => {
	await withHost(
		async (terminal, seen, server) => {
			const before = held(terminal, seen);
			for (let round = 1; round <= 3; round++) {
				server.answer('token', 'hang');
				await terminal.type('l');
				await server.received('token', round);
				await terminal.settle();
				assert.match(terminal.emulator.text, /Type/);
				assert.ok(seen.inputListeners() > before.input, 'it takes keys');
				assert.notDeepEqual(held(terminal, seen).resources, before.resources, 'a request is in flight');
				await terminal.type('l');
				await isBackTo(before, terminal, seen);
				assert.doesNotMatch(terminal.emulator.text, /Type/);
			}

			assert.equal(seen.keys, 'llllll');
			await terminal.type('l');
			await server.received('token', 4);
			server.approve();
			await until(() => seen.sessions.length === 1, 'the session');
			await terminal.settle();
			assert.match(terminal.emulator.text, /Signed in /);
			await terminal.type('l');
			await isBackTo(before, terminal, seen);
		},
		{flow: 'device'},
	);
});

test('unmounted while the browser is waited for, its port is free and nobody listens', async () => {
	await withHost(
		async (terminal, seen) => {
			const before = held(terminal, seen);
			await terminal.type('l');
			const port = () => Number(/127\.0\.0\.1:(\d+)\/\w/.exec(terminal.emulator.text)?.[1] ?? 0);
			await until(async () => {
				await terminal.settle();
				return port() > 0;
			}, 'the short link');
			const taken = port();
			assert.equal(await isFree(taken), false);
			await terminal.type('l');
			await until(async () => isFree(taken), 'the free port');
			await isBackTo(before, terminal, seen);
		},
		{flow: 'browser'},
	);
});

test("the host's keys work on every screen of the login, and inactive the login takes none of them", async () => {
	await withHost(async (terminal, seen, server) => {
		await terminal.type('l');
		await until(async () => {
			await terminal.settle();
			return terminal.emulator.text.includes("In this computer's browser");
		}, 'the picker');
		await terminal.type('\t');
		const shown = terminal.emulator.text;
		await terminal.type('2');
		assert.equal(terminal.emulator.text.replaceAll(/\d+ keys/g, ''), shown.replaceAll(/\d+ keys/g, ''));
		await terminal.type('\t');
		await terminal.type('2');
		await until(async () => {
			await terminal.settle();
			return /[A-Z]{4}-[A-Z]{4}/.test(terminal.emulator.text);
		}, 'the code');
		await terminal.type('x');
		assert.match(terminal.emulator.text, /6 keys/);
		assert.equal(seen.keys, 'l<tab>2<tab>2x');
		assert.equal(server.requestsTo('deviceAuthorization').length, 1);
	});
});

test('a host that reads the keyboard by itself still has raw mode, and its keys, after the login', async () => {
	const heard = {keys: '', isRaw: false};
	function OwnReader({children}: {readonly children: ReactNode}): ReactNode {
		const {stdin} = useStdin();
		useEffect(() => {
			const onData = (keys: Buffer | string) => {
				heard.keys += String(keys);
			};
			stdin.setRawMode(true);
			stdin.on('data', onData);
			return () => {
				stdin.off('data', onData);
			};
		}, [stdin]);
		useEffect(() => {
			heard.isRaw = stdin.isRaw;
		});
		return children;
	}

	const clock = createHurriedClock(5);
	await using server = await startScriptedServer({interval: 1, clock});
	const engine = new TokenEngine({provider: server.provider, store: createMemoryStore({clock}), clock});
	const terminal = await drawOn(<OwnReader>{null}</OwnReader>);
	for (const isActive of [true, false]) {
		await terminal.rerender(
			<OwnReader>
				<Login engine={engine} environment={environment} isActive={isActive} flow="ask" />
			</OwnReader>,
		);
		await terminal.rerender(<OwnReader>{null}</OwnReader>);
		heard.keys = '';
		await terminal.type('x');
		await terminal.rerender(<OwnReader>{null}</OwnReader>);
		assert.deepEqual(heard, {keys: 'x', isRaw: true});
	}

	await terminal.unmount();
});

test('every row keeps to its box and to the rows it was given, beside a sidebar that is whole', async () => {
	for (const flow of ['ask', 'device', 'browser'] as const) {
		await withHost(
			async terminal => {
				await terminal.type('l');
				await until(async () => {
					await terminal.settle();
					return /In this computer's browser|[A-Z]{4}-[A-Z]{4}|127\.0\.0\.1:\d+\/\w/.test(terminal.emulator.text);
				}, flow);
				const rows = terminal.lines();
				assert.ok(rows.length <= 12, `${flow}: ${rows.length} rows`);
				for (const row of rows) assert.match(row.slice(0, 24), /^(┌─+┐|│ *[\w ]* *│|└─+┘)$/);
				assert.deepEqual(terminal.emulator.scrollback(), []);
			},
			{flow},
		);
	}
});

test('in StrictMode, with a real server, one login starts', async () => {
	await withHost(
		async (terminal, _, server) => {
			await terminal.type('l');
			await server.received('token');
			assert.equal(server.requestsTo('deviceAuthorization').length, 1);
			assert.equal(server.requestsTo('openidConfiguration').length, 1);
		},
		{flow: 'device'},
		node => <StrictMode>{node}</StrictMode>,
	);
});
