import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {test, type TestContext} from 'node:test';
import {promisify} from 'node:util';
import {inkMajors, useInk} from '../support/ink-versions.js';
import {cleanEnvironment, runInPty, type PtyRun} from '../support/pty.js';
import {requireProgram} from '../support/requirements.js';
import type {TerminalEmulator} from '../support/terminal-emulator.js';

const program = 'test/support/programs/show-addresses.ts';
const widths = [40, 80, 120];

/** One that fits everywhere, and those of a server with long paths, for two and for more rows at 40 columns. */
const addresses = [
	'https://auth.example.test/device',
	'https://auth.example.test/realms/customers/device',
	`https://auth.example.test/realms/customers-of-europe/protocol/openid-connect/auth/device/${'abcdefghij'.repeat(8)}`,
];

const showUrl = (
	words: readonly string[],
	[flow, address]: readonly [string, string],
	columns: number,
	env: Readonly<Record<string, string>> = {},
): PtyRun => runInPty({args: ['--import', 'tsx', ...words, program, flow, address], columns, rows: 24, env});

/** A short link stands behind the step that it belongs to. */
const withoutStep = (text: string): string => text.trim().replace(/^1 +Open +/, '');

/** The rows on which an address stands, by what they show. */
const rowsOf = (emulator: TerminalEmulator, address: string): readonly number[] => {
	const rows = emulator.history().map((text, index) => ({text: withoutStep(text), index}));
	const first = rows.find(({text}) => text !== '' && /^https?:/.test(text) && address.startsWith(text.split(' ')[0]!));
	assert.ok(first, `${address} is not on the screen:\n${emulator.text}`);
	let shown = first.text.split(' ')[0]!;
	let last = first.index;
	while (shown.length < address.length) shown += rows[++last]!.text;
	assert.equal(shown, address);
	return Array.from({length: last - first.index + 1}, (_, index) => first.index + index);
};

/** Dragged over from the first row of the address to its last. */
const selected = (emulator: TerminalEmulator, rows: readonly number[]): string =>
	withoutStep(emulator.selectRows(rows[0]!, rows.at(-1)!));

const assertWhole = (emulator: TerminalEmulator, address: string, links: boolean) => {
	const rows = rowsOf(emulator, address);
	assert.equal(selected(emulator, rows), address);
	const scrolled = emulator.scrollback().length;
	for (const row of rows) assert.deepEqual(emulator.links(row - scrolled), links ? [address] : []);
	return rows.length;
};

/** What makes the screen a whole one: the keys stand at its end. */
const isDrawn = /\? (all )?keys/;

for (const major of inkMajors) {
	test(`demands 1, 2, 4: on Ink ${major} what is selected from the screen is the address, byte for byte, at every width, and each row links to all of it`, async t => {
		const words = useInk(t, major);
		if (words === undefined) return;
		for (const columns of widths) {
			for (const address of columns === 40 ? addresses : addresses.slice(2)) {
				await using run = showUrl(words, ['device', address], columns);
				await run.waitFor(isDrawn);
				const rows = assertWhole(run.emulator, address, true);
				assert.equal(rows, Math.ceil(address.length / columns));
				// The next frames stand where the first one stood.
				run.write('?');
				await run.waitFor(/n new code/);
				assertWhole(run.emulator, address, true);
				assert.equal(run.emulator.text.split('https://auth').length, 2, 'nothing is left of the frame before');
				assert.ok(run.tallestFrame < 24);
				if (columns !== 40 || address !== addresses[0]) continue;
				// The browser flow: short on the screen; raw and whole above it on request.
				run.write('b');
				await run.waitFor(/http:\/\/127\.0\.0\.1:\d+\/\w{13}/);
				const [short = ''] = /http:\/\/127\.0\.0\.1:\d+\/\w{13}/.exec(run.emulator.text) ?? [];
				assertWhole(run.emulator, short, true);
			}
		}

		await using browser = showUrl(words, ['browser', addresses[0]!], 40);
		await browser.waitFor(isDrawn);
		browser.write('u');
		await browser.waitFor(emulator => emulator.history().join('').includes('code_challenge_method='));
		const real = browser.emulator.paragraphs().find(text => text.includes('/authorize?'));
		assert.ok(real !== undefined && real.length > 3 * 40);
		assert.equal(new URL(real).href, real);
		assert.equal(new URL(real).searchParams.get('code_challenge_method'), 'S256');
	});
}

test('demand 2: where the terminal has no links the address is whole all the same, and no trace of a link is written', async () => {
	await using run = showUrl([], ['device', addresses[2]!], 40, {FORCE_HYPERLINK: '0'});
	await run.waitFor(isDrawn);
	assertWhole(run.emulator, addresses[2]!, false);
	assert.doesNotMatch(run.output, /\]8;/);
});

/** A tmux of the test's own, with nobody's configuration, and one window of that width. */
const startTmux = async (t: TestContext, tmux: string, columns: number, program: readonly string[]) => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'tmux-'));
	const words = ['-S', path.join(folder, 'socket'), '-f', '/dev/null'];
	const ask = async (...args: readonly string[]) =>
		(await promisify(execFile)(tmux, [...words, ...args], {env: cleanEnvironment()})).stdout;
	t.after(async () => {
		await ask('kill-server').catch(() => undefined);
		await rm(folder, {recursive: true, force: true});
	});
	const quoted = program.map(word => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
	const size = ['-x', String(columns), '-y', '24'];
	const environment = ['-e', 'COLORTERM=truecolor', '-e', 'LANG=C.UTF-8'];
	await ask('new-session', '-d', ...size, ...environment, `${quoted}; tmux wait-for -S over`);
	return ask;
};

test('demands 1, 2: in tmux the selected address is whole at every width, by its own copy mode too', async t => {
	const tmux = requireProgram(t, 'tmux');
	if (tmux === undefined) return;
	for (const columns of widths) {
		const address = addresses[2]!;
		const words = [process.execPath, '--import', 'tsx', program, 'device', address];
		const ask = await startTmux(t, tmux, columns, words);
		let screen = '';
		const giveUp = Date.now() + 60_000;
		while (!isDrawn.test(screen)) {
			assert.ok(Date.now() < giveUp, `the screen came not:\n${screen}`);
			screen = await ask('capture-pane', '-p');
			await new Promise(resolve => setTimeout(resolve, 50));
		}

		// As its own selection joins what the terminal wrapped.
		const joined = (await ask('capture-pane', '-p', '-J')).split('\n').map(line => line.trim());
		assert.ok(joined.includes(address), joined.join('\n'));
		// By hand: to the row, to its beginning, mark, to the end of the line that was wrapped, copy.
		const first = screen.split('\n').findIndex(line => line.trim().startsWith('https://auth'));
		await ask('copy-mode');
		const act = async (...keys: readonly string[]) => ask('send-keys', '-X', ...keys);
		await act('top-line');
		for (let row = 0; row < first; row++) await act('cursor-down');
		await act('start-of-line');
		await act('begin-selection');
		const rows = Math.ceil(address.length / columns);
		for (let row = 1; row < rows; row++) await act('cursor-down');
		await act('end-of-line');
		await act('copy-selection-and-cancel');
		assert.equal((await ask('show-buffer')).trim(), address);
		await ask('send-keys', 'C-c');
		await ask('wait-for', 'over');
	}
});
