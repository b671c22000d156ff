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
import {overSsh} from '../support/screens.js';
import {createScriptedEngine, type ScriptedRun} from '../support/scripted-run.js';

const environment = {unicode: true, color: true, hyperlinks: true, remote: false};
const second = 1000;

/** A screen some seconds into its login. */
const shared = (seconds: number, ...events: readonly LoginEvent[]) => ({
	state: recordings.foldEvents(...events),
	environment,
	terminal: {browser: 'here', forwardLine: () => undefined} as const,
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

test('demands 14, 27: the browser screen says from the start how to go on where no page comes back', async () => {
	const text = sentences(await screen(<BrowserScreen {...shared(5, ...recordings.browserShown)} />));
	assert.match(text, /Didn't open\? http:\/\/127\.0\.0\.1:53114\/k7q2mfxt9ahr3 Error page\? Paste its link here/);
});

test('demands 35, 36: the browser screen offers another device after a minute, in the row that is kept for it, and not before', async () => {
	const remark = /Stuck there\? d uses another device/;
	const device = 'no device flow';
	const lacking = {...recordings.discovery, flows: {...recordings.discovery.flows, device}};
	for (const size of [
		{columns: 80, rows: 24},
		{columns: 60, rows: 24},
	]) {
		const at = async (seconds: number, ...events: readonly LoginEvent[]) =>
			screen(<BrowserScreen {...shared(seconds, ...events)} />, size);
		const early = await at(55, ...recordings.browserShown);
		assert.doesNotMatch(early, /phone|Stuck|scan/i);
		const late = await at(61, ...recordings.browserShown);
		assert.match(late, remark);
		assert.doesNotMatch(await at(61, lacking, ...recordings.browserShown.slice(1)), remark);
		const placed = (text: string) =>
			text.split('\n').map(row => (row.includes('Stuck there? d uses another device') ? '' : row));
		assert.deepEqual(placed(late).slice(0, 4), placed(early).slice(0, 4));
		assert.deepEqual(placed(late).slice(6), placed(early).slice(6));
	}
});

test('demand 35: an approval that has not come after a minute offers the browser', async () => {
	const waiting = (attempt: number) =>
		({type: 'poll', attempt, interval: 5, nextPollAt: recordings.start + 75_000}) as const;
	const remark = /Blocked there\? b uses your browser/;
	const early = await screen(<DeviceCodeScreen {...shared(50, ...recordings.codeShown, waiting(9))} />);
	assert.doesNotMatch(early, remark);
	const late = shared(70, ...recordings.codeShown, waiting(12));
	assert.match(await screen(<DeviceCodeScreen {...late} />), remark);
	const withoutBrowser = {...recordings.discovery, flows: {...recordings.discovery.flows, browser: 'no sign-in page'}};
	const only = shared(70, withoutBrowser, recordings.opened('device'), recordings.deviceCode, waiting(12));
	assert.doesNotMatch(await screen(<DeviceCodeScreen {...only} />), remark);
});

test('demand 38: a link on another host than the issuer is marked', async () => {
	const foreign = {
		...recordings.deviceCode,
		verificationUri: safeUrl('https://evil.example/device', 'test'),
		onForeignHost: true,
	} as const;
	const props = shared(28, recordings.discovery, recordings.opened('device'), foreign);
	const remark = /⚠ evil\.example isn't auth\.acme\.dev\. Continue only if you trust it/;
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
	assert.match(await draw(slowDown(10), slowDown(15)), /This computer's clock may be fast/);
});

test('demand 34: shortly before a code expires a new one is offered among the first keys; the old one is named', async () => {
	const draw = async (seconds: number, ...more: readonly LoginEvent[]) =>
		screen(<DeviceCodeScreen {...shared(seconds, ...recordings.codeShown, ...more)} />, {columns: 80, rows: 24});
	assert.doesNotMatch(await draw(12 * 60), /n new code/);
	assert.match(await draw(13 * 60 + 1), /1:59 left[^]*n new code/);

	const renewed = {...recordings.deviceCode, userCode: displayText('NEWC-ODEX'), renewal: 1};
	const text = await draw(28, renewed);
	assert.match(text, /2 {2}Type +NEWC-ODEX/);
	assert.match(text, /WDJB-MJHT no longer works/);
});

test('S36: a computer that slept for an hour says so, or that the code has expired, and what helps', async () => {
	const awake = (seconds: number) =>
		screen(
			<DeviceCodeScreen
				{...shared(seconds, ...recordings.codeShown, recordings.polled, {type: 'resumed', sleptFor: 3_600_000})}
			/>,
		);
	assert.match(sentences(await awake(600)), /This computer was asleep, checking now/);
	assert.match(await awake(3700), /⚠ {2}The code expired before it was[^]*n new code/);
});

test('S36: a clock that is set back by an hour does not change what is left', async () => {
	const props = shared(28, ...recordings.codeShown, recordings.polled);
	const terminal = await drawOn(<DeviceCodeScreen {...props} />);
	assert.match(terminal.emulator.text, /15 min left/);
	props.clock.jumpWall(-3_600_000);
	await props.clock.advance(2000);
	await terminal.settle();
	assert.match(terminal.emulator.text, /14 min left/);
	await props.clock.advance(13 * 60 * second);
	await terminal.settle();
	assert.match(terminal.emulator.text, /1:30 left/);
	await terminal.unmount();
});

test('over SSH, the screen with the command to run does not also warn that no browser opens', async () => {
	const detail = "You're connected over SSH, so no browser opens here.";
	const opening = [recordings.opened('browser'), recordings.authorizationUrl] as const;
	const events = [recordings.discovery, ...opening, {type: 'browser', status: 'skipped', detail}] as const;
	await play(events, {terminal: overSsh}, async terminal => {
		assert.match(terminal.emulator.text, /ssh -N -L 53114/);
		assert.doesNotMatch(terminal.emulator.text, /no browser opens/);
	});
});

test('demand 17: over SSH the browser flow that was added to a code is a key away, with its line for the other computer', async () => {
	const events = [...recordings.codeShown, recordings.opened('browser'), recordings.authorizationUrl];
	await play(events, {terminal: overSsh}, async terminal => {
		await terminal.type('b');
		assert.match(terminal.emulator.text, /On your own computer[^]*ssh -N -L 53114:127\.0\.0\.1:53114 me@build-7/);
		assert.match(terminal.emulator.text, /Also with code WDJB-MJHT · d to show/);
		await terminal.type('d');
		assert.match(terminal.emulator.text, /Also in your browser · b to show/);
		await terminal.type('b');
		assert.match(terminal.emulator.text, /ssh -N -L 53114/);
	});
});

test('demands 20, 21: where the response comes by another host no line is to be typed, and nothing is said to be local', async () => {
	const forwarded = {
		...recordings.authorizationUrl,
		redirectUri: 'https://fluffy-8400.app.github.dev/callback',
		shortUrl: 'https://fluffy-8400.app.github.dev/k7q2mfxt9ahr3' as typeof recordings.authorizationUrl.shortUrl,
	};
	const props = shared(28, recordings.discovery, recordings.opened('browser'), forwarded, recordings.browserOpened);
	const text = await screen(<BrowserScreen {...props} terminal={overSsh} />);
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
	assert.match(text, /Signed in\? Paste the code or the page's link here/);
	assert.doesNotMatch(text, /continue on its own|Error page/);
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
			terminal={{browser: 'here', ...props.terminal}}
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
		assert.match(terminal.emulator.text, /r always use a code/);
		await terminal.type('r');
		assert.deepEqual(kept, ['device']);
		assert.match(terminal.emulator.text, /From now on this profile starts with a/);
		assert.match(terminal.emulator.text, /r ask each time/);
		await terminal.type('r');
		assert.deepEqual(kept, ['device', undefined]);
		assert.match(terminal.emulator.text, /From now on you'll be asked each time/);
		// As over a stale SSH_CONNECTION: the browser is what the person went on to.
		run.emit(recordings.opened('browser'), recordings.authorizationUrl);
		await terminal.settle();
		await terminal.type('?');
		assert.match(terminal.emulator.text, /r always use the browser/);
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
		assert.match(terminal.emulator.text, /That couldn't be saved\. The disk is [^]* full/);
	});
	await play(recordings.codeShown, {}, async terminal => {
		await terminal.type('?');
		await terminal.type('r');
		assert.doesNotMatch(terminal.emulator.text, /\br (always|choose)|From now on/);
	});
});

test('demand 1: w writes the real link above the screen, raw and whole, where that is wanted', async () => {
	await play(recordings.browserShown, {canWriteAbove: true}, async terminal => {
		await terminal.type('?');
		assert.match(terminal.emulator.text, /w print the whole link/);
		await terminal.type('w');
		assert.deepEqual(
			terminal.emulator.paragraphs().filter(paragraph => paragraph.includes('/authorize')),
			[recordings.authorizationUrl.url],
		);
	});
	await play(recordings.browserShown, {canWriteAbove: false}, async terminal => {
		await terminal.type('?w');
		assert.doesNotMatch(terminal.emulator.text, /\/authorize|w print/);
	});
});
