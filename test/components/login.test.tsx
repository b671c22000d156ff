import '../support/terminal-environment.js';
import * as recordings from '../support/login-recordings.js';
import assert from 'node:assert/strict';
import test from 'node:test';
import {StrictMode, type ReactElement} from 'react';
import {Box, Text} from 'ink';
import {Login, type LoginProps} from '../../source/components/login.js';
import {LoginError} from '../../source/core/errors.js';
import {resource} from '../../source/oauth/presets/resource.js';
import type {LoginEvent} from '../../source/login/events.js';
import type {Session} from '../../source/session/types.js';
import type {ClipboardOutcome} from '../../source/login/terminal.js';
import {createManualClock, type ManualClock} from '../../source/testing/manual-clock.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';
import {createScriptedEngine, type ScriptedEngine, type ScriptedRun} from '../support/scripted-run.js';

const environment = {unicode: true, color: true, hyperlinks: true, remote: false};
const escape = '\u001B';
const down = '\u001B[B';
const redirect = 'http://127.0.0.1:53114/callback?code=abc&state=xyz';

type Scene = {
	readonly terminal: FakeTerminal;
	readonly run: ScriptedRun;
	readonly engine: ScriptedEngine;
	readonly clock: ManualClock;
	readonly calls: string[];
};

/** Shows a login that has had some events already, plays, and takes it down. */
const scene = async (
	events: readonly LoginEvent[],
	play: (scene: Scene) => Promise<void>,
	{
		wrap = (node: ReactElement) => node,
		...props
	}: Partial<LoginProps> & {wrap?: (node: ReactElement) => ReactElement} = {},
) => {
	const clock = createManualClock({now: recordings.start + 28_000});
	const engine = createScriptedEngine(clock, ...events);
	const calls: string[] = [];
	const login = (
		<Login
			{...(props as Partial<LoginProps> & {run?: never})}
			terminal={{browser: 'here', recommend: () => ({flow: 'browser', reason: 'it is there'}), ...props.terminal}}
			engine={engine.engine}
			environment={environment}
			onSignedIn={() => calls.push('signed in')}
			onError={error => calls.push(`error ${error.code}`)}
			onCancel={reason => calls.push(`cancel ${reason}`)}
		/>
	);
	const terminal = await drawOn(wrap(login));
	try {
		await play({
			terminal,
			engine,
			clock,
			calls,
			get run() {
				return engine.runs.at(-1)!;
			},
		});
	} finally {
		await terminal.unmount();
	}

	assert.ok(engine.runs.every(run => run.isCancelled && run.listeners === 0));
	assert.equal(clock.sleepers, 0, 'a timer is left');
};

const copying = (outcome: ClipboardOutcome) => {
	const copied: string[] = [];
	const clipboard = async (copiedText: string) => {
		copied.push(copiedText);
		return outcome;
	};
	return {copied, clipboard};
};

const text = ({emulator}: FakeTerminal): string => emulator.text;

