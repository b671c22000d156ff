import process from 'node:process';
import {cancelled} from '../core/errors.js';
import {createMemoryStore} from '../session/store/memory-store.js';
import {openStore} from '../session/store/open-store.js';
import {stateDirectory} from '../session/store/session-file.js';
import {detectEnvironment} from '../terminal/environment.js';
import {TokenEngine} from '../token-engine.js';
import {parseCommandLine} from './parse-args.js';
import type {Command, CommandContext} from './context.js';
import {exitCodeOf, exitCodesOf, tellAsJson, tellFailure} from './errors.js';
import {commandNames, optionTable, type CommandName} from './options.js';
import type {Picker} from './picker/open-picker.js';
import {listenToSignals} from './signals.js';
import {afterWriting, reportUnwritten, written} from './write-now.js';

/** Each is loaded when it is called: a script that wants a token waits for nothing else. */
const commands: Readonly<Record<CommandName, () => Promise<Command>>> = {
	ask: async () => (await import('./commands/login.js')).runLogin,
	login: async () => (await import('./commands/login.js')).runLogin,
	token: async () => (await import('./commands/token.js')).runToken,
	helper: async () => (await import('./commands/helper.js')).runHelper,
	exec: async () => (await import('./commands/exec.js')).runExec,
	exchange: async () => (await import('./commands/exchange.js')).runExchange,
	status: async () => (await import('./commands/status.js')).runStatus,
	logout: async () => (await import('./commands/logout.js')).runLogout,
	'client-metadata': async () => (await import('./commands/client-metadata.js')).runClientMetadata,
	doctor: async () => (await import('./commands/doctor.js')).runDoctor,
	demo: async () => (await import('./commands/demo.js')).runDemo,
};

/** Whether stdout is for JSON, also where the rest of the line cannot be understood. */
const wantsJson = (argv: readonly string[]): boolean => {
	const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
	const command = commandNames.find(name => name === argv[0]) ?? 'ask';
	return own.includes('--json') && optionTable['json']?.commands.includes(command) === true;
};

/** Runs what the arguments say; every failure is told by then. */
export const runCommandLine = async (
	argv: readonly string[],
	context: CommandContext,
): Promise<number | NodeJS.Signals> => {
	let codes: typeof exitCodeOf = exitCodeOf;
	try {
		const line = parseCommandLine(argv);
		codes = exitCodesOf(line.command);
		const run = await commands[line.command]();
		return await run(line, context);
	} catch (error) {
		context.picker?.erase();
		return wantsJson(argv) ? tellAsJson(error, context.stdout, codes) : tellFailure(error, context.stderr, codes);
	}
};

/** Whether the command, by its name, is about a session that is there: nobody signs in. */
const isAboutSession = ([name = '']: readonly string[]): boolean =>
	['token', 'helper', 'exec', 'exchange', 'status', 'logout', 'doctor'].includes(name);

/** Milliseconds that a cancelled command has to put things in order. */
const orderlyEnd = 3000;

/** Runs the command in this process; resolves when it is time to exit, with the code to exit with. */
export const main = async (argv: readonly string[], picker?: Picker): Promise<number> => {
	const {stdin, stdout, stderr} = process;
	const engines: TokenEngine[] = [];
	// The response to a refresh may be the only copy of the next refresh token. Each step of one has a time limit of its own.
	const settled = async () => Promise.all(engines.map(async engine => engine.settled()));
	const signals = listenToSignals(isAboutSession(argv) ? cancelled('Cancelled before it finished.') : cancelled(), {
		settled,
		say: () =>
			stderr.write('Waiting for the server, so your session gets saved. Press Ctrl-C again to quit without waiting.\n'),
	});
	picker?.takeKeys();
	// The reader has left, so a login that writes there ends.
	stdout.on('error', (error: Error) => {
		reportUnwritten(error);
		signals.abort();
	});
	// A terminal that was closed ends nothing by itself: its SIGHUP does.
	for (const stream of [stdin, stderr]) stream.on('error', () => undefined);
	const context: CommandContext = {
		environment: detectEnvironment(),
		stdin,
		stdout,
		stderr: picker ? {write: text => picker.writeAbove(text)} : stderr,
		signals,
		picker,
		openStore: async kind =>
			kind === 'memory'
				? createMemoryStore()
				: openStore({
						kind,
						home: stateDirectory(process.env, process.platform),
						say: sentence => context.stderr.write(`${sentence}\n`),
					}),
		createEngine(options) {
			const engine = new TokenEngine(options);
			engines.push(engine);
			return engine;
		},
		now: Date.now,
	};
	const outcome = await Promise.race([runCommandLine(argv, context), signals.overdue(orderlyEnd)]);
	await settled();
	await Promise.race([Promise.all([written(stdout), written(stderr)]), signals.overdue(0)]);
	return afterWriting(signals.end(outcome, context.environment.tty));
};
