#!/usr/bin/env node
import {createRequire} from 'node:module';
import type {Picker} from './picker/open-picker.js';
import {writeNow} from './write-now.js';

const argv = process.argv.slice(2);
/** What stands behind `--` belongs to the command that `exec` runs. */
const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;

/** Put in by the build. */
declare const packageVersion: string | undefined;

const version = (): string =>
	typeof packageVersion === 'string'
		? packageVersion
		: (createRequire(import.meta.url)('ink-login/package.json') as {readonly version: string}).version;

const quickAnswer = async (): Promise<string | undefined> => {
	const [first = '', second] = own;
	if (['--version', '-v', '-V'].includes(first)) return `${version()}\n`;
	if (first !== 'help' && !own.includes('--help') && !own.includes('-h')) return undefined;
	const {helpText} = await import('./help.js');
	return helpText(first === 'help' ? second : first);
};

/** The exit code of a command that found a fresh token; undefined where `main` is needed. */
const runQuickly = async (): Promise<number | undefined> => {
	if (!['token', 'helper', 'exec'].includes(own[0] ?? '')) return undefined;
	return (await import('./fast-token.js')).runQuickly(argv);
};

/** For the bare command; every other one begins with its name. */
const showPicker = async (): Promise<Picker | undefined> => {
	const isBare = own[0] === undefined || own[0].startsWith('-');
	return isBare ? (await import('./picker/open-picker.js')).openPicker(argv) : undefined;
};

const run = async (): Promise<void> => {
	const answer = await quickAnswer();
	if (answer !== undefined) {
		// To take down what was opened for it takes longer than the system does.
		if (writeNow(answer)) process.exit();
		return;
	}

	const exitCode = await runQuickly();
	if (exitCode !== undefined) process.exit(exitCode);
	const {enableCodeCache} = await import('./code-cache.js');
	enableCodeCache();
	const picker = await showPicker();
	const {main} = await import('./main.js');
	process.exit(await main(argv, picker));
};

void run();