test('the picker is there at once; a number selects, and keys that came in one chunk are kept', async () => {
	await scene([], async ({terminal, run}) => {
		assert.match(text(terminal), /❯ 1 {2}In this computer's browser/);
		assert.equal(run.commands.length, 0);
		await terminal.type('2s');
		assert.deepEqual(run.commands, [{type: 'open', flow: 'device'}]);
		assert.match(text(terminal), /Contacting auth\.acme\.dev…/);
		run.emit(...recordings.codeShown);
		await terminal.settle();
		assert.match(text(terminal), /WDJB-MJHT/);
	});
});

test('while a resource is asked where to sign in, its own host is named', async () => {
	const clock = createManualClock();
	const {engine} = createScriptedEngine(clock);
	const provider = resource('https://mcp.acme.dev/mcp');
	const terminal = await drawOn(
		<Login engine={{provider, clock, login: options => engine.login(options)}} environment={environment} />,
	);
	await terminal.type('2');
	assert.match(text(terminal), /Contacting mcp\.acme\.dev…/);
	await terminal.unmount();
});

test('arrows move in the picker, over the end to the start', async () => {
	await scene([recordings.discovery], async ({terminal, run}) => {
		await terminal.type(down);
		await terminal.type(down);
		assert.match(text(terminal), /❯ 1 {2}In this computer's browser/);
		await terminal.type('\u001B[A');
		await terminal.type('\r');
		assert.deepEqual(run.commands, [{type: 'open', flow: 'device'}]);
	});
});

test('with one possible flow there is no picker', async () => {
	const only = {...recordings.discovery, flows: {...recordings.discovery.flows, browser: 'no sign-in page'}};
	await scene([], async ({terminal, run}) => {
		run.emit(only);
		await terminal.settle();
		assert.deepEqual(run.commands, [{type: 'open', flow: 'device'}]);
		assert.doesNotMatch(text(terminal), /❯/);
		run.emit(...recordings.codeShown.filter(({type}) => type !== 'discovery'));
		await terminal.settle();
		assert.match(text(terminal), /WDJB-MJHT/);
		await terminal.type(escape);
		assert.match(text(terminal), /WDJB-MJHT/);
		assert.doesNotMatch(text(terminal), /esc/);
	});
});

test('who is signed in already may stay so', async () => {
	await scene(
		[recordings.discovery],
		async ({terminal, calls, run}) => {
			assert.match(text(terminal), /❯ 1 {2}Stay signed in as alice@example\.test/);
			await terminal.type('1');
			assert.deepEqual(calls, ['cancel stay']);
			assert.ok(run.isCancelled);
		},
		{currentIdentity: recordings.alice},
	);
});

test('esc goes back to the picker and what runs goes on; there it leaves', async () => {
	await scene(
		recordings.codeShown,
		async ({terminal, run, calls}) => {
			await terminal.type(escape);
			assert.match(text(terminal), /On another device +already waiting/);
			assert.equal(run.isCancelled, false);
			assert.deepEqual(run.commands, []);
			await terminal.type('2');
			assert.match(text(terminal), /WDJB-MJHT/);
			assert.deepEqual(run.commands, []);
			await terminal.type(escape);
			await terminal.type(escape);
			assert.deepEqual(calls, ['cancel left']);
			assert.ok(run.isCancelled);
		},
		{flow: 'auto'},
	);
});

test('demand 23: ctrl+c cancels on every screen, and says so once', async () => {
	const moments: readonly (readonly LoginEvent[])[] = [
		[],
		[recordings.discovery],
		recordings.codeShown,
		recordings.browserShown,
	];
	for (const events of moments) {
		await scene(
			events,
			async ({terminal, run, calls}) => {
				await terminal.type('\u0003');
				assert.ok(run.isCancelled);
				await terminal.settle();
				assert.deepEqual(calls, ['cancel left']);
				assert.match(text(terminal), /Sign-in cancelled$/);
				assert.doesNotMatch(text(terminal), /WDJB/);
			},
			{flow: 'auto'},
		);
	}
});

test('on the code screen: enter copies the code and opens the link, b takes the browser flow as well, n asks for a new code', async () => {
	const {copied, clipboard} = copying({status: 'copied'});
	await scene(
		recordings.codeShown,
		async ({terminal, run}) => {
			for (const key of ['\r', 'b', 'n', 'd']) await terminal.type(key);
			assert.deepEqual(run.commands, [
				{type: 'open-browser', flow: 'device'},
				{type: 'open', flow: 'browser'},
				{type: 'renew-code'},
			]);
			assert.deepEqual(copied, ['WDJB-MJHT']);
		},
		{flow: 'auto', terminal: {clipboard}},
	);
});

test('a clipboard that throws copies nothing, and the person is told', async () => {
	const clipboard = () => {
		throw new Error('no display');
	};
	await scene(
		recordings.codeShown,
		async ({terminal, run}) => {
			await terminal.type('c');
			assert.match(text(terminal), /clipboard/);
			assert.doesNotMatch(text(terminal), /no display/);
			assert.ok(!run.isCancelled);
		},
		{flow: 'auto', terminal: {clipboard}},
	);
});

test('where no browser opens, enter on the code screen copies the link', async () => {
	const {copied, clipboard} = copying({status: 'copied'});
	await scene(
		recordings.codeShown,
		async ({terminal, run}) => {
			await terminal.type('\r');
			assert.deepEqual(run.commands, []);
			assert.deepEqual(copied, [recordings.deviceCode.verificationUri]);
			assert.match(text(terminal), /✔ {2}Link copied/);
		},
		{flow: 'auto', terminal: {browser: 'elsewhere', clipboard}},
	);
});

test('on the browser screen: enter opens again, d adds the code, and the flow chosen last is the screen', async () => {
	await scene(
		recordings.browserShown,
		async ({terminal, run}) => {
			await terminal.type('\r');
			await terminal.type('d');
			assert.deepEqual(run.commands, [
				{type: 'open-browser', flow: 'browser'},
				{type: 'open', flow: 'device'},
			]);
			run.emit(recordings.opened('device'), recordings.deviceCode);
			await terminal.settle();
			assert.match(text(terminal), /2 {2}Type +WDJB-MJHT/);
			assert.match(text(terminal), /Also in your browser · b to show/);
			await terminal.type('b');
			assert.match(text(terminal), /Continue in your browser/);
			assert.match(text(terminal), /Also with code WDJB-MJHT · d to show/);
			assert.equal(run.commands.length, 2);
		},
		{flow: 'auto'},
	);
});

test('s hides the QR code and shows it again; ? shows the other keys', async () => {
	await scene(
		recordings.codeShown,
		async ({terminal}) => {
			assert.match(text(terminal), /█▀▀▀▀▀█/);
			await terminal.type('s');
			assert.doesNotMatch(text(terminal), /█▀▀▀▀▀█/);
			await terminal.type('s');
			assert.match(text(terminal), /█▀▀▀▀▀█/);
			await terminal.type('?');
			assert.match(text(terminal), /b this computer's browser\s+s hide QR code · h hide code/);
			assert.ok(terminal.lines().length <= 23);
		},
		{flow: 'auto'},
	);
});

test('D22: h hides the code, and the QR code that has it, from who looks on, on both screens; it is copied still', async () => {
	const {copied, clipboard} = copying({status: 'copied'});
	const cases = [
		recordings.codeShown,
		[...recordings.browserShown, recordings.opened('device'), recordings.deviceCode],
	] as const;
	for (const events of cases) {
		await scene(
			events,
			async ({terminal}) => {
				await terminal.type('h');
				assert.doesNotMatch(text(terminal), /WDJB|MJHT|█/);
				assert.match(text(terminal), /\*{4}-\*{4}/);
				await terminal.type('?');
				assert.match(text(terminal), /h show code/);
				await terminal.type('c');
				assert.equal(copied.pop(), 'WDJB-MJHT');
				await terminal.type('h');
				assert.match(text(terminal), /WDJB-MJHT/);
			},
			{flow: 'auto', terminal: {clipboard}},
		);
	}
});

test('a QR code that does not fit is not drawn when asked for, and the window it needs is named', async () => {
	await scene(
		recordings.codeShown,
		async ({terminal}) => {
			await terminal.resize(40, 12);
			await terminal.type('s');
			assert.match(text(terminal), /The QR code needs 33x20, this window\s+is 40x12/);
			await terminal.resize(40, 20);
			assert.match(text(terminal), /█▀▀▀▀▀█/);
			assert.match(text(terminal), /WDJB-MJHT/);
		},
		{flow: 'auto'},
	);
});

test('demands 3, 6: c copies the exact code and u the real link, only on a key press, and says so for five seconds', async () => {
	const {copied, clipboard} = copying({status: 'copied'});
	await scene(
		recordings.codeShown,
		async ({terminal, run, clock}) => {
			assert.deepEqual(copied, []);
			await terminal.type('c');
			assert.match(text(terminal), /✔ {2}Code copied/);
			await terminal.type('u');
			assert.match(text(terminal), /✔ {2}Link copied/);
			assert.deepEqual(copied, ['WDJB-MJHT', recordings.deviceCode.verificationUri]);
			assert.deepEqual(run.commands, []);
			await terminal.type('?');
			assert.match(text(terminal), /Link copied/);
			await clock.advance(5000);
			await terminal.settle();
			assert.doesNotMatch(text(terminal), /copied/);
		},
		{flow: 'auto', terminal: {clipboard}},
	);
	const other = copying({status: 'sent'});
	await scene(
		recordings.browserShown,
		async ({terminal}) => {
			await terminal.type('u');
			assert.deepEqual(other.copied, [recordings.authorizationUrl.url]);
			assert.match(text(terminal), /Link sent to your terminal's clipboard/);
		},
		{flow: 'auto', terminal: {clipboard: other.clipboard}},
	);
});

test('demand 1: where nothing can be copied the real link is written once, raw and whole, above the screen', async () => {
	const {clipboard} = copying({status: 'unavailable', detail: 'There is no clipboard here.'});
	await scene(
		recordings.browserShown,
		async ({terminal}) => {
			await terminal.type('u');
			assert.ok(terminal.emulator.paragraphs().includes(recordings.authorizationUrl.url));
			assert.match(text(terminal), /⚠ {2}There is no clipboard here\n/);
		},
		{flow: 'auto', terminal: {clipboard}, canWriteAbove: true},
	);
	await scene(
		recordings.browserShown,
		async ({terminal}) => {
			await terminal.type('u');
			assert.ok(
				!terminal.emulator.paragraphs().includes(recordings.authorizationUrl.url),
				'a guest writes nothing above',
			);
		},
		{flow: 'auto', terminal: {clipboard}},
	);
});

test('demands 30, 31: a pasted link goes to the login on any screen, marked as a paste or not, and fires no key', async () => {
	const screens: readonly (readonly LoginEvent[])[] = [
		[recordings.discovery],
		recordings.codeShown,
		recordings.browserShown,
	];
	for (const events of screens) {
		for (const paste of [redirect, `\u001B[200~${redirect}\u001B[201~`, `?code=abc&state=xyz`]) {
			await scene(
				events,
				async ({terminal, run}) => {
					await terminal.type(paste);
					const pasted = paste.replace('\u001B[200~', '').replace('\u001B[201~', '');
					assert.deepEqual(run.commands, [{type: 'paste', text: pasted}]);
				},
				{flow: events === screens[0] ? 'ask' : 'auto'},
			);
		}
	}
});

test('demand 31: a paste that comes in pieces is put together, its line ends and all', async () => {
	await scene(
		recordings.browserShown,
		async ({terminal, run}) => {
			for (const piece of ['\u001B[200~http://127.0.0.1:53114/callback', '?code=dub', 'n', '&state=xyz\u001B[201~']) {
				await terminal.type(piece);
			}

			assert.deepEqual(run.commands, [{type: 'paste', text: 'http://127.0.0.1:53114/callback?code=dubn&state=xyz'}]);
		},
		{flow: 'auto'},
	);
});

test('other text that is pasted fires no key and says what was expected', async () => {
	await scene(
		recordings.codeShown,
		async ({terminal, run}) => {
			await terminal.type('\u001B[200~bnd\u001B[201~');
			await terminal.type('bundled notes');
			assert.deepEqual(run.commands, []);
			assert.match(text(terminal), /⚠ {2}That isn't the link of the page you [^]*ended up on/);
		},
		{flow: 'auto'},
	);
});

test('bracketed paste is asked for while keys are taken, and not a moment longer', async () => {
	await scene(recordings.codeShown, async ({terminal, run}) => {
		assert.equal(terminal.emulator.bracketedPaste, true);
		run.emit(recordings.signedIn);
		await terminal.settle();
		assert.equal(terminal.emulator.bracketedPaste, false);
	});
	await scene(recordings.codeShown, async ({terminal}) => assert.equal(terminal.emulator.bracketedPaste, false), {
		isActive: false,
	});
});

test('D22, S22: at the end the screen holds who signed in, and no code, QR code or address', async () => {
	await scene(
		recordings.codeShown,
		async ({terminal, run, calls}) => {
			run.emit(recordings.signedIn);
			run.succeed({} as Session);
			await terminal.settle();
			assert.deepEqual(terminal.lines(), [
				'',
				'  ✔  Signed in to Acme as Alice Demo · alice@example.test',
				'',
				'     Next     acme deploy',
				'     Not you? acme login --switch-account',
			]);
			assert.deepEqual(calls, ['signed in']);
			assert.doesNotMatch(terminal.emulator.scrollback().join('\n'), /WDJB/);
		},
		{flow: 'auto', next: 'acme deploy', switchCommand: 'acme login --switch-account'},
	);
});

test('the end says where the session is saved, if not in the keyring, and without renewal until when', async () => {
	await scene(recordings.codeShown, async ({terminal, run}) => {
		run.emit({...recordings.signedIn, refreshable: false, store: 'memory'});
		await terminal.settle();
		const said = terminal
			.lines()
			.map(line => line.trim())
			.join(' ');
		assert.match(said, /Not saved Lasts until \d{4}-\d\d-\d\d \d\d:42, then sign in again/);
	});
	await scene(recordings.codeShown, async ({terminal, run}) => {
		run.emit({...recordings.signedIn, store: 'file'});
		await terminal.settle();
		assert.match(text(terminal), /Saved in a private file$/m);
	});
});

test('after a failure the next steps are there with their keys, and esc leaves', async () => {
	const expired = {
		type: 'flow-closed',
		flow: 'device',
		reason: 'The code expired before anyone approved it.',
		code: 'expired_token',
		hint: 'Ask for a new code.',
	} as const;
	await scene(
		[...recordings.codeShown, expired],
		async ({terminal, run, calls}) => {
			assert.deepEqual(terminal.lines(), [
				'',
				'  ✖  The code expired before anyone approved it',
				'     Ask for a new code.',
				'',
				"  n new code · b this computer's browser · esc cancel",
			]);
			await terminal.type('n');
			await terminal.type('b');
			assert.deepEqual(run.commands, [
				{type: 'open', flow: 'device'},
				{type: 'open', flow: 'browser'},
			]);
			await terminal.type(escape);
			assert.deepEqual(calls, ['cancel left']);
		},
		{flow: 'auto'},
	);
});

test('demand 35: a flow that can never work is not offered again, the other one is', async () => {
	const refused = {
		type: 'flow-closed',
		flow: 'device',
		reason: 'Codes are switched off.',
		code: 'device_unsupported',
	} as const;
	await scene([...recordings.codeShown, refused], async ({terminal}) => {
		assert.match(text(terminal), /✖ {2}Codes are switched off\n\n {2}b this computer's browser · esc cancel/);
	});
});

test('after a failure it is said what helps, above the keys', async () => {
	const reason = 'No response from auth.acme.dev.';
	const hint = 'Check the network, then try again.';
	const lost = {type: 'flow-closed', flow: 'device', reason, code: 'network_error', hint} as const;
	await scene(
		[...recordings.codeShown, lost],
		async ({terminal}) => {
			assert.deepEqual(terminal.lines(), [
				'',
				'  ✖  No response from auth.acme.dev',
				`     ${hint}`,
				'',
				"  n new code · b this computer's browser · esc cancel",
			]);
		},
		{flow: 'auto'},
	);
});

test('while one flow still waits, the failure of another is a line and not an end', async () => {
	const reason = 'The code expired before anyone approved it.';
	const expired = {type: 'flow-closed', flow: 'device', reason, code: 'expired_token'} as const;
	await scene(
		[...recordings.browserShown, recordings.opened('device'), recordings.deviceCode, expired],
		async ({terminal}) => {
			assert.match(text(terminal), /Continue in your browser/);
			assert.match(text(terminal), /⚠ {2}The code expired before anyone approved it/);
		},
		{flow: 'auto'},
	);
});

test('an end without a session says what to do next, and tells the application once', async () => {
	await scene([recordings.discovery], async ({terminal, run, calls}) => {
		const [message, hint] = ['There is no such client.', 'Check --client-id.'];
		run.emit({type: 'failed', code: 'invalid_client', message, hint});
		run.fail(new LoginError('invalid_client', message, {hint}));
		await terminal.settle();
		assert.deepEqual(terminal.lines(), ['', '  ✖  There is no such client', '     Check --client-id.']);
		assert.deepEqual(calls, ['error invalid_client']);
	});
});

test("before another person's session is replaced the person is asked: 2 replaces, 1, enter and esc keep it", async () => {
	for (const [key, answer] of [
		['2', true],
		['1', false],
		['\r', false],
		[escape, false],
	] as const) {
		await scene(
			recordings.codeShown,
			async ({terminal, engine}) => {
				const ask = engine.options[0]!.switchAccount;
				assert.ok(typeof ask === 'function');
				const answered = ask(
					{stored: recordings.alice, next: {...recordings.alice, subject: 'bob'}},
					new AbortController().signal,
				);
				await terminal.settle();
				assert.match(text(terminal), /2 {2}Replace it with Alice Demo \(alice@example\.test, subject "bob"/);
				await terminal.type(key);
				assert.equal(await answered, answer);
				assert.doesNotMatch(text(terminal), /Replace it/);
			},
			{flow: 'auto'},
		);
	}
});

test('StrictMode: mounted twice, one login starts', async () => {
	await scene(
		recordings.codeShown,
		async ({terminal, engine, run}) => {
			assert.ok(engine.runs.slice(0, -1).every(({isCancelled}) => isCancelled));
			assert.equal(run.isCancelled, false);
			assert.equal(run.listeners, 1);
			run.emit({type: 'slow-down', interval: 10, nextPollAt: recordings.start + 38_000});
			await terminal.settle();
			assert.match(text(terminal), /every 10 s/);
		},
		{flow: 'auto', wrap: node => <StrictMode>{node}</StrictMode>},
	);
});

test('inactive, it takes no key and leaves them to its host', async () => {
	await scene(
		[recordings.discovery],
		async ({terminal, run, calls}) => {
			await terminal.type('\r');
			await terminal.type('\u0003');
			assert.deepEqual(run.commands, []);
			assert.deepEqual(calls, []);
		},
		{isActive: false},
	);
});

test('beside a sidebar it keeps to its own box, and to the rows it was given', async () => {
	const wrap = (node: ReactElement) => (
		<Box>
			<Box width={20} flexShrink={0}>
				<Text>{'sidebar '.repeat(2)}</Text>
			</Box>
			{node}
		</Box>
	);
	await scene(
		recordings.codeShown,
		async ({terminal}) => {
			assert.ok(terminal.lines().length <= 12);
			assert.match(text(terminal), /^sidebar sidebar {5,7}Sign in to Acme|^sidebar sidebar *\n {22}Sign in to Acme/);
			assert.ok(
				terminal
					.lines()
					.slice(1)
					.every(line => line === '' || line.startsWith(' '.repeat(20))),
			);
			assert.match(text(terminal), /WDJB-MJHT/);
		},
		{flow: 'auto', maxRows: 12, wrap},
	);
});

test('parts and words can be replaced', async () => {
	const {messages} = await import('../../source/text/messages.js');
	await scene(
		recordings.codeShown,
		async ({terminal}) => {
			assert.match(text(terminal), /Anmelden bei Acme/);
			assert.match(text(terminal), /MY OWN CODE/);
		},
		{
			flow: 'auto',
			messages: {...messages, signInTo: application => `Anmelden bei ${application ?? ''}`},
			components: {QrCode: () => <Text>MY OWN CODE</Text>},
		},
	);
});

test('a run that was made elsewhere is shown, and goes on when the screen is gone', async () => {
	const clock = createManualClock({now: recordings.start});
	const {engine, runs} = createScriptedEngine(clock, ...recordings.codeShown);
	const run = engine.login();
	const terminal = await drawOn(<Login run={run} environment={environment} />);
	assert.match(text(terminal), /WDJB-MJHT/);
	await terminal.unmount();
	assert.equal(runs.length, 1);
	assert.equal(runs[0]!.isCancelled, false);
	assert.equal(runs[0]!.listeners, 0);
});
