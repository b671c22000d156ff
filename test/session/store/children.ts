import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, mkdirSync, rmSync} from 'node:fs';
import path from 'node:path';
import type {Readable, Writable} from 'node:stream';
import {createInterface} from 'node:readline';
import {buildSync} from 'esbuild';

type RunningProcess = ChildProcessByStdio<Writable, Readable, null>;

export type Child = {
	readonly process: RunningProcess;
	/** The next line on its stdout; undefined once it has ended. */
	readonly line: () => Promise<string | undefined>;
	readonly closed: Promise<void>;
};

export type Children = {
	readonly start: (...parameters: readonly string[]) => Child;
	readonly startIn: (environment: NodeJS.ProcessEnv, ...parameters: readonly string[]) => Child;
	readonly remove: () => void;
};

/** child.ts as one file, so that twenty of them start in the time of one through a loader. */
export const prepareChildren = (): Children => {
	// Below node_modules, so that the native module is found from there.
	const cache = path.join(import.meta.dirname, '../../node_modules/.cache');
	mkdirSync(cache, {recursive: true});
	const folder = mkdtempSync(path.join(cache, 'store-child-'));
	const program = path.join(folder, 'child.mjs');
	buildSync({
		entryPoints: [path.join(import.meta.dirname, 'child.ts')],
		outfile: program,
		bundle: true,
		platform: 'node',
		format: 'esm',
		target: 'node20',
	});
	const running = new Set<RunningProcess>();
	const startIn: Children['startIn'] = (environment, ...parameters) => {
		const child = spawn(process.execPath, [program, ...parameters], {
			env: environment,
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		running.add(child);
		child.stdin.on('error', () => undefined);
		const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
		const closed = once(child, 'close').then(() => {
			running.delete(child);
		});
		return {
			process: child,
			async line() {
				const next = await lines.next();
				return next.done === true ? undefined : next.value;
			},
			closed,
		};
	};

	return {
		start: (...parameters) => startIn(process.env, ...parameters),
		startIn,
		remove() {
			for (const child of running) child.kill('SIGKILL');
			rmSync(folder, {recursive: true, force: true});
		},
	};
};
