import path from 'node:path';
import {startScriptedServer} from '../../source/testing/index.js';
import {round, type Figure} from './figure.js';
import {alternate, median, openTerminal, processTime, ratio, spread, type Program, type Trial} from './measure.js';
import type {Part} from './parts.js';

/** Milliseconds from the start of the program to the moment at which its output matches. */
const until =
	(node: string, program: Program, pattern: RegExp): Trial =>
	async () => {
		const terminal = openTerminal(node, program);
		try {
			return await terminal.sees(pattern);
		} finally {
			await terminal.end();
		}
	};

/** What is seen first, measured in a pseudo-terminal, byte for byte as a terminal gets it. */
export const firstFrame: Part = async ({node, build, runs, folder}) => {
	await using server = await startScriptedServer();
	const cli = path.join(build, 'command', 'cli.cjs');
	const env = {INK_LOGIN_HOME: path.join(folder, 'nobody'), DISPLAY: ':0'};
	const picker = [cli, '--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'];
	const plain = path.join(import.meta.dirname, 'fixtures', 'plain-ink.js');
	const times = await alternate(
		{
			bare: processTime(node, {args: ['-e', '0']}),
			plain: until(node, {args: [plain]}, /Hello, world/),
			frame: until(node, {args: picker, env}, /1 +On this computer/),
			code: until(node, {args: [cli, 'demo', '--flow', 'device'], env}, /[A-Z]{4}-[A-Z]{4}/),
		},
		runs,
	);
	const compare = (what: string, values: readonly number[], base: readonly number[], atMost?: number): Figure => {
		const {median: value, fastest} = ratio(values, base);
		const note = `${round(median(values), 0)} ms, half of the runs within ${round(spread(values) * 100, 0)} %`;
		return {part: 'frame', what, value, fastest, unit: 'ratio', note, atMost};
	};
	return [
		compare('first frame of the plain Ink hello world ÷ `node -e 0`', times.plain, times.bare),
		compare("picker's first frame ÷ plain Ink's", times.frame, times.plain, 0.5),
		compare("picker's first frame ÷ `node -e 0`", times.frame, times.bare, 3),
		compare("`ink-login demo`, its server included, shows a code ÷ plain Ink's first frame", times.code, times.plain),
	];
};
