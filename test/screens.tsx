import process from 'node:process';
import {Box, render} from 'ink';
import {systemClock} from '../source/core/clock.js';
import {screenNames, screenOf} from './support/screens.js';

/**
 * `npm run screens [NAME] [COLUMNSxROWS]`: shows a screen of the login at once, at the window's size or the given one.
 * In a terminal it is live; otherwise it is one frame of text. Without a name it lists the names.
 */
const [name = '', size = ''] = process.argv.slice(2);
const {stdout} = process;
const given = /^(\d+)x(\d+)$/.exec(size);
const columns = given ? Number(given[1]) : stdout.isTTY ? stdout.columns : 80;
const rows = given ? Number(given[2]) : stdout.isTTY ? stdout.rows : 24;

if (!screenNames.includes(name)) {
	stdout.write(`${screenNames.join('\n')}\n`);
	process.exitCode = name === '' ? 0 : 1;
} else if (stdout.isTTY) {
	const screen = screenOf(name, {maxRows: rows - 1, onCancel: () => app.unmount()}, systemClock);
	const app = render(<Box width={columns}>{screen}</Box>);
} else {
	const {drawOn} = await import('./support/fake-terminal.js');
	const terminal = await drawOn(screenOf(name, {}), {columns, rows});
	stdout.write(`${terminal.emulator.text}\n`);
	await terminal.unmount();
}
