import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import process from 'node:process';
import test from 'node:test';
import jsqrModule from 'jsqr';
import type {LoginEvent} from '../../source/login/events.js';
import type {LoginProps} from '../../source/components/login.js';
import {Login} from '../../source/components/login.js';
import {safeUrl} from '../../source/core/safe-url.js';
import {createManualClock} from '../../source/testing/manual-clock.js';
import {drawOn, type FakeTerminal} from '../support/fake-terminal.js';
import * as recordings from '../support/login-recordings.js';
import {screenOf} from '../support/screens.js';
import {createScriptedEngine, type ScriptedRun} from '../support/scripted-run.js';
import {darkTheme, lightTheme, type Cell, type Theme} from '../support/terminal-emulator.js';
import {terminalThemes} from '../support/terminal-themes.js';

/** What every screen that waits has to keep to, counted and measured. */
const environment = {unicode: true, color: true, hyperlinks: true, remote: false};
// Its types name a default export that is not there.
const jsqr = jsqrModule as unknown as typeof jsqrModule.default;

const waiting = [
	'code',
	'code-over-ssh',
	'browser',
	'browser-failed',
	'browser-over-ssh',
	'code-and-browser',
	'browser-and-code',
	'other-login',
	'question',
	'picker',
	'picker-signed-in',
	'picker-over-ssh',
];
const wide = [
	[80, 24],
	[120, 40],
] as const;
const allSizes = [...wide, [60, 20], [40, 12]] as const;

const on = async (
	name: string,
	[columns, rows]: readonly [number, number],
	look: (terminal: FakeTerminal) => void | Promise<void>,
	props: Partial<LoginProps> = {},
) => {
	const terminal = await drawOn(screenOf(name, {environment, ...props}), {columns, rows});
	try {
		await look(terminal);
	} finally {
		await terminal.unmount();
	}
};

const isQrCode = (cell: Cell) => cell.background === '#ffffff';
const isPlate = (cell: Cell, theme: Theme) => cell.background !== theme.background && !isQrCode(cell);

const cellsOf = ({emulator}: FakeTerminal, theme = darkTheme): Cell[][] =>
	Array.from({length: emulator.rows}, (_, row) => emulator.cells(row, theme));

/** The rows without the QR code. */
const textRows = (terminal: FakeTerminal): string[] =>
	cellsOf(terminal).map(cells =>
		cells
			.map(cell => (isQrCode(cell) ? ' ' : cell.text || ' '))
			.join('')
			.trimEnd(),
	);

const keyRowOf = (rows: readonly string[]): number => rows.findLastIndex(row => /^ +(enter|\?|esc) /.test(row));

/** Left out: the host, links, codes, commands, numbers and key names. */
const wordsIn = (rows: readonly string[]): string[] =>
	rows
		.join(' ')
		.replaceAll(/· auth\.acme\.dev|https?:\S+|WDJB-MJHT|ssh -N -L \S+ \S+|\bssh\b/g, ' ')
		.split(/\s+/)
		.filter(word => /\p{L}/u.test(word) && !/^[a-z]$/.test(word));

test('no screen that waits has more than forty words, nor more than one plate', async () => {
	for (const name of waiting) {
		for (const size of wide) {
			await on(name, size, terminal => {
				const rows = textRows(terminal);
				const words = wordsIn(rows.slice(0, keyRowOf(rows)));
				assert.ok(words.length > 0 && words.length <= 40, `${name} has ${words.length}: ${words.join(' ')}`);
				const plates = cellsOf(terminal).filter(cells => cells.some(cell => isPlate(cell, darkTheme)));
				assert.ok(plates.length <= 1, `${name} has ${plates.length} plates`);
			});
		}
	}
});

/** A whole login that a test goes on with. */
const play = async (
	events: readonly LoginEvent[],
	size: readonly [number, number],
	act: (terminal: FakeTerminal, run: ScriptedRun, clock: ReturnType<typeof createManualClock>) => Promise<void>,
	now = recordings.start,
) => {
	const clock = createManualClock({now});
	const scripted = createScriptedEngine(clock, ...events);
	const terminal = await drawOn(
		<Login
			engine={scripted.engine}
			environment={environment}
			flow="auto"
			terminal={{browser: 'here', clipboard: async () => ({status: 'copied'})}}
			onPrefer={async () => undefined}
		/>,
		{columns: size[0], rows: size[1]},
	);
	try {
		await act(terminal, scripted.runs.at(-1)!, clock);
	} finally {
		await terminal.unmount();
	}
};

