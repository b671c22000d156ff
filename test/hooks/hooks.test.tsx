import '../support/terminal-environment.js';
import * as recordings from '../support/login-recordings.js';
import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import * as react from 'react';
import {StrictMode, useEffect, useState, type ReactNode} from 'react';
import * as ink from 'ink';
import {Box, Text} from 'ink';
import {LoginError} from '../../source/core/errors.js';
import type {Session} from '../../source/session/types.js';
import {createMemoryStore, Login, TokenEngine, type TokenStore} from '../../source/index.js';
import {subscriptionTo, useLogin, type UseLogin, type UseLoginOptions} from '../../source/hooks/use-login.js';
import {useClipboard} from '../../source/hooks/use-clipboard.js';
import {useCountdown} from '../../source/hooks/use-countdown.js';
import {useKeys} from '../../source/hooks/use-keys.js';
import {looksLikeRedirect} from '../../source/terminal/pastes.js';
import {useAuth, type UseAuth} from '../../source/hooks/use-auth.js';
import {useTerminalSize} from '../../source/hooks/use-size.js';
import {createManualClock, type ManualClock} from '../../source/testing/manual-clock.js';
import {startScriptedServer, type ScriptedServer} from '../../source/testing/index.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';
import {createScriptedEngine} from '../support/scripted-run.js';

function Countdown({clock, end, every}: {clock: ManualClock; end: number | undefined; every: number}) {
	const left = useCountdown(end, clock, {every});
	return <Text>{left}</Text>;
}

test('useCountdown draws when what it shows changes, ends at nothing, and leaves no timer', async () => {
	const clock = createManualClock({now: 1_000_400});
	const terminal = await drawOn(<Countdown clock={clock} end={1_010_000} every={1000} />);
	assert.deepEqual(terminal.lines(), ['10000']);
	await clock.advance(600);
	await terminal.settle();
	assert.deepEqual(terminal.lines(), ['9000']);
	const before = terminal.written().length;
	await clock.advance(999);
	await terminal.settle();
	assert.equal(terminal.written().length, before);
	await clock.advance(8001);
	await terminal.settle();
	assert.deepEqual(terminal.lines(), ['0']);
	assert.equal(clock.sleepers, 0);
	await terminal.rerender(<Countdown clock={clock} end={1_030_000} every={5000} />);
	assert.deepEqual(
		terminal.lines(),
		['20000'].map(() => String(Math.ceil((1_030_000 - clock.now()) / 5000) * 5000)),
	);
	assert.equal(clock.sleepers, 1);
	await terminal.rerender(<Countdown clock={clock} end={undefined} every={5000} />);
	assert.equal(clock.sleepers, 0);
	await terminal.unmount();
});

test('useCountdown in minutes notices soon that the computer slept', async () => {
	const clock = createManualClock({now: 0});
	const terminal = await drawOn(<Countdown clock={clock} end={900_000} every={60_000} />);
	assert.deepEqual(terminal.lines(), ['900000']);
	await clock.suspend(600_000);
	await clock.advance(5000);
	await terminal.settle();
	assert.deepEqual(terminal.lines(), ['300000']);
	await terminal.unmount();
	assert.equal(clock.sleepers, 0);
});

const logins: UseLogin[] = [];

function LoginProbe({engine, options}: {engine: TokenEngine; options?: UseLoginOptions}) {
	const login = useLogin(engine, options);
	useEffect(() => {
		logins.push(login);
	});
	return <Text>{login.prompt === undefined ? login.state.phase : 'question'}</Text>;
}

test('useLogin starts a login when it is mounted, follows it, and cancels it when it is unmounted', async () => {
	const scripted = createScriptedEngine(createManualClock());
	const terminal = await drawOn(<LoginProbe engine={scripted.engine} options={{flow: 'device', renew: true}} />);
	assert.equal(scripted.runs.length, 1);
	const {switchAccount, confirmResource, chooseServer, ...options} = scripted.options[0]!;
	assert.equal(typeof switchAccount, 'function');
	assert.equal(typeof confirmResource, 'function');
	assert.equal(typeof chooseServer, 'function');
	assert.deepEqual(options, {attended: true, flow: 'device', renew: true});
	scripted.runs[0]!.emit(...recordings.codeShown);
	await terminal.settle();
	assert.deepEqual(terminal.lines(), ['signing-in']);
	logins.at(-1)!.command({type: 'renew-code'});
	assert.deepEqual(scripted.runs[0]!.commands, [{type: 'renew-code'}]);
	await terminal.unmount();
	assert.ok(scripted.runs[0]!.isCancelled);
	assert.equal(scripted.runs[0]!.listeners, 0);
});

