import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import test from 'node:test';
import type {ReactElement} from 'react';
import {BrowserScreen} from '../../source/components/browser-screen.js';
import {DeviceCodeScreen} from '../../source/components/device-code-screen.js';
import {FlowPicker} from '../../source/components/flow-picker.js';
import {Failure, SignedIn} from '../../source/components/outcome.js';
import type {LoginState} from '../../source/login/state.js';
import {createManualClock} from '../../source/testing/manual-clock.js';
import {drawOn} from '../support/fake-terminal.js';
import * as recordings from '../support/login-recordings.js';
import type {Cell, Theme} from '../support/terminal-emulator.js';
import {solarizedLight, terminalThemes} from '../support/terminal-themes.js';

const environment = {unicode: true, color: true, hyperlinks: true, remote: false};
const parts = (state: LoginState, now = recordings.start + 28_000) => ({
	state,
	environment,
	terminal: {browser: 'here'} as const,
	command: () => undefined,
	clock: createManualClock({now}),
});
const code = recordings.foldEvents(...recordings.codeShown, recordings.polled);
const screens: readonly ReactElement[] = [
	<FlowPicker {...parts(recordings.foldEvents(recordings.discovery))} currentIdentity={recordings.alice} />,
	<DeviceCodeScreen {...parts(code)} />,
	<DeviceCodeScreen {...parts(code, recordings.deviceCode.expiresAt)} />,
	<BrowserScreen {...parts(recordings.foldEvents(...recordings.browserShown))} />,
	<SignedIn {...parts(code)} signedIn={recordings.signedIn} />,
	<Failure environment={environment} code="expired_token" said="The code expired." />,
];

/** WCAG 2.2, relative luminance. */
const luminance = (colour: string): number => {
	const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
		const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
		return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = ({foreground, background}: {readonly foreground: string; readonly background: string}): number => {
	const [dark = 0, light = 0] = [luminance(foreground), luminance(background)].sort((one, other) => one - other);
	return (light + 0.05) / (dark + 0.05);
};

/** Blocks are a picture, the QR code's or the plate's edge; a mark says what the words beside it say. */
const isBlock = ({text}: Cell) => /[█▀▄]/.test(text);
const isQrCode = (cell: Cell) => isBlock(cell) && cell.foreground === '#000000' && cell.background === '#ffffff';
const isMark = ({text}: Cell) => /[❯✔✖⚠◌→]/.test(text);

const seenIn = async (theme: Theme): Promise<readonly Cell[]> => {
	const cells: Cell[] = [];
	for (const screen of screens) {
		const terminal = await drawOn(screen, {columns: 100, rows: 30});
		for (let row = 0; row < 30; row++) cells.push(...terminal.emulator.cells(row, theme));
		await terminal.unmount();
	}

	return cells.filter(({text}) => text.trim() !== '');
};

const lowest = (cells: readonly Cell[]): number => Math.min(...cells.map(contrast));

test('what must be read has a contrast of at least 4.5 on eight common themes', async t => {
	const row = (name: string, text: number, marks: number) =>
		t.diagnostic(`${name.padEnd(28)}${text.toFixed(1).padStart(10)}${marks.toFixed(1).padStart(10)}`);
	t.diagnostic(`${'theme'.padEnd(28)}${'text'.padStart(10)}${'marks'.padStart(10)}`);
	for (const [name, theme] of Object.entries(terminalThemes)) {
		const cells = await seenIn(theme);
		const text = cells.filter(cell => !isBlock(cell) && !isMark(cell));
		assert.ok(text.length > 500);
		row(name, lowest(text), lowest(cells.filter(isMark)));
		const tooFaint = text.filter(cell => contrast(cell) < 4.5);
		assert.deepEqual(
			[...new Set(tooFaint.map(cell => `${cell.text} ${cell.foreground} on ${cell.background}`))],
			[],
			name,
		);
		assert.ok(lowest(cells.filter(isQrCode)) > 7, 'the QR code is dark on light everywhere');
	}

	const text = (await seenIn(solarizedLight)).filter(cell => !isBlock(cell) && !isMark(cell));
	row('Solarized, light: its own text', lowest(text), contrast(solarizedLight));
	assert.equal(lowest(text), contrast(solarizedLight));
});
