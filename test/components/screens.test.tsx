import '../support/terminal-environment.js';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import type {ReactElement} from 'react';
import jsqrModule from 'jsqr';
import {AccountPrompt} from '../../source/components/account-prompt.js';
import {BrowserScreen} from '../../source/components/browser-screen.js';
import {DeviceCodeScreen} from '../../source/components/device-code-screen.js';
import {FlowPicker} from '../../source/components/flow-picker.js';
import type {TerminalCapabilities} from '../../source/layout/theme.js';
import {Failure, SignedIn} from '../../source/components/outcome.js';
import {displayText} from '../../source/core/safe-text.js';
import type {LoginEvent} from '../../source/login/events.js';
import type {LoginState} from '../../source/login/state.js';
import {safeUrl} from '../../source/core/safe-url.js';
import {createManualClock} from '../../source/testing/manual-clock.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';
import * as recordings from '../support/login-recordings.js';
import {overSsh, screenOf} from '../support/screens.js';
import {darkTheme, lightTheme, type Cell} from '../support/terminal-emulator.js';

const usual: TerminalCapabilities = {unicode: true, color: true, hyperlinks: true, remote: false};
const ascii: TerminalCapabilities = {unicode: false, color: false, hyperlinks: false, remote: false};
const {foldEvents} = recordings;
// Its types name a default export that is not there.
const jsqr = jsqrModule as unknown as typeof jsqrModule.default;

const code = foldEvents(...recordings.codeShown, recordings.polled);
const browser = foldEvents(...recordings.browserShown);
const both = foldEvents(
	...recordings.codeShown,
	recordings.polled,
	recordings.opened('browser'),
	recordings.authorizationUrl,
	recordings.browserOpened,
);
const browserLast = foldEvents(
	...recordings.browserShown,
	recordings.opened('device'),
	recordings.deviceCode,
	recordings.polled,
);

const shared = (state: LoginState, environment = usual) => ({
	state,
	environment,
	terminal: {browser: 'here'} as const,
	command: () => undefined,
	clock: createManualClock({now: recordings.start + 28_000}),
	canGoBack: true,
});

const withoutBrowser = (reason = 'The provider has no sign-in in the browser.') => ({
	...recordings.discovery,
	flows: {...recordings.discovery.flows, browser: reason},
});

const replaced = {
	stored: recordings.alice,
	next: {issuer: 'https://auth.acme.dev', subject: 'bob', email: displayText('bob@example.test')},
	answer: () => undefined,
};
const failedToOpen = foldEvents(...recordings.browserShown.slice(0, 3), {
	type: 'browser',
	status: 'failed',
	detail: 'No browser opened, xdg-open ended with code 3.',
});

const screens: Readonly<Record<string, (environment: TerminalCapabilities) => ReactElement>> = {
	picker: environment => (
		<FlowPicker {...shared(foldEvents(recordings.discovery), environment)} currentIdentity={recordings.alice} />
	),
	'picker over SSH': environment => (
		<FlowPicker
			{...shared(foldEvents(recordings.discovery), environment)}
			terminal={overSsh}
			recommendation={overSsh.recommend?.(recordings.discovery.flows)}
		/>
	),
	code: environment => <DeviceCodeScreen {...shared(code, environment)} />,
	browser: environment => <BrowserScreen {...shared(browser, environment)} />,
	'nothing opens': environment => <BrowserScreen {...shared(failedToOpen, environment)} />,
	'over SSH': environment => (
		<BrowserScreen {...shared(foldEvents(...recordings.browserShown.slice(0, 3)), environment)} terminal={overSsh} />
	),
	'two flows, the code last': environment => <DeviceCodeScreen {...shared(both, environment)} />,
	'two flows, the browser last': environment => <BrowserScreen {...shared(browserLast, environment)} />,
	'second terminal': environment => screenOf('other-login', {environment})!,
	end: environment => (
		<SignedIn
			state={code}
			signedIn={recordings.signedIn}
			environment={environment}
			next="acme deploy"
			switchCommand="acme login --switch-account"
		/>
	),
	failure: environment => (
		<Failure
			code="expired_token"
			said="The code expired before it was approved."
			environment={environment}
			keys={[
				{key: 'n', label: 'new code', isMain: true},
				{key: 'b', label: "this computer's browser", isMain: true},
				{key: 'escape', label: 'cancel', isMain: true},
			]}
		/>
	),
	prompt: environment => <AccountPrompt environment={environment} prompt={replaced} />,
};

