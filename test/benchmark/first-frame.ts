import path from 'node:path';
import {startScriptedServer} from '../../source/testing/index.js';
import {limit, round, type Figure} from './figure.js';
import {alternate, median, openTerminal, processTime, ratio, spread, type Program, type Trial} from './measure.js';
import type {Part} from './parts.js';

const picker = /1 +On this computer/;

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

/**
 * Milliseconds until a key has had its effect: it is pressed once, when the first frame shows, and waits in the
 * terminal's own buffer for whoever reads it. (Pressed before the program has switched the echo off it would also be
 * painted, which no program can prevent.)
 */
const untilKeyWorks =
	(node: string, program: Program, key: string, effect: RegExp): Trial =>
	async () => {
		const terminal = openTerminal(node, program);
		try {
			await terminal.sees(picker);
			terminal.type(key);
			return await terminal.sees(effect);
		} finally {
			await terminal.end();
		}
	};

/** What is seen first, measured in a pseudo-terminal, byte for byte as a terminal gets it. */
export const firstFrame: Part = async ({node, version, build, runs, folder}) => {
	await using server = await startScriptedServer();
	const cli = path.join(build, 'command', 'cli.js');
	const env = {INK_LOGIN_HOME: path.join(folder, 'nobody'), DISPLAY: ':0'};
	const command: Program = {
		args: [cli, '--issuer', server.issuer, '--client-id', 'test-client', '--store', 'file'],
		env,
	};
	const plain: Program = {args: [path.join(import.meta.dirname, 'fixtures', 'plain-ink.js')]};
	const times = await alternate(
		{
			bare: processTime(node, {args: ['-e', '0']}),
			plain: until(node, plain, /Hello, world/),
			frame: until(node, command, picker),
			keys: untilKeyWorks(node, command, '\u001B[B', /❯ 2 /),
			enter: untilKeyWorks(node, command, '\r', /esc back/),
			code: until(node, {args: [cli, 'demo', '--flow', 'device'], env}, /[A-Z]{4}-[A-Z]{4}/),
		},
		runs,
	);
	const besides = (values: readonly number[]) =>
		`${round(median(values), 0)} ms, half of the runs within ${round(spread(values) * 100, 0)} %`;
	const compare = (what: string, values: readonly number[], base: readonly number[], atMost?: number): Figure => {
		const {median: value, fastest} = ratio(values, base);
		return {part: 'frame', what, value, fastest, unit: 'ratio', note: besides(values), ...(atMost && {atMost})};
	};
	return [
		compare('first frame of the plain Ink hello world ÷ `node -e 0`', times.plain, times.bare),
		compare("picker's first frame ÷ plain Ink's", times.frame, times.plain, limit(version, 0.3, 0.35)),
		compare("picker's first frame ÷ `node -e 0`", times.frame, times.bare, limit(version, 1.6, 2.2)),
		compare("picker takes keys ÷ plain Ink's first frame", times.keys, times.plain, limit(version, 0.55, 0.65)),
		compare("the picker's Enter opens the way ÷ plain Ink's first frame", times.enter, times.plain),
		compare("`ink-login demo`, its server included, shows a code ÷ plain Ink's first frame", times.code, times.plain),
	];
};
