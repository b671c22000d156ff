import '../support/terminal-environment.js';
import * as recordings from '../support/login-recordings.js';
import assert from 'node:assert/strict';
import test from 'node:test';
import type {ReactElement} from 'react';
import {BrowserScreen} from '../../source/components/browser-screen.js';
import {DeviceCodeScreen} from '../../source/components/device-code-screen.js';
import {Login, type LoginProps} from '../../source/components/login.js';
import {displayText} from '../../source/core/safe-text.js';
import type {LoginEvent} from '../../source/login/events.js';
import {safeUrl} from '../../source/core/safe-url.js';
import {LoginError} from '../../source/core/errors.js';
import {createManualClock} from '../../source/testing/manual-clock.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';
import {createScriptedEngine, type ScriptedRun} from '../support/scripted-run.js';

const environment = {unicode: true, color: true, hyperlinks: true, remote: false};
const second = 1000;

/** A screen some seconds into its login. */
const shared = (seconds: number, ...events: readonly LoginEvent[]) => ({
	state: recordings.foldEvents(...events),
	environment,
	terminal: {forwardLine: () => undefined},
	command: () => undefined,
	clock: createManualClock({now: recordings.start + seconds * second}),
});

const screen = async (node: ReactElement, size = {columns: 80, rows: 30}): Promise<string> => {
	const terminal = await drawOn(node, size);
	const {text} = terminal.emulator;
	await terminal.unmount();
	return text;
};