const draw = async <Result,>(
	node: ReactElement,
	size: {columns?: number; rows?: number; screenReader?: boolean},
	display: (terminal: FakeTerminal) => Result | Promise<Result>,
): Promise<Result> => {
	const terminal = await drawOn(node, size);
	try {
		return await display(terminal);
	} finally {
		await terminal.unmount();
	}
};

/** The frames as they should be, to be read by people: run with UPDATE_FRAMES=1 after a wanted change, and look. */
const framesFile = path.join(import.meta.dirname, 'frames.txt');
const rule = (name: string) => `──── ${name} ────`;
const expected = new Map(
	(existsSync(framesFile) ? readFileSync(framesFile, 'utf8') : '')
		.split(/^(?=──── )/m)
		.filter(Boolean)
		.map(section => [section.slice(0, section.indexOf('\n')), section.slice(section.indexOf('\n') + 1).trimEnd()]),
);
const drawn = new Map<string, string>();

const variants = [
	{name: '80x24', columns: 80, rows: 24, environment: usual, tellsLook: true},
	{name: '80x24 without colour', columns: 80, rows: 24, environment: {...usual, color: false}, tellsLook: true},
	{name: '80x24 in ASCII', columns: 80, rows: 24, environment: {...usual, unicode: false}},
	{name: '60x20', columns: 60, rows: 20, environment: usual},
	{name: '40x12', columns: 40, rows: 12, environment: usual, tellsLook: true},
	{name: '40x12 in ASCII without colour', columns: 40, rows: 12, environment: ascii},
	{name: '20x5', columns: 20, rows: 5, environment: usual},
	{name: '80x24 as a screen reader has it', columns: 80, rows: 24, environment: usual, screenReader: true},
	{name: '40x12 as a screen reader has it', columns: 40, rows: 12, environment: usual, screenReader: true},
];

const colourNames: Readonly<Record<string, string>> = {
	'#cd0000': 'red',
	'#00cd00': 'green',
	'#cdcd00': 'yellow',
	'#00cdcd': 'cyan',
};

/** What is bold, dim, coloured or on a plate, in words, since a text file shows none of it; the QR code has tests of its own. */
const looksOf = ({emulator}: FakeTerminal): string[] => {
	const pieces = new Map<string, string[]>();
	for (let row = 0; row < emulator.rows; row++) {
		let before = '';
		for (const {text, bold, dim, foreground, background} of emulator.cells(row)) {
			const isBlock = /[█▀▄]/.test(text);
			const isPlate = background !== darkTheme.background && background !== '#ffffff' && !isBlock;
			const look = [
				bold && 'bold',
				dim && 'dim',
				!isPlate && !isBlock && foreground !== darkTheme.foreground && colourNames[foreground],
				isPlate && `on ${colourNames[background] ?? 'inverse'}`,
			]
				.filter(Boolean)
				.join(', ');
			const shown = text === '' ? ' ' : text;
			if (look === before && look !== '') pieces.get(look)!.push(pieces.get(look)!.pop()! + shown);
			else if (look !== '') pieces.set(look, [...(pieces.get(look) ?? []), shown]);
			before = look;
		}
	}

	const told = (texts: readonly string[]) =>
		texts
			.map(text => text.trim())
			.filter(Boolean)
			.join(' | ');
	return [...pieces].map(([look, texts]) => `(${look}: ${told(texts)})`).sort();
};

for (const [screen, element] of Object.entries(screens)) {
	for (const {name, environment, tellsLook, ...size} of variants) {
		test(`${screen} at ${name} is the frame that was looked at`, async () => {
			const title = rule(`${screen} at ${name}`);
			const frame = await draw(element(environment), size, terminal => {
				const rows = terminal.lines().map(line => line.trimEnd());
				return [...rows, ...(tellsLook ? looksOf(terminal) : [])].join('\n');
			});
			drawn.set(title, frame);
			if (!process.env['UPDATE_FRAMES']) assert.equal(frame, expected.get(title));
		});
	}
}

test('the file of frames holds no frame that is not drawn any more', () => {
	if (process.env['UPDATE_FRAMES']) {
		writeFileSync(framesFile, [...drawn].map(([title, frame]) => `${title}\n${frame}\n\n`).join(''));
		return;
	}

	assert.deepEqual([...expected.keys()], [...drawn.keys()]);
});

