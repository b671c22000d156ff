import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, renameSync, rmSync} from 'node:fs';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {TestContext} from 'node:test';

/** The majors that an application may bring; 6 is the one that is installed here. */
export const inkMajors = [6, 7, 8] as const;
export type InkMajor = (typeof inkMajors)[number];

/** So that a release elsewhere changes nothing here; `npm run test:matrix` takes the newest. */
const versions: Readonly<Record<InkMajor, string>> = {6: '6', 7: '7.1.1', 8: '8.0.0'};

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

/** Several test files may do this at the same time: each does it for itself, and the first to be done is the one that counts. */
const install = (folder: string, major: InkMajor) => {
	mkdirSync(cache, {recursive: true});
	const own = mkdtempSync(`${folder}-`);
	const words = ['install', '--prefix', own, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
	try {
		execFileSync('npm', [...words, `ink@${versions[major]}`, 'react@19.3.1'], {stdio: 'ignore', timeout: 300_000});
		if (!existsSync(folder)) renameSync(own, folder);
	} catch (error) {
		if (!existsSync(folder)) throw error;
	} finally {
		rmSync(own, {recursive: true, force: true});
	}
};

/**
 * The words for Node.js that make a program use this Ink, and the React beside it. It is installed once, out of the flow
 * of the project's own packages; without a network the test is skipped, or fails when `CI` is set.
 */
export const useInk = (t: TestContext, major: InkMajor): readonly string[] | undefined => {
	if (major === 6) return [];
	const folder = `${cache}ink-${major}`;
	try {
		if (!existsSync(folder)) install(folder, major);
	} catch {
		const advice = `Ink ${major} is missing, and the package registry cannot be reached.`;
		if (process.env['CI']) throw new Error(advice);
		t.skip(advice);
		return undefined;
	}

	const from = JSON.stringify(pathToFileURL(`${folder}/`).href);
	// In Node's own hook: packages that are asked for by our files, and by what they use, come from that folder.
	const hooks = `
		const swapped = /^(ink|react|react-reconciler)(\\/|$)/;
		export const resolve = (specifier, context, next) =>
			next(specifier, swapped.test(specifier) && !context.parentURL?.startsWith(${from})
				? {...context, parentURL: ${from} + 'from.js'} : context);
	`;
	const register = `
		import {register} from 'node:module';
		register(${JSON.stringify(dataUrl(hooks))});
	`;
	return ['--import', dataUrl(register)];
};

const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
