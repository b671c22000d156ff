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
	env: Readonly<Record<string, string | undefined>> = {},
): PtyRun =>
	runInPty({
		args: ['--import', 'tsx', ...words, program, flow, address],
		columns,
		rows: 24,
		env: {DISPLAY: ':0', ...env},
	});

type Place = {readonly first: number; readonly last: number; readonly column: number};

/** Where a link stands, by what the rows show: behind its word or the plate's edge, or from the first column on. */
const placeOf = (emulator: TerminalEmulator, address: string, below: number): Place => {
	const rows = emulator.history();
	const shownAt = (text: string) => /https?:\S*/.exec(text)?.[0] ?? '';
	const first = rows.findIndex((text, row) => row > below && shownAt(text) !== '' && address.startsWith(shownAt(text)));
	assert.notEqual(first, -1, `${address} is not on the screen:\n${emulator.text}`);
	let shown = shownAt(rows[first]!);
	let last = first;
	while (shown.length < address.length) shown += rows[++last]!.trim();
	assert.equal(shown, address);
	return {first, last, column: rows[first]!.indexOf('http')};
};

/** Dragged over from where the link begins to the end of its last row. */
const selected = (emulator: TerminalEmulator, {first, last, column}: Place): string =>
	emulator.selectRows(first, last).slice(column).trimEnd();

const assertWhole = (emulator: TerminalEmulator, address: string, links: boolean, below = -1): Place => {
	const place = placeOf(emulator, address, below);
	assert.equal(selected(emulator, place), address);
	const scrolled = emulator.scrollback().length;
	for (let row = place.first; row <= place.last; row++)
		assert.deepEqual(emulator.links(row - scrolled), links ? [address] : []);
	return place;
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
				const {first, last} = assertWhole(run.emulator, address, true);
				const rows = last - first + 1;
				assert.equal(rows, Math.ceil(address.length / columns));
				// The next frames stand where the first one stood.
				run.write('?');
				await run.waitFor(/n new code/);
				assertWhole(run.emulator, address, true);
				assert.equal(run.emulator.text.split('https://auth').length, 2, 'nothing is left of the frame before');
				assert.ok(run.tallestFrame < 24);
				if (columns !== 40 || address !== addresses[0]) continue;
				// The browser flow, where that browser can reach this computer.
				run.write('b');
				await run.waitFor(/http:\/\/127\.0\.0\.1:\d+\/\w{13}/);
				const [short = ''] = /http:\/\/127\.0\.0\.1:\d+\/\w{13}/.exec(run.emulator.text) ?? [];
				assertWhole(run.emulator, short, true);
			}
		}

		// Where it cannot, the long link is on the screen, and raw above it on request.
		await using browser = showUrl(words, ['browser', addresses[0]!], 40, {DISPLAY: undefined});
		await browser.waitFor(isDrawn);
		browser.write('w');
		const written = () => browser.emulator.paragraphs().find(text => text.startsWith('https:'));
		await browser.waitFor(() => written()?.includes('code_challenge_method=') === true);
		const real = written()!;
		assert.ok(real.length > 3 * 40);
		assertWhole(
			browser.emulator,
			real,
			true,
			browser.emulator.history().findIndex(text => text.includes('Sign in')),
		);
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
		const first = screen.split('\n').findIndex(line => line.trim().includes('https://auth'));
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