const cellsOf = ({emulator}: FakeTerminal, theme = darkTheme): Cell[] =>
	Array.from({length: emulator.rows}, (_, row) => emulator.cells(row, theme)).flat();

test('NO_COLOR: without colours nothing is coloured, and nothing is dim in any case', async () => {
	for (const element of Object.values(screens)) {
		const seen = await draw(element({...usual, color: false}), {}, terminal => cellsOf(terminal));
		assert.deepEqual([...new Set(seen.map(({foreground}) => foreground))], [darkTheme.foreground]);
		assert.ok(seen.every(({dim}) => !dim));
		const coloured = await draw(element(usual), {}, terminal => cellsOf(terminal));
		assert.ok(coloured.every(({dim}) => !dim));
		assert.ok(element === screens['prompt'] || new Set(coloured.map(({foreground}) => foreground)).size > 1);
	}
});

test('demand 13, S40: the QR code decodes to the complete address, on dark and on light themes', async () => {
	for (const theme of [darkTheme, lightTheme]) {
		const {data, width, height} = await draw(screens['code']!(usual), {}, ({emulator}) => emulator.toImage({theme}));
		// An inverted QR code fails in real scanners.
		const read = jsqr(data, width, height, {inversionAttempts: 'dontInvert'});
		assert.equal(read?.data, recordings.deviceCode.verificationUriComplete);
	}
});

test('demand 37: without a complete address the QR code holds the plain one, and nobody is told to compare', async () => {
	const {verificationUriComplete: _, ...plainCode} = recordings.deviceCode;
	const state = foldEvents(recordings.discovery, recordings.opened('device'), plainCode);
	await draw(<DeviceCodeScreen {...shared(state)} />, {}, ({emulator}) => {
		const {data, width, height} = emulator.toImage();
		assert.equal(jsqr(data, width, height)?.data, recordings.deviceCode.verificationUri);
		assert.doesNotMatch(emulator.text, /check it is the same/);
	});
});

test('demand 38, D09, D10, D11, D21, S21: beside the QR code stand the code, the short link, who asks, and when to decline', async () => {
	const text = await draw(screens['code']!(usual), {}, ({emulator}) => emulator.text);
	assert.match(text, /https:\/\/auth\.acme\.dev\/device\n/);
	assert.match(text, /WDJB-MJHT/);
	assert.match(text, /Sign in to Acme · auth\.acme\.dev/);
	assert.match(text, /Decline what you did not start/);
});

test('demands 1, 2, 4: an address has a row of its own; where it is wider than the row, every row has the whole link', async () => {
	const long = safeUrl(`https://login.acme.example/realms/${'main/'.repeat(12)}device`, 'test');
	const state = foldEvents(recordings.discovery, recordings.opened('device'), {
		...recordings.deviceCode,
		verificationUri: long,
	});
	for (const columns of [40, 80, 120]) {
		await draw(<DeviceCodeScreen {...shared(state)} />, {columns, rows: 30}, ({emulator}) => {
			const rows = emulator
				.screen()
				.flatMap((row, index) => (emulator.links(index).includes(long) ? [{row, index}] : []));
			const pieces = rows.map(({row}) => row.trim());
			assert.equal(pieces.join(''), long);
			assert.equal(rows.length, Math.ceil(long.length / columns));
			if (columns === 120) assert.equal(rows.length, 1);
		});
	}
});

test('no frame is taller than the window less one row, from 20x5 to 200x60, and none scrolls', async () => {
	for (const [name, element] of Object.entries(screens)) {
		for (const columns of [200, 80, 60, 40, 20]) {
			for (const rows of [60, 24, 23, 20, 15, 9, 5]) {
				const fresh = await drawOn(element(usual), {columns, rows});
				const height = fresh.lines().length;
				assert.ok(height <= rows - 1, `${name} at ${columns}x${rows} has ${height} rows`);
				assert.deepEqual(fresh.emulator.scrollback(), [], `${name} at ${columns}x${rows} scrolls`);
				await fresh.unmount();
			}
		}
	}
});

test('a flow that the provider lacks is crossed out with its reason, and cannot be taken', async () => {
	await draw(<FlowPicker {...shared(foldEvents(withoutBrowser()))} />, {}, ({lines}) => {
		assert.match(lines().join('\n'), /1 {2}On this computer +The provider has no sign-in in the browser\./);
		assert.match(lines().join('\n'), /❯ 2 {2}On my phone/);
	});
});