const [, codeOpened, deviceCode] = recordings.codeShown;
const [, browserFlow, authorizationUrl, browserOpened] = recordings.browserShown;
const refusal = 'That is another link, paste the one that begins with http://127.0.0.1:53114/callback, where it ends.';

test('no row above the keys changes its place when a key shows more, a notice comes, or a second flow opens', async () => {
	type Change = (terminal: FakeTerminal, run: ScriptedRun) => Promise<void> | void;
	const press =
		(keys: string): Change =>
		async terminal => {
			for (const key of keys) await terminal.type(key);
		};
	const tell =
		(...events: readonly LoginEvent[]): Change =>
		(_, run) =>
			run.emit(...events);
	const common: Readonly<Record<string, Change>> = {
		'?': press('?'),
		'??': press('??'),
		'a copy of the link': press('u'),
		'a useless paste': async terminal => terminal.type('\u001B[200~hello there\u001B[201~'),
		'a rejected paste': tell({type: 'paste-rejected', reason: refusal}),
	};
	const cases: readonly (readonly [readonly LoginEvent[], Readonly<Record<string, Change>>])[] = [
		[
			recordings.codeShown,
			{
				...common,
				s: press('s'),
				ss: press('ss'),
				h: press('h'),
				'a copy of the code': press('c'),
				'a browser that did not open': tell({
					type: 'browser',
					status: 'failed',
					detail: 'No browser opened, xdg-open ended with code 3.',
				}),
				trouble: tell({type: 'backoff', reason: 'No response from auth.acme.dev.', retryAt: recordings.start + 9000}),
				'a check': tell(recordings.polled),
			},
		],
		[recordings.browserShown, {...common, 'a stray callback': tell({type: 'callback-ignored', reason: 'no'})}],
	];
	for (const size of wide) {
		for (const [events, changes] of cases) {
			for (const [name, change] of Object.entries(changes)) {
				await play(events, size, async (terminal, run) => {
					const before = textRows(terminal);
					await change(terminal, run);
					await terminal.settle();
					const after = textRows(terminal);
					const keys = keyRowOf(before);
					assert.equal(keyRowOf(after), keys, `${name}: the keys\n${after.join('\n')}`);
					// A row that says something else now has the same place; none has another.
					for (const [index, row] of before.slice(0, keys).entries()) {
						const elsewhere = after.findIndex((other, at) => at !== index && row.trim() !== '' && other === row);
						assert.ok(elsewhere === -1 || before[elsewhere] === row, `${name}: ${row}`);
					}

					const stays = before.slice(0, 12).filter((row, index) => row === after[index]).length;
					assert.ok(stays >= (name === 'h' || name.startsWith('s') ? 10 : 9), `${name}: only ${stays} stay`);
				});
			}
		}
	}

	for (const size of wide) {
		for (const [first, second, shown] of [
			[recordings.codeShown, [browserFlow, authorizationUrl, browserOpened], 'd'],
			[recordings.browserShown, [codeOpened, deviceCode], 'b'],
		] as const) {
			await play(first, size, async (terminal, run) => {
				const before = textRows(terminal);
				run.emit(...second);
				await terminal.settle();
				// The flow that was opened last is the screen; back on the first one only its row is new.
				await terminal.type(shown);
				const after = textRows(terminal);
				const keys = keyRowOf(before);
				assert.equal(keyRowOf(after), keys);
				const changed = after.slice(0, keys).filter((row, index) => row !== before[index]);
				assert.equal(changed.length, 1, changed.join('\n'));
				assert.match(changed.join(''), /^ {5}Also .* · [bd] to show$/);
			});
		}
	}
});