test('StrictMode: who subscribes, leaves and comes back at once has one login, which goes on', async () => {
	// What React does to each effect there; Ink's own roots spare the effects, other renderers may not.
	const scripted = createScriptedEngine(createManualClock(), recordings.discovery);
	const login = subscriptionTo(scripted.engine);
	login.subscribe(() => undefined)();
	const leave = login.subscribe(() => undefined);
	await Promise.resolve();
	assert.deepEqual(
		scripted.runs.map(run => run.isCancelled),
		[false],
	);
	assert.equal(login.snapshot().state.phase, 'choosing');
	leave();
	await Promise.resolve();
	assert.ok(scripted.runs[0]!.isCancelled);
});

test('a login goes on when its component is mounted anew in the same moment, and the new one is told how it ends', async () => {
	const scripted = createScriptedEngine(createManualClock());
	const calls: string[] = [];
	const probe = (name: string) => (
		<LoginProbe key={name} engine={scripted.engine} options={{onSignedIn: () => calls.push(name)}} />
	);
	const terminal = await drawOn(probe('before'));
	scripted.runs[0]!.emit(...recordings.codeShown);
	await terminal.rerender(<>{probe('after')}</>);
	assert.deepEqual(terminal.lines(), ['signing-in']);
	scripted.runs[0]!.succeed({} as Session);
	await terminal.settle();
	assert.deepEqual(calls, ['after']);
	assert.equal(scripted.runs.length, 1);
	await terminal.unmount();
});

test('useLogin within StrictMode has one login that goes on', async () => {
	const scripted = createScriptedEngine(createManualClock());
	const terminal = await drawOn(
		<StrictMode>
			<LoginProbe engine={scripted.engine} />
		</StrictMode>,
	);
	assert.equal(scripted.runs.filter(run => !run.isCancelled).length, 1);
	await terminal.unmount();
});

test('useLogin calls back once, with what the options hold by then, and never after unmounting', async () => {
	const scripted = createScriptedEngine(createManualClock());
	const calls: string[] = [];
	const options = (name: string): UseLoginOptions => ({
		onSignedIn: () => calls.push(`${name} signed in`),
		onError: error => calls.push(`${name} ${error.code}`),
	});
	const terminal = await drawOn(<LoginProbe engine={scripted.engine} options={options('early')} />);
	await terminal.rerender(<LoginProbe engine={scripted.engine} options={options('late')} />);
	scripted.runs[0]!.succeed({} as Session);
	await terminal.settle();
	assert.deepEqual(calls, ['late signed in']);
	await terminal.unmount();
	const other = await drawOn(<LoginProbe engine={scripted.engine} options={options('other')} />);
	await other.unmount();
	assert.deepEqual(calls, ['late signed in']);
});

test('useLogin with another engine leaves the first one', async () => {
	const [first, second] = [createScriptedEngine(createManualClock()), createScriptedEngine(createManualClock())];
	const terminal = await drawOn(<LoginProbe engine={first.engine} />);
	await terminal.rerender(<LoginProbe engine={second.engine} />);
	assert.ok(first.runs[0]!.isCancelled);
	assert.equal(second.runs[0]!.isCancelled, false);
	await terminal.unmount();
});

test('useLogin asks about another account, and an aborted question is a no', async () => {
	const scripted = createScriptedEngine(createManualClock());
	const terminal = await drawOn(<LoginProbe engine={scripted.engine} />);
	const ask = scripted.options[0]!.switchAccount;
	assert.ok(typeof ask === 'function');
	const controller = new AbortController();
	const answer = ask({stored: recordings.alice, next: recordings.alice}, controller.signal);
	await terminal.settle();
	assert.deepEqual(terminal.lines(), ['question']);
	controller.abort();
	assert.equal(await answer, false);
	await terminal.settle();
	assert.deepEqual(terminal.lines(), ['choosing']);
	await terminal.unmount();
});

const auths: UseAuth[] = [];