test('the picker is drawn before discovery; over SSH the code comes first, and why', async () => {
	const picker = (
		<FlowPicker {...shared(foldEvents())} application="Acme" issuer="https://auth.acme.dev" recommendation={overSsh} />
	);
	const lines = await draw(picker, {}, terminal => terminal.lines());
	assert.equal(lines[0], ' Sign in to Acme · auth.acme.dev');
	assert.equal(lines[3], ` ${overSsh.reason}`);
	assert.match(lines[5]!, /❯ 1 {2}On my phone or elsewhere/);
});

test('the status line says what the last check answered', async () => {
	const cases = [
		[recordings.polled, 'Checked 3 times, next check in 4 s'],
		[
			{type: 'slow-down', interval: 10, nextPollAt: recordings.start + 38_000},
			'The server asked us to slow down: next check in 10 s',
		],
		[
			{type: 'backoff', reason: 'The server does not answer.', retryAt: recordings.start + 48_000},
			'The server does not answer. Trying again in 20 s.',
		],
		[{type: 'resumed', sleptFor: 3_600_000}, 'This computer slept: checking now'],
	] as const;
	for (const [event, words] of cases) {
		const state = foldEvents(...recordings.codeShown, event);
		const text = await draw(<DeviceCodeScreen {...shared(state)} />, {columns: 120}, ({emulator}) => emulator.text);
		assert.ok(text.includes(words), text);
	}
});

test('over SSH and in tmux the screen counts in minutes, says how often instead of when, and no spinner turns', async () => {
	const clock = createManualClock({now: recordings.start + 28_000});
	const screen = <DeviceCodeScreen {...shared(code, {...usual, remote: true})} clock={clock} />;
	await draw(screen, {}, async terminal => {
		assert.match(terminal.emulator.text, /15 minutes left\n.*Checked 3 times, one every 5 s/);
		const before = terminal.written().length;
		await clock.advance(31_000);
		await terminal.settle();
		assert.equal(terminal.written().length, before);
		await clock.advance(2000);
		await terminal.settle();
		assert.match(terminal.emulator.text, /14 minutes left/);
	});
});

test('over SSH, of two flows the one that ends earlier has no more minutes than are left', async () => {
	const clock = createManualClock({now: recordings.start + 28_000});
	const address = {...recordings.authorizationUrl, expiresAt: recordings.start + 306_000};
	const state = foldEvents(...recordings.codeShown, recordings.opened('browser'), address);
	const screen = <DeviceCodeScreen {...shared(state, {...usual, remote: true})} clock={clock} />;
	const text = await draw(screen, {}, ({emulator}) => emulator.text);
	assert.match(text, /approval · 15 minutes left[^]*browser · 5 minutes left/);
});

test('waiting is repainted once a second, and a second that changes nothing is none', async () => {
	const clock = createManualClock({now: recordings.start + 28_000});
	await draw(<DeviceCodeScreen {...shared(code)} clock={clock} />, {}, async terminal => {
		const before = terminal.written().length;
		await clock.advance(900);
		await terminal.settle();
		assert.equal(terminal.written().length, before);
		await clock.advance(100);
		await terminal.settle();
		assert.match(terminal.emulator.text, /14:31 left/);
		assert.equal(clock.sleepers, 1);
	});
	assert.equal(clock.sleepers, 0);
});

test('the last two minutes are said in words, and an expired code offers a new one', async () => {
	const clock = createManualClock({now: recordings.deviceCode.expiresAt - 100_000});
	await draw(<DeviceCodeScreen {...shared(code)} clock={clock} />, {}, async terminal => {
		assert.match(terminal.emulator.text.replaceAll(/\n.*[█▀▄] +/g, ' '), /less than two minutes left/);
	});
	const atTheEnd = createManualClock({now: recordings.deviceCode.expiresAt - 1000});
	await draw(<DeviceCodeScreen {...shared(code)} clock={atTheEnd} />, {}, async terminal => {
		await atTheEnd.advance(1000);
		await terminal.settle();
		assert.match(terminal.emulator.text, /This code has expired\. +n new code/);
	});
});

