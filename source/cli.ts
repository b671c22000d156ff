#!/usr/bin/env node
import type {EarlyPicker} from './commands/early-picker.js';
import {writeAtOnce} from './commands/write-at-once.js';

// The global `process`, here and in what is loaded for a quick answer: to import it as a module opens its three streams.
const argv = process.argv.slice(2);
/** What stands behind `--` belongs to the command that `exec` runs. */
const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;

/** Put in by the build. */
declare const packageVersion: string | undefined;

const version = (): string => {
	if (typeof packageVersion !== 'undefined') return packageVersion;
	const {createRequire} = process.getBuiltinModule('node:module');
	return (createRequire(import.meta.url)('ink-login/package.json') as {readonly version: string}).version;
};

const quickAnswer = async (): Promise<string | undefined> => {
	if (own[0] === '--version') return `${version()}\n`;
	if (own.includes('--help') || own.includes('-h')) {
		const [{helpText}, {commandNames}] = await Promise.all([
			import('./commands/help.js'),
			import('./commands/options.js'),
		]);
		return helpText(commandNames.find(name => name === own[0]) ?? 'ask');
	}

	return undefined;
};

/** The exit code of a command that had a fresh token at hand; undefined where `main` is needed. */
const runQuickly = async (): Promise<number | undefined> => {
	if (!['token', 'helper', 'exec'].includes(own[0] ?? '')) return undefined;
	return (await import('./commands/quick-token.js')).runQuickly(argv);
};

/** The picker's first frame; every other command begins with its name. */
const drawEarly = async (): Promise<EarlyPicker | undefined> => {
	const isPicker = own[0] === undefined || own[0].startsWith('-');
	return isPicker ? (await import('./commands/early-picker.js')).drawEarly(argv) : undefined;
};

const run = async (): Promise<void> => {
	const answer = await quickAnswer();
	if (answer !== undefined) {
		// To take down what was opened for it takes longer than the system does.
		if (writeAtOnce(answer)) process.exit();
		return;
	}

	const exitCode = await runQuickly();
	if (exitCode !== undefined) process.exit(exitCode);
	const early = await drawEarly();
	const {enableCodeCache} = await import('./commands/code-cache.js');
	enableCodeCache();
	const {main} = await import('./commands/main.js');
	process.exit(await main(argv, early));
};

void run();