/** What is said is broken into rows: one string, for whole sentences. */
const sentences = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('demands 14, 16, 18, 27: a callback that has not come after a minute says what may be wrong, and not before', async () => {
	const late = /Nothing has come back yet\. .* may not know this port, .* insist on https, .* on another computer\./;
	const early = sentences(await screen(<BrowserScreen {...shared(55, ...recordings.browserShown)} />));
	assert.doesNotMatch(early, late);
	const text = sentences(await screen(<BrowserScreen {...shared(61, ...recordings.browserShown)} />));
	assert.match(text, late);
	assert.match(text, /copy that page's address and paste it here/);
	assert.match(text, /d use a code instead/);
});

test('what is said after a minute moves neither the address nor what stands above it', async () => {
	for (const size of [
		{columns: 80, rows: 24},
		{columns: 60, rows: 24},
	]) {
		const [early, late] = await Promise.all(
			[55, 61].map(async seconds => screen(<BrowserScreen {...shared(seconds, ...recordings.browserShown)} />, size)),
		);
		const rowOfAddress = (text = '') =>
			text.split('\n').findIndex(row => row.includes(recordings.authorizationUrl.shortUrl));
		assert.ok(rowOfAddress(early) > 0);
		assert.equal(rowOfAddress(late), rowOfAddress(early), late);
	}
});

test('demand 36: nothing on the browser screen suggests another device', async () => {
	const text = sentences(await screen(<BrowserScreen {...shared(5, ...recordings.browserShown)} />));
	assert.match(text, /http:\/\/127\.0\.0\.1:53114\/k7q2mfxt9ahr3 works on this computer only/);
	assert.doesNotMatch(text, /phone|any device|scan/i);
});

test('demand 35: an approval that has not come after a minute says that some organisations refuse codes', async () => {
	const waiting = (attempt: number) =>
		({type: 'poll', attempt, interval: 5, nextPollAt: recordings.start + 75_000}) as const;
	const remark = /Some organisations refuse codes, and say so only in the browser\./;
	const early = await screen(<DeviceCodeScreen {...shared(50, ...recordings.codeShown, waiting(9))} />);
	assert.doesNotMatch(sentences(early), remark);
	const late = shared(70, ...recordings.codeShown, waiting(12));
	assert.match(sentences(await screen(<DeviceCodeScreen {...late} showQr={false} />)), remark);
	const withoutBrowser = {...recordings.discovery, flows: {...recordings.discovery.flows, browser: 'no sign-in page'}};
	const only = shared(70, withoutBrowser, recordings.opened('device'), recordings.deviceCode, waiting(12));
	assert.doesNotMatch(sentences(await screen(<DeviceCodeScreen {...only} showQr={false} />)), remark);
});

test('demand 38: an address on another host than the issuer is marked', async () => {
	const foreign = {
		...recordings.deviceCode,
		verificationUri: safeUrl('https://evil.example/device', 'test'),
		onForeignHost: true,
	} as const;
	const props = shared(28, recordings.discovery, recordings.opened('device'), foreign);
	const remark = /evil\.example is not auth\.acme\.dev: go there only if you know it\./;
	assert.match(sentences(await screen(<DeviceCodeScreen {...props} showQr={false} />)), remark);
	const usual = shared(28, ...recordings.codeShown);
	assert.doesNotMatch(sentences(await screen(<DeviceCodeScreen {...usual} showQr={false} />)), / is not /);
});

test('demand 24: a 0x03 inside a sequence of the terminal cancels nothing, one of its own does', async () => {
	await play(recordings.codeShown, {}, async (terminal, run) => {
		for (const sequence of ['\u001B[99;\u0003u', '\u001B]4;\u0003\u0007', '\u001B[<0;3;\u0003M'])
			await terminal.type(sequence);
		assert.equal(run.isCancelled, false);
		await terminal.type('\u0003');
		assert.equal(run.isCancelled, true);
	});
});

test('demand 33: the second slow_down in a row brings a word about a clock that runs fast', async () => {
	const slowDown = (interval: number) =>
		({type: 'slow-down', interval, nextPollAt: recordings.start + 60_000}) as const;
	const draw = async (...events: readonly LoginEvent[]) =>
		sentences(await screen(<DeviceCodeScreen {...shared(28, ...recordings.codeShown, ...events)} showQr={false} />));
	assert.doesNotMatch(await draw(slowDown(10)), /clock/);
	assert.doesNotMatch(await draw(slowDown(10), recordings.polled, slowDown(15)), /clock/);
	assert.match(await draw(slowDown(10), slowDown(15)), /Twice in a row: the clock of this computer may run fast/);
});

test('demand 34: shortly before a code expires a new one is offered among the first keys; the old one is struck out and named', async () => {
	const draw = async (seconds: number, ...more: readonly LoginEvent[]) =>
		screen(<DeviceCodeScreen {...shared(seconds, ...recordings.codeShown, ...more)} />, {columns: 80, rows: 24});
	assert.doesNotMatch(await draw(12 * 60), /n new code/);
	assert.match(await draw(13 * 60 + 1), /less than two minutes left[^]*n new code/);

	const renewed = {...recordings.deviceCode, userCode: displayText('NEWC-ODEX'), renewal: 1};
	const terminal = await drawOn(<DeviceCodeScreen {...shared(28, ...recordings.codeShown, renewed)} />);
	assert.match(sentences(terminal.emulator.text), /WDJB-MJHT no longer works\./);
	const [, struck] = terminal.written().split('\u001B[9m');
	assert.match(struck ?? '', /^WDJB-MJHT(?!\w)/);
	await terminal.unmount();
});

test('S36: a computer that slept for an hour says so, or that the code has expired, and what helps', async () => {
	const awake = (seconds: number) =>
		screen(
			<DeviceCodeScreen
				{...shared(seconds, ...recordings.codeShown, recordings.polled, {type: 'resumed', sleptFor: 3_600_000})}
			/>,
		);
	assert.match(sentences(await awake(600)), /This computer slept: checking now/);
	assert.match(await awake(3700), /This code has expired\. {2}n new code/);
});

test('S36: a clock that is set back by an hour changes neither what is left nor when the next check is', async () => {
	const props = shared(28, ...recordings.codeShown, recordings.polled);
	const terminal = await drawOn(<DeviceCodeScreen {...props} />);
	assert.match(terminal.emulator.text, /14:32 left[^]*next check in 4 s/);
	props.clock.jumpWall(-3_600_000);
	await props.clock.advance(2000);
	await terminal.settle();
	assert.match(terminal.emulator.text, /14:30 left/);
	assert.match(terminal.emulator.text, /next check in [1-7] s/);
	// The next response speaks of the new time; it is drawn with the next second.
	const next = {...recordings.polled, attempt: 4, nextPollAt: props.clock.now() + 6000};
	await terminal.rerender(
		<DeviceCodeScreen {...props} state={recordings.foldEvents(...recordings.codeShown, recordings.polled, next)} />,
	);
	await props.clock.advance(1000);
	await terminal.settle();
	assert.match(terminal.emulator.text, /14:29 left[^]*Checked 4 times, next check in 5 s/);
	await terminal.unmount();
});

test('demand 17: over SSH the browser flow that was added to a code has its line for the other computer as well', async () => {
	const ssh = {forwardLine: (port: number) => `ssh -N -L ${port}:127.0.0.1:${port} alice@build`};
	const props = shared(28, ...recordings.codeShown, recordings.opened('browser'), recordings.authorizationUrl);
	const text = await screen(<DeviceCodeScreen {...props} terminal={ssh} />, {columns: 80, rows: 30});
	assert.match(text, /^ *ssh -N -L 53114:127\.0\.0\.1:53114 alice@build$/m);
});

test('demands 20, 21: where the response comes by another address no line is to be typed, and nothing is said to be local', async () => {
	const forwarded = {
		...recordings.authorizationUrl,
		redirectUri: 'https://fluffy-8400.app.github.dev/callback',
		shortUrl: 'https://fluffy-8400.app.github.dev/k7q2mfxt9ahr3' as typeof recordings.authorizationUrl.shortUrl,
	};
	const ssh = {forwardLine: (port: number) => `ssh -N -L ${port}`};
	const props = shared(28, recordings.discovery, recordings.opened('browser'), forwarded, recordings.browserOpened);
	const text = await screen(<BrowserScreen {...props} terminal={ssh} />);
	assert.match(text, /https:\/\/fluffy-8400\.app\.github\.dev\/k7q2mfxt9ahr3$/m);
	assert.doesNotMatch(text, /this computer only|ssh -N/);
});

test('demand 30: where the sign-in ends on a page that shows a code, that is what is asked for', async () => {
	const elsewhere = {
		...recordings.authorizationUrl,
		redirectUri: 'https://acme.dev/code',
		shortUrl: recordings.authorizationUrl.url,
	};
	const props = shared(70, recordings.discovery, recordings.opened('browser'), elsewhere, recordings.browserOpened);
	const text = sentences(await screen(<BrowserScreen {...props} />));
	assert.match(text, /It will not come back here by itself/);
	assert.match(text, /paste the code that is shown, or that page's address, here/);
	assert.doesNotMatch(text, /notices when you are done|Nothing has come back/);
});

/** A whole login at one of its moments. */
const play = async (
	events: readonly LoginEvent[],
	props: Partial<LoginProps>,
	act: (terminal: FakeTerminal, run: ScriptedRun) => Promise<void>,
) => {
	const engine = createScriptedEngine(createManualClock({now: recordings.start + 28_000}), ...events);
	const terminal = await drawOn(
		<Login
			{...(props as Partial<LoginProps> & {run?: never})}
			engine={engine.engine}
			environment={environment}
			flow="auto"
		/>,
	);
	try {
		await act(terminal, engine.runs.at(-1)!);
	} finally {
		await terminal.unmount();
	}
};

test('demand 36: r keeps the flow that was taken last for the profile, says so, and takes it back', async () => {
	const kept: (string | undefined)[] = [];
	const onPrefer = async (flow: 'browser' | 'device' | undefined) => void kept.push(flow);
	await play(recordings.codeShown, {onPrefer, showQr: false}, async (terminal, run) => {
		await terminal.type('?');
		assert.match(terminal.emulator.text, /r always a code here/);
		await terminal.type('r');
		assert.deepEqual(kept, ['device']);
		assert.match(terminal.emulator.text, /From now on this profile begins with a code\./);
		assert.match(terminal.emulator.text, /r ask each time/);
		await terminal.type('r');
		assert.deepEqual(kept, ['device', undefined]);
		assert.match(terminal.emulator.text, /From now on the flow is chosen each time\./);
		// As over a stale SSH_CONNECTION: the browser is what the person went on to.
		run.emit(recordings.opened('browser'), recordings.authorizationUrl);
		await terminal.settle();
		assert.match(terminal.emulator.text, /r always the browser here/);
		await terminal.type('r');
		assert.deepEqual(kept, ['device', undefined, 'browser']);
	});
});

test('demand 36: what is kept already is offered to be forgotten, what could not be kept is said, and no key is there for nothing', async () => {
	const full = new LoginError('store_error', 'The disk is full.', {hint: 'Make room.'});
	const onPrefer = async () => Promise.reject(full);
	await play(recordings.codeShown, {onPrefer, preferredFlow: 'device'}, async terminal => {
		await terminal.type('?');
		assert.match(terminal.emulator.text, /r ask each time/);
		await terminal.type('r');
		assert.match(terminal.emulator.text, /That could not be remembered: The disk is full\./);
	});
	await play(recordings.codeShown, {}, async terminal => {
		await terminal.type('?');
		await terminal.type('r');
		assert.doesNotMatch(terminal.emulator.text, /\br (always|choose)|From now on/);
	});
});

test('demand 1: w writes the real address above the screen, raw and whole, where that is wanted', async () => {
	await play(recordings.browserShown, {canWriteAbove: true}, async terminal => {
		await terminal.type('?');
		assert.match(terminal.emulator.text, /w write the address out/);
		await terminal.type('w');
		assert.deepEqual(
			terminal.emulator.paragraphs().filter(paragraph => paragraph.includes('/authorize')),
			[recordings.authorizationUrl.url],
		);
	});
	await play(recordings.browserShown, {canWriteAbove: false}, async terminal => {
		await terminal.type('?w');
		assert.doesNotMatch(terminal.emulator.text, /\/authorize|w write/);
	});
});
