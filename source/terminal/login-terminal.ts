import {LoginError} from '../core/errors.js';
import {flows, type FlowAvailability, type FlowName} from '../core/types.js';
import type {LoginTerminal, Recommendation} from '../login/terminal.js';
import {createBrowserOpener} from './browser.js';
import {createClipboard} from './clipboard.js';
import {browserReach, locateTerminal, type TerminalEnvironment, type TerminalLocation} from './environment.js';
import {createLocalSockets} from './local-sockets.js';

type RecommendOptions = {
	/** See {@link personIsThere}: without a person `recommend` takes the client's own credentials, or throws `person_required`. */
	readonly personIsThere: boolean;
	/** Whether it recommends a person's flow instead of throwing, for a person whom events reach elsewhere. @default false */
	readonly triesAnyway?: boolean | undefined;
	/** What the server's metadata doesn't list: a person's flow is tried before it. @default nothing */
	readonly unlisted?: readonly FlowName[] | undefined;
	/** What the person chose for this profile before: it corrects a stale SSH_CONNECTION once and for all. */
	readonly preferred?: 'browser' | 'device' | undefined;
};

const flowReasons: Readonly<Record<FlowName, string>> = {
	browser: "This server doesn't offer codes, so sign in with your browser.",
	device: "This server doesn't offer browser sign-in, so use a code.",
	'client-credentials': 'This app signs in by itself.',
	'workload-identity': 'This app signs in by itself.',
	password: 'This server takes only a user name and a password.',
	'one-time-code': 'This server takes only codes that it sends you.',
};

export const personRequired = (): LoginError =>
	new LoginError('person_required', 'Signing in needs a person, and nobody is at a terminal here.', {
		hint: ({person = 'Run it in a terminal, or give it a client secret, a key or a workload identity.'}) => person,
	});

/**
 * The flow that fits, and why.
 *
 * @throws LoginError `person_required` where nobody is there and the client cannot sign in by itself, `config_error`
 * where no flow is possible at all
 */
export const recommend = (
	location: TerminalLocation,
	available: FlowAvailability,
	options: RecommendOptions,
): Recommendation => {
	if (!options.personIsThere) {
		const {triesAnyway, unlisted = []} = options;
		const own = (['workload-identity', 'client-credentials'] as const).find(
			flow => available[flow] === true && !(triesAnyway && unlisted.includes(flow)),
		);
		if (own !== undefined) {
			return {flow: own, reason: 'Nobody is at a terminal here, and the app can sign in by itself.'};
		}

		if (!triesAnyway) throw personRequired();
	}

	const {preferred} = options;
	if (preferred && available[preferred] === true) {
		return {flow: preferred, reason: 'You chose this for this profile before.'};
	}

	const fitting = location.browser === 'elsewhere' ? 'device' : 'browser';
	if (available[fitting] === true) return {flow: fitting, reason: location.reason};
	const flow = flows.find(candidate => available[candidate] === true);
	if (flow) return {flow, reason: flowReasons[flow]};
	throw new LoginError('config_error', 'No flow works with this server and app.', {
		hint: 'Check the client ID, and what the server allows this app to do.',
	});
};

/** What `createLoginTerminal` takes besides the environment. */
export type LoginTerminalOptions = Partial<Omit<RecommendOptions, 'unlisted'>> & {
	/** Writes a sequence to the terminal, past whatever draws there. @default to stdout */
	readonly write?: (sequence: string) => void;
};

/**
 * What a login needs of the terminal, by where that is. Nothing is started or loaded before it is used.
 *
 * @param environment - as from `detectEnvironment()`
 */
export const createLoginTerminal = (
	environment: TerminalEnvironment,
	{
		personIsThere = true,
		triesAnyway,
		preferred,
		write = sequence => process.stdout.write(sequence),
	}: LoginTerminalOptions = {},
): Required<LoginTerminal> => {
	const location = locateTerminal(environment);
	return {
		...browserReach(environment),
		openBrowser: createBrowserOpener(environment),
		clipboard: createClipboard(environment, write),
		sockets: createLocalSockets(environment),
		recommend: (flows, unlisted) => recommend(location, flows, {personIsThere, triesAnyway, unlisted, preferred}),
	};
};