test('demand 34: after a renewal the dead code is named', async () => {
	const renewed = {...recordings.deviceCode, userCode: displayText('NEWC-ODEX'), renewal: 1};
	const state = foldEvents(...recordings.codeShown, renewed);
	const text = await draw(<DeviceCodeScreen {...shared(state)} />, {}, ({emulator}) => emulator.text);
	assert.match(text, /WDJB-MJHT no longer works/);
	assert.match(text, / NEWC-ODEX/);
});

test('a phone that cannot reach a loopback address is not sent there', async () => {
	const local = {...recordings.deviceCode, verificationUri: safeUrl('http://127.0.0.1:4444/device', 'test')};
	const state = foldEvents(recordings.discovery, recordings.opened('device'), local);
	const text = await draw(<DeviceCodeScreen {...shared(state)} />, {columns: 120}, ({emulator}) => emulator.text);
	assert.match(text, /A phone cannot reach this address/);
});

test('demand 17: over SSH the browser screen shows the exact line to type on the other computer', async () => {
	const terminal = {forwardLine: (port: number) => `ssh -N -L ${port}:127.0.0.1:${port} alice@build`};
	const text = await draw(
		<BrowserScreen {...shared(browser)} terminal={terminal} />,
		{},
		({emulator}) => emulator.text,
	);
	assert.match(text, /^ {3}ssh -N -L 53114:127\.0\.0\.1:53114 alice@build$/m);
});

test('demand 18: where the platform forwards the port by itself, the address is said', async () => {
	const terminal = {forwardedAddress: (port: number) => `https://happy-${port}.app.github.dev/`};
	const text = await draw(
		<BrowserScreen {...shared(browser)} terminal={terminal} />,
		{},
		({emulator}) => emulator.text,
	);
	assert.match(text, /https:\/\/happy-53114\.app\.github\.dev\//);
});

test('a stray callback, a bad paste and a missing browser are each said once', async () => {
	const say = async (...events: readonly LoginEvent[]) =>
		draw(
			<BrowserScreen {...shared(foldEvents(...recordings.browserShown, ...events))} />,
			{},
			({emulator}) => emulator.text,
		);
	const ignored = {type: 'callback-ignored', reason: 'its state is not ours'} as const;
	assert.equal((await say(ignored, ignored)).split('Ignored a response that was not ours.').length, 2);
	assert.match(await say({type: 'paste-rejected', reason: 'it has no code'}), /That could not be used: it has no code/);
	const reason =
		'That is another address: paste the one that begins with http://127.0.0.1:53114/callback, where it ends.';
	assert.match(
		await say({type: 'paste-rejected', reason}),
		/begins\n with http:\/\/127\.0\.0\.1:53114\/callback, where it ends\.\n \?/,
	);
	const missing = await say({type: 'browser', status: 'failed', detail: 'This computer has no display.'});
	assert.match(missing, /Open this address in your browser/);
	assert.match(missing, /This computer has no display\./);
});

test('demand 54: a screen reader gets the code spelled, no QR code and no glyph, and hears nothing while time passes', async () => {
	const clock = createManualClock({now: recordings.start});
	await draw(<DeviceCodeScreen {...shared(code)} clock={clock} />, {screenReader: true}, async terminal => {
		assert.match(terminal.emulator.text, /Spelled: W, D, J, B, dash, M, J, H, T\./);
		assert.doesNotMatch(terminal.emulator.text, /[█▀▄⠿❯✔·…]/);
		const before = terminal.written().length;
		await clock.advance(60_000);
		await terminal.settle();
		assert.equal(terminal.written().length, before);
	});
});

test('S1: a hostile application name cannot draw', async () => {
	const evil = {...recordings.discovery, application: displayText('Acme\u001B[2J\u202Eevil')};
	const state = foldEvents(evil, recordings.opened('device'), recordings.deviceCode);
	const text = await draw(<DeviceCodeScreen {...shared(state)} />, {}, ({emulator}) => emulator.text);
	assert.match(text, /^ Sign in to Acmeevil · auth\.acme\.dev/);
});

test('in the smallest window the question still says whose session comes, and a failure still has its keys', async () => {
	const prompt = await draw(screens['prompt']!(usual), {columns: 20, rows: 5}, ({lines}) => lines());
	assert.deepEqual(prompt, [' Replace it with', ' "bob"?', ' y yes · n no']);
	const failure = await draw(screens['failure']!(usual), {columns: 40, rows: 15}, ({emulator}) => emulator.text);
	assert.match(failure, /n new code/);
	assert.match(failure, /b use this computer's browser/);
});
