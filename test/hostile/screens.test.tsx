import '../support/terminal-environment.js';
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {promisify} from 'node:util';
import {Text} from 'ink';
import type {ReactNode} from 'react';
import {DeviceCodeScreen} from '../../source/components/device-code-screen.js';
import {Failure, SignedIn} from '../../source/components/outcome.js';
import type {LoginEvent} from '../../source/login/events.js';
import {initialLoginState, reduceLogin} from '../../source/login/state.js';
import {createManualClock} from '../../source/testing/index.js';
import {among, withoutOwn} from '../support/among-rows.js';
import {drawOn} from '../support/fake-terminal.js';
import {hostileLogins} from '../support/hostile-logins.js';
import {hostileStrings, unsafeText} from '../support/hostile-strings.js';
import {requireProgram} from '../support/requirements.js';
import {isThorough} from '../support/thorough.js';

const columns = 80;
const rows = 50;
const environment = {unicode: true, color: true, hyperlinks: true, remote: false};
const clock = createManualClock();
const shared = {environment, clock, command: () => undefined, canGoBack: true, maxRows: 30, showQr: false} as const;

const fold = (events: readonly LoginEvent[]) => events.reduce(reduceLogin, initialLoginState);

/** The screens of one login: where the code is shown, and its end. */
const screensOf = (events: readonly LoginEvent[]): readonly ReactNode[] => {
	const end = fold(events);
	const code = events.findIndex(({type}) => type === 'device-code');
	const waiting = code === -1 ? undefined : fold(events.slice(0, code + 1));
	return [
		...(waiting === undefined ? [] : [<DeviceCodeScreen {...shared} key="code" state={waiting} />]),
		...(end.signedIn === undefined ? [] : [<SignedIn {...shared} key="end" state={end} signedIn={end.signedIn} />]),
		...(end.failed === undefined
			? []
			: [<Failure {...shared} key="failed" code={end.failed.code} said={end.failed.message} hint={end.failed.hint} />]),
	];
};

test('S1, S2: no screen writes a sequence that is not its own, and no row but its own changes, in two emulators', async t => {
	const terminal = await drawOn(among(<Text>nothing yet</Text>), {columns, rows});
	// Drawing takes time; the plain lines take all.
	const texts = hostileStrings.filter((_, index) => isThorough || index % 5 === 0);
	assert.ok(texts.length > 100);
	let seen = 0;
	let frames = 0;
	for (const events of await hostileLogins(texts)) {
		for (const screen of screensOf(events)) {
			await terminal.rerender(among(screen));
			const bytes = terminal.written().slice(seen);
			seen = terminal.written().length;
			assert.doesNotMatch(withoutOwn(bytes), unsafeText);
			const lines = terminal.lines();
			assert.equal(lines[0], 'ABOVE');
			assert.equal(lines.at(-1), 'BELOW');
			assert.equal(lines.filter(line => line === 'ABOVE' || line === 'BELOW').length, 2);
			frames++;
		}
	}

	assert.ok(frames > 2 * texts.length, `${frames}`);
	await terminal.rerender(among(<Text>the end</Text>));
	const expected = ['ABOVE', 'the end', 'BELOW'];
	assert.deepEqual(terminal.lines(), expected);
	const written = terminal.written();
	await terminal.unmount();

	const tmux = requireProgram(t, 'tmux');
	if (tmux === undefined) return;
	const shown = await showInTmux(tmux, written);
	assert.deepEqual(shown.lines, expected, 'nothing is left of any frame, neither in the window nor above it');
	assert.equal(shown.state, 'untouched 0 1 0 0', 'title, alternate screen, wrapping, inserting, mouse');
});

/** What a real tmux makes of these bytes, its history included. */
const showInTmux = async (tmux: string, bytes: string) => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'frames-'));
	const run = async (...words: string[]) =>
		(
			await promisify(execFile)(tmux, ['-S', path.join(folder, 'socket'), ...words], {
				env: {PATH: process.env['PATH'], LANG: 'C.UTF-8', TERM: 'xterm-256color'},
			})
		).stdout;
	try {
		const file = path.join(folder, 'bytes');
		await writeFile(file, bytes);
		await writeFile(
			path.join(folder, 'tmux.conf'),
			'set -g status off\nset -g history-limit 100000\nset -g allow-rename off\n',
		);
		await run(
			'-f',
			path.join(folder, 'tmux.conf'),
			'new-session',
			'-d',
			'-x',
			String(columns),
			'-y',
			String(rows),
			'sleep 1000',
		);
		await run('select-pane', '-T', 'untouched');
		await run('set-option', 'remain-on-exit', 'on');
		await run(
			'respawn-pane',
			'-k',
			`cat ${file}; tmux -S ${path.join(folder, 'socket')} wait-for -S shown; sleep 1000`,
		);
		await run('wait-for', 'shown');
		const text = await run('capture-pane', '-p', '-S', '-');
		const state = await run(
			'display-message',
			'-p',
			'#{pane_title} #{alternate_on} #{wrap_flag} #{insert_flag} #{mouse_any_flag}',
		);
		return {
			lines: text
				.trimEnd()
				.split('\n')
				.map(line => line.trimEnd()),
			state: state.trim(),
		};
	} finally {
		await run('kill-server').catch(() => undefined);
		await rm(folder, {recursive: true, force: true});
	}
};
