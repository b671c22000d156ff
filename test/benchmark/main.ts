import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {describeMachine, skip, table, type Figure} from './figure.js';
import type {Part} from './parts.js';

const help = `npm run bench -- [options]
  --only NAME    start, size, waiting, latency or frame; more than once
  --runs N       rounds of alternating runs (15)
  --watch S      seconds that the waiting screens are watched (20; the published figure took 60)
  --node PATH    the Node.js to measure (this one)
  --build DIR    the built package to measure (build)
  --json         for programs`;

const {values} = parseArgs({
	options: {
		only: {type: 'string', multiple: true},
		runs: {type: 'string', default: '15'},
		watch: {type: 'string', default: '20'},
		node: {type: 'string', default: process.execPath},
		build: {type: 'string', default: path.join(import.meta.dirname, '../../build')},
		json: {type: 'boolean', default: false},
		help: {type: 'boolean', default: false},
	},
});

/** Loaded one by one: what a part brings along shall not weigh on the others. */
const parts: Readonly<Record<string, () => Promise<Part>>> = {
	start: async () => (await import('./start.js')).start,
	size: async () => (await import('./size.js')).size,
	waiting: async () => (await import('./waiting.js')).waiting,
	latency: async () => (await import('./latency.js')).latency,
	frame: async () => (await import('./first-frame.js')).firstFrame,
};

const tell = (text: string) => process.stderr.write(`${text}\n`);

const measureAll = async (): Promise<Figure[]> => {
	const version = execFileSync(values.node, ['--version'], {encoding: 'utf8'}).trim();
	const figures: Figure[] = [];
	tell(`Node.js ${version}; ${describeMachine()}; medians of ${values.runs} alternating runs`);
	for (const name of values.only ?? Object.keys(parts)) {
		const part = await parts[name]?.();
		if (part === undefined) throw new Error(`There is no part ${name}.\n${help}`);
		const folder = mkdtempSync(path.join(os.tmpdir(), 'ink-login-bench-'));
		try {
			figures.push(
				...(await part({
					node: values.node,
					build: path.resolve(values.build),
					runs: Number(values.runs),
					watch: Number(values.watch),
					folder,
				})),
			);
		} catch (error) {
			skip(name, (error instanceof Error ? error.message : String(error)).split('\n', 1).join());
		} finally {
			rmSync(folder, {recursive: true, force: true, maxRetries: 3});
		}

		tell(`${name}: measured; ${describeMachine()}`);
	}

	const result = {version, machine: describeMachine(), date: new Date().toISOString().slice(0, 10), figures};
	process.stdout.write(values.json ? `${JSON.stringify(result, undefined, '\t')}\n` : `${table(figures)}\n`);
	return figures;
};

if (values.help) process.stdout.write(`${help}\n`);
else await measureAll();
