import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {startScriptedServer} from '../../source/testing/index.js';
import {processFigures, round, skip, type Figure} from './figure.js';
import {median, openTerminal, type Program, type Terminal} from './measure.js';
import type {Part} from './parts.js';

/** Milliseconds after which whatever belongs to the start is over. */
const settling = 3000;

/** Output within this many milliseconds belongs to one frame. */
const oneFrame = 40;

type Watched = {readonly share: number; readonly frames: number; readonly memory: number; readonly bytes: number};

const watch = async (terminal: Terminal, seconds: number): Promise<Watched> => {
	await sleep(settling);
	let frames = 0;
	let bytes = 0;
	let last = -oneFrame;
	terminal.onOutput(text => {
		if (terminal.elapsed() - last > oneFrame) frames += 1;
		last = terminal.elapsed();
		bytes += Buffer.byteLength(text);
	});
	const before = processFigures(terminal.pid);
	const start = terminal.elapsed();
	await sleep(seconds * 1000);
	const after = processFigures(terminal.pid);
	const duration = terminal.elapsed() - start;
	return {
		share: ((after.cpu - before.cpu) / duration) * 100,
		frames: (frames / duration) * 1000,
		memory: after.memory,
		bytes: (bytes / duration) * 1000,
	};
};

/** What it costs to wait: the screen with the code, and beside it a plain Ink program that turns a spinner. */
export const waiting: Part = async ({node, build, folder, watch: seconds}) => {
	if (process.platform !== 'linux') {
		skip('waiting', 'it reads /proc');
		return [];
	}

	await using server = await startScriptedServer({deviceCodeLifetime: 1800});
	const screen = (name: string, env: Readonly<Record<string, string>>): Program => ({
		args: [
			path.join(build, 'command', 'cli.cjs'),
			...['--issuer', server.issuer, '--client-id', 'test-client', '--flow', 'device', '--store', 'file'],
		],
		env: {INK_LOGIN_HOME: path.join(folder, name), DISPLAY: ':0', BROWSER: '/bin/true', ...env},
	});
	const plain = {args: [path.join(import.meta.dirname, 'fixtures', 'plain-ink.js')]};
	const production = {...plain, env: {NODE_ENV: 'production'}};
	const ssh = {SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22', SSH_TTY: '/dev/pts/1'};
	const programs = {
		here: [screen('here', {}), /[A-Z]{4}-[A-Z]{4}/],
		ssh: [screen('ssh', ssh), /[A-Z]{4}-[A-Z]{4}/],
		plain: [plain, /Hello/],
		production: [production, /Hello/],
	} as const;
	// Side by side, so that whatever else the machine does falls on each of them.
	const watched = await Promise.all(
		Object.entries(programs).map(async ([name, [program, pattern]]) => {
			const terminal = openTerminal(node, program);
			try {
				await terminal.sees(pattern);
				return [name, await watch(terminal, seconds)] as const;
			} finally {
				await terminal.end();
			}
		}),
	);
	const of = Object.fromEntries(watched) as Record<keyof typeof programs, Watched>;
	const figure = (what: string, value: number, unit: Figure['unit'], atMost?: number, note?: string): Figure => ({
		part: 'waiting',
		what,
		value,
		unit,
		...(atMost !== undefined && {atMost}),
		...(note !== undefined && {note}),
	});
	const bytes = ({bytes: each}: Watched) => `${round(each, 0)} bytes a second`;
	const memory = median([of.plain.memory, of.production.memory]);
	return [
		figure('waiting on the code: share of one core', of.here.share, '%', 1, `${seconds} s watched, ${bytes(of.here)}`),
		figure('the same over SSH', of.ssh.share, '%', 0.6, bytes(of.ssh)),
		figure("a plain Ink spinner's share of one core", of.production.share, '%', undefined, bytes(of.production)),
		figure('frames a minute', of.here.frames * 60, 'per min', 15),
		figure('the same over SSH', of.ssh.frames * 60, 'per min', 15),
		figure("resident memory ÷ plain Ink's", of.here.memory / memory, 'ratio', 1.15, `${round(of.here.memory, 0)} MB`),
	];
};