/** React 19.0 and 19.1 cannot hide what keeps its state. */
function Hideable({isHidden, children}: {readonly isHidden: boolean; readonly children: ReactNode}) {
	return 'Activity' in react ? (
		<react.Activity mode={isHidden ? 'hidden' : 'visible'}>{children}</react.Activity>
	) : (
		<Box display={isHidden ? 'none' : 'flex'}>{children}</Box>
	);
}

function AuthProbe({engine}: {engine: TokenEngine}) {
	const auth = useAuth(engine);
	useEffect(() => {
		auths.push(auth);
	});
	return <Text>{`${auth.status} ${auth.identity?.name ?? auth.error?.code ?? ''}`.trim()}</Text>;
}

const authServer = async (t: TestContext) => {
	const server = await startScriptedServer();
	t.after(async () => server.close());
	const store = createMemoryStore();
	return {server, store, engine: () => new TokenEngine({provider: server.provider, store})};
};

const signIn = async (engine: TokenEngine, {openBrowser}: ScriptedServer) =>
	engine.login({flow: 'browser', terminal: {openBrowser}}).session;

const shows = async (terminal: FakeTerminal, ...lines: readonly string[]) => {
	for (let looks = 0; looks < 200 && terminal.lines().join() !== lines.join(); looks++) await terminal.settle();
	assert.deepEqual(terminal.lines(), lines);
};

test('every useAuth of an engine hears of a login, of a logout, and of what another process does', async t => {
	const {server, engine: make} = await authServer(t);
	const [engine, elsewhere] = [make(), make()];
	const terminal = await drawOn(
		<Box flexDirection="column">
			<AuthProbe engine={engine} />
			<AuthProbe engine={engine} />
		</Box>,
	);
	await shows(terminal, 'signed-out', 'signed-out');
	await signIn(engine, server);
	await shows(terminal, 'signed-in Ada Lovelace', 'signed-in Ada Lovelace');
	const {getToken, session, logout} = auths.at(-1)!;
	assert.equal(await getToken(), await engine.token());
	assert.equal((await session())?.identity?.name, 'Ada Lovelace');
	await elsewhere.logout();
	await shows(terminal, 'signed-out', 'signed-out');
	await signIn(elsewhere, server);
	await shows(terminal, 'signed-in Ada Lovelace', 'signed-in Ada Lovelace');
	await logout();
	await shows(terminal, 'signed-out', 'signed-out');
	await terminal.unmount();
});

test('useAuth starts a login that is shown wherever its run is handed to, and ends it with its own component', async t => {
	const {engine: make} = await authServer(t);
	const engine = make();
	const app = (tab?: ReactNode) => (
		<StrictMode>
			{tab}
			<Hideable isHidden={tab !== undefined}>
				<AuthProbe engine={engine} />
			</Hideable>
		</StrictMode>
	);
	const terminal = await drawOn(app());
	const run = auths.at(-1)!.login({flow: 'device'});
	const tabs = (tab: number) => app(tab === 1 ? <Login run={run} /> : <Text>another tab</Text>);
	await terminal.rerender(tabs(1));
	const shown = async () => {
		for (let looks = 0; looks < 500 && !/[A-Z]{4}-[A-Z]{4}/.test(terminal.emulator.text); looks++)
			await terminal.settle();
		return /[A-Z]{4}-[A-Z]{4}/.exec(terminal.emulator.text)?.[0];
	};
	const code = await shown();
	await terminal.rerender(tabs(2));
	await shows(terminal, 'another tab');
	await terminal.rerender(tabs(1));
	assert.equal(await shown(), code);
	await terminal.rerender(<Text>elsewhere</Text>);
	await assert.rejects(run.session, {code: 'cancelled'});
	await terminal.unmount();
});

test('useAuth says why the session cannot be read, until it can be', async t => {
	const {server, store} = await authServer(t);
	let isBroken = true;
	const broken: TokenStore = {
		...store,
		async read(profile) {
			if (isBroken) throw new LoginError('store_error', 'The file cannot be read.', {hint: ''});
			return store.read(profile);
		},
	};
	const terminal = await drawOn(<AuthProbe engine={new TokenEngine({provider: server.provider, store: broken})} />);
	await shows(terminal, 'failed store_error');
	isBroken = false;
	await auths.at(-1)!.session();
	await shows(terminal, 'signed-out');
	await terminal.unmount();
});

