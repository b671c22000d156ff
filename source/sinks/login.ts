import type {LoginOptions, LoginRun} from '../engine/flow.js';
import type {Session} from '../engine/session.js';
import type {TokenEngine} from '../token-engine.js';
import {gatherFacts} from '../terminal/facts.js';
import {createLoginTerminal} from '../terminal/login-terminal.js';
import {personIsThere} from '../terminal/situation.js';
import type {Messages} from './messages.js';
import {showNdjson} from './ndjson.js';
import {showPlain} from './plain.js';

/** What `login` takes: how the login goes, and how it is shown. */
export type ShowLoginOptions = LoginOptions & {
	/** `plain` and `spoken` (for screen readers) write lines to stderr, `ndjson` one event a line to stdout. @default 'plain' */
	readonly sink?: 'plain' | 'spoken' | 'ndjson';
	/** Takes the text instead of the standard streams. */
	readonly write?: (text: string) => void;
	/** Every word of the lines. */
	readonly messages?: Messages;
};

const show = async (run: LoginRun, {sink = 'plain', write, messages, terminal}: ShowLoginOptions): Promise<void> => {
	if (sink === 'ndjson') return showNdjson(run, {write: write ?? (text => process.stdout.write(text))});
	return showPlain(run, {
		write: write ?? (text => process.stderr.write(text)),
		spelled: sink === 'spoken',
		...(messages !== undefined && {messages}),
		forward: terminal?.forwardLine,
	});
};

/**
 * Signs somebody in from a program without a screen of its own, and tells what happens as lines or as NDJSON. Everything
 * that it started is gone when it returns.
 *
 * @throws LoginError; `person_required` where a person would be needed and none is there
 */
export const login = async (engine: TokenEngine, options: ShowLoginOptions = {}): Promise<Session> => {
	const {sink, write: _, messages: __, route = 'auto', ...loginOptions} = options;
	const facts = gatherFacts();
	// Lines have no picker.
	const flow = route === 'ask' ? 'auto' : route;
	const isThere = sink === 'ndjson' || personIsThere(facts, {flow});
	const terminal = {...createLoginTerminal(facts, {personIsThere: isThere}), ...options.terminal};
	const run = engine.login({...loginOptions, terminal, route: flow});
	await show(run, {...options, terminal});
	// The end has been told; ports, timers and requests are gone after this.
	await run.cancel();
	return run.session;
};
