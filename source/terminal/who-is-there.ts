import {isOwnFlow, isPageFlow, isTypedFlow, type OwnFlow} from '../core/types.js';
import type {LoginOptions} from '../login/flow.js';
import type {Provider} from '../oauth/provider.js';
import {isBuildMachine, isSet, words, type TerminalEnvironment} from './environment.js';

/**
 * Who can act on what a login shows: a `person` at a terminal; a coding `agent`, whose transcript a person reads; or
 * `nobody`, as on a build machine, in cron or in a pipe.
 */
export type Attendance = 'person' | 'agent' | 'nobody';

/** Variables that coding agents give to the commands they run; where there is a pattern, the value has to match it. */
const codingAgents: readonly (readonly [variable: string, value?: RegExp])[] = [
	...words(`
		AI_AGENT AMP_CURRENT_THREAD_ID ANTIGRAVITY_AGENT AUGMENT_AGENT CLAUDECODE CLAUDE_CODE CLAUDE_CODE_IS_COWORK CODEX_CI
		CODEX_SANDBOX CODEX_THREAD_ID COPILOT_AGENT COPILOT_CLI CRUSH CURSOR_AGENT CURSOR_TRACE_ID GEMINI_CLI JUNIE_DATA
		JUNIE_SHIM_PATH OPENCODE OPENCODE_CLIENT PI_CODING_AGENT QWEN_CODE
	`).map(name => [name] as const),
	['AGENT', /^(amp|crush|goose)$/i],
	['CURSOR_EXTENSION_HOST_ROLE', /^agent-exec$/],
	['EDITOR', /devin/],
	['PATH', /\.pi[\\/]agent/],
	['TERM_PROGRAM', /kiro/],
];

const isCodingAgent = ({env}: Pick<TerminalEnvironment, 'env'>): boolean =>
	codingAgents.some(([name, value]) => isSet(env[name]) && value?.test(env[name] ?? '') !== false);

/**
 * Says who is there. `INK_LOGIN_AGENT` decides where it is set: `1` is an agent, `0` is none. Otherwise a terminal on stdin
 * has someone at its keys, though an agent may have started the shell; without one, an agent's variable tells; and a
 * person looks on where any of the standard streams is a terminal.
 */
export const whoIsThere = (environment: Pick<TerminalEnvironment, 'env' | 'tty'>): Attendance => {
	const {env, tty} = environment;
	const {INK_LOGIN_AGENT: told = ''} = env;
	if (isSet(told)) return 'agent';
	if (isBuildMachine(environment)) return 'nobody';
	if (tty.stdin) return 'person';
	if (told === '' && isCodingAgent(environment)) return 'agent';
	return tty.stdout || tty.stderr ? 'person' : 'nobody';
};

type Asked = Pick<LoginOptions, 'flow'>;

/** Whether a login can count on a person: at the terminal, behind an agent, or where the flow that was asked for says so. */
export const personIsThere = (environment: Pick<TerminalEnvironment, 'env' | 'tty'>, {flow}: Asked = {}): boolean =>
	isPageFlow(flow) || whoIsThere(environment) !== 'nobody';

/**
 * Seconds that a login waits for the person behind a coding agent, most of which end a command after a minute; undefined
 * where no agent runs it, or where it can't go on later.
 */
export const agentsWait = (
	environment: Pick<TerminalEnvironment, 'env' | 'tty'>,
	{flow, timeout}: Asked & {readonly timeout?: unknown},
): number | undefined =>
	whoIsThere(environment) === 'agent' && !isOwnFlow(flow) && !isTypedFlow(flow) && timeout === undefined
		? 45
		: undefined;

/** The flow in which a program signs in as itself; undefined where it has nothing to do that with. */
export const ownFlowOf = ({
	workloadIdentity,
	clientSecret,
	clientKey,
	unsupportedFlows,
}: Provider): OwnFlow | undefined => {
	if (workloadIdentity !== undefined) return 'workload-identity';
	const isAble = (clientSecret ?? clientKey) !== undefined && unsupportedFlows?.['client-credentials'] === undefined;
	return isAble ? 'client-credentials' : undefined;
};