function CopyProbe() {
	const {copy, last} = useClipboard(async () => ({status: 'sent'}));
	useKeys({onKey: key => void copy(key)});
	return <Text>{last === undefined ? 'nothing' : `${last.text} ${last.outcome.status}`}</Text>;
}

test('useClipboard copies and remembers what became of it', async () => {
	const terminal = await drawOn(<CopyProbe />);
	assert.deepEqual(terminal.lines(), ['nothing']);
	await terminal.type('x');
	assert.deepEqual(terminal.lines(), ['x sent']);
	await terminal.unmount();
});

const heard: string[] = [];

function KeysProbe() {
	useKeys({onKey: key => heard.push(key), onPaste: text => heard.push(`paste ${JSON.stringify(text)}`)});
	return <Text>keys</Text>;
}

test('useKeys names keys, splits hasty chunks, keeps pastes whole, and drops what a terminal answers', async () => {
	const terminal = await drawOn(<KeysProbe />);
	for (const input of ['\r', '\u001B[A', '\u001B[B', '\u0003', 'q', '1\r', '\u001B', '\u001B[?1;2c', '\u001Bx'])
		await terminal.type(input);
	assert.deepEqual(heard.splice(0), ['enter', 'up', 'down', 'ctrl+c', 'q', '1', 'enter', 'escape']);
	for (const input of ['?b', 'ud2\r', '\r\r', '\u001B[B\u001B[B\r', '2\u001B[A']) await terminal.type(input);
	// Of a chunk that begins with an arrow, the first versions of Ink 6 tell no more than that.
	const arrows = 'renderToString' in ink ? 'down down enter' : 'down';
	assert.deepEqual(heard.splice(0).join(' '), `? b u d 2 enter enter enter ${arrows} 2 up`);
	// As a terminal sends them where the app has turned kitty's protocol on.
	for (const input of ['\u001B[27u', '\u001B[99;5u', '\u001B[111;5u']) await terminal.type(input);
	assert.deepEqual(heard.splice(0), ['escape', 'ctrl+c', 'ctrl+o']);
	// The second is Ctrl-D twice, the first of which came before the line was raw.
	for (const input of ['\u0004', '\u0000\u0004', '\u001A\u001A']) await terminal.type(input);
	assert.deepEqual(heard.splice(0), []);
	for (const input of ['some words', 'a://b', '\u001B[200~qqq\u001B[201~']) await terminal.type(input);
	assert.deepEqual(heard.splice(0), ['paste "some words"', 'paste "a://b"', 'paste "qqq"'].filter(Boolean));
	await terminal.unmount();
});

test('useKeys hears a key that is pressed in the moment in which the frame that asks for it appears', async () => {
	const heard: string[] = [];
	const Listener = ({word}: {word: string}) => {
		useKeys({onKey: key => heard.push(`${key} at ${word}`)});
		return <Text>{word}</Text>;
	};
	const App = () => {
		const [isOpen, setIsOpen] = useState(false);
		useKeys({onKey: () => setIsOpen(true), isActive: !isOpen});
		return isOpen ? <Listener word="open" /> : <Text>closed</Text>;
	};
	const terminal = await drawOn(<App />, {typedAtFirst: {sight: 'open', keys: 'x'}});
	await terminal.type('o');
	assert.deepEqual(heard, ['x at open']);
	await terminal.unmount();
});

test('what looks like a redirect is told from other text', () => {
	for (const text of [
		'http://127.0.0.1:1/callback?code=a',
		'?code=a&state=b',
		'error=access_denied',
		'127.0.0.1:1/callback?x',
	]) {
		assert.ok(looksLikeRedirect(text), text);
	}

	for (const text of ['WDJB-MJHT', 'hello there', 'a']) assert.equal(looksLikeRedirect(text), false, text);
});

function SizeProbe() {
	const {columns, rows} = useTerminalSize();
	return <Text>{`${columns}x${rows}`}</Text>;
}

test('useTerminalSize follows the terminal, and takes 80x24 where it says nothing', async () => {
	const terminal = await drawOn(<SizeProbe />, {columns: 60, rows: 20});
	assert.deepEqual(terminal.lines(), ['60x20']);
	await terminal.resize(50, 15);
	assert.equal(terminal.lines().at(-1), '50x15');
	await terminal.unmount();
	const unknown = await drawOn(<SizeProbe />, {columns: 80, rows: 24});
	assert.deepEqual(unknown.lines(), ['80x24']);
	await unknown.unmount();
});