test('every key that works stands in the row of keys, or comes with ?', async () => {
	const sizes = [
		[80, 24],
		[60, 20],
		[40, 12],
		[20, 5],
	] as const;
	const cases = [
		['code', recordings.codeShown, ['enter', 'n', 'u', 'c', 'b', 's', 'h', 'r', 'esc']],
		['browser', recordings.browserShown, ['enter', 'u', 'd', 'r', 'esc']],
		['two', [...recordings.browserShown, codeOpened, deviceCode], ['enter', 'n', 'u', 'c', 'b', 's', 'h', 'r', 'esc']],
	] as const;
	for (const size of sizes) {
		for (const [name, events, keys] of cases) {
			await play(events, size, async terminal => {
				const seen = new Set<string>();
				const look = () => {
					for (const [, key = ''] of terminal.emulator.text.matchAll(/(?:^ +|· )(enter|esc|[a-z]) [\w']/gm))
						seen.add(key);
				};
				look();
				for (let press = 0; press < 12; press++) {
					await terminal.type('?');
					look();
				}

				assert.deepEqual(
					keys.filter(key => !seen.has(key)),
					[],
					`${name} at ${size.join('x')}`,
				);
			});
		}

		for (const name of ['other-login', 'question', 'picker']) {
			await on(name, size, async terminal => {
				let seen = terminal.emulator.text;
				for (let press = 0; press < 6; press++) {
					await terminal.type('?');
					seen += terminal.emulator.text;
				}

				for (const key of [/enter s/, /esc cancel/]) assert.match(seen, key, `${name} at ${size.join('x')}`);
			});
		}
	}
});

test('the QR code is there wherever it fits, and a phone reads it on a dark and a light ground', async () => {
	for (const [columns, rows] of [
		[80, 24],
		[80, 21],
		[72, 21],
		[120, 40],
	] as const) {
		await on('code', [columns, rows], terminal => {
			for (const theme of [darkTheme, lightTheme]) {
				const {data, width, height} = terminal.emulator.toImage({theme});
				const read = jsqr(data, width, height, {inversionAttempts: 'dontInvert'});
				assert.equal(read?.data, recordings.deviceCode.verificationUriComplete, `${columns}x${rows}`);
			}
		});
	}
});

/** By the weights of the primary colours for the eye. */
const luma = (colour: string): number => {
	const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** How much of a cell its character covers. */
const cover = ({text, bold, dim}: Cell): number => {
	if (text.trim() === '') return 0;
	if (text === '█') return 1;
	if (/[▀▄]/.test(text)) return 0.5;
	return (bold ? 0.3 : 0.2) * (dim ? 0.5 : 1);
};

/** What is seen with half-closed eyes: each cell's difference to the ground, the mean of two cells around. */
const blurred = (cells: readonly (readonly Cell[])[], theme: Theme): number[][] => {
	const ground = luma(theme.background);
	const seen = cells.map(row =>
		row.map(cell => {
			const share = cover(cell);
			return Math.abs(luma(cell.foreground) * share + luma(cell.background) * (1 - share) - ground);
		}),
	);
	const mean = (row: number, column: number) => {
		let sum = 0;
		for (let y = row - 2; y <= row + 2; y++) {
			for (let x = column - 2; x <= column + 2; x++) sum += seen[y]?.[x] ?? 0;
		}

		return sum / 25;
	};

	return seen.map((row, y) => row.map((_, x) => mean(y, x)));
};

test('with half-closed eyes the plate of the code is the brightest thing beside the QR code, on every theme and at every size', async () => {
	const themes = ['xterm', 'GNOME, light', 'macOS Terminal, Basic', 'Solarized, dark', 'Dracula'];
	for (const size of allSizes) {
		await on('code', size, ({emulator}) => {
			const from = emulator.screen().findIndex(row => row.includes('WDJB-MJHT'));
			const column = emulator.screen()[from]!.indexOf('WDJB');
			// The QR code is found where all themes agree: on a dark one.
			const dark = Array.from({length: emulator.rows}, (_, row) => emulator.cells(row, terminalThemes['xterm']));
			const edge = Math.min(...dark.map(row => row.findIndex(isQrCode)).filter(at => at !== -1), emulator.columns + 2);
			for (const name of themes) {
				const theme = terminalThemes[name]!;
				const cells = Array.from({length: emulator.rows}, (_, row) => emulator.cells(row, theme).slice(0, edge - 2));
				let best = {row: 0, column: 0, value: 0};
				for (const [row, values] of blurred(cells, theme).entries()) {
					for (const [at, value] of values.entries()) if (value > best.value) best = {row, column: at, value};
				}

				const where = `${name} at ${size.join('x')}: row ${best.row}, column ${best.column}`;
				// What is blurred by two cells is seen up to two cells away.
				assert.ok(Math.abs(best.row - from) <= 2, where);
				assert.ok(best.column >= column - 5 && best.column < column + 14, where);
			}
		});
	}
});

/** Waits on the code screen as a login does: a request every five seconds, each answered after a moment. */
const paintsIn = async (seconds: number, now: number, takes: number) => {
	let paints = 0;
	let turned = false;
	const at = (offset: number) => now + offset;
	const first = {...deviceCode, nextPollAt: at(5000)};
	await play(
		[recordings.discovery, codeOpened, first],
		[80, 24],
		async (terminal, run, clock) => {
			let before = terminal.written().length;
			const look = async () => {
				await terminal.settle();
				if (terminal.written().length !== before) paints++;
				turned ||= /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/.test(terminal.emulator.text);
				before = terminal.written().length;
			};
			for (let time = 0, attempt = 1; time < seconds * 1000; time += 100) {
				await clock.advance(100);
				const since = (time + 100 - takes) % 5000;
				if (since === 0 && time + 100 >= 5000) {
					const nextPollAt = clock.now() + 5000 - takes;
					run.emit({type: 'poll', attempt: attempt++, interval: 5, nextPollAt});
				}

				await look();
			}
		},
		now,
	);
	return {paints, turned};
};

test('waiting on the code screen repaints at most fifteen times a minute, and once a second in the last two', async () => {
	const calm = await paintsIn(60, recordings.start, 200);
	assert.ok(calm.paints <= 15, `${calm.paints} in a minute`);
	assert.ok(calm.paints >= 10, 'each check is news');
	assert.equal(calm.turned, false, 'no request took half a second');
	const late = await paintsIn(30, deviceCode.expiresAt - 100_000, 200);
	assert.ok(late.paints >= 30 && late.paints <= 40, `${late.paints} in thirty seconds`);
});

test('the spinner turns once a request has been under way for half a second, and no timer runs otherwise', async () => {
	await play(recordings.codeShown, [80, 24], async (terminal, run, clock) => {
		const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
		const still = timers();
		await clock.advance(5400);
		await terminal.settle();
		assert.match(terminal.emulator.text, /◌ {2}Waiting/);
		assert.equal(timers(), still);
		await clock.advance(200);
		await terminal.settle();
		assert.match(terminal.emulator.text, /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] {2}Waiting/);
		assert.equal(timers(), still + 1);
		run.emit({type: 'poll', attempt: 1, interval: 5, nextPollAt: clock.now() + 5000});
		await terminal.settle();
		assert.match(terminal.emulator.text, /◌ {2}Waiting/);
		assert.equal(timers(), still);
	});
});

test('on this computer only: a link on loopback is not scanned', async () => {
	await on('code-on-this-computer', [80, 24], ({emulator}) => {
		assert.ok(emulator.text.includes(safeUrl('http://127.0.0.1:4444/device', 'test')));
		assert.doesNotMatch(emulator.text, /QR code/);
	});
});

for (const level of ['1', '2']) {
	test(
		`the same with ${level === '1' ? '16' : '256'} colours`,
		{skip: process.env['COLOUR_LEVEL'] !== undefined},
		async t => {
			const {NODE_TEST_CONTEXT: _, ...env} = process.env;
			const child = spawn(
				process.execPath,
				[
					...['--import', 'tsx', '--test-reporter', 'tap'],
					...['--test-name-pattern', 'QR code is there|half-closed|forty words', import.meta.filename],
				],
				{env: {...env, COLOUR_LEVEL: level}, stdio: ['ignore', 'pipe', 'ignore']},
			);
			t.after(() => child.kill());
			let report = '';
			child.stdout.setEncoding('utf8').on('data', (text: string) => (report += text));
			const [code] = (await once(child, 'close')) as [number | null];
			assert.equal(code, 0, report);
			assert.match(report, /^# pass [1-9]/m);
		},
	);
}
