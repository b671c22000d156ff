import '../support/terminal-environment.js';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import {Text} from 'ink';
import type {ReactElement} from 'react';
import jsqrModule from 'jsqr';
import {AccountPromptScreen} from '../../source/components/account-prompt.js';
import {ResourcePromptScreen, ServerPromptScreen} from '../../source/components/resource-prompt.js';
import {BrowserScreen} from '../../source/components/browser-screen.js';
import {DeviceCodeScreen} from '../../source/components/device-code-screen.js';
import {FlowPicker} from '../../source/components/flow-picker.js';
import type {TerminalCapabilities} from '../../source/layout/theme.js';
import {Failure, SignedIn} from '../../source/components/outcome.js';
import {displayText} from '../../source/core/safe-text.js';
import type {LoginCommand} from '../../source/login/flow.js';
import type {LoginTerminal} from '../../source/login/terminal.js';
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

const withoutBrowser = (reason = "The provider doesn't offer browser sign-in.") => ({
	...recordings.discovery,
	flows: {...recordings.discovery.flows, browser: reason},
});

const replaced = {
	stored: recordings.alice,
	next: {issuer: 'https://auth.acme.dev', subject: 'bob', email: displayText('bob@example.test')},
	answer: () => undefined,
};
const stranger = {
	host: 'mcp.example.com',
	name: displayText('Research'),
	issuer: 'https://login.other.example',
	scope: 'mcp:read',
	client: 'registered' as const,
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
	password: environment => screenOf('password', {environment})!,
	'one-time code': environment => screenOf('one-time-code-wrong', {environment})!,
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
	prompt: environment => <AccountPromptScreen environment={environment} prompt={replaced} />,
	servers: environment => (
		<ServerPromptScreen environment={environment} prompt={{...severalServers, answer: () => undefined}} />
	),
	resource: environment => <ResourcePromptScreen environment={environment} prompt={stranger} />,
};

