#!/usr/bin/env node
import {createRequire} from 'node:module';
import type {EarlyPicker} from './commands/early-picker.js';
import {writeAtOnce} from './commands/write-at-once.js';

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
	if (own[0] === '--version') return `${version()}\n`;
	if (own.includes('--help') || own.includes('-h')) {
		const {helpText} = await import('./commands/help.js');
		return helpText(own[0]);
	}

	if (own[0] !== 'token') return undefined;
	const {quickToken} = await import('./commands/quick-token.js');
	return quickToken(argv);
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

	const early = await drawEarly();
	const {enableCodeCache} = await import('./commands/code-cache.js');
	enableCodeCache();
	const {main} = await import('./commands/main.js');
	process.exit(await main(argv, early));
};

void run();