const severalServers = {
	host: 'mcp.example.com',
	servers: ['https://login.example.com', 'https://auth.example.org/tenant'],
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

test('NO_COLOR takes colours only: bold, dim and the plate stay', async () => {
	for (const element of Object.values(screens)) {
		const plain = await draw(element({...usual, color: false}), {}, terminal => cellsOf(terminal));
		const {foreground, background} = darkTheme;
		const colours = new Set(plain.flatMap(cell => [cell.foreground, cell.background]));
		assert.deepEqual([...colours].sort(), [...new Set([background, foreground])].sort());
		const coloured = await draw(element(usual), {}, terminal => cellsOf(terminal));
		const marks = (cells: readonly Cell[]) => ({
			bold: cells.some(({bold}) => bold),
			dim: cells.some(({dim}) => dim),
			plate: cells.some(cell => cell.background !== background && !/[█▀▄]/.test(cell.text) && cell.bold),
		});
		assert.deepEqual(marks(plain), marks(coloured));
	}
});

test('nothing that is needed to sign in, or to judge a sign-in, is dim', async () => {
	const needed = [
		/Sign in to Acme · auth\.acme\.dev/,
		/https:\/\/auth\.acme\.dev\/device/,
		/http:\/\/127\.0\.0\.1:53114\/k7q2mfxt9ahr3/,
		/WDJB-MJHT/,
		/ssh -N -L \S+ \S+/,
		/Approve {2}only if you started this/,
		/Never type a code someone/,
		/No browser opened, xdg-open ended with code 3/,
		/other\.example isn't auth\.acme\.dev/,
		/alice@example\.test/,
		/You're connected over SSH/,
	];
	const seen = new Set<RegExp>();
	const foreign = screenOf('code-foreign-host', {environment: usual})!;
	for (const element of [...Object.values(screens).map(screen => screen(usual)), foreign]) {
		await draw(element, {}, ({emulator}) => {
			for (let row = 0; row < emulator.rows; row++) {
				const cells = emulator.cells(row);
				const text = cells.map(cell => cell.text || ' ').join('');
				for (const words of needed) {
					const found = words.exec(text);
					if (found === null) continue;
					seen.add(words);
					const part = cells.slice(found.index, found.index + found[0].length);
					assert.ok(
						part.every(({dim, text}) => !dim || text === '·'),
						text,
					);
				}
			}
		});
	}

	assert.equal(seen.size, needed.length);
});

test('demand 13, S40: the QR code decodes to the complete link, on dark and on light themes', async () => {
	for (const theme of [darkTheme, lightTheme]) {
		const {data, width, height} = await draw(screens['code']!(usual), {}, ({emulator}) => emulator.toImage({theme}));
		// An inverted QR code fails in real scanners.
		const read = jsqr(data, width, height, {inversionAttempts: 'dontInvert'});
		assert.equal(read?.data, recordings.deviceCode.verificationUriComplete);
	}
});

test('demand 37: without a complete link the QR code holds the plain one', async () => {
	const {verificationUriComplete: _, ...plainCode} = recordings.deviceCode;
	const state = foldEvents(recordings.discovery, recordings.opened('device'), plainCode);
	await draw(<DeviceCodeScreen {...shared(state)} />, {}, ({emulator}) => {
		const {data, width, height} = emulator.toImage();
		assert.equal(jsqr(data, width, height)?.data, recordings.deviceCode.verificationUri);
	});
});

test('demand 38, D09, D10, D11, D21, S21: beside the QR code stand the code, the short link, who asks, and when to approve', async () => {
	const text = await draw(screens['code']!(usual), {}, ({emulator}) => emulator.text);
	assert.match(text, /https:\/\/auth\.acme\.dev\/device {2}/);
	assert.match(text, /WDJB-MJHT/);
	assert.match(text, /Sign in to Acme · auth\.acme\.dev/);
	assert.match(text, /3 {2}Approve {2}only if you started this\./);
});

test('demands 1, 2, 4: a link stands in one piece; where it is wider than the row, every row has the whole link', async () => {
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
			const pieces = rows.map(({row}) => row.trim().replace(/^1 +Open +/, ''));
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

test('a flow that the provider lacks stays in the list, dim, with its reason, and cannot be taken', async () => {
	const commands: LoginCommand[] = [];
	const picker = (
		<FlowPicker {...shared(foldEvents(withoutBrowser()))} command={command => void commands.push(command)} />
	);
	await draw(picker, {}, async ({emulator, type}) => {
		const rows = emulator.screen();
		const lacking = rows.findIndex(row => /1 {2}In this computer's browser +The provider doesn't offer/.test(row));
		assert.ok(lacking > 0);
		assert.ok(emulator.cells(lacking).every(({text, dim}) => text.trim() === '' || dim));
		assert.match(emulator.text, /❯ 2 {2}On another device/);
		await type('1');
		assert.deepEqual(commands, []);
	});
});

test('the picker is drawn before discovery; over SSH the code comes first, and why', async () => {
	const recommendation = overSsh.recommend?.(recordings.discovery.flows);
	const picker = (
		<FlowPicker
			{...shared(foldEvents())}
			terminal={overSsh}
			application="Acme"
			issuer="https://auth.acme.dev"
			recommendation={recommendation}
		/>
	);
	const text = await draw(picker, {}, ({emulator}) => emulator.text);
	assert.match(text, /^\n {2}Sign in to Acme · auth\.acme\.dev\n/);
	assert.match(text, /\n {5}You're connected over SSH, so no browser opens here\n\n❯ 1 {2}On another device/);
	assert.match(text, /2 {2}In your own computer's browser {3}run one ssh command first/);
});

test('the status says how the checks go, and trouble in plain words with its mark', async () => {
	const cases = [
		[recordings.polled, '◌  Waiting for approval · 15 min left', 'Checked 3 times, every 5 s'],
		[{type: 'slow-down', interval: 10, nextPollAt: recordings.start + 38_000}, 'Checked 1 time, every 10 s'],
		[
			{type: 'backoff', reason: 'No response from auth.acme.dev.', retryAt: recordings.start + 48_000},
			'⚠  No response from auth.acme.dev, trying',
			'again in 20 s',
		],
		[{type: 'resumed', sleptFor: 3_600_000}, 'This computer was asleep, checking now'],
	] as const;
	for (const [event, ...words] of cases) {
		const state = foldEvents(...recordings.codeShown, event);
		const text = await draw(<DeviceCodeScreen {...shared(state)} />, {columns: 120}, ({emulator}) => emulator.text);
		for (const line of words) assert.ok(text.includes(line), text);
	}
});

test('each of two flows says what is left of its own time', async () => {
	const address = {...recordings.authorizationUrl, expiresAt: recordings.start + 306_000};
	const state = foldEvents(...recordings.codeShown, recordings.opened('browser'), address);
	for (const [screen, left] of [
		[<DeviceCodeScreen key="code" {...shared(state)} />, /approval · 15 min left/],
		[<BrowserScreen key="browser" {...shared(state)} />, /there · 5 min left/],
	] as const) {
		await draw(screen, {}, ({emulator}) => assert.match(emulator.text, left));
	}
});

test('time is counted in minutes, in the last two of them in seconds, and each leaves no timer', async () => {
	const clock = createManualClock({now: recordings.start + 32_000});
	await draw(
		<DeviceCodeScreen
			{...shared(foldEvents(...recordings.codeShown))}
			clock={clock}
			// Ours turns by the real time.
			components={{Spinner: () => <Text>◌</Text>}}
		/>,
		{},
		async terminal => {
			assert.match(terminal.emulator.text, /14 min left/);
			await clock.advance(500);
			await terminal.settle();
			const before = terminal.written().length;
			await clock.advance(50_000);
			await terminal.settle();
			assert.equal(terminal.written().length, before);
			await clock.advance(8000);
			await terminal.settle();
			assert.match(terminal.emulator.text, /13 min left/);
			await clock.advance(recordings.deviceCode.expiresAt - 100_000 - clock.now());
			await terminal.settle();
			assert.match(terminal.emulator.text, /1:40 left/);
			await clock.advance(1000);
			await terminal.settle();
			assert.match(terminal.emulator.text, /1:39 left/);
		},
	);
	assert.equal(clock.sleepers, 0);
});

test('an expired code says so and offers a new one', async () => {
	const clock = createManualClock({now: recordings.deviceCode.expiresAt - 1000});
	await draw(<DeviceCodeScreen {...shared(code)} clock={clock} />, {}, async terminal => {
		await clock.advance(1000);
		await terminal.settle();
		const text = terminal.emulator.text.replaceAll(/ +[█▀▄ ]+\n/g, '\n').replaceAll(/\s+/g, ' ');
		assert.match(text, /⚠ The code expired before it was approved/);
		assert.match(text, /enter .* · n new code · /);
	});
	assert.equal(clock.sleepers, 0);
});

test('demand 34: after a renewal the dead code is named', async () => {
	const renewed = {...recordings.deviceCode, userCode: displayText('NEWC-ODEX'), renewal: 1};
	const state = foldEvents(...recordings.codeShown, renewed);
	const text = await draw(<DeviceCodeScreen {...shared(state)} />, {}, ({emulator}) => emulator.text);
	assert.match(text, /WDJB-MJHT no longer works/);
	assert.match(text, / NEWC-ODEX/);
});

test('a link on loopback says that it works here only, and no phone is sent there', async () => {
	for (const shown of [screenOf('code-on-this-computer', {environment: usual})!]) {
		const text = await draw(shown, {columns: 120}, ({emulator}) => emulator.text);
		assert.match(text, /http:\/\/127\.0\.0\.1:4444\/device\n +on this computer only/);
		assert.doesNotMatch(text, /█|scan/);
	}
});

test('demand 17: over SSH the browser screen shows the exact line to type on the other computer', async () => {
	const text = await draw(screens['over SSH']!(usual), {}, ({emulator}) => emulator.text);
	assert.match(text, /1 {2}Run +ssh -N -L 53114:127\.0\.0\.1:53114 me@build-7\.acme\.dev +$/m);
});

test('a line to type is one command for the shell, wherever a narrow window breaks it', async () => {
	for (const columns of [60, 40, 30, 20]) {
		const rows = await draw(screens['over SSH']!(usual), {columns, rows: 30}, terminal => terminal.lines());
		const first = rows.findIndex(row => row.includes('ssh'));
		const last = rows.findIndex((row, index) => index >= first && !row.trimEnd().endsWith('\\'));
		const typed = rows.slice(first, last + 1).map(row => row.trim());
		assert.equal(typed.join('\n').replaceAll('\\\n', ''), 'ssh -N -L 53114:127.0.0.1:53114 me@build-7.acme.dev');
	}
});

test('demand 18: where the platform forwards the port by itself, the link is said', async () => {
	const terminal = {browser: 'forwarded', forwardedAddress: (port: number) => `https://happy-${port}.app.github.dev/`};
	const text = await draw(
		<BrowserScreen {...shared(browser)} terminal={terminal as LoginTerminal} />,
		{},
		({emulator}) => emulator.text,
	);
	assert.match(text, /https:\/\/happy-53114\.app\.github\.dev\//);
});

test('a stray callback, a bad paste and a missing browser are each said once, with a mark', async () => {
	const say = async (...events: readonly LoginEvent[]) =>
		draw(
			<BrowserScreen {...shared(foldEvents(...recordings.browserShown, ...events))} />,
			{},
			({emulator}) => emulator.text,
		);
	const ignored = {type: 'callback-ignored', reason: 'its state is not ours'} as const;
	assert.equal((await say(ignored, ignored)).split("⚠  Ignored a response that wasn't for this sign-in").length, 2);
	assert.match(
		await say({type: 'paste-rejected', reason: 'That link has no code in it.'}),
		/⚠ {2}That link has no code in it\n/,
	);
	const missing = await say({type: 'browser', status: 'failed', detail: 'This computer has no display.'});
	assert.match(missing, /→ {2}Open this link on this computer/);
	assert.match(missing, /⚠ {2}This computer has no display\n/);
});

test('demand 54: a screen reader gets the code spelled, no QR code and no glyph, and hears nothing while time passes', async () => {
	const clock = createManualClock({now: recordings.start});
	await draw(<DeviceCodeScreen {...shared(code)} clock={clock} />, {screenReader: true}, async terminal => {
		assert.match(terminal.emulator.text, /Spelled: W, D, J, B, dash, M, J, H, T\./);
		assert.doesNotMatch(terminal.emulator.text, /[█▀▄◌❯✔·…]/);
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
	assert.match(text, /^\n {2}Sign in to Acmeevil · auth\.acme\.dev/);
});

test('in the smallest window the prompt says whose session comes, and a failure has its keys', async () => {
	await draw(screens['prompt']!(usual), {columns: 20, rows: 5}, async terminal => {
		await terminal.type('\u001B[B');
		const said = terminal.lines().map(line => line.trim());
		assert.equal(said.slice(1).join(''), '❯ 2 Replace it withbob@example.test');
	});
	await draw(screens['failure']!(usual), {columns: 40, rows: 12}, async terminal => {
		assert.match(terminal.emulator.text, /n new code/);
		await terminal.type('?');
		assert.match(terminal.emulator.text, /b this computer's browser/);
	});
});

test('a resource with several servers has one to choose in each row; esc leaves', async () => {
	const answers: (string | undefined)[] = [];
	const prompt = {...severalServers, answer: (issuer: string | undefined) => void answers.push(issuer)};
	await draw(<ServerPromptScreen environment={usual} prompt={prompt} />, {}, async terminal => {
		const shown = terminal.lines().map(line => line.trim());
		assert.ok(shown.includes('Where do you sign in to mcp.example.com?'), shown.join('\n'));
		assert.ok(shown.includes('❯ 1  login.example.com'), shown.join('\n'));
		assert.ok(shown.includes('2  auth.example.org/tenant'), shown.join('\n'));
		await terminal.type('2');
		await terminal.type('\u001B');
	});
	assert.deepEqual(answers, [severalServers.servers[1], undefined]);
});

test('a resource that has someone sign in on another host says so; enter goes on, esc leaves', async () => {
	const answers: boolean[] = [];
	const prompt = {...stranger, answer: (goesOn: boolean) => void answers.push(goesOn)};
	await draw(<ResourcePromptScreen environment={usual} prompt={prompt} />, {}, async terminal => {
		const shown = terminal.emulator.text;
		for (const text of [
			'mcp.example.com has you sign in at login.other.example',
			'"Research"',
			'mcp:read',
			'registers itself',
		]) {
			assert.ok(shown.includes(text), shown);
		}

		await terminal.type('\r');
		await terminal.type('\u001B');
	});
	assert.deepEqual(answers, [true, false]);
});

test('a sign-in page that is on a host of its own is the one that is named', async () => {
	const prompt = {...stranger, page: displayText('pages.example'), answer: () => undefined};
	await draw(<ResourcePromptScreen environment={usual} prompt={prompt} />, {}, async terminal => {
		assert.match(terminal.emulator.text, /mcp\.example\.com has you sign in at pages\.example/);
	});
});
